//! The script's view of a connection: reading and writing frames.

use crate::connection::{End, Wish};
use crate::frame::{self, Frame};
use crate::http::Request;
use crate::journal::What;
use crate::ledger::Ledgers;
use crate::server::Shared;
use crate::sessions::Sessions;
use crate::socket::Socket;
use bytes::{Buf, Bytes, BytesMut};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A message or Close frame of the client. Pings and Pongs are handled below the scripts.
pub(crate) enum Event {
    Message { opcode: u8, compressed: bool, payload: Bytes },
    Close(Option<u16>),
}

/// The script's view of a connection.
pub(crate) struct Conn {
    shared: Arc<Shared>,
    id: u64,
    pub(crate) socket: Socket,
    stream: Box<dyn Stream>,
    wishes: mpsc::UnboundedReceiver<Wish>,
    incoming: BytesMut,
    outgoing: BytesMut,
    partial: Option<(u8, bool, BytesMut)>,
    /// Messages, Pings and Pongs are not recorded.
    pub(crate) quiet: bool,
    /// Pings are not answered.
    pub(crate) deaf: bool,
    /// Messages may be compressed. They stay compressed.
    pub(crate) deflates: bool,
    sent_close: bool,
    received_close: bool,
}

impl Conn {
    pub(crate) fn new(
        shared: Arc<Shared>,
        id: u64,
        socket: Socket,
        stream: Box<dyn Stream>,
        wishes: mpsc::UnboundedReceiver<Wish>,
    ) -> Self {
        Conn {
            shared,
            id,
            socket,
            stream,
            wishes,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            partial: None,
            quiet: false,
            deaf: false,
            deflates: false,
            sent_close: false,
            received_close: false,
        }
    }

