//! Frames, and messages that are compressed.

use flate2::{Compress, Compression, FlushCompress};

/// Compressed.
const RSV1: u8 = 0x40;

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
            frame(0x80 | RSV1 | opcode, &compressed, &mut batch);
        } else {
            frame(0x80 | opcode, payload, &mut batch);
        }
    }
    batch
}

/// Appends an unmasked frame with this first byte.
pub(crate) fn frame(first: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(first);
    match payload.len() {
        short @ 0..126 => out.push(short as u8),
        medium @ 126..65536 => {
            out.push(126);
            out.extend((medium as u16).to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    out.extend(payload);
}

/// Removes the first frame from the front. Returns its opcode and payload if it is complete.
pub(crate) fn take_frame(received: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
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
    Some((first & 0xf, payload))
}
