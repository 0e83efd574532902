//! Requests of handles: close, abort, reconnect, pause (S8a, S10, S22).

use crate::close::{CloseCode, EndReason};
use crate::io::{Output, Request};
use crate::machine::Machine;
use crate::paused::PausedBy;
use crate::state::{Next, Phase, Stage};
use crate::types::Types;
use crate::units::{Duration, Timestamp};

impl<T: Types> Machine<T> {
    /// Carries out a request. Works in every state, and never fails.
    pub fn request(&mut self, now: Timestamp, request: Request<T::Text>) {
        self.advance(now);
        match request {
            Request::Close { code, reason } => self.close(code, reason),
            Request::Abort => self.stop(),
            Request::Reconnect(delay) => self.reconnect(delay),
            Request::ReconnectInCallback(delay) => {
                if !self.by_hand.closed {
                    self.redial(delay, true);
                }
            }
            Request::CancelReconnect => self.cancel_reconnect(),
            Request::Pause(by, paused) => self.pause(by, paused),
        }
    }

    /// Sends what is queued, then closes and ends the client (S10). An attempt that is not open yet is abandoned (S11).
    pub fn close(&mut self, code: CloseCode, reason: T::Text) {
        match &mut self.phase {
            Phase::Open { .. } => {
                self.by_hand.closed = true;
                self.close_frame = (code, reason);
                self.start_closing(Stage::Draining, Next::End);
                self.progress();
            }
            Phase::Closing { next, .. } => {
                self.by_hand.closed = true;
                *next = Next::End;
            }
            _ => self.stop(),
        }
    }

    /// Ends the client without a closing handshake.
    fn stop(&mut self) {
        self.by_hand.closed = true;
        match &mut self.phase {
            phase if phase.has_socket() => self.drop_attempt(Next::End),
            Phase::Ending { next, .. } => *next = Next::End,
            Phase::Waiting { .. } => self.end_waiting(),
            _ => {}
        }
    }

    /// Dials again after this delay (S8a). Not for calls from inside a callback.
    pub fn reconnect(&mut self, delay: Duration) {
        self.by_hand.closed = false;
        self.redial(delay, false);
    }

    fn redial(&mut self, delay: Duration, in_callback: bool) {
        let delay = self.paced(delay, in_callback);
        match &mut self.phase {
            Phase::Connecting { .. } | Phase::SettingUp { .. } => self.drop_attempt(Next::Retry(delay)),
            Phase::Open { .. } => {
                self.start_closing(Stage::AwaitingPeer, Next::Retry(delay));
                self.close_frame = (CloseCode::NORMAL, Default::default());
                self.put(Output::Close);
            }
            Phase::Closing { stage, next, .. } => {
                *next = Next::Retry(delay);
                // What is queued is for the next connection now.
                if *stage == Stage::Draining {
                    self.end_draining();
                }
            }
            Phase::Ending { next, .. } => *next = Next::Retry(delay),
            Phase::Waiting { .. } => self.phase = Phase::Waiting { until: self.after(delay) },
            Phase::Closed { .. } if self.is_driver_gone => {}
            Phase::Closed { .. } => {
                self.retries = 0;
                self.is_starting = true;
                self.phase = Phase::Waiting { until: self.after(delay) };
            }
        }
    }

    /// Cancels a scheduled attempt, which ends the client.
    pub fn cancel_reconnect(&mut self) {
        match &mut self.phase {
            Phase::Waiting { .. } => self.end_waiting(),
            Phase::Closing { next: next @ Next::Retry(_), .. } | Phase::Ending { next, .. } => *next = Next::End,
            _ => return,
        }
        self.by_hand.closed = true;
    }

    fn pause(&mut self, by: PausedBy, paused: bool) {
        let before = self.is_paused();
        self.paused.set(by, paused);
        let after = self.is_paused();
        // Both handshakes are read even while paused, and a message that arrives during the closing one is dropped.
        let Phase::Open { liveness } = &mut self.phase else {
            return;
        };
        if after != before {
            if let Some(liveness) = liveness {
                // Nothing was read while paused: a missing answer from that time means nothing.
                liveness.received();
            }
            self.put(Output::Read(before));
        }
    }

    fn start_closing(&mut self, stage: Stage, next: Next) {
        if self.is_paused() {
            // The peer's Close frame arrives behind what it sent before.
            self.put(Output::Read(true));
        }
        self.note_stability();
        let deadline = self.runs_out(self.config.close_timeout);
        self.phase = Phase::Closing { deadline, stage, next };
        // Progress now means what has been sent so far, not what had been sent before the last heartbeat. With an empty queue the
        // mark of the Close frame follows at once.
        if stage == Stage::AwaitingPeer || !self.queue.is_empty() {
            self.put(Output::Mark);
        }
    }

    fn end_waiting(&mut self) {
        self.phase = Phase::Closed { notified: false };
        self.end_reason = EndReason::Closed;
    }
}