    /// Returns the number of the TCP connection.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.shared.sessions
    }

    pub(crate) fn ledgers(&self) -> &Ledgers {
        &self.shared.ledgers
    }

    pub(crate) fn record(&self, what: What) {
        self.shared.journal.add(self.id, what);
    }

    fn record_unless_quiet(&self, what: impl FnOnce() -> What) {
        if !self.quiet {
            self.record(what());
        }
    }

    /// Reads the request and records it.
    pub(crate) async fn request(&mut self) -> Result<Request, End> {
        loop {
            match Request::parse(&mut self.incoming) {
                Ok(Some(request)) => {
                    let (path, headers) = (request.raw_target.clone(), request.headers.clone());
                    self.record(What::Request { path, headers });
                    return Ok(request);
                }
                Ok(None) => self.read().await?,
                Err(why) => {
                    self.record(What::ProtocolError(why));
                    return Err(End::Shut);
                }
            }
        }
    }

    /// Returns the next event. Sends everything queued before it waits. Cancel safe.
    pub(crate) async fn next(&mut self) -> Result<Event, End> {
        loop {
            while let Some(frame) =
                frame::parse(&mut self.incoming, self.deflates).map_err(|why| self.fail(1002, why))?
            {
                if let Some(event) = self.take(frame)? {
                    return Ok(event);
                }
            }
            self.flush().await?;
            tokio::select! {
                biased;
                Some(wish) = self.wishes.recv() => match wish {
                    Wish::Close { code, reason } => self.send_close(Some(code), &reason),
                    Wish::Flood { n, size } => {
                        let message = frame::text(&"x".repeat(size));
                        (0..n).for_each(|_| self.queue(&message));
                    }
                },
                read = read(&mut *self.stream, &mut self.incoming) => {
                    if !read {
                        return Err(self.gone());
                    }
                }
            }
        }
    }

    fn take(&mut self, frame: Frame) -> Result<Option<Event>, End> {
        let Frame { fin, compressed, opcode, payload } = frame;
        if self.received_close {
            self.record(What::ProtocolError(format!("frame after Close, opcode {opcode:#x}")));
            return Ok(None);
        }
        match opcode {
            frame::PING => {
                self.record_unless_quiet(|| What::Ping(payload.to_vec()));
                if !self.deaf {
                    self.queue(&frame::raw(true, 0, frame::PONG, &payload));
                }
                Ok(None)
            }
            frame::PONG => {
                self.record_unless_quiet(|| What::Pong(payload.to_vec()));
                Ok(None)
            }
            frame::CLOSE => self.take_close(payload).map(Some),
            _ => self.take_data(fin, opcode, compressed, payload),
        }
    }

    fn take_close(&mut self, mut payload: BytesMut) -> Result<Event, End> {
        let code = match payload.len() {
            0 => None,
            1 => return Err(self.fail(1002, "Close with one byte".into())),
            _ => Some(payload.get_u16()),
        };
        let Ok(reason) = String::from_utf8(payload.to_vec()) else {
            return Err(self.fail(1007, "reason of Close is no UTF-8".into()));
        };
        self.received_close = true;
        self.record(What::Close { code, reason });
        match code {
            None | Some(1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Event::Close(code)),
            Some(code) => Err(self.fail(1002, format!("Close with code {code}"))),
        }
    }

    fn take_data(&mut self, fin: bool, opcode: u8, compressed: bool, payload: BytesMut) -> Result<Option<Event>, End> {
        let (opcode, compressed, payload) = match (self.partial.take(), opcode) {
            (None, frame::CONTINUATION) => {
                return Err(self.fail(1002, "nothing to continue".into()));
            }
            (None, opcode) => (opcode, compressed, payload),
            (Some((first, compressed, mut whole)), frame::CONTINUATION) => {
                whole.extend_from_slice(&payload);
                (first, compressed, whole)
            }
            (Some(_), _) => {
                return Err(self.fail(1002, "new message within a fragmented one".into()));
            }
        };
        if !fin {
            self.partial = Some((opcode, compressed, payload));
            return Ok(None);
        }
        if compressed {
            self.record_unless_quiet(|| What::Compressed(payload.to_vec()));
        } else if opcode == frame::TEXT {
            match std::str::from_utf8(&payload) {
                Ok(text) => self.record_unless_quiet(|| What::Text(text.to_owned())),
                Err(_) => return Err(self.fail(1007, "text is no UTF-8".into())),
            }
        } else {
            self.record_unless_quiet(|| What::Binary(payload.to_vec()));
        }
        Ok(Some(Event::Message { opcode, compressed, payload: payload.freeze() }))
    }

    /// Ends the connection after a protocol violation of the client, with a Close frame unless the script is `/deaf`.
    fn fail(&mut self, code: u16, why: String) -> End {
        self.record(What::ProtocolError(why));
        if !self.deaf {
            self.send_close(Some(code), "");
        }
        End::Shut
    }

    /// Queues a Close frame unless one was sent. Nothing is sent after it.
    pub(crate) fn send_close(&mut self, code: Option<u16>, reason: &str) {
        self.queue(&frame::close(code, reason));
        self.sent_close = true;
    }

    /// Queues bytes for the next flush.
    pub(crate) fn queue(&mut self, bytes: &[u8]) {
        if !self.sent_close {
            self.outgoing.extend_from_slice(bytes);
        }
    }

    pub(crate) fn queued(&self) -> usize {
        self.outgoing.len()
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.queue(bytes);
        self.flush().await
    }

    /// Sends the queued bytes. Cancel safe: sent bytes are removed from the queue.
    pub(crate) async fn flush(&mut self) -> Result<(), End> {
        while !self.outgoing.is_empty() {
            if self.stream.write_buf(&mut self.outgoing).await.is_err() {
                return Err(self.gone());
            }
        }
        self.stream.flush().await.map_err(|_| self.gone())
    }

    async fn read(&mut self) -> Result<(), End> {
        if read(&mut *self.stream, &mut self.incoming).await { Ok(()) } else { Err(self.gone()) }
    }

    /// Waits until the client ends the connection, without reading.
    pub(crate) async fn left(&mut self) -> End {
        self.socket.gone().await;
        self.gone()
    }

    fn gone(&self) -> End {
        self.record(What::Disconnected);
        End::Gone
    }

    /// Ends the connection in order.
    pub(crate) async fn shut(&mut self) -> Result<End, End> {
        self.flush().await?;
        self.stream.shutdown().await.map(|()| End::Fin).map_err(|_| self.gone())
    }
}

/// Reads some bytes. Returns `false` at the end of the stream or on an error.
async fn read(stream: &mut dyn Stream, buffer: &mut BytesMut) -> bool {
    buffer.reserve(16 * 1024);
    matches!(stream.read_buf(buffer).await, Ok(n) if n > 0)
}
