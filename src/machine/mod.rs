//! The rules of a client, as a machine without I/O, clock or platform.
//!
//! It owns states, deadlines, heartbeat, backoff, queue and limits. The contract with whoever drives it:
//!
//! 1. Something happened: [`Machine::handle`] takes it, with the time; a handle's wishes come by
//!    [`Machine::request`] and [`Machine::send`]. Both do no more than to [`advance`](Machine::advance) the time and call
//!    one method, which the npm package calls directly: what it never calls it need not load.
//! 2. Then [`Machine::poll`] until it is empty, carrying out each [`Output`] before asking for the next. Whatever a
//!    callback wishes goes into the machine meanwhile and comes out of a later `poll`, so callbacks never nest.
//! 3. Then sleep until [`Machine::deadline`] at the latest, and say [`Input::Wake`]. It is a plain instant, asked for
//!    anew each time: there are no timers to set or cancel, as each deadline is a field of the state that it belongs
//!    to and goes with it.
//!
//! Time is compared, never counted: nothing happens because a timer fired, only because `now >= deadline`.
//!
//! ```text
//!                 dial                 opened                close, peer's Close
//!  ┌─────────┐ deadline ┌────────────┐ ──────► ┌──────┐ ─────────────────────► ┌─────────┐
//!  │ Waiting │ ───────► │ Connecting │         │ Open │                        │ Closing │
//!  └─────────┘          └────────────┘         └──────┘                        └─────────┘
//!    ▲     │                  │ failed,            │ failed, heartbeat timeout      │ closed,
//!    │     │ close            │ open timeout       ▼                                ▼ close timeout
//!    │     │                  └───────────────► ┌────────┐ ◄───────────────────────┘
//!    │     ▼               no retry: on_close   │ Ending │   the socket is gone, on_close is owed
//!    │  ┌────────┐ ◄─────────────────────────── └────────┘
//!    │  │ Closed │     then on_end                 │
//!    │  └────────┘                                 │ retry: on_close
//!    │     │ reconnect                             ▼
//!    └─────┴────────────────────────────────────── ●
//! ```

mod backoff;
mod by_hand;
mod config;
mod ending;
mod heartbeat;
mod in_flight;
mod io;
mod queue;
mod rng;
mod socket;
mod state;
#[cfg(test)]
mod tests;
mod wishes;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;

pub(crate) use crate::paused::PausedBy;
pub use crate::units::Timestamp;
pub use backoff::Reconnect;
pub(crate) use config::{Config, Fault, ZERO};
pub use heartbeat::Heartbeat;
pub(crate) use in_flight::{Delivery, InFlight};
pub use io::{AttemptId, Buffered, Event, Input, PageEvent, SocketEvent};
pub(crate) use io::{Output, Request, Tell};
pub use state::State;

use crate::close::{CloseCode, CloseEvent, End, EndReason};
use crate::error::{Error, ErrorKind, SendError, SendErrorKind};
use crate::handshake::Handshake;
use crate::message::{Message, Messages};
use crate::paused::Paused;
use crate::stats::Stats;
use crate::units::Count;
use by_hand::ByHand;
use heartbeat::Due;
use queue::{Edge, Queue};
use rng::Rng;
use state::{Next, Phase};

/// The state machine of one client. See the [module](self) for its contract.
#[derive(Debug)]
pub(crate) struct Machine {
    config: Box<Config>,
    now: Timestamp,
    phase: Phase,
    attempt: AttemptId,
    /// Retries since the last attempt that lasted.
    retries: u32,
    by_hand: ByHand,
    queue: Queue,
    /// The socket takes more; it refused part of the last batch otherwise.
    writable: bool,
    paused: Paused,
    outputs: VecDeque<Output>,
    rng: Rng,
    stats: Stats,
    opened_at: Option<Timestamp>,
    /// The attempt that ended last was open for as long as to count as one that lasted.
    lasted: bool,
    opened_before: bool,
    frozen: bool,
    /// The opening handshake that is to be told.
    handshake: Handshake,
    /// What our Close frame says.
    farewell: (CloseCode, String),
    /// How the last attempt ended, or is about to.
    last_close: Option<CloseEvent>,
    last_error: Option<Error>,
    last_end: Option<End>,
    end_reason: EndReason,
    ends: Count,
    /// Nobody drives this machine any more.
    perished: bool,
}

impl Machine {
    /// A client that dials at once.
    pub(crate) fn new(config: Box<Config>, now: Timestamp) -> Self {
        let mut machine = Self::ended(config, now);
        machine.dial();
        machine
    }

