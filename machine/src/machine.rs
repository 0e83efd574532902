//! The machine: its state, what comes out of it, and what is asked of it.

use crate::by_hand::ByHand;
use crate::close::{CloseCode, CloseEvent, EndReason};
use crate::config::Config;
use crate::io::{AttemptId, Buffered, Notify, Output};
use crate::liveness::Due;
use crate::paused::Paused;
use crate::queue::{Edge, Queue, SendError, SendErrorKind};
use crate::rng::Rng;
use crate::state::{Next, Phase, State};
use crate::stats::Stats;
use crate::types::{Cause, Types};
use crate::units::{Count, Messages, Outputs, Timestamp};

/// The state machine of one client. See the [crate](crate) for its contract.
pub struct Machine<T: Types> {
    pub(crate) config: Config<T::Text>,
    pub(crate) now: Timestamp,
    pub(crate) phase: Phase,
    pub(crate) attempt: AttemptId,
    /// Retries since the last attempt that was_stable.
    pub(crate) retries: u32,
    pub(crate) by_hand: ByHand,
    pub(crate) queue: Queue<T::Message>,
    /// The socket takes more; it refused part of the last batch otherwise.
    pub(crate) writable: bool,
    pub(crate) paused: Paused,
    pub(crate) outputs: Outputs<Output>,
    pub(crate) rng: Rng,
    pub(crate) stats: Stats,
    pub(crate) opened_at: Option<Timestamp>,
    /// The attempt that ended last was open for as long as to count as one that was_stable.
    pub(crate) was_stable: bool,
    pub(crate) opened_before: bool,
    pub(crate) frozen: bool,
    /// The opening handshake that is to be told.
    pub(crate) handshake: T::Handshake,
    /// What our Close frame says.
    pub(crate) close_frame: (CloseCode, T::Text),
    /// How the last attempt ended, or is about to.
    pub(crate) last_close: Option<CloseEvent<T::Text>>,
    pub(crate) last_error: Option<T::Error>,
    pub(crate) end_reason: EndReason,
    pub(crate) ends: Count,
    /// Nobody drives this machine any more.
    pub(crate) is_driver_gone: bool,
}

impl<T: Types> Machine<T> {
    /// A client that dials at once.
    pub fn new(config: Config<T::Text>, now: Timestamp) -> Self {
        let mut machine = Self::ended(config, now);
        machine.dial();
        machine
    }

    /// A client that does nothing until it is asked to reconnect.
    pub fn ended(config: Config<T::Text>, now: Timestamp) -> Self {
        Self {
            now,
            phase: Phase::Closed { notified: true },
            attempt: AttemptId(0),
            retries: 0,
            by_hand: ByHand::new(),
            queue: Queue::new(config.max_send_buffer),
            writable: false,
            paused: Default::default(),
            outputs: Outputs::new(),
            rng: Rng::new(config.seed),
            stats: Stats::default(),
            opened_at: None,
            was_stable: false,
            opened_before: false,
            frozen: false,
            handshake: Default::default(),
            close_frame: (CloseCode::NORMAL, T::Text::default()),
            last_close: None,
            last_error: None,
            end_reason: EndReason::Closed,
            ends: 0,
            is_driver_gone: false,
            config,
        }
    }

    /// The retry predicate's answer to [`Output::AskRetry`].
    pub fn retry_answer(&mut self, retry: bool) {
        if let Phase::Ending { answer, .. } = &mut self.phase {
            *answer = Some(retry);
        }
    }

    /// Whether what happens on the socket of this attempt still matters.
    pub fn is_current(&self, attempt: AttemptId) -> bool {
        attempt == self.attempt && self.phase.has_socket()
    }

