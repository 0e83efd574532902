//! Compresses and inflates the payloads of messages (RFC 7692, section 7.2).

mod history;
mod negotiation;
mod pool;

use core::mem::take;

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use history::History;
pub use negotiation::Deflate;
use negotiation::MAX_BITS;
pub(crate) use negotiation::{Agreement, agree};
use pool::Pool;

use super::frames::Fault;

/// The end of every compressed message, which is not sent (section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];
/// The smallest window of zlib for compressing.
const MIN_BITS: u8 = 9;

/// Compressed messages up to about this many bytes are inflated by one call.
const JOINED: usize = 256;
/// Messages that inflate to less than this many bytes are inflated in memory that is kept. zlib's fast path needs more
/// room than most of them have.
const SHORT: usize = 2048;
const FAST: usize = 300;
/// The most bytes that are reserved at once because earlier messages needed them.
const MAX_TYPICAL: usize = 4096;

static INFLATING: Pool<(), Inflating> = Pool::new();
static DEFLATING: Pool<(u8, u32), Compress> = Pool::new();

struct Inflating {
    zlib: Decompress,
    /// Memory for short messages; empty between them.
    short: Vec<u8>,
}

/// Inflates the messages of the server.
pub(crate) struct Inflate {
    /// `None` while idle.
    state: Option<Box<Inflating>>,
    /// `None` without context takeover.
    history: Option<History>,
    /// The state was used since the last [`tidy`](Self::tidy).
    used: bool,
    /// Whether the current message has had a byte of payload.
    begun: bool,
    /// Typical length of the latest inflated messages in bytes.
    typical: usize,
}

impl Inflate {
    pub(crate) fn new(agreed: &Agreement) -> Self {
        let history = agreed.server_takeover.then(|| History::new(MAX_BITS));
        Self { state: None, history, used: false, begun: false, typical: 0 }
    }

    /// Inflates a part of a message and appends it to `message`, which must not become longer than `limit` bytes.
    pub(crate) fn push(&mut self, part: &[u8], last: bool, message: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
        // Cowboy sends an empty message without the empty block that section 7.2.3.6 asks for. The tail would be an error.
        if part.is_empty() && !self.begun {
            return Ok(());
        }
        self.begun = !last;
        self.used = true;
        let before = message.len();
        let inflated = self.inflate(part, last, message, limit);
        if let Some(history) = &mut self.history {
            history.push(&message[before..]);
        }
        inflated
    }

    fn inflate(&mut self, part: &[u8], last: bool, message: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
        let typical = self.typical;
        // With the largest window, whatever was agreed to: with a smaller one, zlib would notice that the server exceeds it
        // in some segmentations only.
        let new = || Box::new(Inflating { zlib: Decompress::new(false), short: Vec::with_capacity(SHORT) });
        let state = self.state.get_or_insert_with(|| {
            let mut state = INFLATING.take(()).unwrap_or_else(new);
            if let Some(history) = &mut self.history {
                state.zlib.set_dictionary(history.data()).expect("a raw stream takes any");
            }
            state
        });
        if !last {
            return inflate(&mut state.zlib, part, message, limit, typical);
        }
        let mut joined = [0; JOINED];
        let length = part.len() + TAIL.len();
        // A call costs as much as inflating the few bytes of most messages.
        if let Some(joined) = joined.get_mut(..length) {
            joined[..part.len()].copy_from_slice(part);
            joined[part.len()..].copy_from_slice(&TAIL);
            if message.is_empty() && typical + FAST < SHORT {
                let inflated = inflate(&mut state.zlib, joined, &mut state.short, limit, typical);
                // A copy of exact length, so that a kept message does not hold more memory. After a fault too: the text
                // before it may not be UTF-8.
                *message = state.short.as_slice().to_vec();
                state.short.clear();
                state.short.shrink_to(SHORT);
                inflated?;
            } else {
                inflate(&mut state.zlib, joined, message, limit, typical)?;
            }
        } else {
            inflate(&mut state.zlib, part, message, limit, typical)?;
            inflate(&mut state.zlib, &TAIL, message, limit, typical)?;
        }
        self.typical = message.len().max(typical - typical / 8).min(MAX_TYPICAL);
        if self.history.is_none() {
            state.zlib.reset(false);
        }
        Ok(())
    }

    /// Returns the state to the pool if what comes next does not need it. Called when there is nothing more to do.
    pub(crate) fn release(&mut self) {
        if self.history.is_none() && !self.begun {
            INFLATING.put((), self.state.take());
        }
    }

    /// Whether [`tidy`](Self::tidy) may free memory soon.
    pub(crate) fn is_large(&self) -> bool {
        self.state.is_some() && !self.begun
    }

