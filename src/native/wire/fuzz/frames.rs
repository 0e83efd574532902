//! Uncompressed frames: the same bytes in any segmentation give the same messages and the same fault, at the same byte, and
//! other libraries read the same.

use tokio_tungstenite::tungstenite::protocol::frame::coding::Control;

use super::others::{self, End, Role};
use super::reading::{Outcome, Pieces, Stream, read};
use crate::native::wire::frames::{self, Fault};
use crate::native::wire::read::{Reader, Received};

/// Byte by byte only up to this length, which takes long.
const SHORT: usize = 4096;

/// The first two bytes choose a segmentation, and the lowest bit of the third whether the rest is what the server sends, or
/// describes it: see [`described`].
pub(crate) fn frames(data: &[u8]) {
    let [low, high, options, rest @ ..] = data else { return };
    let described = if options & 1 == 0 { None } else { Some(described(rest)) };
    let bytes = described.as_deref().unwrap_or(rest);
    let limit = if options & 2 == 0 { 3000 } else { 100_000 };

    let whole = read(Reader::new(bytes, limit, None), Stream::new(b"", Pieces::Whole));
    let seed = u16::from_le_bytes([*low, *high]);
    let cut = read(Reader::new(b"", limit, None), Stream::new(bytes, Pieces::Random(seed)));
    assert_eq!(whole.arrived, cut.arrived);
    assert_eq!(format!("{:?}", whole.end), format!("{:?}", cut.end));
    if bytes.len() <= SHORT {
        cut.assert_same(&read(Reader::new(b"", limit, None), Stream::new(bytes, Pieces::Single)));
    }
    beside_tungstenite(&cut, others::tungstenite(Stream::new(bytes, Pieces::Whole), Role::Client, limit));
    if let Some(theirs) = others::tokio_websockets(Stream::new(bytes, Pieces::Random(seed)), Role::Client, limit) {
        beside_tokio_websockets(&cut, theirs, bytes);
    }
}

/// Returns the frames that these bytes describe: first byte, length, payload. A length of 240 or more stands for a payload
/// that repeats 1 to 4 bytes, up to 65,536 times.
pub(super) fn described(mut data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let [first, length, rest @ ..] = data {
        if *length < 240 {
            let (payload, rest) = rest.split_at(usize::from(*length).min(rest.len()));
            bytes.extend(frame(*first, payload));
            data = rest;
        } else {
            let unit = usize::from(length % 4) + 1;
            let Some(([low, high, unit @ ..], rest)) = rest.split_at_checked(2 + unit) else { break };
            let times = usize::from(u16::from_le_bytes([*low, *high])) + 1;
            bytes.extend(frame(*first, &unit.repeat(times)));
            data = rest;
        }
        if bytes.len() > 400_000 {
            break;
        }
    }
    bytes
}

/// Returns a frame of a server.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(short as u8),
        medium @ 126..0x1_0000 => {
            frame.push(126);
            frame.extend((medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

pub(super) fn kind(fault: &Fault) -> End {
    match fault {
        Fault::Ended => End::Ended,
        Fault::Protocol(_) => End::Protocol,
        Fault::NotUtf8 => End::NotUtf8,
        Fault::TooLarge(_) => End::TooLarge,
        Fault::Io(error) => panic!("{error}"),
    }
}

/// Differences that are intended, of RFC 6455:
///
/// - Section 5.2: the length must be in its shortest form. Tungstenite accepts others.
/// - Sections 7.1.7, 8.1: a violation may be noticed as soon as it has arrived. Tungstenite waits for the whole frame, so it
///   may see the end of the stream or too long a length first.
/// - Section 7.4: a code that must not be sent. Tungstenite takes the Close frame for one with 1002, also that with 1014,
///   which was registered later.
fn beside_tungstenite(ours: &Outcome, (mut theirs, end): others::Read) {
    let our_end = kind(&ours.end);
    if matches!(ours.end, Fault::Protocol("length is not in its shortest form")) {
        theirs.truncate(ours.arrived.len());
    } else if matches!(ours.arrived.last(), Some(Received::Close(Some((1014, _))))) {
        assert_eq!(theirs.pop(), Some(Received::Close(Some((1002, "Protocol violation".to_owned())))));
        assert_eq!(ours.arrived[..ours.arrived.len() - 1], theirs, "tungstenite");
        return;
    } else if our_end == End::Protocol && theirs.len() == ours.arrived.len() + 1 {
        let code = theirs.pop();
        assert_eq!(code, Some(Received::Close(Some((1002, "Protocol violation".to_owned())))));
    } else {
        let early = our_end != End::Ended && matches!(end, End::Ended | End::TooLarge)
            || matches!(ours.end, Fault::Protocol("Close frame with a code that must not be sent"));
        assert!(our_end == end || early, "{:?}, tungstenite: {end:?}", ours.end);
    }
    assert_eq!(ours.arrived, theirs, "tungstenite");
}

/// Differences that are intended, of RFC 6455:
///
/// - Section 5.2: homing checks a header when it is complete, tokio-websockets each of its fields, so it may see a violation
///   before the stream ends within a header. It checks the length of a Close frame there, too.
/// - Section 5.2: the highest bit of a length must be 0. To tokio-websockets such a length is too large.
/// - Section 10.4: homing adds up the lengths of fragments when a header arrives, tokio-websockets when the frame is complete.
/// - Section 5.2: where memory has 32 bits, tokio-websockets takes only so many of a length.
fn beside_tokio_websockets(ours: &Outcome, (theirs, end): others::Read, bytes: &[u8]) {
    let our_end = kind(&ours.end);
    if cfg!(target_pointer_width = "32") && our_end == End::TooLarge {
        return;
    }
    let late = our_end == End::Ended && end == End::Protocol && ends_within_header(bytes);
    let early = our_end == End::TooLarge && matches!(end, End::Ended | End::NotUtf8);
    let high = matches!(ours.end, Fault::Protocol("length has more than 63 bits")) && end == End::TooLarge;
    assert!(our_end == end || late || early || high, "{:?}, tokio-websockets: {end:?}", ours.end);
    assert_eq!(ours.arrived, theirs, "tokio-websockets");
}

/// Whether the last header is incomplete, or is that of a Close frame whose payload of one byte is missing.
fn ends_within_header(mut bytes: &[u8]) -> bool {
    loop {
        match frames::parse(bytes, false) {
            Ok(None) => return !bytes.is_empty(),
            Ok(Some((head, size))) if head.length <= (bytes.len() - size) as u64 => {
                bytes = &bytes[size + head.length as usize..];
            }
            Ok(Some((head, _))) => return matches!(head.control(), Some(Control::Close)) && head.length == 1,
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn frames() {
        crate::fuzzing::check("frames", super::frames);
    }
}
