//! Builds frames, also invalid ones, and parses those of a client.

use bytes::{Buf, BytesMut};

/// Opcode of a continuation frame.
pub const CONTINUATION: u8 = 0x0;
/// Opcode of a text frame.
pub const TEXT: u8 = 0x1;
/// Opcode of a binary frame.
pub const BINARY: u8 = 0x2;
/// Opcode of a Close frame.
pub const CLOSE: u8 = 0x8;
/// Opcode of a Ping frame.
pub const PING: u8 = 0x9;
/// Opcode of a Pong frame.
pub const PONG: u8 = 0xA;

/// A server's (unmasked) frame. `rsv` holds the three reserved bits (`0b100` is RSV1); nothing is checked, so
/// that tests can build frames which RFC 6455 forbids.
pub fn raw(fin: bool, rsv: u8, opcode: u8, payload: &[u8]) -> Vec<u8> {
    beginning_with((u8::from(fin) << 7) | ((rsv & 7) << 4) | (opcode & 0xF), payload)
}

/// A server's frame with this first byte, which holds FIN, the reserved bits and the opcode.
pub fn beginning_with(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 10);
    out.push(first);
    match payload.len() {
        short @ 0..=125 => out.push(short as u8),
        medium @ 126..=0xFFFF => {
            out.push(126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
    out
}

/// A whole text message.
pub fn text(text: &str) -> Vec<u8> {
    raw(true, 0, TEXT, text.as_bytes())
}

/// A whole binary message.
pub fn binary(payload: &[u8]) -> Vec<u8> {
    raw(true, 0, BINARY, payload)
}

/// A Close frame; without a code its payload is empty and the reason is ignored.
pub fn close(code: Option<u16>, reason: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    if let Some(code) = code {
        payload.extend_from_slice(&code.to_be_bytes());
        payload.extend_from_slice(reason.as_bytes());
    }
    raw(true, 0, CLOSE, &payload)
}

/// Bytes as lower-case hexadecimal digits, as `/raw?hex=` reads them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The reverse of [`hex`]. Skips white space. Returns `None` if the rest is not pairs of digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| (pair[0] << 4) | pair[1]).collect())
}

/// A frame of the client, unmasked.
#[derive(Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    pub(crate) compressed: bool,
    pub(crate) opcode: u8,
    pub(crate) payload: BytesMut,
}

/// Takes a frame from the front of `buffer`, or returns `None` if more bytes are needed. `deflates` is whether messages
/// may be compressed.
pub(crate) fn parse(buffer: &mut BytesMut, deflates: bool) -> Result<Option<Frame>, String> {
    let &[first, second, ..] = &buffer[..] else {
        return Ok(None);
    };
    let (fin, rsv, opcode) = (first & 0x80 != 0, (first >> 4) & 7, first & 0xF);
    let control = opcode & 0x8 != 0;
    let compressed = deflates && rsv == 0b100 && matches!(opcode, TEXT | BINARY);
    if rsv != 0 && !compressed {
        return Err(format!("reserved bits {rsv:03b}"));
    }
    if !matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG) {
        return Err(format!("unknown opcode {opcode:#x}"));
    }
    if control && !fin {
        return Err("fragmented control frame".into());
    }
    if control && second & 0x7F > 125 {
        return Err("control frame of more than 125 bytes".into());
    }
    if second & 0x80 == 0 {
        return Err("unmasked frame".into());
    }
    let (extra, least) = match second & 0x7F {
        126 => (2, 126),
        127 => (8, 0x1_0000),
        _ => (0, 0),
    };
    let head = 2 + extra + 4;
    if buffer.len() < head {
        return Ok(None);
    }
    let length = match extra {
        0 => u64::from(second & 0x7F),
        _ => buffer[2..2 + extra].iter().fold(0, |sum, &byte| (sum << 8) | u64::from(byte)),
    };
    if length < least {
        return Err("length not in its shortest form".into());
    }
    if length > MAX_PAYLOAD {
        return Err(format!("frame of {length} bytes"));
    }
    let length = length as usize;
    if buffer.len() < head + length {
        buffer.reserve(head + length - buffer.len());
        return Ok(None);
    }
    let mask = [buffer[head - 4], buffer[head - 3], buffer[head - 2], buffer[head - 1]];
    buffer.advance(head);
    let mut payload = buffer.split_to(length);
    for chunk in payload.chunks_mut(4) {
        for (byte, key) in chunk.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
    Ok(Some(Frame { fin, compressed, opcode, payload }))
}

/// A limit, so that a corrupt length does not allocate memory.
const MAX_PAYLOAD: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(head: &[u8], payload: &[u8]) -> BytesMut {
        let key = [1, 2, 3, 4];
        let mut bytes = BytesMut::from(head);
        bytes.extend_from_slice(&key);
        bytes.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
        bytes
    }

    #[test]
    fn builds_all_lengths() {
        assert_eq!(hex(&raw(true, 0, TEXT, b"hi")), "81026869");
        assert_eq!(hex(&raw(false, 0b100, BINARY, b"")), "4200");
        assert_eq!(raw(true, 0, BINARY, &[0; 126])[..4], [0x82, 126, 0, 126]);
        assert_eq!(raw(true, 0, BINARY, &[0; 65536])[..10], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(hex(&close(Some(1000), "x")), "880303e878");
        assert_eq!(hex(&close(None, "x")), "8800");
    }

    #[test]
    fn hex_and_back() {
        assert_eq!(unhex("00 fF7f"), Some(vec![0, 255, 127]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }

    #[test]
    fn parses_only_whole_frames() {
        let whole = masked(&[0x81, 0x85], b"hello");
        for cut in 0..whole.len() {
            assert_eq!(parse(&mut BytesMut::from(&whole[..cut]), false), Ok(None), "{cut} bytes");
        }
        let mut buffer = whole.clone();
        buffer.extend_from_slice(b"rest");
        let frame = parse(&mut buffer, false).unwrap().unwrap();
        assert_eq!((frame.fin, frame.opcode, &frame.payload[..]), (true, TEXT, &b"hello"[..]));
        assert_eq!(&buffer[..], b"rest");
    }

    #[test]
    fn refuses_what_a_client_must_not_send() {
        let wrong: [(&[u8], &str); 6] = [
            (&[0x81, 0x00], "unmasked"),
            (&[0xA1, 0x80], "reserved"),
            (&[0x83, 0x80], "opcode"),
            (&[0x09, 0x80], "fragmented"),
            (&[0x89, 0xFE], "125"),
            (&[0x81, 0xFE, 0, 5], "shortest"),
        ];
        for (head, why) in wrong {
            let error = parse(&mut masked(head, b""), true).unwrap_err();
            assert!(error.contains(why), "{error} / {why}");
        }
    }
}
