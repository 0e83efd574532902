//! One client: its machine, and the numbers of what it wants done next.

use alloc::boxed::Box;
use alloc::string::String;

use crate::close::CloseCode;
use crate::codes::{failure, todo, what};
use crate::error::{Error, ErrorKind};
use crate::handshake::Handshake;
use crate::machine::{AttemptId, Buffered, Config, Delivery, Machine, Output, PageEvent, Tell};
use crate::message::{Message, Messages};
use crate::units::{Count, Timestamp, from_millis as duration, millis, whole};

pub(crate) struct Client {
    machine: Machine,
    /// What JavaScript dialled last.
    attempt: AttemptId,
    /// What was offered to the socket, until JavaScript reports whether it took them, and their bytes.
    batch: Messages,
    offered: usize,
    /// What belongs to the last thing to be done. Of the others it has no meaning.
    values: [f64; 4],
    delivery: Delivery,
    /// Bytes in the socket's own buffer at the last look.
    held: f64,
}

impl Client {
    pub(crate) fn new(config: Config, now: f64) -> Self {
        Self {
            machine: Machine::new(Box::new(config), Timestamp::from_millis(now)),
            attempt: AttemptId::default(),
            batch: Messages::new(),
            offered: 0,
            values: [0.0; 4],
            delivery: Delivery::default(),
            held: 0.0,
        }
    }

    pub(crate) fn handle(&mut self, now: f64, happened: u32, a: f64, b: f64) {
        let now = Timestamp::from_millis(now);
        if happened == what::WAKE && self.machine.is_expiring(now) {
            self.look(now, a, b);
        }
        let machine = &mut self.machine;
        if !matches!(happened, what::BUFFERED | what::TRANSMITTED | what::MARK) {
            machine.advance(now);
        }
        let is_late = !machine.is_current(self.attempt);
        match happened {
            what::OPENED | what::HEARD | what::ANSWERED | what::CLOSED | what::FAILED if is_late => {}
            what::BUFFERED => self.buffered(now, a),
            what::TRANSMITTED => self.transmitted(a == 0.0),
            what::MARK => {
                self.look(now, a, b);
                self.delivery.mark(b, b - a);
            }
            what::OPENED => machine.opened(Handshake),
            what::HEARD => machine.heard(),
            what::ANSWERED => machine.answered(None),
            what::CLOSED => machine.socket_closed(code(a), String::new(), b > 0.0),
            what::FAILED => machine.socket_failed(failed(whole(a))),
            what::PAGE => machine.page(match whole(a) {
                0 => PageEvent::Online,
                1 => PageEvent::Visible,
                2 => PageEvent::Frozen,
                _ => PageEvent::Thawed,
            }),
            what::VERDICT => machine.judged(a > 0.0),
            what::CLOSE => machine.close(code(a), String::new()),
            what::RECONNECT => machine.reconnect(duration(a)),
            what::CANCEL_RECONNECT => machine.cancel_reconnect(),
            _ => machine.wake(),
        }
    }

    /// What the browser holds does not count against the limit of the queue: it has to be told nothing else than progress.
    fn buffered(&mut self, now: Timestamp, bytes: f64) {
        if bytes < self.held {
            self.machine.progressed(now);
        }
        self.held = bytes;
    }

    /// Whether the browser has passed something on since the last look.
    fn look(&mut self, now: Timestamp, buffered: f64, given: f64) {
        if self.delivery.progress(given - buffered) {
            self.machine.progressed(now);
        }
    }

    /// Whether the socket took the batch. It takes all of it or, when it is not open any more, none.
    fn transmitted(&mut self, is_taken: bool) {
        let taken = if is_taken { (core::mem::take(&mut self.batch.0), self.offered) } else { (0, 0) };
        self.machine.restore(&mut self.batch, taken.0 as Count, taken.1, Buffered::default());
    }

