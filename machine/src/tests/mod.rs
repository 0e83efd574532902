//! The rules, one test each, in virtual time.
//!
//! A [`Rig`] does what a driver does and writes down each output as a line, so that a test reads as a conversation.

mod by_hand;
mod closing;
mod late;
mod life;
mod limit;
mod liveness;
mod pace;
mod page;
mod policy;
mod progress;
mod queue;
mod retry;
mod script;
mod stats;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use script::{Error, ErrorKind, Input, SocketEvent, Test};

use crate::{
    Backoff, Buffered, CloseCode, Heartbeat, Notify, Output, PausedBy, SendError, SendErrorKind, State, Timestamp,
};

type Config = crate::Config<String>;
type Machine = crate::Machine<Test>;
type Request = crate::Request<String>;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// Waits as long before each retry.
pub(crate) fn fixed(delay: Duration) -> Backoff {
    Backoff { first: delay, max: delay, factor: 1.0, jitter: 0.0, max_attempts: None }
}

/// Doubles the delay, with full jitter.
pub(crate) fn exponential(first: Duration, max: Duration) -> Backoff {
    Backoff { first, max, factor: 2.0, jitter: 1.0, max_attempts: None }
}

/// The default of `homing`.
pub(crate) fn standard() -> Backoff {
    exponential(SECOND, 30 * SECOND)
}

pub(crate) fn never() -> Backoff {
    Backoff { max_attempts: Some(0), ..fixed(Duration::ZERO) }
}

/// Doubles the delay, without jitter.
fn doubling() -> Backoff {
    Backoff { jitter: 0.0, ..standard() }
}

/// An open client with this heartbeat.
fn beating(interval: u32, timeout: u32) -> Rig {
    Rig::open(Config { heartbeat: every(interval * SECOND, timeout * SECOND), ..config() })
}

fn every(interval: Duration, timeout: Duration) -> Option<Heartbeat> {
    Some(Heartbeat { interval, timeout })
}

/// Retries after 1 s each time, has no heartbeat, and no jitter.
fn config() -> Config {
    Config {
        backoff: fixed(SECOND),
        heartbeat: None,
        open_timeout: Some(10 * SECOND),
        close_timeout: 5 * SECOND,
        stable_after: 5 * SECOND,
        max_retry_after: 3600 * SECOND,
        max_send_buffer: 1000,
        has_provider: false,
        has_predicate: false,
        seed: 1,
        url: "ws://example.com/".to_string(),
    }
}

type Reaction = Box<dyn FnOnce(&mut Machine, Timestamp)>;

/// A driver with a socket that does what the test says.
struct Rig {
    machine: Machine,
    now: Timestamp,
    lines: Vec<String>,
    /// What callbacks will do, once each, by how the line begins.
    reactions: Vec<(&'static str, Reaction)>,
    answer: bool,
    /// How many more messages the socket takes.
    room: usize,
    /// How many bytes the socket says that it holds after each batch, of all messages since it said that it holds none.
    socket_bytes: usize,
    socket_messages: u64,
    /// How often the socket was told that a deadline is about what it has taken so far.
    marks: u64,
}

impl Rig {
    fn new(config: Config) -> Self {
        // Not at zero, so that a deadline that forgets to add the time shows.
        let now = Timestamp::from_micros(1_000_000_000);
        let (lines, reactions) = (Vec::new(), Vec::new());
        let machine = Machine::new(config, now);
        let mut rig = Self {
            machine,
            now,
            lines,
            reactions,
            answer: true,
            room: usize::MAX,
            socket_bytes: 0,
            socket_messages: 0,
            marks: 0,
        };
        rig.settle();
        rig
    }

    /// Already open, with nothing in the log.
    fn open(config: Config) -> Self {
        let mut rig = Self::new(config);
        rig.opens();
        rig.log();
        rig
    }

    /// What was done since the last look.
    fn log(&mut self) -> Vec<String> {
        core::mem::take(&mut self.lines)
    }

    /// In the callback whose line begins so, the next time.
    fn inside(&mut self, line: &'static str, reaction: impl FnOnce(&mut Machine, Timestamp) + 'static) {
        self.reactions.push((line, Box::new(reaction)));
    }

    fn settle(&mut self) {
        let mut outputs = 0;
        while let Some(output) = self.machine.poll() {
            outputs += 1;
            assert!(outputs < 1000, "the same output again and again: {output:?}");
            if output == Output::Mark {
                self.marks += 1;
                continue;
            }
            let asks = output == Output::AskRetry;
            let line = self.carry_out(output);
            if let Some(at) = self.reactions.iter().position(|(start, _)| line.starts_with(start)) {
                let (_, react) = self.reactions.remove(at);
                react(&mut self.machine, self.now);
            }
            self.lines.push(line);
            if asks {
                self.machine.retry_answer(self.answer);
            }
        }
        assert!(!self.machine.has_output(), "a driver would never sleep");
    }

    fn carry_out(&mut self, output: Output) -> String {
        match output {
            Output::Notify(event) => self.describe(event),
            Output::AskRetry => format!("ask retry {}", self.machine.last_close().unwrap().code),
            Output::Dial(attempt) => format!("dial {}", attempt.get()),
            Output::Transmit => self.transmit(),
            Output::Mark => unreachable!("counted instead"),
            Output::Heartbeat(number) => format!("heartbeat {number}"),
            Output::Read(on) => format!("read {on}"),
            Output::Close => {
                let (code, reason) = self.machine.close_frame();
                format!("send close {code} {reason}").trim_end().to_string()
            }
            Output::Abort => "abort".to_string(),
        }
    }

