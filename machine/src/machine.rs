//! The machine: its fields, its outputs, and its deadline.

use crate::by_hand::ByHand;
use crate::close::{CloseCode, CloseEvent, EndReason};
use crate::config::Config;
use crate::io::{AttemptId, Notify, Output};
use crate::liveness::{Due, FORGIVEN, LATE_MICROS};
use crate::paused::Paused;
use crate::queue::{Edge, Queue};
use crate::rng::Rng;
use crate::state::{Next, Phase, State};
use crate::stats::Stats;
use crate::types::{Cause, Types};
use crate::units::{Count, Duration, Outputs, Timestamp, from_micros};

/// What a late wake-up extends a timeout by: what arrived in time may not have been delivered yet (S18).
const GRACE: Duration = Duration::from_secs(1);

/// The state machine of one client. The documentation of the [crate](crate) describes how to drive it.
pub struct Machine<T: Types> {
    pub(crate) config: Config<T::Text>,
    pub(crate) now: Timestamp,
    pub(crate) phase: Phase,
    pub(crate) attempt: AttemptId,
    /// Retries since the last attempt that was open for `stable_after`.
    pub(crate) retries: u32,
    pub(crate) by_hand: ByHand,
    pub(crate) queue: Queue<T::Message>,
    /// The socket accepts more messages: it took all of the last batch, or reported room since.
    pub(crate) writable: bool,
    pub(crate) paused: Paused,
    pub(crate) outputs: Outputs<Output>,
    pub(crate) rng: Rng,
    pub(crate) stats: Stats,
    pub(crate) opened_at: Option<Timestamp>,
    /// The last attempt was open for `stable_after`.
    pub(crate) was_stable: bool,
    pub(crate) opened_before: bool,
    /// The client has not opened since it began, or began anew.
    pub(crate) is_starting: bool,
    /// The configuration's heartbeat is that of a ping, until it is answered or lost.
    pub(crate) beats_on_request: bool,
    pub(crate) frozen: bool,
    /// Late wake-ups that have extended the present timeout, other than that of a heartbeat.
    pub(crate) late: u8,
    /// The handshake that belongs to `Notify::Open`.
    pub(crate) handshake: T::Handshake,
    /// The code and reason of the Close frame that is to be sent.
    pub(crate) close_frame: (CloseCode, T::Text),
    /// How the last attempt ended, or is about to end.
    pub(crate) last_close: Option<CloseEvent<T::Text>>,
    pub(crate) last_error: Option<T::Error>,
    pub(crate) end_reason: EndReason,
    pub(crate) ends: Count,
    /// The driver was dropped: nothing can be dialled any more.
    pub(crate) is_driver_gone: bool,
}

impl<T: Types> Machine<T> {
    /// Creates a client that dials at once.
    pub fn new(config: Config<T::Text>, now: Timestamp) -> Self {
        let mut machine = Self::ended(config, now);
        machine.dial();
        machine
    }

    /// Creates a client that is closed. It does nothing until [`reconnect`](Self::reconnect).
    // Not inlined, as every field would be moved once more on its own.
    #[inline(never)]
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
            is_starting: true,
            beats_on_request: false,
            frozen: false,
            late: 0,
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

    /// Answers [`Output::AskRetry`]. An answer to no question is ignored.
    pub fn retry_answer(&mut self, retry: bool) {
        if let Phase::Ending { answer, .. } = &mut self.phase {
            *answer = Some(retry);
        }
    }

    /// Returns whether events of this attempt's socket still count. Those of replaced or finished attempts do not.
    pub fn is_current(&self, attempt: AttemptId) -> bool {
        attempt == self.attempt && self.phase.has_socket()
    }

    /// Returns what the driver has to do next; `None` when there is nothing until the next input.
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

    /// Returns the time of the last input.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns when [`wake`](Self::wake) must be called at the latest; `None` if there is no deadline.
    pub fn deadline(&self) -> Option<Timestamp> {
        Some(self.due()).filter(|due| *due != Timestamp::NEVER)
    }

    /// Returns the same as [`deadline`](Self::deadline), with [`Timestamp::NEVER`] for none.
    pub fn due(&self) -> Timestamp {
        match &self.phase {
            Phase::Waiting { until: due }
            | Phase::Connecting { deadline: due }
            | Phase::SettingUp { deadline: due }
            | Phase::Closing { deadline: due, .. } => *due,
            Phase::Open { liveness: Some(liveness) } => liveness.deadline(),
            _ => Timestamp::NEVER,
        }
    }

