//! Compressed messages: the same bytes in any segmentation give the same, and what another decoder of DEFLATE gives.

use miniz_oxide::deflate::core::CompressorOxide;
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags as flags};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use super::frames::{described, frame, kind};
use super::others::End;
use super::reading::{Pieces, Stream, read, together};
use crate::message::{Message, Text};
use crate::native::wire::deflate::{Agreement, Inflate};
use crate::native::wire::frames::{self, Fault};
use crate::native::wire::read::{Reader, Received};

/// The end of each compressed message, which is not sent (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// The first two bytes choose a segmentation, the third has options, and the rest is what the server sends, or describes it.
pub(crate) fn inflate(data: &[u8]) {
    let [low, high, options, rest @ ..] = data else { return };
    let (sent, bytes) = match options & 0x11 {
        0 => (None, rest.to_vec()),
        1 => (None, described(rest)),
        _ => {
            let (sent, bytes) = compressed(rest, options >> 5, options & 8 == 0);
            (Some(sent), bytes)
        }
    };
    let bytes = &bytes[..];
    let limit = [100, 1000, 5000, 70_000][usize::from(options >> 1 & 3)];
    let takeover = options & 8 == 0;
    let agreed = Agreement { client_takeover: true, server_takeover: takeover, client_bits: 15, server_bits: 15 };
    let reader = |read: &[u8]| Reader::new(read, limit, Some(Inflate::new(&agreed)));

    let seed = u16::from_le_bytes([*low, *high]);
    let mut sources = vec![
        (reader(bytes), Stream::new(b"", Pieces::Whole)),
        (reader(b""), Stream::new(bytes, Pieces::Random(seed))),
        // The same again, so that readers that are idle at the same time exchange their zlib states.
        (reader(b""), Stream::new(bytes, Pieces::Random(seed ^ 0x100))),
    ];
    if bytes.len() <= 4096 {
        sources.push((reader(b""), Stream::new(bytes, Pieces::Single)));
    }
    let outcomes = together(sources);
    let (whole, in_pieces) = outcomes.split_first().expect("there are several");
    for cut in in_pieces {
        assert_eq!(whole.arrived, cut.arrived);
        assert_eq!(format!("{:?}", whole.end), format!("{:?}", cut.end));
        in_pieces[0].assert_same(cut);
    }
    for outcome in &outcomes {
        assert!(outcome.most <= limit + 1, "{} bytes were reserved", outcome.most);
    }
    let ours = whole;
    if let Some(mut sent) = sent {
        if sent.iter().any(|it| matches!(it, Received::Message(message) if message.as_bytes().len() > limit)) {
            sent.truncate(ours.arrived.len());
            assert!(matches!(ours.end, Fault::TooLarge(_)), "{:?}", ours.end);
        }
        assert_eq!(ours.arrived, sent);
        return;
    }
    let reference = reference(bytes, limit, takeover);
    let same = ours.arrived.len().min(reference.arrived.len());
    match reference.damaged {
        Some(damaged) if kind(&ours.end) != End::Protocol || ours.arrived.len() > same => {
            assert_eq!(ours.arrived[..same], reference.arrived[..]);
            if let Some(it) = ours.arrived[same..].iter().find(|it| matches!(it, Received::Message(_))) {
                let Received::Message(message) = it else { unreachable!("found above") };
                assert_eq!(message.as_bytes(), damaged);
            }
        }
        // zlib finds that a dynamic block without a code for its end can never end, miniz_oxide does not.
        _ if matches!(ours.end, Fault::Protocol("compressed message is damaged")) => {
            assert_eq!(ours.arrived, reference.arrived[..same]);
        }
        _ => {
            assert_eq!(ours.arrived, reference.arrived);
            assert_eq!(kind(&ours.end), reference.end, "{:?}", ours.end);
        }
    }
}

/// Returns messages, and how miniz_oxide compresses them: a number, and the payload of a binary message that repeats these
/// 16 bytes so often.
fn compressed(data: &[u8], level: u8, takeover: bool) -> (Vec<Received>, Vec<u8>) {
    let (mut sent, mut bytes) = (Vec::new(), Vec::new());
    let mut state = CompressorOxide::default();
    for chunk in data.chunks(17).take(20) {
        let [times, unit @ ..] = chunk else { continue };
        if sent.is_empty() || !takeover {
            state.reset();
            state.set_format_and_level(DataFormat::Raw, level);
        }
        let payload = unit.repeat(1 + usize::from(*times));
        let mut out = vec![0; payload.len() * 2 + 100];
        let result = deflate(&mut state, &payload, &mut out, MZFlush::Sync);
        assert_eq!((result.status, result.bytes_consumed), (Ok(MZStatus::Ok), payload.len()));
        out.truncate(result.bytes_written);
        assert!(out.ends_with(&TAIL));
        bytes.extend(frame(0xC2, &out[..out.len() - TAIL.len()]));
        sent.push(Received::Message(Message::binary(payload)));
    }
    (sent, bytes)
}

