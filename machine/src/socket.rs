//! Events of the socket, the network and the page.

use crate::close::{CloseCode, CloseEvent, Initiator};
use crate::io::{Buffered, Notify, Output, PageEvent};
use crate::liveness::Liveness;
use crate::machine::Machine;
use crate::state::{Next, Phase, Stage};
use crate::types::{Cause, Failure, Types};
use crate::units::{Count, Duration, Timestamp, from_micros, round_trip};

/// Spreads the dials of clients that all notice the network at the same moment.
const ONLINE_SPREAD_MICROS: f64 = 500_000.0;

impl<T: Types> Machine<T> {
    /// TCP, proxy and TLS are up. Not every transport reports this.
    pub fn connected(&mut self) {
        if matches!(self.phase, Phase::Connecting { .. }) {
            self.notify(Notify::Connect);
        }
    }

    /// Received payload of `bytes` is held in memory, because the client is paused and the platform cannot stop reading (S22).
    pub fn held(&mut self, bytes: Count) {
        self.stats.bytes_held = bytes;
    }

    /// The socket has room again after it refused a part of a batch.
    pub fn writable(&mut self) {
        self.writable = true;
    }

    /// Bytes that the socket had accepted have left for the operating system or the browser.
    ///
    /// `held` is what it still holds. The default value means that all has left, and that it has room again. `was_full` means
    /// that its buffer had been full, so that the peer has accepted bytes and is alive (S17).
    pub fn left(&mut self, held: Buffered, was_full: bool) {
        self.writable |= held == Buffered::default();
        let less = held.bytes < self.queue.socket().bytes;
        let edge = self.queue.socket_holds(held);
        self.notify_edge(edge);
        if was_full {
            self.peer_accepts();
        }
        if less || was_full {
            self.progress();
        }
    }

    /// Something arrived, at least a part of a message or a control frame. `messages` of it are complete, with `bytes` of
    /// payload.
    pub fn received(&mut self, messages: Count, bytes: Count) {
        self.stats.messages_received += messages;
        self.stats.bytes_received += bytes;
        if let Phase::Open { liveness: Some(liveness) } = &mut self.phase {
            liveness.received();
        }
    }

    /// The answer to the heartbeat with this `number` arrived; `None` if the answer contains no number.
    pub fn answered(&mut self, number: Option<Count>) {
        let Phase::Open { liveness: Some(liveness) } = &mut self.phase else {
            return;
        };
        if let Some(rtt) = liveness.answered(self.now, number) {
            self.stats.measured(rtt);
            self.notify(Notify::Latency(round_trip(rtt)));
        }
    }

    /// The opening handshake succeeded.
    pub fn opened(&mut self, handshake: T::Handshake) {
        if !matches!(self.phase, Phase::Connecting { .. }) {
            return;
        }
        self.handshake = handshake;
        self.writable = true;
        match self.config.setup_timeout {
            Some(timeout) => {
                self.phase = Phase::SettingUp { deadline: self.runs_out(timeout) };
                self.put(Output::SetUp);
            }
            None => self.open(),
        }
    }

    /// Returns whether a set-up is running.
    pub fn is_setting_up(&self) -> bool {
        matches!(self.phase, Phase::SettingUp { .. })
    }

    /// The socket took so many messages of the set-up, and now holds this in its own buffer.
    pub fn set_up_sent(&mut self, messages: Count, bytes: usize, socket: Buffered) {
        self.stats.messages_sent += messages;
        self.stats.bytes_sent += bytes as Count;
        // A request may have dropped the socket meanwhile.
        if self.is_setting_up() {
            let edge = self.queue.socket_holds(socket);
            self.notify_edge(edge);
        }
    }

    /// The set-up of the connection is done: the client is open.
    pub fn set_up(&mut self) {
        if self.is_setting_up() {
            self.open();
        }
    }

    /// The set-up failed, which fails the attempt. The Close frame has this code and reason.
    pub fn set_up_failed(&mut self, error: T::Error, code: CloseCode, reason: T::Text) {
        if self.is_setting_up() {
            self.close_frame = (code, reason);
            self.put(Output::Fail);
            self.fail(error);
        }
    }

    fn open(&mut self) {
        if self.opened_before {
            self.stats.reconnects += 1;
        }
        self.opened_before = true;
        self.has_started();
        self.opened_at = Some(self.now);
        self.phase =
            Phase::Open { liveness: self.config.heartbeat.as_ref().map(|config| Liveness::new(self.now, config)) };
        if self.is_paused() {
            self.put(Output::Read(false));
        }
        self.notify(Notify::Open);
    }

    /// The peer's Close frame arrived. The transport answers it. `code` is 1005 if the frame had none.
    pub fn peer_closing(&mut self, code: CloseCode, reason: T::Text) {
        let initiator = match self.phase {
            Phase::SettingUp { .. } | Phase::Open { .. } | Phase::Closing { stage: Stage::Draining, .. } => {
                Initiator::Remote
            }
            Phase::Closing { stage: Stage::AwaitingPeer, .. } => Initiator::Local,
            _ => return,
        };
        self.last_close = Some(CloseEvent::new(code, reason, true, initiator));
        let next = self.phase.next();
        self.note_stability();
        let deadline = self.runs_out(self.config.close_timeout);
        self.phase = Phase::Closing { deadline, stage: Stage::AwaitingEnd, next };
    }

