//! One client: its machine, and the numbers that belong to its outputs.

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
    /// The latest attempt that JavaScript dialled.
    attempt: AttemptId,
    /// The messages that were offered to the socket, until JavaScript reports whether it took them, and their bytes.
    batch: Messages<()>,
    offered: usize,
    /// The numbers that belong to the last output. Numbers that it does not have are undefined.
    values: [f64; 4],
    delivery: Delivery,
    /// The bytes that the socket's own buffer held at the last report.
    held: f64,
}

impl Client {
    /// Creates a client that dials at once, or one that is closed.
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
            self.report_progress(now, a, b);
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
                self.report_progress(now, a, b);
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
            input::SET_UP if a == 0.0 => machine.set_up(),
            // JavaScript sends the Close frame.
            input::SET_UP => {
                let error = if a == 1.0 { failure::OPAQUE } else { failure::FATAL };
                machine.set_up_failed(error, CloseCode::NORMAL, ());
            }
            _ => machine.wake(),
        }
    }

    /// Reports progress if the socket's buffer shrank. What the browser holds does not count against the limit of the queue.
    fn buffered(&mut self, now: Timestamp, bytes: f64) {
        if bytes < self.held {
            self.machine.progressed(now);
        }
        self.held = bytes;
    }

    /// Reports progress if the browser has passed on bytes before the mark since the last call.
    fn report_progress(&mut self, now: Timestamp, buffered: f64, given: f64) {
        if self.delivery.progress(given - buffered) {
            self.machine.progressed(now);
        }
    }

    /// Answers the last offer. The socket takes all of a batch or, if it is no longer open, none of it.
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
                // There is no progress before the first mark.
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
            // JavaScript has the arguments of `close`; `reconnect` closes with 1000.
            Output::Close => output::CLOSE,
            Output::SetUp => output::SET_UP,
            // A browser's socket cannot be dropped without a Close frame.
            Output::Fail | Output::Abort => output::ABORT,
            Output::AskRetry => self.close(output::ASK_RETRY),
            // Never emitted, as a browser's socket cannot stop reading.
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
            // A browser's socket has no event for the first, and `send` returns that the queue is full.
            Notify::Connect | Notify::BufferFull => self.poll(),
        }
    }

    fn close(&mut self, output: u32) -> u32 {
        let Some(close) = self.machine.last_close() else { return self.poll() };
        let retry_in = close.retry_in.map_or(-1.0, millis);
        self.values = [close.code.get().into(), close.clean.into(), retry_in, self.machine.was_stable().into()];

        output
    }

    /// Sets the first value of an output and returns the output.
    fn give(&mut self, output: u32, value: impl Into<f64>) -> u32 {
        self.values[0] = value.into();

        output
    }

    pub(crate) fn value(&self, index: usize) -> f64 {
        self.values.get(index).copied().unwrap_or_default()
    }

    /// Returns the deadline in milliseconds; infinite if there is none.
    pub(crate) fn deadline(&self) -> f64 {
        self.machine.due().as_millis()
    }

    /// Queues a message of this many bytes. Returns one of `sent`.
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

    /// Returns a statistic by its number in `stat`; negative if it has no value yet.
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
