//! One client: its machine, and the numbers of what it wants done next.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use core::time::Duration;

use crate::close::{CloseCode, EndReason};
use crate::codes::{failure, page, reason, sent, stat, todo, what};
use crate::error::{Error, ErrorKind, Refusal};
use crate::handshake::Handshake;
use crate::machine::{AttemptId, Buffered, Config, Delivery, Input, Machine, Output, PageEvent, Request, SocketEvent, Tell, Timestamp};
use crate::message::Message;

/// JavaScript counts what it gives in UTF-16 code units, of which a browser makes up to three bytes each. So that what has
/// left, the difference of both, is never less than nothing.
const MANY: f64 = 1e15;

pub(crate) struct Client {
    machine: Machine,
    attempt: AttemptId,
    /// What was offered to the socket, until JavaScript tells what it took.
    batch: VecDeque<Message>,
    offered: (usize, usize),
    values: [f64; 4],
    delivery: Delivery,
    /// Bytes in the socket's own buffer at the last look.
    held: f64,
}

impl Client {
    /// One that dials at once or, if not, one that has ended.
    pub(crate) fn new(config: Box<Config>, now: f64, dials: bool) -> Self {
        let start = if dials { Machine::new } else { Machine::ended };
        Self {
            machine: start(config, timestamp(now)),
            attempt: AttemptId::default(),
            batch: VecDeque::new(),
            offered: (0, 0),
            values: [0.0; 4],
            delivery: Delivery::default(),
            held: 0.0,
        }
    }

    pub(crate) fn handle(&mut self, now: f64, happened: u32, a: f64, b: f64) {
        let code = CloseCode::new(a as u16);
        let input = match happened {
            what::OPENED => self.socket(SocketEvent::Opened(Handshake)),
            what::HEARD => self.socket(SocketEvent::Received { messages: 1, bytes: 0 }),
            what::ANSWERED => self.socket(SocketEvent::Answered(None)),
            what::BUFFERED => return self.buffered(now, a),
            what::CLOSED => self.socket(SocketEvent::Closed { code, reason: String::new(), clean: b > 0.0 }),
            what::FAILED => self.socket(SocketEvent::Failed(Error::new(ErrorKind::Opaque, ""))),
            what::PAGE => Input::Page(match a as u32 {
                page::ONLINE => PageEvent::Online,
                page::VISIBLE => PageEvent::Visible,
                page::FROZEN => PageEvent::Frozen,
                _ => PageEvent::Thawed,
            }),
            what::VERDICT => Input::Verdict(a > 0.0),
            what::TRANSMITTED => return self.transmitted(a as usize),
            what::CLOSE => return self.request(now, Request::Close { code, reason: String::new() }),
            what::RECONNECT => return self.request(now, Request::Reconnect(duration(a))),
            what::MARK => {
                self.look(now, a, b);
                return self.delivery.mark((b + MANY) as u64, (b + MANY - a) as u64);
            }
            _ => {
                if self.machine.is_expiring(timestamp(now)) {
                    self.look(now, a, b);
                }
                Input::Wake
            }
        };
        self.machine.handle(timestamp(now), input);
    }

    /// What the browser holds does not count against the limit of the queue: it has to be told nothing else than progress.
    fn buffered(&mut self, now: f64, bytes: f64) {
        if bytes < self.held {
            self.machine.progressed(timestamp(now));
        }
        self.held = bytes;
    }

    /// Whether the browser has passed something on since the last look.
    fn look(&mut self, now: f64, buffered: f64, given: f64) {
        if self.delivery.progress((given + MANY - buffered) as u64) {
            self.machine.progressed(timestamp(now));
        }
    }

    fn socket(&self, event: SocketEvent) -> Input {
        Input::Socket(self.attempt, event)
    }

    fn request(&mut self, now: f64, request: Request) {
        self.machine.request(timestamp(now), request);
    }

