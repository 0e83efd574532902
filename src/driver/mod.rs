//! The pump: what every platform runs, and the seam to bring a transport of your own.
//!
//! A client is a [`Pump`] over two traits: a [`Transport`] carries out commands on a socket, a [`Timer`] knows the
//! time. Whatever happens on the socket is told to the pump by [`Pump::event`] and [`Pump::message`]; what is due by
//! the clock, by [`Pump::event`] with [`Input::Wake`]; what handles ask for, by [`Pump::drive`], whenever the waker
//! given to [`Pump::sleep`] is woken. The pump calls the handler and the transport, in order, and never holds a lock
//! or a borrow while the handler runs.
//!
//! The transports of this crate are written against these same traits; `examples/custom_transport.rs` is a whole one.

mod input;
mod machine;
pub(crate) mod platform;
mod pump;
mod shared;
#[cfg(test)]
mod tests;
#[cfg(feature = "tracing")]
mod trace;
#[cfg(not(feature = "tracing"))]
#[path = "no_trace.rs"]
mod trace;
mod waiters;

use alloc::collections::VecDeque;
use alloc::sync::Arc;

#[doc(inline)]
pub use homing_machine::{AttemptId, Buffered, PageEvent, Timestamp};

pub use input::{Input, SocketEvent};
pub(crate) use machine::{Config, Machine, Request};
pub use pump::Pump;
pub(crate) use shared::{Keeper, Shared, Waiter};
pub(crate) use waiters::{Mark, Wait};

use crate::close::CloseCode;
use crate::message::Message;

/// Carries out commands on one socket at a time.
///
/// # Contract
/// - `dial` begins an attempt. What becomes of it is told to the pump with the attempt's id: `Connected` (optional),
///   `Opened`, then messages and `Received`, and at the end exactly one of `Closed` and `Failed`, unless `abort` came
///   first. News is told after the command has returned, never from inside it.
/// - Every command but `dial` is about the latest attempt, and does nothing when its socket is gone.
/// - Pings of the peer and its Close frame are answered by the transport itself.
/// - On a violation of the protocol the transport tells the peer the close code (1002, 1007, 1009) and reports
///   `Failed`.
/// - What had arrived before a write failed or the connection was reset is reported first: messages, and a Close frame,
///   which makes the end a `Closed` (S20a).
/// - Progress is reported in bytes: `Received` also for a part of a message, `Left` when bytes leave a socket that was
///   full. What no event shows is asked for by [`progress`](Self::progress) (S10, S17).
pub trait Transport {
    /// Whether [`ping`](Self::ping) works. Where it does not, a heartbeat needs a message.
    const CAN_PING: bool;

    /// Opens a socket. The one before, if any, is gone already.
    fn dial(&mut self, attempt: AttemptId);

    /// Takes messages from the front of `batch` for as long as the socket has room, and leaves the rest. If it leaves
    /// any, `Writable` is told once there is room, or `Left` with nothing held. What was taken is never offered again.
    fn send(&mut self, batch: &mut VecDeque<Message>);

    /// Pushes out what was taken. Called once per batch. What leaves later than this call is reported as `Left`.
    fn flush(&mut self);

    /// Sends a heartbeat whose answer is told as `Answered(Some(number))`.
    fn ping(&mut self, number: u64);

    /// Sends a heartbeat message, past the queue, as soon as there is room. It does not count as
    /// [`buffered`](Self::buffered): nobody waits for it to leave, and nothing is lost with it.
    fn heartbeat(&mut self, message: Message);

    /// Stops reading, so that the peer feels it, or resumes.
    fn read(&mut self, on: bool);

    /// Starts the closing handshake, behind everything taken before.
    fn close(&mut self, code: CloseCode, reason: &str);

    /// Drops the socket at once. Nothing more is told of it.
    fn abort(&mut self);

    /// What was taken but has not left yet, as far as the platform tells.
    fn buffered(&mut self) -> Buffered;

    /// A heartbeat or a Close frame follows, or the last messages before a Close frame have been taken. From now on
    /// [`progress`](Self::progress) is about all that was taken before this call.
    fn mark(&mut self) {}

    /// Whether bytes that were taken before the latest [`mark`](Self::mark) have left, or have been acknowledged by the
    /// peer, since this was asked last. A heartbeat or Close frame that waits behind them has more time then.
    ///
    /// Asked only when an attempt would otherwise end, so it may cost a system call. A transport that reports all of
    /// this as [`SocketEvent::Left`] has nothing to add.
    fn progress(&mut self) -> bool {
        false
    }
}

/// Knows the time and wakes the pump's owner.
pub trait Timer {
    /// A clock that the handles read, from other threads too.
    fn clock(&self) -> Clock;

    /// Wakes the owner of the pump at this time, who then says [`Input::Wake`]. Replaces what was armed before. Early
    /// or late does no harm: the pump looks at the clock.
    fn arm(&mut self, deadline: Option<Timestamp>);
}

/// A monotonic clock that can be shared.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that is read by this function.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl core::fmt::Debug for Clock {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