struct Reference {
    arrived: Vec<Received>,
    end: End,
    /// What a message inflated to before it was found to be damaged. zlib may find this later or not at all: if the code for
    /// code lengths of a dynamic block is empty, it waits for the end of the code lengths. Until then it returns nothing
    /// more, so the message is cut off, not wrong.
    damaged: Option<Vec<u8>>,
}

/// Reads frames with the parser of homing, whose faults the target `frames` compares, and messages by miniz_oxide, each as
/// a whole.
fn reference(mut bytes: &[u8], limit: usize, takeover: bool) -> Reference {
    let (mut arrived, mut damaged) = (Vec::new(), None);
    let mut inflater = Inflater::new();
    // The message that is arriving: its first frame, and payload.
    let mut message: Option<(frames::Head, Vec<u8>)> = None;
    let end = loop {
        let head = match frames::parse(bytes, true) {
            Ok(Some((head, size))) => {
                bytes = &bytes[size..];
                head
            }
            Ok(None) => break End::Ended,
            Err(fault) => break kind(&fault),
        };
        let there = usize::try_from(head.length).unwrap_or(usize::MAX).min(bytes.len());
        let (payload, rest) = bytes.split_at(there);
        let is_whole = there as u64 == head.length;
        if head.control().is_some() {
            if !is_whole {
                break End::Ended;
            }
            let alone = frame(0x80 | u8::from(head.opcode), payload);
            match read(Reader::new(&alone, limit, None), Stream::new(b"", Pieces::Whole)) {
                outcome if outcome.arrived.is_empty() => break kind(&outcome.end),
                mut outcome => arrived.append(&mut outcome.arrived),
            }
            if matches!(arrived.last(), Some(Received::Close(_))) {
                break End::Ended;
            }
            bytes = rest;
            continue;
        }
        match (&mut message, head.continues()) {
            (None, true) | (Some(_), false) => break End::Protocol,
            (None, false) => message = Some((head, Vec::new())),
            (Some(_), true) => {}
        }
        let Some((first, gathered)) = &mut message else { unreachable!("set above") };
        if !first.compressed && head.length > (limit - gathered.len()) as u64 {
            break End::TooLarge;
        }
        gathered.extend_from_slice(payload);
        bytes = rest;
        let is_last = is_whole && head.fin;
        let mut after = inflater.clone();
        let (plain, inflated) = match first.compressed {
            false => (gathered.clone(), Ok(())),
            // Accepted without the block that it should have: Cowboy sends it so.
            true if gathered.is_empty() => (Vec::new(), Ok(())),
            true if is_last => after.inflate(&[gathered, &TAIL[..]].concat(), limit),
            true => after.inflate(gathered, limit),
        };
        if first.is_text() {
            match core::str::from_utf8(&plain) {
                Err(error) if error.error_len().is_some() || is_last && inflated.is_ok() => break End::NotUtf8,
                _ => {}
            }
        }
        if let Err(end) = inflated {
            damaged = (end == End::Protocol).then_some(plain);
            break end;
        }
        if !is_whole {
            break End::Ended;
        }
        if is_last {
            let plain = bytes::Bytes::from(plain);
            arrived.push(Received::Message(match first.is_text() {
                true => Message::Text(Text::try_from(plain).expect("checked above")),
                false => Message::Binary(plain),
            }));
            if first.compressed && takeover {
                inflater = after;
            }
            message = None;
        }
    };
    Reference { arrived, end, damaged }
}

/// Inflates messages, each as a whole, with all that came before in memory.
#[derive(Clone)]
struct Inflater {
    state: Box<DecompressorOxide>,
    /// What was inflated since the beginning or the last final block.
    history: Vec<u8>,
}

impl Inflater {
    fn new() -> Self {
        Self { state: Box::default(), history: Vec::new() }
    }

    /// Returns what these bytes inflate to, at most `limit` bytes, and why it is not more.
    fn inflate(&mut self, mut bytes: &[u8], limit: usize) -> (Vec<u8>, Result<(), End>) {
        let mut plain = Vec::new();
        loop {
            let position = self.history.len();
            self.history.resize(position + limit + 1 - plain.len(), 0);
            let flags = flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | flags::TINFL_FLAG_HAS_MORE_INPUT;
            let (status, read, written) = decompress(&mut self.state, bytes, &mut self.history, position, flags);
            bytes = &bytes[read..];
            self.history.truncate(position + written);
            plain.extend_from_slice(&self.history[position..]);
            if plain.len() > limit {
                plain.truncate(limit);
                return (plain, Err(End::TooLarge));
            }
            match status {
                // Another stream may follow the final block (RFC 7692, section 7.2.3.5).
                TINFLStatus::Done => *self = Self::new(),
                TINFLStatus::NeedsMoreInput => return (plain, Ok(())),
                _ => return (plain, Err(End::Protocol)),
            }
            if bytes.is_empty() {
                return (plain, Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn inflate() {
        crate::fuzzing::check("inflate", super::inflate);
    }
}