    /// Keeps only the history if no message came since the last call.
    pub(crate) fn tidy(&mut self) {
        // Of a client that was paused before there was nothing more to do.
        self.release();
        if let (Some(history), false, false) = (&mut self.history, self.begun, take(&mut self.used)) {
            history.shrink();
            if let Some(mut state) = self.state.take() {
                state.zlib.reset(false);
                INFLATING.put((), Some(state));
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn keeps_memory(&self) -> bool {
        self.state.is_some()
    }

    /// Returns the capacity for short messages, and whether it has grown.
    #[cfg(test)]
    pub(crate) fn short_room(&self) -> Option<(usize, bool)> {
        self.state.as_ref().map(|state| (state.short.capacity(), state.short.capacity() > SHORT))
    }
}

/// Inflates `part`. `typical` is the number of bytes to reserve at once. After a fault, `message` has what was inflated
/// before it, at most `limit` bytes.
fn inflate(
    zlib: &mut Decompress,
    mut part: &[u8],
    message: &mut Vec<u8>,
    limit: usize,
    typical: usize,
) -> Result<(), Fault> {
    loop {
        if message.len() == message.capacity() {
            // One byte more than allowed, to detect a message that is too large.
            let room = message.len().max(4 * part.len()).max(typical + 1).clamp(128, 1 << 20);
            message.reserve_exact(room.min((limit - message.len()).saturating_add(1)));
        }
        let read = zlib.total_in();
        let status = zlib.decompress_vec(part, message, FlushDecompress::Sync);
        debug_assert!(message.capacity() <= limit.max(SHORT).saturating_add(1));
        // Checked first: a fault behind the limit does not count.
        if message.len() > limit {
            message.truncate(limit);
            return Err(Fault::TooLarge(limit));
        }
        let status = status.map_err(|_| Fault::Protocol("compressed message is damaged"))?;
        part = &part[(zlib.total_in() - read) as usize..];
        match status {
            // The final block of a stream. Another stream may follow (section 7.2.3.5).
            Status::StreamEnd => {
                zlib.reset(false);
                if part.is_empty() {
                    return Ok(());
                }
            }
            // The output is full, so there may be more.
            _ if message.len() == message.capacity() => {}
            _ => return Ok(()),
        }
    }
}

/// Compresses the messages to the server.
pub(crate) struct Deflater {
    /// `None` while idle.
    state: Option<Box<Compress>>,
    level: Compression,
    bits: u8,
    /// `None` without context takeover.
    history: Option<History>,
    /// The state was used since the last [`tidy`](Self::tidy).
    used: bool,
    threshold: usize,
}

impl Deflater {
    pub(crate) fn new(agreed: &Agreement, wanted: &Deflate) -> Self {
        Self {
            state: None,
            level: Compression::new(wanted.level),
            bits: agreed.client_bits,
            history: agreed.client_takeover.then(|| History::new(agreed.client_bits)),
            used: false,
            // zlib cannot compress with a window of 8 bits, so messages are sent uncompressed.
            threshold: if agreed.client_bits < MIN_BITS { usize::MAX } else { wanted.threshold },
        }
    }

    /// Returns the compressed payload, or `None` if it is to be sent uncompressed.
    pub(crate) fn compress(&mut self, payload: &[u8]) -> Option<Bytes> {
        // zlib cannot flush an empty message.
        if payload.is_empty() || payload.len() < self.threshold {
            return None;
        }
        let kind = (self.bits, self.level.level());
        let new = || Box::new(Compress::new_with_window_bits(self.level, false, self.bits));
        let state = self.state.get_or_insert_with(|| {
            let mut state = DEFLATING.take(kind).unwrap_or_else(new);
            if let Some(history) = &mut self.history {
                state.set_dictionary(history.data()).expect("a raw stream takes any");
            }
            state
        });
        self.used = true;
        let mut rest = payload;
        let mut out = Vec::with_capacity(payload.len() / 2 + 64);
        loop {
            let before = state.total_in();
            let status = state.compress_vec(rest, &mut out, FlushCompress::Sync);
            status.expect("fails only for a finished stream");
            rest = &rest[(state.total_in() - before) as usize..];
            if out.len() < out.capacity() {
                break;
            }
            // The output is full, so there may be more.
            out.reserve(out.len());
        }
        debug_assert!(rest.is_empty() && out.ends_with(&TAIL));
        out.truncate(out.len().saturating_sub(TAIL.len()));
        if let Some(history) = &mut self.history {
            history.push(payload);
            return Some(out.into());
        }
        state.reset();
        // With context takeover every compressed message must be sent, so only here it may be dropped.
        (out.len() < payload.len()).then(|| out.into())
    }

    /// Returns the state to the pool if the next message does not need it. Called when there is nothing more to do.
    pub(crate) fn release(&mut self) {
        if self.history.is_none() {
            DEFLATING.put((self.bits, self.level.level()), self.state.take());
        }
    }

    /// Whether [`tidy`](Self::tidy) may free memory soon.
    pub(crate) fn is_large(&self) -> bool {
        self.state.is_some()
    }

    /// Keeps only the history if no message was compressed since the last call.
    pub(crate) fn tidy(&mut self) {
        // Of a socket that is full.
        self.release();
        if let (Some(history), false) = (&mut self.history, take(&mut self.used)) {
            history.shrink();
            if let Some(mut state) = self.state.take() {
                state.reset();
                DEFLATING.put((self.bits, self.level.level()), Some(state));
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn keeps_memory(&self) -> bool {
        self.state.is_some()
    }
}
