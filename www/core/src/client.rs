//! One client: its machine, and the numbers of what it wants done next.

use homing_machine::{
    AttemptId, Buffered, CloseCode, Count, Delivery, Messages, Notify, Output, PageEvent, SendErrorKind, Timestamp,
    from_millis as duration, millis, whole,
};

use crate::codes::{failure, input, output, page, sent, stat};
use crate::types::Types;

pub(crate) type Config = homing_machine::Config<()>;
type Machine = homing_machine::Machine<Types>;

pub(crate) struct Client {
    machine: Machine,
    /// What JavaScript dialled last.
    attempt: AttemptId,
    /// What was offered to the socket, until JavaScript reports whether it took them, and their bytes.
    batch: Messages<()>,
    offered: usize,
    /// What belongs to the last thing to be done. Of the others it has no meaning.
    values: [f64; 4],
    delivery: Delivery,
    /// Bytes in the socket's own buffer at the last look.
    held: f64,
}

impl Client {
    /// One that dials at once or, if not, one that has ended.
    pub(crate) fn new(config: Config, now: f64, dials: bool) -> Self {
        let mut machine = Machine::ended(config, Timestamp::from_millis(now));
        if dials {
            machine.dial();
        }
        Self {
            machine,
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
        if happened == input::WAKE && self.machine.is_expiring(now) {
            self.look(now, a, b);
        }
        let machine = &mut self.machine;
        if !matches!(happened, input::BUFFERED | input::TRANSMITTED | input::MARK) {
            machine.advance(now);
        }
        let is_late = !machine.is_current(self.attempt);
        match happened {
            input::OPENED | input::RECEIVED | input::ANSWERED | input::CLOSED | input::FAILED if is_late => {}
            input::BUFFERED => self.buffered(now, a),
            input::TRANSMITTED => self.transmitted(a == 0.0),
            input::MARK => {
                self.look(now, a, b);
                self.delivery.mark(b, b - a);
            }
            input::OPENED => machine.opened(()),
            input::RECEIVED => machine.received(0, 0),
            input::ANSWERED => machine.answered(None),
            input::CLOSED => machine.socket_closed(code(a), (), b > 0.0),
            input::FAILED => machine.socket_failed(failure::OPAQUE),
            input::PAGE => machine.page(match whole(a) {
                page::ONLINE => PageEvent::Online,
                page::VISIBLE => PageEvent::Visible,
                page::FROZEN => PageEvent::Frozen,
                _ => PageEvent::Thawed,
            }),
            input::RETRY_ANSWER => machine.retry_answer(a > 0.0),
            input::CLOSE => machine.close(code(a), ()),
            input::RECONNECT => machine.reconnect(duration(a)),
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
        let (messages, bytes) = if is_taken { (core::mem::take(&mut self.batch).len(), self.offered) } else { (0, 0) };
        self.machine.restore(&mut self.batch, messages as Count, bytes, Buffered::default());
    }

    pub(crate) fn poll(&mut self) -> u32 {
        let Some(output) = self.machine.poll() else {
            return output::NOTHING;
        };
        match output {
            Output::Dial(attempt) => {
                self.attempt = attempt;
                // Nothing counts before the first mark. What has left may be less than nothing: JavaScript counts what it gives
                // in UTF-16 code units, of which a browser makes up to three bytes each.
                self.delivery.mark(f64::NEG_INFINITY, 0.0);
                self.held = 0.0;
                output::DIAL
            }
            Output::Transmit => {
                let (messages, bytes) = self.machine.offer(&mut self.batch);
                self.offered = bytes;
                self.give(output::TRANSMIT, messages as f64)
            }
            Output::Mark => output::MARK,
            Output::Heartbeat(_) => output::HEARTBEAT,
            Output::Close => {
                let (code, _) = self.machine.close_frame();
                self.give(output::CLOSE, code.get())
            }
            Output::Abort => output::ABORT,
            Output::AskRetry => self.close(output::ASK_RETRY),
            // A browser's socket cannot be left unread, and nobody asks to pause.
            Output::Read(_) => self.poll(),
            Output::Notify(event) => self.notify(event),
        }
    }

    fn notify(&mut self, event: Notify) -> u32 {
        match event {
            Notify::Open => output::NOTIFY_OPEN,
            Notify::Error => {
                let error = self.machine.last_error().map_or(failure::OPAQUE, |error| *error);
                self.give(output::NOTIFY_ERROR, error)
            }
            Notify::Close => self.close(output::NOTIFY_CLOSE),
            Notify::BufferDrain => output::NOTIFY_DRAIN,
            Notify::Latency(rtt) => self.give(output::NOTIFY_LATENCY, f64::from(rtt) / 1e3),
            Notify::End => {
                self.values[1] = self.machine.unsent() as f64;
                self.give(output::NOTIFY_END, self.machine.end_reason() as u32)
            }
            // No such event exists on a browser's socket, and `send` says that the queue is full.
            Notify::Connect | Notify::BufferFull => self.poll(),
        }
    }

    fn close(&mut self, todo: u32) -> u32 {
        let Some(close) = self.machine.last_close() else { return self.poll() };
        let retry_in = close.retry_in.map_or(-1.0, millis);
        self.values = [close.code.get().into(), close.clean.into(), retry_in, self.machine.was_stable().into()];
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

    /// One of `sent`.
    pub(crate) fn send(&mut self, bytes: f64) -> u32 {
        match self.machine.send((), whole(bytes) as usize) {
            Ok(()) => sent::TAKEN,
            Err(error) => match error.kind {
                SendErrorKind::Full => sent::FULL,
                SendErrorKind::Closed => sent::CLOSED,
            },
        }
    }

    pub(crate) fn state(&self) -> u32 {
        self.machine.state() as u32
    }

    /// By its number in `stat`; negative where there is none.
    pub(crate) fn stat(&self, index: u32) -> f64 {
        let stats = self.machine.stats(Timestamp::default());
        match index {
            stat::HEARTBEATS => stats.heartbeats as f64,
            stat::LAST_RTT => stats.last_rtt.map_or(-1.0, millis),
            _ => stats.smoothed_rtt.map_or(-1.0, millis),
        }
    }
}

fn code(number: f64) -> CloseCode {
    CloseCode::new(whole(number) as u16)
}