    fn describe(&mut self, event: Notify) -> String {
        match event {
            Notify::Connect => "connect".to_string(),
            Notify::Open => {
                self.machine.take_handshake();
                "open".to_string()
            }
            Notify::Error => {
                let error = self.machine.last_error().unwrap();
                match error.status() {
                    Some(status) => format!("error status {status}"),
                    None => format!("error {:?}", error.kind),
                }
            }
            Notify::Close => {
                let event = self.machine.last_close().unwrap();
                let clean = if event.clean { " clean" } else { "" };
                let next = event.retry_in.map_or("stop".to_string(), |delay| format!("retry {delay:?}"));
                format!("close {} {:?}{clean}, {next}", event.code, event.initiator)
            }
            Notify::BufferFull => "full".to_string(),
            Notify::BufferDrain => "drain".to_string(),
            Notify::Latency(rtt) => format!("latency {rtt:?}"),
            Notify::End => {
                format!("end {:?}, {} unsent", self.machine.end_reason(), self.machine.unsent())
            }
        }
    }

    fn transmit(&mut self) -> String {
        let mut batch = VecDeque::new();
        let (offered, offered_bytes) = self.machine.offer(&mut batch);
        assert_eq!(offered, batch.len());
        assert_eq!(offered_bytes, bytes(&batch));
        let taken: Vec<_> = batch.drain(..self.room.min(offered)).collect();
        self.room -= taken.len();
        let bytes = bytes(&taken);
        self.socket_messages = if self.socket_bytes > 0 { self.socket_messages + taken.len() as u64 } else { 0 };
        let held = Buffered { messages: self.socket_messages, bytes: self.socket_bytes };
        self.machine.restore(&mut batch, taken.len() as u64, bytes, held);
        assert!(batch.is_empty());
        taken.iter().fold("write".to_string(), |line, message| format!("{line} {message}"))
    }

    fn input(&mut self, input: Input) {
        input.apply(&mut self.machine, self.now);
        self.settle();
    }

    /// News of the latest attempt.
    fn socket(&mut self, event: SocketEvent) {
        self.input(Input::Socket(self.machine.attempt, event));
    }

    fn opens(&mut self) {
        self.socket(SocketEvent::Opened);
    }

    fn hears(&mut self, bytes: u64) {
        self.socket(SocketEvent::Received { messages: 1, bytes });
    }

    /// The socket holds less than before.
    fn holds(&mut self, messages: u64, bytes: usize) {
        self.socket_messages = messages;
        self.socket(SocketEvent::Left { held: Buffered { messages, bytes }, was_full: false });
    }

    /// The socket was full, and the peer has taken something.
    fn takes(&mut self, messages: u64, bytes: usize) {
        self.socket_messages = messages;
        self.socket(SocketEvent::Left { held: Buffered { messages, bytes }, was_full: true });
    }

    fn fails(&mut self, kind: ErrorKind) {
        self.socket_messages = 0;
        self.socket(SocketEvent::Failed(Error::new(kind)));
    }

    fn is_refused(&mut self, status: u16, retry_after: impl Into<Option<Duration>>) {
        let error = Error::new(ErrorKind::Handshake { status: Some(status) });
        self.socket(SocketEvent::Failed(Error { retry_after: retry_after.into(), ..error }));
    }

    /// The peer's Close frame arrives.
    fn peer_closes(&mut self, code: u16) {
        self.socket(SocketEvent::Closing { code: code.into(), reason: "bye".to_string() });
    }

    /// The socket is gone after both Close frames.
    fn socket_ends(&mut self, code: u16) {
        self.socket(SocketEvent::Closed { code: code.into(), reason: "bye".to_string(), clean: true });
    }

    fn request(&mut self, request: Request) {
        self.machine.request(self.now, request);
        self.settle();
    }

    fn close(&mut self) {
        self.request(close());
    }

    fn send(&mut self, text: &'static str) -> Result<(), SendErrorKind> {
        let sent = self.machine.put_in(text);
        self.settle();
        sent.map_err(|refused| {
            assert_eq!(refused.message, text);
            refused.kind
        })
    }

    fn send_all(&mut self, texts: &[&'static str]) {
        texts.iter().for_each(|text| self.send(text).unwrap());
    }

    /// As another thread does, before the driver gets to run.
    fn queue(&mut self, texts: &[&'static str]) {
        texts.iter().for_each(|text| self.machine.put_in(text).unwrap());
    }

    /// Time passes, and the timer fires whenever it is due.
    fn after(&mut self, duration: Duration) {
        let target = self.now + duration;
        let mut spins = 0;
        while let Some(deadline) = self.machine.deadline().filter(|deadline| *deadline <= target) {
            spins = if deadline > self.now { 0 } else { spins + 1 };
            assert!(spins < 10, "the timer fires and fires, and nothing happens");
            self.now = deadline;
            self.wake();
        }
        self.now = target;
    }

    /// Time passes, and the timer fires at the end of it, late.
    fn sleep(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.wake();
    }

    fn wake(&mut self) {
        self.input(Input::Wake);
        // Or else the driver would spin.
        assert!(self.machine.deadline().is_none_or(|deadline| deadline >= self.now), "the deadline is in the past");
    }

    /// How long until the timer fires.
    fn due_in(&self) -> Option<Duration> {
        self.machine.deadline().map(|deadline| deadline - self.now)
    }

    fn state(&self) -> State {
        self.machine.state()
    }
}

fn close() -> Request {
    Request::Close { code: CloseCode::NORMAL, reason: String::new() }
}

fn pause(on: bool) -> Request {
    Request::Pause(PausedBy::User, on)
}

fn bytes<'a>(messages: impl IntoIterator<Item = &'a &'static str>) -> usize {
    messages.into_iter().map(|text| text.len()).sum()
}

impl Machine {
    fn put_in(&mut self, text: &'static str) -> Result<(), SendError<&'static str>> {
        self.send(text, text.len())
    }
}