    /// What is to be done next; `None` when there is nothing more until the next input.
    pub fn poll(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if self.writable && self.queue.has_waiting() && self.phase.sends() {
                return Some(Output::Transmit);
            }
            match &mut self.phase {
                Phase::Ending { asked, answer, next: Next::Policy }
                    if self.config.has_predicate && answer.is_none() =>
                {
                    let first = !core::mem::replace(asked, true);
                    return first.then_some(Output::AskRetry);
                }
                Phase::Ending { .. } => self.conclude(),
                Phase::Closed { notified: notified @ false } => {
                    *notified = true;
                    self.end();
                    return Some(Output::Notify(Notify::End));
                }
                _ => return None,
            }
        }
    }

    /// The time of the last input.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When [`wake`](Self::wake) is due at the latest.
    pub fn deadline(&self) -> Option<Timestamp> {
        Some(self.due()).filter(|due| *due != Timestamp::NEVER)
    }

    /// The same; `NEVER` if it is not.
    pub fn due(&self) -> Timestamp {
        match &self.phase {
            Phase::Waiting { until: due }
            | Phase::Connecting { deadline: due }
            | Phase::Closing { deadline: due, .. } => *due,
            Phase::Open { liveness: Some(liveness) } => liveness.deadline(),
            _ => Timestamp::NEVER,
        }
    }

    /// Takes a message to be sent, with so many bytes of payload, or hands it back.
    #[inline]
    pub fn send(&mut self, message: T::Message, bytes: usize) -> Result<(), SendError<T::Message>> {
        if !self.phase.accepts() {
            return Err(SendError { kind: SendErrorKind::Closed, message });
        }
        let edge = self.queue.push(message, bytes)?;
        self.notify_edge(edge);
        Ok(())
    }

    /// Answers [`Output::Transmit`]: moves the queue into `batch`, which must be empty. Returns how many messages with how many bytes these are.
    pub fn offer(&mut self, batch: &mut Messages<T::Message>) -> (usize, usize) {
        let bytes = self.queue.offer(batch);
        (batch.len(), bytes)
    }

    /// Whether [`poll`](Self::poll) would return something.
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
            || (self.writable && self.queue.has_waiting() && self.phase.sends())
            || matches!(self.phase, Phase::Ending { .. } | Phase::Closed { notified: false })
    }

    /// What the socket did with the batch: what is left in it goes back, `messages` and `bytes` were taken, and
    /// `socket` waits in the socket's own buffer.
    pub fn restore(&mut self, batch: &mut Messages<T::Message>, messages: Count, bytes: usize, socket: Buffered) {
        self.writable = batch.is_empty();
        self.stats.messages_sent += messages;
        self.stats.bytes_sent += bytes as Count;
        let edge = self.queue.restore(batch, messages, bytes, socket);
        self.notify_edge(edge);
        if messages > 0 {
            self.progress();
        }
    }

    /// What the client is doing.
    pub fn state(&self) -> State {
        self.phase.state()
    }

    /// Whether messages that arrive are wanted, now.
    pub fn delivers(&self) -> bool {
        matches!(self.phase, Phase::Open { .. }) && !self.is_paused()
    }

    /// Whether somebody has paused the client.
    pub fn is_paused(&self) -> bool {
        T::CAN_PAUSE && self.paused.is_paused()
    }

    /// A snapshot of the counters.
    pub fn stats(&self, now: Timestamp) -> Stats {
        Stats { open_for: self.opened_at.map(|since| now - since), ..self.stats }
    }

    /// How many bytes of payload wait to be sent, also in the socket's own buffer.
    pub fn buffered(&self) -> usize {
        self.queue.buffered()
    }

    /// Whether a sender should wait.
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// The number of the last message accepted, for [`has_left`](Self::has_left).
    pub fn accepted(&self) -> Count {
        self.queue.accepted()
    }

    /// Whether every message up to number `accepted` has left for the operating system or browser.
    pub fn has_left(&self, accepted: Count) -> bool {
        self.queue.left() >= accepted
    }

    /// How often messages were lost with their socket or handed back, instead of leaving.
    pub fn losses(&self) -> Count {
        self.queue.losses()
    }

    /// The number of the first message that was lost since there had been so many losses, as [`accepted`](Self::accepted)
    /// counts; 0 where that is too long ago to be known.
    pub fn first_lost(&self, losses: Count) -> Option<Count> {
        self.queue.first_lost(losses)
    }

    /// Gives back memory that a burst of messages needed.
    pub fn shrink(&mut self) {
        self.queue.shrink();
    }

    /// Hands back what was still queued at the end; nothing while the client lives.
    pub fn take_unsent(&mut self) -> Messages<T::Message> {
        if matches!(self.phase, Phase::Closed { .. }) { self.queue.take() } else { Messages::new() }
    }

    /// How often the client has ended.
    pub fn ends(&self) -> Count {
        self.ends
    }

    /// Why the client ended the last time. What else belongs to an end are [`unsent`](Self::unsent),
    /// [`last_close`](Self::last_close) and [`last_error`](Self::last_error) at that time.
    pub fn end_reason(&self) -> EndReason {
        self.end_reason
    }

    /// How many messages are queued.
    pub fn unsent(&self) -> usize {
        self.queue.len()
    }

    /// The answer to the opening handshake that succeeded last; once.
    pub fn take_handshake(&mut self) -> T::Handshake {
        core::mem::take(&mut self.handshake)
    }

    /// Whether the attempt that ended last was open for `stable_after`.
    pub fn was_stable(&self) -> bool {
        self.was_stable
    }

    /// How the last attempt ended, or is about to.
    pub fn last_close(&self) -> Option<&CloseEvent<T::Text>> {
        self.last_close.as_ref()
    }

    /// Why the last attempt failed; `None` if it did not.
    pub fn last_error(&self) -> Option<&T::Error> {
        self.last_error.as_ref()
    }

    /// What [`Output::Close`] is to say.
    pub fn close_frame(&self) -> (CloseCode, T::Text) {
        self.close_frame.clone()
    }

    /// Whether the client is closed and has said so.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closed { notified: true })
    }

    /// The driver is gone: the client ends without telling the handler. Returns whether it had not ended before.
    pub fn driver_gone(&mut self, reason: EndReason) -> bool {
        self.is_driver_gone = true;
        let ends = !self.is_over();
        if ends {
            self.outputs.clear();
            self.phase = Phase::Closed { notified: true };
            self.opened_at = None;
            self.end_reason = reason;
            self.end();
        }
        ends
    }

    /// It is later now, before anything that happens.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    pub(crate) fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn notify(&mut self, event: Notify) {
        self.put(Output::Notify(event));
    }

    pub(crate) fn notify_edge(&mut self, edge: Option<Edge>) {
        match edge {
            Some(Edge::Full) => self.notify(Notify::BufferFull),
            Some(Edge::Drain) => self.notify(Notify::BufferDrain),
            None => {}
        }
    }

    /// Begins an attempt.
    pub fn dial(&mut self) {
        self.attempt = AttemptId(self.attempt.0 + 1);
        self.stats.attempts += 1;
        self.by_hand.dials(self.now);
        let deadline = self.config.open_timeout.map_or(Timestamp::NEVER, |timeout| self.now + timeout);
        self.phase = Phase::Connecting { deadline };
        self.put(Output::Dial(self.attempt));
    }

    /// Does what is due.
    pub fn wake(&mut self) {
        let now = self.now;
        let listening = !self.is_paused();
        match &mut self.phase {
            Phase::Waiting { until } if now >= *until => self.dial(),
            Phase::Connecting { deadline } if now >= *deadline => self.abandon(Cause::OpenTimeout),
            Phase::Open { liveness: Some(liveness) } => {
                let Some(config) = &self.config.heartbeat else {
                    return;
                };
                match liveness.check(now, config, listening) {
                    Due::Nothing => {}
                    Due::Heartbeat(number) => self.send_heartbeat(number),
                    Due::Dead => self.abandon(Cause::HeartbeatTimeout),
                }
            }
            Phase::Closing { deadline, .. } if now >= *deadline => self.drop_attempt(self.phase.next()),
            _ => {}
        }
    }

    pub(crate) fn send_heartbeat(&mut self, number: Count) {
        self.stats.heartbeats += 1;
        // The deadline is that of the oldest one: what is sent after it does not hold it up.
        if matches!(&self.phase, Phase::Open { liveness: Some(liveness) } if liveness.is_oldest()) {
            self.put(Output::Mark);
        }
        self.put(Output::Heartbeat(number));
    }
}