    /// The socket is gone, without an error. [`peer_closing`](Self::peer_closing) was called before, unless the platform
    /// reports both at once. A code other than 1006 means that the peer's Close frame arrived.
    pub fn socket_closed(&mut self, code: CloseCode, reason: T::Text, clean: bool) {
        if code != CloseCode::ABNORMAL {
            self.peer_closing(code, reason);
        }
        let Phase::Closing { stage, next, .. } = self.phase else {
            return self.fail(T::error(Cause::Unknown));
        };
        if let (Stage::AwaitingEnd, Some(event)) = (stage, &mut self.last_close) {
            event.clean = clean;
        }
        self.end_attempt(next);
    }

    /// The attempt failed and the socket is gone.
    pub fn socket_failed(&mut self, error: T::Error) {
        let is_violation = T::failure(&error) == Failure::Violation;
        match self.phase {
            // During the closing handshake it does not matter how TCP ends, unless the peer violated the protocol.
            Phase::Closing { stage, next, .. } if stage == Stage::AwaitingEnd || !is_violation => {
                self.end_attempt(next)
            }
            _ => self.fail(error),
        }
    }

    /// The peer accepts bytes. That shows that it is alive, but it is no answer to a heartbeat.
    fn peer_accepts(&mut self) {
        if let (Phase::Open { liveness: Some(liveness) }, Some(config)) = (&mut self.phase, &self.config.heartbeat) {
            liveness.extend(self.now, config);
        }
    }

    /// Returns whether [`wake`](Self::wake) would end the attempt at this time. Before that the driver should find out
    /// whether bytes have moved without an event, and report them with [`progressed`](Self::progressed).
    pub fn is_expiring(&self, now: Timestamp) -> bool {
        match &self.phase {
            Phase::Open { liveness: Some(liveness) } => !self.is_paused() && liveness.is_due(now),
            Phase::Closing { deadline, stage, .. } => *stage != Stage::AwaitingEnd && now >= *deadline,
            _ => false,
        }
    }

    /// Bytes have moved that no event reported.
    pub fn progressed(&mut self, now: Timestamp) {
        self.advance(now);
        self.peer_accepts();
        self.progress();
    }

    /// Returns whether the client sends the rest of its queue before it closes.
    pub fn is_draining(&self) -> bool {
        matches!(self.phase, Phase::Closing { stage: Stage::Draining, .. })
    }

    /// Bytes have left. This extends the close timeout (S10). When the queue is empty, the Close frame follows.
    pub(crate) fn progress(&mut self) {
        let Phase::Closing { deadline, stage, .. } = &mut self.phase else {
            return;
        };
        if *stage != Stage::AwaitingEnd {
            *deadline = self.now + self.config.close_timeout;
        }
        if self.queue.is_empty() && *stage == Stage::Draining {
            self.end_draining();
        }
    }

    /// Sends the Close frame.
    pub(crate) fn end_draining(&mut self) {
        if let Phase::Closing { stage, .. } = &mut self.phase {
            *stage = Stage::AwaitingPeer;
        }
        self.put(Output::Mark);
        self.put(Output::Close);
    }

    /// The network or the page changed (S8c).
    pub fn page(&mut self, event: PageEvent) {
        match event {
            PageEvent::Online | PageEvent::Visible => self.dial_soon_or_probe(),
            PageEvent::Frozen => self.freeze(),
            PageEvent::Thawed => {
                self.frozen = false;
                if let Phase::Waiting { until } = &mut self.phase {
                    *until = self.now;
                }
            }
        }
    }

    /// Dials soon if the client is waiting, and sends a heartbeat if it is open.
    fn dial_soon_or_probe(&mut self) {
        let soon = self.now + from_micros(self.rng.unit() * ONLINE_SPREAD_MICROS);
        let now = self.now;
        match &mut self.phase {
            Phase::Waiting { until } if !self.frozen => *until = soon.min(*until),
            Phase::Open { liveness: Some(liveness) } => {
                let Some(config) = &self.config.heartbeat else {
                    return;
                };
                let number = liveness.probe(now, config);
                self.send_heartbeat(number);
            }
            _ => {}
        }
    }

    /// Ends the attempt, as the page is suspended. The client dials when the page is restored, unless it never reconnects.
    fn freeze(&mut self) {
        self.frozen = true;
        if self.phase.has_socket() {
            let next = match self.phase.next() {
                Next::End => Next::End,
                Next::Policy if self.config.backoff.is_never() => Next::Policy,
                Next::Policy | Next::Retry(_) => Next::Retry(Duration::ZERO),
            };
            self.drop_attempt(next);
        } else if let Phase::Waiting { until } = &mut self.phase {
            *until = Timestamp::NEVER;
        }
    }
}
