//! A peer in memory for the bodies of fuzz targets, and those about proxies: see `fuzz/`.

use core::cell::OnceCell;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};

use super::connector::Destination;
use super::no_proxy::NoProxy;
use super::proxy::Proxy;
use super::stream::Stream;
use crate::native::sync::lock;

/// What a peer may not make a client read before its response is complete, in bytes.
const MOST: usize = 256 * 1024;
/// The longest attempt.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A peer that sends these bytes.
#[derive(Clone)]
pub(crate) struct Script {
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
    position: usize,
    taken: usize,
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
            position: 0,
            taken: 0,
            seed: script.seed.into(),
            waits: false,
            reader: None,
        })));
        (Stream::of(peer.clone()), peer)
    }

    pub(crate) fn request(&self) -> Vec<u8> {
        lock(&self.0).request.clone()
    }

    /// Returns the number of bytes that the client has read.
    pub(crate) fn taken(&self) -> usize {
        lock(&self.0).taken
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
        if self.position == bytes.len() {
            match self.script.ending {
                Ending::Endless(length) if !bytes.is_empty() => {
                    let tail = &bytes[bytes.len().saturating_sub(length)..];
                    let many: Vec<u8> = tail.iter().copied().cycle().take(out.remaining().min(4096)).collect();
                    out.put_slice(&many);
                    self.taken += many.len();
                    assert!(self.taken <= bytes.len() + MOST, "the peer never ends, and is read for ever");
                    return Some(Ok(()));
                }
                Ending::Reset => return Some(Err(io::ErrorKind::ConnectionReset.into())),
                Ending::Silence => return None,
                _ => return Some(Ok(())),
            }
        }
        let length = self.piece().min(out.remaining()).min(self.script.bytes.len() - self.position);
        out.put_slice(&self.script.bytes[self.position..][..length]);
        self.position += length;
        self.taken += length;
        Some(Ok(()))
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

impl State {
    fn respond(&mut self) {
        self.has_responded = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
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

/// Panics if the text has control characters, or ones that reorder or hide other text.
pub(crate) fn assert_printable(text: &str) {
    let is_unsafe =
        |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}');
    assert!(!text.contains(is_unsafe), "{text:?}");
}

/// Panics if an error repeats a word of refused text. Words of errors are without digits.
pub(crate) fn assert_hides(error: &str, text: &str) {
    let is_word = |word: &&str| word.len() > 8 && word.contains(|c: char| c.is_ascii_digit());
    let named = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_word).find(|word| error.contains(*word));
    assert!(named.is_none(), "{error:?} has a part of {text:?}");
}

/// A URL or `host:port` of a proxy, and behind the first line break what the proxy sends. Bytes 1 and 2 are the manner.
pub(crate) fn proxy(data: &[u8]) {
    let [manner, seed, data @ ..] = data else { return };
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let bytes = parts.next().unwrap_or_default().to_vec();
    let proxy = match Proxy::parse(&text) {
        Ok(proxy) => proxy,
        Err(fault) => {
            assert_hides(&fault, &text);
            return assert_printable(&fault);
        }
    };
    assert!(!proxy.address.host.is_empty() && proxy.address.port != 0, "{text:?}");
    let to = Destination::new(if manner & 8 == 0 { "server.test" } else { "[2001:db8::1]" }, 443);
    let script = |seed| Script {
        bytes: bytes.clone(),
        ending: Ending::of(*manner, manner >> 4),
        seed,
        waits_for_request: false,
        breaks_after: (manner & 4 != 0).then_some(usize::from(seed)),
    };
    let whole = tunnel(&proxy, &to, &script(0));
    let cut = tunnel(&proxy, &to, &script(*seed));
    // In pieces, what is not HTTP is noticed at its end or by the open timeout, and what follows a response only if it
    // arrives with it.
    let is_refused = |outcome: &Option<Result<_, String>>| outcome.as_ref().is_some_and(Result::is_err);
    let may_differ = !is_socks(&proxy) && is_refused(&whole);
    assert!(manner & 4 != 0 || may_differ || cut == whole, "{cut:?} in pieces, {whole:?} at once");
}

fn is_socks(proxy: &Proxy) -> bool {
    proxy.address.port == 1080
}

/// Returns the outcome: the bytes behind the proxy's response, an error, or `None` if it waits for more.
fn tunnel(proxy: &Proxy, to: &Destination, script: &Script) -> Option<Result<Vec<u8>, String>> {
    let (stream, peer) = Peer::connect(script);
    let connected = run(proxy.connect(stream, to));
    let request = peer.request();
    let outcome = connected?.map_err(|error| {
        let text = format!("{error} {error:?}");
        assert_printable(&text);
        text
    });
    let is_http = request.starts_with(b"CONNECT ");
    Some(outcome.map(|mut stream| {
        let bytes = &script.bytes;
        if script.breaks_after.is_some() {
            // A proxy that answers without having read the request.
        } else if request.starts_with(b"CONNECT ") {
            assert!(request.ends_with(b"\r\n\r\n") && request.windows(2).filter(|it| it == b"\n\r").count() <= 1);
            let heads = String::from_utf8_lossy(bytes);
            assert!(
                heads.lines().any(|line| line.starts_with("HTTP/1.") && line.get(8..10) == Some(" 2")),
                "{heads:?}"
            );
            // What follows the response is not the server's.
            assert!(peer.taken() >= bytes.len().min(12));
        } else {
            assert!(request.starts_with(&[5]) && bytes.starts_with(&[5]), "{request:?} {bytes:?}");
            // Nothing behind the answer is read, and the destination is asked for in its own form.
            let address = if to.host.contains(':') {
                &[5, 1, 0, 4, 0x20, 1, 0x0d, 0xb8][..]
            } else {
                b"\x05\x01\0\x03\x0bserver.test\x01\xbb"
            };
            assert!(request.windows(address.len()).any(|window| window == address), "{request:?}");
        }
        let mut behind = Vec::new();
        if !matches!(script.ending, Ending::Endless(_)) {
            let _ = run(stream.read_to_end(&mut behind));
        }
        if !is_http && !matches!(script.ending, Ending::Endless(_)) && script.breaks_after.is_none() {
            assert_eq!(behind, &script.bytes[socks_answers(&script.bytes)..], "the server's bytes");
        }
        behind
    }))
}

/// Returns the length of the answers of a SOCKS proxy that has connected.
fn socks_answers(bytes: &[u8]) -> usize {
    let start = if bytes[1] == 2 { 4 } else { 2 };
    let address = match bytes[start + 3] {
        1 => 4,
        4 => 16,
        _ => 1 + usize::from(bytes[start + 4]),
    };
    start + 4 + address + 2
}

/// A list of exempt hosts, and a host behind the first line break.
pub(crate) fn no_proxy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (list, host) = text.split_once('\n').unwrap_or((&text, "a.test"));
    let exempts = |list: &str| NoProxy::new(list.to_owned()).exempts(host);
    let is_exempt = exempts(list);
    // Another entry exempts more hosts, never fewer, and case does not matter.
    assert!(!is_exempt || list == "*" || exempts(&format!("{list},b.test")), "{list:?} {host:?}");
    assert_eq!(exempts(&list.to_ascii_uppercase()), is_exempt, "{list:?} {host:?}");
    let is_name = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    assert!(!is_name || exempts(&format!("{host},{list}")) && exempts(&format!(" x ,,{host}. {list}")), "{host:?}");
}

#[cfg(test)]
mod tests {
    use crate::fuzzing::check;

    #[test]
    fn proxy() {
        check("proxy", super::proxy);
    }

    #[test]
    fn no_proxy() {
        check("no_proxy", super::no_proxy);
    }
}
