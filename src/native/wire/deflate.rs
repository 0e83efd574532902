//! Compressing and inflating the payloads of messages (RFC 7692, section 7.2).

use std::sync::Mutex;

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

pub use super::deflate_negotiation::Deflate;
pub(crate) use super::deflate_negotiation::{Agreement, agree};
use super::frames::Fault;
use crate::native::sync::lock;

/// What ends a compressed message, and is not sent.
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];
/// The smallest window that zlib has; it can read what was written with a smaller one.
const MIN_BITS: u8 = 9;

/// Messages up to about this length are inflated in one go.
const JOINED: usize = 256;
/// Those that come to less than this are inflated in a place that is there already. Zlib's fast way needs room for more
/// than most of them come to.
const SHORT: usize = 2048;
const FAST: usize = 300;
/// So much room is made at once for a message because of those before it.
const MAX_TYPICAL: usize = 4096;
/// How many states of each direction are kept for whoever needs one next.
const POOL_SIZE: usize = 4;

/// States that no connection needs between its messages. Setting one up takes longer than compressing a short message,
/// and memory of this size that comes and goes with every message leaves holes in the heap.
struct Pool<K, S>(Mutex<Vec<(K, Box<S>)>>);

static INFLATING: Pool<u8, Inflating> = Pool(Mutex::new(Vec::new()));
static DEFLATING: Pool<(u8, u32), Compress> = Pool(Mutex::new(Vec::new()));

impl<K: PartialEq, S> Pool<K, S> {
    fn take(&self, kind: K) -> Option<Box<S>> {
        let mut pool = lock(&self.0);
        let position = pool.iter().position(|(known, _)| *known == kind)?;
        Some(pool.swap_remove(position).1)
    }

    /// One that has been reset.
    fn put(&self, kind: K, state: Option<Box<S>>) {
        let Some(state) = state else { return };
        let mut pool = lock(&self.0);
        // The oldest goes: those of another kind must not stay for ever.
        if pool.len() == POOL_SIZE {
            pool.remove(0);
        }
        pool.push((kind, state));
    }
}

struct Inflating {
    zlib: Decompress,
    /// Where short messages are inflated; empty between them.
    short: Vec<u8>,
}

/// What comes from the server.
pub(crate) struct Inflate {
    /// Absent while there is nothing to remember.
    state: Option<Box<Inflating>>,
    bits: u8,
    takeover: bool,
    /// What the latest messages came to.
    typical: usize,
}

impl Inflate {
    pub(crate) fn new(agreed: &Agreement) -> Self {
        Self { state: None, bits: agreed.server_bits.max(MIN_BITS), takeover: agreed.server_takeover, typical: 0 }
    }

    /// Inflates a part of a message to the end of `message`, which must not become longer than `limit`.
    pub(crate) fn push(&mut self, part: &[u8], last: bool, message: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
        let Self { bits, typical, .. } = *self;
        let new = || {
            let zlib = Decompress::new_with_window_bits(false, bits);
            Box::new(Inflating { zlib, short: Vec::with_capacity(SHORT) })
        };
        let state = self.state.get_or_insert_with(|| INFLATING.take(bits).unwrap_or_else(new));
        if !last {
            return inflate(&mut state.zlib, part, message, limit, typical);
        }
        let mut joined = [0; JOINED];
        let length = part.len() + TAIL.len();
        // Each call costs as much as the few bytes of most messages.
        if let Some(joined) = joined.get_mut(..length) {
            joined[..part.len()].copy_from_slice(part);
            joined[part.len()..].copy_from_slice(&TAIL);
            if message.is_empty() && typical + FAST < SHORT {
                inflate(&mut state.zlib, joined, &mut state.short, limit, typical)?;
                // What is kept is no longer than the message.
                *message = state.short.as_slice().to_vec();
                state.short.clear();
                state.short.shrink_to(SHORT);
            } else {
                inflate(&mut state.zlib, joined, message, limit, typical)?;
            }
        } else {
            inflate(&mut state.zlib, part, message, limit, typical)?;
            inflate(&mut state.zlib, &TAIL, message, limit, typical)?;
        }
        self.typical = message.len().max(typical - typical / 8).min(MAX_TYPICAL);
        if !self.takeover {
            state.zlib.reset(false);
        }
        Ok(())
    }