    /// A client that does nothing until it is asked to reconnect.
    pub(crate) fn ended(config: Box<Config>, now: Timestamp) -> Self {
        Self {
            now,
            phase: Phase::Closed { told: true },
            attempt: AttemptId(0),
            retries: 0,
            by_hand: ByHand::new(),
            queue: Queue::new(config.max_send_buffer),
            writable: false,
            paused: Default::default(),
            outputs: VecDeque::new(),
            rng: Rng::new(config.seed),
            stats: Stats::default(),
            opened_at: None,
            lasted: false,
            opened_before: false,
            frozen: false,
            handshake: Default::default(),
            farewell: (CloseCode::NORMAL, String::new()),
            last_close: None,
            last_error: None,
            last_end: None,
            end_reason: EndReason::Closed,
            ends: 0,
            perished: false,
            config,
        }
    }

    /// Something happened.
    pub(crate) fn handle(&mut self, now: Timestamp, input: Input) {
        self.advance(now);
        match input {
            Input::Wake => self.wake(),
            Input::Socket(attempt, event) => {
                if self.is_current(attempt) {
                    self.socket(event);
                }
            }
            Input::Page(event) => self.page(event),
            Input::Verdict(retry) => self.judged(retry),
        }
    }

    /// The retry predicate's answer to [`Output::Judge`].
    pub(crate) fn judged(&mut self, retry: bool) {
        if let Phase::Ending { verdict, .. } = &mut self.phase {
            *verdict = Some(retry);
        }
    }

    /// Whether what happens on the socket of this attempt still matters.
    pub(crate) fn is_current(&self, attempt: AttemptId) -> bool {
        attempt == self.attempt && self.phase.has_socket()
    }

