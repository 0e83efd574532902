//! Frame headers: parsing, checks, masking (RFC 6455, section 5).

use std::io::{self, Cursor};

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::close::CloseCode;
use crate::error::{Error, ErrorKind};

/// The longest payload of a control frame in bytes (section 5.5).
const MAX_CONTROL: u64 = 125;
/// The longest payload of any frame in bytes (section 5.2).
const MAX_LENGTH: u64 = i64::MAX as u64;
/// The longest header of a masked frame in bytes.
const MAX_HEADER: usize = 14;
/// The bit of a header that announces a mask.
const MASKED: u8 = 0x80;
/// Bytes that are masked at a time.
const BLOCK: usize = 128;
/// Bytes that are masked at a time of what is no whole block.
const SMALL: usize = 16;

/// Why reading stopped.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The peer violated this rule of the protocol.
    Protocol(&'static str),
    NotUtf8,
    /// A message is larger than this limit in bytes.
    TooLarge(usize),
    Io(io::Error),
    /// The stream ended without a Close frame.
    Ended,
}

impl Fault {
    /// Returns the error that the user sees, and the close code that the peer is sent, if any.
    pub(crate) fn into_error(self) -> (Error, Option<CloseCode>) {
        match self {
            Self::Io(error) => (Error::new(ErrorKind::Io, error.to_string()).with_source(error), None),
            Self::Ended => (Error::new(ErrorKind::Io, "closed by the peer without a closing handshake"), None),
            Self::Protocol(rule) => (Error::new(ErrorKind::Protocol, rule), Some(CloseCode::PROTOCOL_ERROR)),
            Self::NotUtf8 => {
                (Error::new(ErrorKind::Protocol, "text is not valid UTF-8"), Some(CloseCode::INVALID_PAYLOAD))
            }
            Self::TooLarge(limit) => (
                Error::new(ErrorKind::MessageTooLarge, format!("message is larger than the limit of {limit} bytes")),
                Some(CloseCode::MESSAGE_TOO_BIG),
            ),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) opcode: OpCode,
    pub(crate) fin: bool,
    /// RSV1: the message that begins here is compressed (RFC 7692, section 6).
    pub(crate) compressed: bool,
    pub(crate) length: u64,
}

/// Parses the frame header at the front of `bytes`. Returns it with its length, or `None` if it is incomplete.
/// `inflates`: compressed messages are allowed.
///
/// # Errors
/// The header by itself violates the protocol.
#[inline]
pub(crate) fn parse(bytes: &[u8], inflates: bool) -> Result<Option<(Head, usize)>, Fault> {
    // Fast path for nearly all frames: unfragmented, uncompressed, up to 64 KiB.
    let short = match *bytes {
        [] | [_] => return Ok(None),
        [first @ (0x81 | 0x82), length @ 0..=125, ..] => Some((first, length.into(), 2)),
        [first @ (0x81 | 0x82), 126, high, low, ..] => Some((first, u16::from_be_bytes([high, low]).into(), 4)),
        _ => None,
    };
    if let Some((first, length, size)) = short.filter(|(_, length, size)| *size == 2 || *length > 125) {
        let opcode = OpCode::Data(if first == 0x81 { Data::Text } else { Data::Binary });
        return Ok(Some((Head { opcode, fin: true, compressed: false, length }, size)));
    }
    let mut cursor = Cursor::new(bytes);
    let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| Fault::Protocol("unknown opcode"))? else {
        return Ok(None);
    };
    let size = cursor.position() as usize;
    let head = Head { opcode: header.opcode, fin: header.is_final, compressed: header.rsv1, length };
    if header.mask.is_some() {
        return Err(Fault::Protocol("frame of a server is masked"));
    }
    let may_be_compressed = inflates && matches!(head.opcode, OpCode::Data(Data::Text | Data::Binary));
    if header.rsv2 || header.rsv3 || head.compressed && !may_be_compressed {
        return Err(Fault::Protocol("reserved bits are set"));
    }
    if size != header.len(length) {
        return Err(Fault::Protocol("length is not in its shortest form"));
    }
    if length > MAX_LENGTH {
        return Err(Fault::Protocol("length has more than 63 bits"));
    }
    if matches!(head.opcode, OpCode::Control(_)) {
        if !head.fin {
            return Err(Fault::Protocol("control frame is fragmented"));
        }
        if length > MAX_CONTROL {
            return Err(Fault::Protocol("control frame is longer than 125 bytes"));
        }
    }
    Ok(Some((head, size)))
}

