//! What a handle asks for.

use crate::close::{CloseCode, EndReason};
use crate::io::{Output, Request};
use crate::machine::Machine;
use crate::paused::PausedBy;
use crate::state::{Next, Phase, Stage};
use crate::types::Types;
use crate::units::{Duration, Timestamp};

impl<T: Types> Machine<T> {
    /// A handle asks for something. Works in every state and never fails.
    pub fn request(&mut self, now: Timestamp, request: Request<T::Text>) {
        self.advance(now);
        match request {
            Request::Close { code, reason } => self.close(code, reason),
            Request::Abort => self.stop(),
            Request::Reconnect(delay) => self.reconnect(delay),
            Request::ReconnectInCallback(delay) => {
                if !self.by_hand.closed {
                    self.begin_anew(delay, true);
                }
            }
            Request::CancelReconnect => self.cancel_reconnect(),
            Request::Pause(by, paused) => self.pause(by, paused),
        }
    }

    /// Ends the client once what is queued has left.
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
            Phase::Connecting { .. } | Phase::Open { .. } | Phase::Closing { .. } => self.drop_attempt(Next::End),
            Phase::Ending { next, .. } => *next = Next::End,
            Phase::Waiting { .. } => self.end_waiting(),
            Phase::Closed { .. } => {}
        }
    }

    /// Dials anew after this delay, not from inside a callback.
    pub fn reconnect(&mut self, delay: Duration) {
        self.by_hand.closed = false;
        self.begin_anew(delay, false);
    }

    fn begin_anew(&mut self, delay: Duration, in_callback: bool) {
        let delay = self.paced(delay, in_callback);
        match &mut self.phase {
            Phase::Connecting { .. } => self.drop_attempt(Next::Retry(delay)),
            Phase::Open { .. } => {
                self.start_closing(Stage::AwaitingPeer, Next::Retry(delay));
                self.close_frame = (CloseCode::NORMAL, Default::default());
                self.put(Output::Close);
            }
            Phase::Closing { next, .. } | Phase::Ending { next, .. } => *next = Next::Retry(delay),
            Phase::Waiting { .. } => self.phase = Phase::Waiting { until: self.after(delay) },
            Phase::Closed { .. } if self.is_driver_gone => {}
            Phase::Closed { .. } => {
                self.retries = 0;
                self.phase = Phase::Waiting { until: self.after(delay) };
            }
        }
    }

    /// Ends a client that is not connected.
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
        // Both handshakes are read whatever is wished, and a message that arrives during the closing is dropped.
        let Phase::Open { liveness } = &mut self.phase else {
            return;
        };
        if after != before {
            if let Some(liveness) = liveness {
                // Nobody listened while paused: what is owed since then proves nothing.
                liveness.received();
            }
            self.put(Output::Read(before));
        }
    }

    fn start_closing(&mut self, stage: Stage, next: Next) {
        if self.is_paused() {
            // The peer's Close frame is behind what it sent before.
            self.put(Output::Read(true));
        }
        self.phase = Phase::Closing { deadline: self.now + self.config.close_timeout, stage, next };
        // What is on its way now counts, not what was when the last heartbeat left.
        self.put(Output::Mark);
    }

    fn end_waiting(&mut self) {
        self.phase = Phase::Closed { notified: false };
        self.end_reason = EndReason::Closed;
    }
}