    /// What is to be done next; `None` when there is nothing more until the next input.
    pub(crate) fn poll(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if self.writable && self.queue.has_waiting() && self.phase.sends() {
                return Some(Output::Transmit);
            }
            match &mut self.phase {
                Phase::Ending { asked, verdict, next: Next::Policy }
                    if self.config.has_predicate && verdict.is_none() =>
                {
                    let first = !core::mem::replace(asked, true);
                    return first.then_some(Output::Judge);
                }
                Phase::Ending { .. } => self.conclude(),
                Phase::Closed { told: told @ false } => {
                    *told = true;
                    self.end();
                    return Some(Output::Tell(Tell::End));
                }
                _ => return None,
            }
        }
    }

    /// The time of the last input.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// When [`Input::Wake`] is due at the latest.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        Some(self.due()).filter(|due| *due != Timestamp::NEVER)
    }

    /// The same; `NEVER` if it is not.
    pub(crate) fn due(&self) -> Timestamp {
        match &self.phase {
            Phase::Waiting { until: due }
            | Phase::Connecting { deadline: due }
            | Phase::Closing { deadline: due, .. } => *due,
            Phase::Open { pulse: Some(pulse) } => pulse.deadline(),
            _ => Timestamp::NEVER,
        }
    }

    /// Takes a message to be sent, or hands it back.
    #[inline]
    pub(crate) fn send(&mut self, message: Message) -> Result<(), SendError> {
        if !self.phase.accepts() {
            return Err(SendError { kind: SendErrorKind::Closed, message });
        }
        let edge = self.queue.push(message)?;
        self.tell_edge(edge);
        Ok(())
    }

    /// Answers [`Output::Transmit`]: moves the queue into `batch`, which must be empty. Returns how many messages with how many bytes these are.
    pub(crate) fn offer(&mut self, batch: &mut Messages) -> (usize, usize) {
        let bytes = self.queue.offer(batch);
        (batch.len(), bytes)
    }

    /// Whether [`poll`](Self::poll) would return something.
    pub(crate) fn has_output(&self) -> bool {
        !self.outputs.is_empty()
            || (self.writable && self.queue.has_waiting() && self.phase.sends())
            || matches!(self.phase, Phase::Ending { .. } | Phase::Closed { told: false })
    }

    /// What the socket did with the batch: what is left in it goes back, `messages` and `bytes` were taken, and
    /// `socket` waits in the socket's own buffer.
    pub(crate) fn restore(&mut self, batch: &mut Messages, messages: Count, bytes: usize, socket: Buffered) {
        self.writable = batch.is_empty();
        self.stats.messages_sent += messages;
        self.stats.bytes_sent += bytes as Count;
        let edge = self.queue.restore(batch, messages, bytes, socket);
        self.tell_edge(edge);
        if messages > 0 {
            self.progress();
        }
    }

    pub(crate) fn heartbeat(&self) -> Option<&Heartbeat> {
        self.config.heartbeat.as_ref()
    }

    pub(crate) fn state(&self) -> State {
        self.phase.state()
    }

    /// Whether messages that arrive are wanted, now.
    pub(crate) fn delivers(&self) -> bool {
        matches!(self.phase, Phase::Open { .. }) && !self.is_paused()
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.is_paused()
    }

    pub(crate) fn stats(&self, now: Timestamp) -> Stats {
        Stats { open_for: self.opened_at.map(|since| now - since), ..self.stats }
    }

    pub(crate) fn buffered(&self) -> usize {
        self.queue.buffered()
    }

    /// Whether a sender should wait.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// The number of the last message accepted, for [`has_left`](Self::has_left).
    pub(crate) fn accepted(&self) -> Count {
        self.queue.accepted()
    }

    /// Whether every message up to number `accepted` has left for the operating system or browser.
    pub(crate) fn has_left(&self, accepted: Count) -> bool {
        self.queue.left() >= accepted
    }

    /// How often messages were lost with their socket or handed back, instead of leaving.
    pub(crate) fn losses(&self) -> Count {
        self.queue.losses()
    }

    /// The number of the first message that was lost since there had been so many losses, as [`accepted`](Self::accepted)
    /// counts; 0 where that is too long ago to be known.
    pub(crate) fn first_lost(&self, losses: Count) -> Option<Count> {
        self.queue.first_lost(losses)
    }

    /// Gives back memory that a burst of messages needed.
    #[allow(dead_code, reason = "only natively is memory given back to anybody")]
    pub(crate) fn shrink(&mut self) {
        self.queue.shrink();
    }

    /// Hands back what was still queued at the end; nothing while the client lives.
    pub(crate) fn take_unsent(&mut self) -> Messages {
        if matches!(self.phase, Phase::Closed { .. }) { self.queue.take() } else { Messages::new() }
    }

    /// How often the client has ended, and how the last time.
    pub(crate) fn ends(&self) -> (Count, Option<&End>) {
        (self.ends, self.last_end.as_ref())
    }

    /// The answer to the opening handshake that succeeded last; once.
    pub(crate) fn take_handshake(&mut self) -> Handshake {
        core::mem::take(&mut self.handshake)
    }

    /// Whether the attempt that ended last was open for `stable_after`.
    #[allow(dead_code, reason = "only on npm are attempts told by their number")]
    pub(crate) fn lasted(&self) -> bool {
        self.lasted
    }

    pub(crate) fn last_close(&self) -> Option<&CloseEvent> {
        self.last_close.as_ref()
    }

    pub(crate) fn last_error(&self) -> Option<&Error> {
        self.last_error.as_ref()
    }

    /// What [`Output::Close`] is to say.
    pub(crate) fn farewell(&self) -> (CloseCode, String) {
        self.farewell.clone()
    }

    /// Whether the client is closed and has said so.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closed { told: true })
    }

    /// The driver is gone: the client ends without telling the handler.
    pub(crate) fn perish(&mut self, reason: EndReason) {
        self.perished = true;
        if !self.is_over() {
            self.outputs.clear();
            self.phase = Phase::Closed { told: true };
            self.opened_at = None;
            self.end_reason = reason;
            self.end();
        }
    }

    /// It is later now, before anything that happens.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn tell(&mut self, tell: Tell) {
        self.put(Output::Tell(tell));
    }

    fn tell_edge(&mut self, edge: Option<Edge>) {
        match edge {
            Some(Edge::Full) => self.tell(Tell::BufferFull),
            Some(Edge::Drain) => self.tell(Tell::BufferDrain),
            None => {}
        }
    }

    fn dial(&mut self) {
        self.attempt = AttemptId(self.attempt.0 + 1);
        self.stats.attempts += 1;
        self.by_hand.dials(self.now);
        let deadline = self.config.open_timeout.map_or(Timestamp::NEVER, |timeout| self.now + timeout);
        self.phase = Phase::Connecting { deadline };
        self.put(Output::Dial(self.attempt));
    }

    /// Does what is due.
    pub(crate) fn wake(&mut self) {
        let now = self.now;
        let listening = !self.is_paused();
        match &mut self.phase {
            Phase::Waiting { until } if now >= *until => self.dial(),
            Phase::Connecting { deadline } if now >= *deadline => self.give_up(ErrorKind::OpenTimeout),
            Phase::Open { pulse: Some(pulse) } => {
                let Some(config) = &self.config.heartbeat else {
                    return;
                };
                match pulse.check(now, config, listening) {
                    Due::Nothing => {}
                    Due::Beat(beat) => self.beat(beat),
                    Due::Dead => self.give_up(ErrorKind::HeartbeatTimeout),
                }
            }
            Phase::Closing { deadline, .. } if now >= *deadline => self.drop_attempt(self.phase.next()),
            _ => {}
        }
    }

    fn beat(&mut self, beat: Count) {
        self.stats.heartbeats += 1;
        // The deadline is that of the oldest one: what is sent after it does not hold it up.
        if matches!(&self.phase, Phase::Open { pulse: Some(pulse) } if pulse.is_oldest()) {
            self.put(Output::Mark);
        }
        self.put(Output::Beat(beat));
    }
}