    pub(crate) fn poll(&mut self) -> u32 {
        let Some(output) = self.machine.poll() else {
            return todo::NOTHING;
        };
        match output {
            Output::Dial(attempt) => {
                self.attempt = attempt;
                // Nothing counts before the first mark. What has left may be less than nothing: JavaScript counts what it gives
                // in UTF-16 code units, of which a browser makes up to three bytes each.
                self.delivery.mark(f64::NEG_INFINITY, 0.0);
                self.held = 0.0;
                todo::DIAL
            }
            Output::Transmit => {
                let (messages, bytes) = self.machine.offer(&mut self.batch);
                self.offered = bytes;
                self.give(todo::TRANSMIT, messages as f64)
            }
            Output::Mark => todo::MARK,
            Output::Beat(_) => todo::BEAT,
            Output::Close => {
                let (code, _) = self.machine.farewell();
                self.give(todo::CLOSE, code.get())
            }
            Output::Abort => todo::ABORT,
            Output::Judge => self.close(todo::JUDGE),
            // A browser's socket cannot be left unread, and nobody asks to pause.
            Output::Read(_) => self.poll(),
            Output::Tell(tell) => self.tell(tell),
        }
    }

    fn tell(&mut self, tell: Tell) -> u32 {
        match tell {
            Tell::Open => todo::TELL_OPEN,
            Tell::Error => {
                let kind = self.machine.last_error().map_or(failure::OPAQUE, |error| *error.kind() as u32);
                self.give(todo::TELL_ERROR, kind)
            }
            Tell::Close => self.close(todo::TELL_CLOSE),
            Tell::BufferFull => todo::TELL_FULL,
            Tell::BufferDrain => todo::TELL_DRAIN,
            Tell::Latency(rtt) => self.give(todo::TELL_LATENCY, f64::from(rtt) / 1e3),
            Tell::End => {
                let Some(end) = self.machine.ends().1 else { return self.poll() };
                self.values[1] = end.unsent as f64;
                self.give(todo::TELL_END, end.reason as u32)
            }
            // There is no such event on a browser's socket.
            Tell::Connect => self.poll(),
        }
    }

    fn close(&mut self, todo: u32) -> u32 {
        let Some(close) = self.machine.last_close() else { return self.poll() };
        let retry_in = close.retry_in.map_or(-1.0, millis);
        self.values = [close.code.get().into(), close.clean.into(), retry_in, self.machine.lasted().into()];
        todo
    }

    /// With the first of the values, which is often the only one.
    fn give(&mut self, todo: u32, value: impl Into<f64>) -> u32 {
        self.values[0] = value.into();
        todo
    }

    pub(crate) fn value(&self, index: usize) -> f64 {
        self.values.get(index).copied().unwrap_or_default()
    }

    /// Infinite if there is none.
    pub(crate) fn deadline(&self) -> f64 {
        self.machine.due().as_millis()
    }

    /// 0: taken; 1: refused, as the queue is full; 2: refused, as the client is closed.
    pub(crate) fn send(&mut self, bytes: f64) -> u32 {
        match self.machine.send(Message(whole(bytes) as usize)) {
            Ok(()) => 0,
            Err(error) => error.reason as u32,
        }
    }

    pub(crate) fn state(&self) -> u32 {
        self.machine.state() as u32
    }

    pub(crate) fn take_unsent(&mut self) {
        self.machine.take_unsent();
    }

    /// In the order of `Stat` in `www/src/core.ts`; negative where there is none.
    pub(crate) fn stat(&self, index: u32) -> f64 {
        let stats = self.machine.stats(Timestamp::default());
        match index {
            0 => stats.heartbeats as f64,
            1 => stats.last_rtt.map_or(-1.0, millis),
            _ => stats.smoothed_rtt.map_or(-1.0, millis),
        }
    }
}

fn code(number: f64) -> CloseCode {
    CloseCode::new(whole(number) as u16)
}

fn failed(kind: u32) -> Error {
    Error::new(if kind == failure::UNSUPPORTED { ErrorKind::Unsupported } else { ErrorKind::Opaque }, "")
}
