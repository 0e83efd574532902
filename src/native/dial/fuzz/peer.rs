//! A peer in memory, and virtual time.

use core::cell::OnceCell;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::native::dial::stream::Stream;
use crate::native::sync::lock;

/// What a peer may not make a client read before its response is complete, in bytes.
const MOST: usize = 256 * 1024;
/// The longest attempt.
const PATIENCE: Duration = Duration::from_secs(60);

/// A peer that sends these bytes.
#[derive(Clone)]
pub(crate) struct Script {
    /// In it `{accept}` stands for the right value of `Sec-WebSocket-Accept`.
    pub(crate) bytes: Vec<u8>,
    pub(crate) ending: Ending,
    /// Draws the lengths of the pieces. 0: everything at once.
    pub(crate) seed: u8,
    /// Responds after a whole request. If not, at once.
    pub(crate) waits_for_request: bool,
    /// Takes this many bytes of the request, and fails then.
    pub(crate) breaks_after: Option<usize>,
}

/// What follows the bytes of a peer.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Ending {
    Eof,
    Reset,
    Silence,
    /// The last bytes, this many, again and again.
    Endless(usize),
}

impl Ending {
    pub(crate) fn of(byte: u8, length: u8) -> Self {
        match byte % 4 {
            0 => Self::Eof,
            1 => Self::Reset,
            2 => Self::Silence,
            _ => Self::Endless(usize::from(length).max(1)),
        }
    }
}

/// The peer's side of a connection.
#[derive(Clone)]
pub(crate) struct Peer(Arc<Mutex<State>>);

struct State {
    script: Script,
    request: Vec<u8>,
    has_responded: bool,
    /// What the client has read.
    taken: Vec<u8>,
    seed: u64,
    waits: bool,
    reader: Option<Waker>,
}

impl Peer {
    /// Returns a connection, and the peer for a look at what it got.
    pub(crate) fn connect(script: &Script) -> (Stream, Self) {
        let peer = Self(Arc::new(Mutex::new(State {
            script: script.clone(),
            request: Vec::new(),
            has_responded: !script.waits_for_request,
            taken: Vec::new(),
            seed: script.seed.into(),
            waits: false,
            reader: None,
        })));
        (Stream::of(peer.clone()), peer)
    }

    pub(crate) fn request(&self) -> Vec<u8> {
        lock(&self.0).request.clone()
    }

    /// Returns what the client has read.
    pub(crate) fn taken(&self) -> Vec<u8> {
        lock(&self.0).taken.clone()
    }
}

impl State {
    /// Draws the length of the next piece.
    fn piece(&mut self) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005);
        if self.seed == 0 { usize::MAX } else { (self.seed >> 59) as usize + 1 }
    }

    fn read(&mut self, out: &mut ReadBuf<'_>) -> Option<io::Result<()>> {
        let bytes = &self.script.bytes;
        if self.taken.len() >= bytes.len() {
            match self.script.ending {
                Ending::Endless(length) if !bytes.is_empty() => {
                    let tail = &bytes[bytes.len().saturating_sub(length)..];
                    let many: Vec<u8> = tail.iter().copied().cycle().take(out.remaining().min(4096)).collect();
                    out.put_slice(&many);
                    self.taken.extend(many);
                    assert!(self.taken.len() <= bytes.len() + MOST, "the peer never ends, and is read for ever");
                    return Some(Ok(()));
                }
                Ending::Reset => return Some(Err(io::ErrorKind::ConnectionReset.into())),
                Ending::Silence => return None,
                _ => return Some(Ok(())),
            }
        }
        let length = self.piece().min(out.remaining());
        let left = &self.script.bytes[self.taken.len()..];
        let piece = &left[..length.min(left.len())];
        out.put_slice(piece);
        self.taken.extend(piece);
        Some(Ok(()))
    }

    fn respond(&mut self) {
        self.has_responded = true;
        let request = String::from_utf8_lossy(&self.request);
        if let Some(key) = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")) {
            accept(&mut self.script.bytes, derive_accept_key(key.as_bytes()).as_bytes());
        }
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl AsyncRead for Peer {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let state = &mut *lock(&self.0);
        if !state.has_responded {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.waits = !state.waits && state.seed != 0;
        if state.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        state.read(out).map_or(Poll::Pending, Poll::Ready)
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let state = &mut *lock(&self.0);
        let room = state.script.breaks_after.map_or(usize::MAX, |most| most.saturating_sub(state.request.len()));
        if room == 0 {
            state.respond();
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let length = state.piece().min(data.len()).min(room);
        state.request.extend_from_slice(&data[..length]);
        if state.request.ends_with(b"\r\n\r\n") {
            state.respond();
        }
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Replaces each `{accept}` in a response.
pub(crate) fn accept(response: &mut Vec<u8>, value: &[u8]) {
    let mark = b"{accept}";
    while let Some(at) = response.windows(mark.len()).position(|window| window == mark) {
        response.splice(at..at + mark.len(), value.iter().copied());
    }
}

/// Runs a future in virtual time. Returns `None` if it is not ready after `PATIENCE`.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    thread_local!(static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() });
    RUNTIME.with(|runtime| {
        let new = || Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.get_or_init(new).block_on(async { tokio::time::timeout(PATIENCE, future).await.ok() })
    })
}
