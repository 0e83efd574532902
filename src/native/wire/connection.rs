//! An open connection: a stream with its reader and writer, and the handling of control frames.

use alloc::collections::VecDeque;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::deflate::Deflater;
use super::frames::Fault;
use super::read::{Reader, Received};
use super::write::{Heartbeat, Writer};
use crate::close::CloseCode;
use crate::driver::{Buffered, SocketEvent};
use crate::message::Message;
use crate::native::dial::stream::Stream;

/// For how long data that arrived before writing failed is waited for (rule S20a).
const READ_GRACE: Duration = Duration::from_secs(1);

/// An open connection.
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    /// Reading failed; reported at the next poll.
    pub(crate) fault: Option<Fault>,
    /// A Close frame was sent, or will be once the message before it is complete.
    pub(crate) closing: bool,
    /// Code and reason of the peer's Close frame.
    pub(crate) peer_close: Option<(CloseCode, String)>,
    /// The number of the latest heartbeat that was sent as a Ping.
    pinged: u64,
    /// The number of the latest one that was answered.
    answered: u64,
    /// Runs since writing failed.
    read_grace: Option<Pin<Box<Sleep>>>,
    /// When the awaited heartbeat or Close frame was sent, or progress before it was last seen.
    last_progress: Instant,
}

impl Connection {
    pub(crate) fn new(stream: Stream, reader: Reader, deflater: Option<Deflater>) -> Self {
        let writer = Writer::new(deflater, stream.is_direct());
        Self {
            stream,
            reader,
            writer,
            fault: None,
            closing: false,
            peer_close: None,
            pinged: 0,
            answered: 0,
            read_grace: None,
            last_progress: Instant::now(),
        }
    }

    #[inline]
    pub(crate) fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Result<Received, Fault>> {
        self.reader.poll(&mut self.stream, cx)
    }

    /// Waits for the end of the stream after the peer's Close frame. Later data is discarded (RFC 6455, section 1.4).
    #[cold]
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scrap = [MaybeUninit::uninit(); 4096];
        loop {
            let mut scrap = ReadBuf::uninit(&mut scrap);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut scrap)) {
                Ok(()) if !scrap.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }

    /// Continues to write to a stream that was full. Ready when it has taken some bytes.
    pub(crate) fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<SocketEvent> {
        let before = self.stream.written();
        let all = self.poll_flush(cx).is_ready() && self.writer.error.is_none();
        if all {
            self.writer.owes_report = false;
        }
        if all || self.stream.written() > before {
            Poll::Ready(SocketEvent::Left { held: self.writer.buffered(), was_full: true })
        } else {
            Poll::Pending
        }
    }

    /// Waits for data after writing failed, at most [`READ_GRACE`]. A broken socket can be read to its end, but the runtime
    /// may not know yet that it is readable. Other streams may never become readable.
    #[cold]
    pub(crate) fn poll_read_grace(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.read_grace.get_or_insert_with(|| Box::pin(sleep(READ_GRACE))).as_mut().poll(cx)
    }

    /// Whether writing has failed, and nothing waits yet for what still arrives.
    pub(crate) fn has_failed(&self) -> bool {
        self.writer.error.is_some() && self.read_grace.is_none() && self.peer_close.is_none()
    }

    /// Answers the peer's Ping, unless a Close frame was sent.
    #[cold]
    pub(crate) fn on_ping(&mut self, payload: Bytes, cx: &mut Context<'_>) {
        self.writer.pong(payload, &mut self.stream, cx);
    }

    /// Sends a Ping with the number of a heartbeat.
    pub(crate) fn ping(&mut self, beat: u64) {
        self.pinged = beat;
        self.writer.heartbeat(Heartbeat::Ping(beat));
    }

    /// Returns the number of the heartbeat that this Pong answers. Each is answered once at most: all other Pongs are ordinary
    /// traffic, and a flood of them costs no more than one of Pings.
    #[cold]
    pub(crate) fn on_pong(&mut self, payload: &[u8]) -> Option<u64> {
        let beat = u64::from_be_bytes(payload.try_into().ok()?);
        if beat <= self.answered || beat > self.pinged {
            return None;
        }
        self.answered = beat;
        Some(beat)
    }

    /// Handles the peer's Close frame: answers it with the same code, unless it answers ours.
    #[cold]
    pub(crate) fn on_close(&mut self, frame: Option<(u16, String)>, cx: &mut Context<'_>) -> SocketEvent {
        self.closing = true;
        let answer = frame.as_ref().map(|(code, reason)| (CloseCode::new(*code), reason.as_str()));
        self.writer.close(answer, true);
        let _ = self.poll_flush(cx);
        let (code, reason) =
            frame.map_or((CloseCode::NO_STATUS, String::new()), |(code, reason)| (CloseCode::new(code), reason));
        self.peer_close = Some((code, reason.clone()));
        SocketEvent::Closing { code, reason }
    }

    pub(crate) fn close(&mut self, code: CloseCode, reason: &str, cx: &mut Context<'_>) {
        self.closing = true;
        self.writer.close(Some((code, reason)), false);
        let _ = self.poll_flush(cx);
    }

    pub(crate) fn send(&mut self, batch: &mut VecDeque<Message>, cx: &mut Context<'_>) {
        self.writer.send(batch, &mut self.stream, cx);
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.writer.poll_flush(&mut self.stream, cx)
    }

    pub(crate) fn buffered(&mut self) -> Buffered {
        self.writer.buffered()
    }

    /// See [`Transport::mark`](crate::driver::Transport::mark).
    pub(crate) fn mark(&mut self) -> bool {
        self.last_progress = Instant::now();
        let written = self.stream.written();
        // Before the first message there is nothing to ask the operating system for.
        let delivered = if self.writer.taken() == 0 { written } else { self.stream.delivered() };
        self.writer.mark(written, delivered)
    }

    /// See [`Transport::progress`](crate::driver::Transport::progress).
    pub(crate) fn progress(&mut self) -> bool {
        if self.writer.progress(self.stream.delivered()) {
            self.last_progress = Instant::now();
            return true;
        }
        self.stream.silence_tolerance().is_some_and(|patience| self.last_progress.elapsed() < patience)
    }

    /// Whether [`tidy`](Self::tidy) may free memory soon.
    pub(crate) fn is_large(&self) -> bool {
        self.reader.is_large() || self.writer.is_large()
    }

    /// Frees the memory that was not needed since the last call.
    pub(crate) fn tidy(&mut self) {
        self.reader.tidy();
        self.writer.tidy();
    }
}