    /// The last `left` messages of the batch were not taken.
    fn transmitted(&mut self, left: usize) {
        let (offered, bytes) = self.offered;
        self.batch.drain(..self.batch.len().saturating_sub(left));
        let left: usize = self.batch.iter().map(Message::len).sum();
        let messages = (offered - self.batch.len()) as u64;
        self.machine.restore(&mut self.batch, messages, bytes - left, Buffered::default());
    }

    pub(crate) fn poll(&mut self) -> u32 {
        let Some(output) = self.machine.poll() else {
            return todo::NOTHING;
        };
        match output {
            Output::Dial(attempt) => {
                self.attempt = attempt;
                self.delivery = Delivery::default();
                self.held = 0.0;
                todo::DIAL
            }
            Output::Transmit => {
                self.offered = self.machine.offer(&mut self.batch);
                self.give(todo::TRANSMIT, [self.offered.0 as f64, 0.0, 0.0, 0.0])
            }
            Output::Mark => todo::MARK,
            Output::Beat(_) => todo::BEAT,
            Output::Close => {
                let (code, _) = self.machine.farewell();
                self.give(todo::CLOSE, [code.get().into(), 0.0, 0.0, 0.0])
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
                let kind = match self.machine.last_error().map(Error::kind) {
                    Some(ErrorKind::OpenTimeout) => failure::OPEN_TIMEOUT,
                    Some(ErrorKind::HeartbeatTimeout) => failure::HEARTBEAT_TIMEOUT,
                    _ => failure::OPAQUE,
                };
                self.give(todo::TELL_ERROR, [kind.into(), 0.0, 0.0, 0.0])
            }
            Tell::Close => self.close(todo::TELL_CLOSE),
            Tell::BufferDrain => todo::TELL_DRAIN,
            Tell::Latency(rtt) => self.give(todo::TELL_LATENCY, [millis(rtt), 0.0, 0.0, 0.0]),
            Tell::End => {
                let Some(end) = self.machine.ends().1 else { return self.poll() };
                let reason = match end.reason {
                    EndReason::Fatal => reason::FATAL,
                    EndReason::Exhausted => reason::EXHAUSTED,
                    EndReason::Declined => reason::DECLINED,
                    _ => reason::CLOSED,
                };
                let unsent = end.unsent as f64;
                self.give(todo::TELL_END, [reason.into(), unsent, 0.0, 0.0])
            }
            // No such event exists on a browser's socket, and `send` says that the queue is full.
            Tell::Connect | Tell::BufferFull => self.poll(),
        }
    }

    fn close(&mut self, todo: u32) -> u32 {
        let Some(close) = self.machine.last_close() else { return self.poll() };
        let flag = |is_so: bool| f64::from(u8::from(is_so));
        let retry_in = close.retry_in.map_or(-1.0, millis);
        self.give(todo, [close.code.get().into(), flag(close.clean), retry_in, flag(self.machine.lasted())])
    }

    fn give(&mut self, todo: u32, values: [f64; 4]) -> u32 {
        self.values = values;
        todo
    }

    pub(crate) fn value(&self, index: usize) -> f64 {
        self.values.get(index).copied().unwrap_or_default()
    }

    /// Infinite if there is none.
    pub(crate) fn deadline(&self) -> f64 {
        self.machine.deadline().map_or(f64::INFINITY, |deadline| deadline.as_micros() as f64 / 1000.0)
    }

    /// One of `sent`.
    pub(crate) fn send(&mut self, bytes: f64) -> u32 {
        match self.machine.send(Message(bytes as usize)) {
            Ok(()) => sent::TAKEN,
            Err(error) => match error.reason {
                Refusal::Full => sent::FULL,
                Refusal::Closed => sent::CLOSED,
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

fn timestamp(millis: f64) -> Timestamp {
    Timestamp::from_micros((millis * 1000.0) as u64)
}

/// 30,000 years, for what lasts for ever: JavaScript made of WebAssembly has no saturating conversions.
const EVER: f64 = 1e15;

pub(crate) fn duration(millis: f64) -> Duration {
    Duration::from_micros((millis.min(EVER) * 1000.0) as u64)
}

fn millis(duration: Duration) -> f64 {
    duration.as_micros() as u64 as f64 / 1000.0
}