    /// Nothing more is at hand: gives back the memory that the next message can do without.
    pub(crate) fn release(&mut self) {
        if !self.takeover {
            INFLATING.put(self.bits, self.state.take());
        }
    }

    #[cfg(test)]
    pub(crate) fn keeps_memory(&self) -> bool {
        self.state.is_some()
    }

    /// How large the place for short messages is, and whether it has grown.
    #[cfg(test)]
    pub(crate) fn short_room(&self) -> Option<(usize, bool)> {
        self.state.as_ref().map(|state| (state.short.capacity(), state.short.capacity() > SHORT))
    }
}

/// `typical` is the room to make at once.
fn inflate(
    zlib: &mut Decompress,
    mut part: &[u8],
    message: &mut Vec<u8>,
    limit: usize,
    typical: usize,
) -> Result<(), Fault> {
    loop {
        if message.len() == message.capacity() {
            if message.len() > limit {
                return Err(Fault::TooLarge(limit));
            }
            // One more than allowed, to tell a message that fits from one that does not.
            let room = message.len().max(4 * part.len()).max(typical + 1).clamp(128, 1 << 20);
            message.reserve_exact(room.min((limit - message.len()).saturating_add(1)));
        }
        let read = zlib.total_in();
        let status = zlib.decompress_vec(part, message, FlushDecompress::Sync);
        let status = status.map_err(|_| Fault::Protocol("a compressed message is damaged"))?;
        part = &part[(zlib.total_in() - read) as usize..];
        match status {
            // The last block of a stream, after which another may begin (section 7.2.3.5).
            Status::StreamEnd => {
                zlib.reset(false);
                if part.is_empty() {
                    break;
                }
            }
            // Full: there may be more.
            _ if message.len() == message.capacity() => {}
            _ => break,
        }
    }
    if message.len() > limit { Err(Fault::TooLarge(limit)) } else { Ok(()) }
}

/// What goes to the server.
pub(crate) struct Deflater {
    /// Absent while there is nothing to remember.
    state: Option<Box<Compress>>,
    level: Compression,
    bits: u8,
    takeover: bool,
    threshold: usize,
}

impl Deflater {
    pub(crate) fn new(agreed: &Agreement, wanted: &Deflate) -> Self {
        Self {
            state: None,
            level: Compression::new(wanted.level),
            bits: agreed.client_bits,
            takeover: agreed.client_takeover,
            // A server may ask for a window that is smaller than zlib's smallest. Nothing has to be compressed.
            threshold: if agreed.client_bits < MIN_BITS { usize::MAX } else { wanted.threshold },
        }
    }

    /// The payload, compressed if that is worth it.
    pub(crate) fn compress(&mut self, payload: &[u8]) -> Option<Bytes> {
        // Zlib has nothing to flush where nothing has come since it last did.
        if payload.is_empty() || payload.len() < self.threshold {
            return None;
        }
        let kind = (self.bits, self.level.level());
        let new = || Box::new(Compress::new_with_window_bits(self.level, false, self.bits));
        let state = self.state.get_or_insert_with(|| DEFLATING.take(kind).unwrap_or_else(new));
        let mut rest = payload;
        let mut out = Vec::with_capacity(payload.len() / 2 + 64);
        loop {
            let before = state.total_in();
            let status = state.compress_vec(rest, &mut out, FlushCompress::Sync);
            status.expect("only a stream that was finished takes no more");
            rest = &rest[(state.total_in() - before) as usize..];
            if out.len() < out.capacity() {
                break;
            }
            // Full: there may be more.
            out.reserve(out.len());
        }
        debug_assert!(rest.is_empty() && out.ends_with(&TAIL));
        out.truncate(out.len().saturating_sub(TAIL.len()));
        if self.takeover {
            return Some(out.into());
        }
        state.reset();
        // What is remembered at both ends is the same only if all that was compressed is sent so.
        (out.len() < payload.len()).then(|| out.into())
    }

    /// Nothing more is at hand: gives back the memory that the next message can do without.
    pub(crate) fn release(&mut self) {
        if !self.takeover {
            DEFLATING.put((self.bits, self.level.level()), self.state.take());
        }
    }

    #[cfg(test)]
    pub(crate) fn keeps_memory(&self) -> bool {
        self.state.is_some()
    }
}