/// Parses the payload of a Close frame (sections 5.5.1 and 7.4). Returns `None` if it is empty.
pub(crate) fn parse_close(payload: &[u8]) -> Result<Option<(u16, &str)>, Fault> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [_] => return Err(Fault::Protocol("Close frame with a payload of one byte")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    // The codes that RFC 6455 and IANA's registry allow on the wire, and those of applications.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Fault::Protocol("Close frame with a code that must not be sent"));
    }
    let reason = core::str::from_utf8(reason).map_err(|_| Fault::NotUtf8)?;
    Ok(Some((code, reason)))
}

impl Head {
    pub(crate) fn control(&self) -> Option<Control> {
        match self.opcode {
            OpCode::Control(control) => Some(control),
            OpCode::Data(_) => None,
        }
    }

    pub(crate) fn is_text(&self) -> bool {
        self.opcode == OpCode::Data(Data::Text)
    }

    pub(crate) fn continues(&self) -> bool {
        self.opcode == OpCode::Data(Data::Continue)
    }
}

/// Appends a frame with a random mask to `buffer` (section 5.2). Returns its length in bytes.
#[inline]
pub(crate) fn put(buffer: &mut Vec<u8>, opcode: OpCode, compressed: bool, fin: bool, payload: &[u8]) -> usize {
    // One number, as an array of bytes would take one for each.
    let mask @ [a, b, c, d] = rand::random::<u32>().to_ne_bytes();
    let first = u8::from(opcode) | u8::from(fin) << 7 | u8::from(compressed) << 6;
    let before = buffer.len();
    buffer.reserve(MAX_HEADER + payload.len());
    match payload.len() {
        length @ 0..=125 => buffer.extend_from_slice(&[first, MASKED | length as u8, a, b, c, d]),
        length @ 126..=0xffff => {
            let [high, low] = (length as u16).to_be_bytes();
            buffer.extend_from_slice(&[first, MASKED | 126, high, low, a, b, c, d]);
        }
        length => {
            buffer.extend_from_slice(&[first, MASKED | 127]);
            buffer.extend_from_slice(&(length as u64).to_be_bytes());
            buffer.extend_from_slice(&mask);
        }
    }
    put_masked(buffer, payload, mask);
    buffer.len() - before
}

/// Appends a payload and masks it (section 5.3).
fn put_masked(buffer: &mut Vec<u8>, payload: &[u8], mask: [u8; 4]) {
    // In one pass by blocks of a fixed size, which the compiler masks in vector registers between the copies.
    let mut blocks = payload.chunks_exact(BLOCK);
    for block in &mut blocks {
        buffer.extend_from_slice(&masked::<BLOCK>(block, mask));
    }
    let mut blocks = blocks.remainder().chunks_exact(SMALL);
    for block in &mut blocks {
        buffer.extend_from_slice(&masked::<SMALL>(block, mask));
    }
    let start = buffer.len();
    buffer.extend_from_slice(blocks.remainder());
    apply_mask(&mut buffer[start..], mask);
}

#[inline]
fn masked<const LENGTH: usize>(block: &[u8], mask: [u8; 4]) -> [u8; LENGTH] {
    // Always of this size, so never the default.
    let mut block = block.try_into().unwrap_or([0; LENGTH]);
    apply_mask(&mut block, mask);
    block
}

/// Masks or unmasks a payload.
pub(super) fn apply_mask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut words = payload.chunks_exact_mut(8);
    for word in &mut words {
        // Always 8 bytes, so never the default.
        let plain = <[u8; 8]>::try_from(&*word).map_or(0, u64::from_ne_bytes);
        word.copy_from_slice(&(plain ^ wide).to_ne_bytes());
    }
    words.into_remainder().iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
}