    /// Returns whether [`poll`](Self::poll) would return an output.
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
            || (self.writable && self.queue.has_waiting() && self.phase.sends())
            || matches!(self.phase, Phase::Ending { .. } | Phase::Closed { notified: false })
    }

    /// Returns the state of the client (S2).
    pub fn state(&self) -> State {
        self.phase.state()
    }

    /// Returns whether messages that arrive now are to be delivered.
    pub fn delivers(&self) -> bool {
        matches!(self.phase, Phase::Open { .. }) && !self.is_paused()
    }

    /// Returns whether the client is paused (S22).
    pub fn is_paused(&self) -> bool {
        T::CAN_PAUSE && self.paused.is_paused()
    }

    /// Returns a snapshot of the counters (S25).
    pub fn stats(&self, now: Timestamp) -> Stats {
        let opened_at = self.opened_at.filter(|_| self.state() == State::Open);
        Stats { open_for: opened_at.map(|since| now - since), ..self.stats }
    }

    /// Returns whether the client has ever been open.
    pub fn has_opened(&self) -> bool {
        self.opened_before
    }

    /// Returns how many times the client has ended.
    pub fn ends(&self) -> Count {
        self.ends
    }

    /// Returns why the client ended the last time. At that moment [`unsent`](Self::unsent),
    /// [`last_close`](Self::last_close) and [`last_error`](Self::last_error) are those of the end.
    pub fn end_reason(&self) -> EndReason {
        self.end_reason
    }

    /// Returns the handshake that belongs to [`Output::SetUp`].
    pub fn handshake(&self) -> &T::Handshake {
        &self.handshake
    }

    /// Returns the handshake that belongs to [`Notify::Open`]. Later calls return the default value.
    pub fn take_handshake(&mut self) -> T::Handshake {
        core::mem::take(&mut self.handshake)
    }

    /// Returns whether the last attempt was open for `stable_after`.
    pub fn was_stable(&self) -> bool {
        self.was_stable
    }

    /// Returns how the last attempt ended, or is about to end.
    pub fn last_close(&self) -> Option<&CloseEvent<T::Text>> {
        self.last_close.as_ref()
    }

    /// Returns why the last attempt failed; `None` if it did not fail.
    pub fn last_error(&self) -> Option<&T::Error> {
        self.last_error.as_ref()
    }

    /// Returns the code and reason for [`Output::Close`].
    pub fn close_frame(&self) -> (CloseCode, T::Text) {
        self.close_frame.clone()
    }

    /// Returns whether the client is closed and [`Notify::End`] was emitted.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closed { notified: true })
    }

    /// Ends the client because its driver was dropped, without a notification. Returns `false` if it had ended before.
    pub fn driver_gone(&mut self, reason: EndReason) -> bool {
        self.is_driver_gone = true;
        let ends = !self.is_over();
        if ends {
            if self.phase.has_socket() {
                self.end_attempt(Next::End);
            }
            self.outputs.clear();
            self.phase = Phase::Closed { notified: true };
            self.opened_at = None;
            self.end_reason = reason;
            self.end();
        }
        ends
    }

    /// Sets the time, before anything is reported. A time that is earlier than the last one is ignored.
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

    /// Starts an attempt.
    pub fn dial(&mut self) {
        self.attempt = AttemptId(self.attempt.0 + 1);
        self.stats.attempts += 1;
        self.by_hand.dials(self.now);
        let deadline = self.config.open_timeout.map_or(Timestamp::NEVER, |timeout| self.runs_out(timeout));
        self.phase = Phase::Connecting { deadline };
        self.put(Output::Dial(self.attempt));
    }

    /// Starts a timeout of the attempt, other than that of a heartbeat. Returns when it runs out.
    pub(crate) fn runs_out(&mut self, timeout: Duration) -> Timestamp {
        self.late = 0;
        self.now + timeout
    }

    /// Does what is due at the time of the last [`advance`](Self::advance).
    pub fn wake(&mut self) {
        let now = self.now;
        let is_reading = !self.is_paused();
        match &mut self.phase {
            Phase::Waiting { until } if now >= *until => self.dial(),
            Phase::Connecting { deadline } | Phase::SettingUp { deadline } | Phase::Closing { deadline, .. }
                if now > *deadline + from_micros(LATE_MICROS) && self.late < FORGIVEN =>
            {
                self.late += 1;
                *deadline = now + GRACE;
            }
            Phase::Connecting { deadline } if now >= *deadline => self.abandon(Cause::OpenTimeout),
            Phase::SettingUp { deadline } if now >= *deadline => {
                self.set_up_failed(T::error(Cause::SetupTimeout), CloseCode::NORMAL, T::Text::default());
            }
            Phase::Open { liveness: Some(liveness) } => {
                let Some(config) = &self.config.heartbeat else {
                    return;
                };
                match liveness.check(now, config, is_reading) {
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
        // The deadline belongs to the oldest unanswered heartbeat. What was sent after that one cannot delay it.
        if matches!(&self.phase, Phase::Open { liveness: Some(liveness) } if liveness.is_oldest()) {
            self.put(Output::Mark);
        }
        self.put(Output::Heartbeat(number));
    }
}
