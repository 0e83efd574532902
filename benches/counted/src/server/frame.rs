//! Frames, and messages that are compressed.

use flate2::{Compress, Compression, FlushCompress};
use homing_test_server::frame::raw;

/// Returns this message so many times, as frames. They can be repeated, as none refers to data before the first.
pub(crate) fn batch(opcode: u8, payload: &[u8], count: usize, deflate: bool) -> Vec<u8> {
    let mut state = Compress::new(Compression::default(), false);
    let mut batch = Vec::new();
    for _ in 0..count {
        if deflate {
            let mut compressed = Vec::with_capacity(payload.len() + 64);
            state.compress_vec(payload, &mut compressed, FlushCompress::Sync).expect("compressed");
            // The end of each message, which is not sent.
            compressed.truncate(compressed.len() - 4);
            batch.extend(raw(true, 0b100, opcode, &compressed));
        } else {
            batch.extend(raw(true, 0, opcode, payload));
        }
    }
    batch
}

/// Removes the first frame from the front. Returns its reserved bits, its opcode and its payload if it is complete.
pub(crate) fn take_frame(received: &mut Vec<u8>) -> Option<(u8, u8, Vec<u8>)> {
    let (&[first, second], rest) = received.split_first_chunk()?;
    let (length, rest) = match second & 0x7f {
        126 => rest.split_first_chunk().map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest))?,
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest))?,
        length => (u64::from(length), rest),
    };
    let (mask, rest) = rest.split_first_chunk::<4>()?;
    let payload = rest.get(..length as usize)?;
    let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    let used = received.len() - rest.len() + length as usize;
    received.drain(..used);
    Some(((first >> 4) & 0b111, first & 0xf, payload))
}
