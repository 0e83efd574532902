//! The driver of a client, and the traits for a transport of your own.
//!
//! A client consists of a [`Pump`] and two implementations: a [`Transport`] that carries out commands on a socket, and a
//! [`Timer`] that knows the time. The owner of the pump reports
//!
//! - events of the socket with [`Pump::event`], and received messages with [`Pump::message`];
//! - that the timer fired with [`Pump::event`] and [`Input::Wake`];
//! - that the waker given to [`Pump::sleep`] was woken with [`Pump::drive`].
//!
//! The pump then calls the handler and the transport, in order. It holds no lock and no borrow while the handler runs.
//!
//! The transports of this crate implement the same traits. `examples/custom_transport.rs` is a complete one.

mod callback;
mod input;
mod keepers;
mod machine;
mod on_demand;
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
mod waiter;
mod waiters;

use alloc::collections::VecDeque;
use alloc::sync::Arc;

#[doc(inline)]
pub use homing_machine::{AttemptId, Buffered, PageEvent, Timestamp};

pub use input::{Input, SocketEvent};
pub(crate) use keepers::Keeper;
pub(crate) use machine::{Config, Machine, Request};
pub(crate) use on_demand::Awaited;
pub use pump::Pump;
pub(crate) use shared::Shared;
pub(crate) use waiter::Waiter;
pub(crate) use waiters::Wait;

use crate::close::CloseCode;
use crate::message::Message;

/// Carries out commands on one socket at a time.
///
/// # Contract
/// - `dial` starts an attempt. Its events are reported to the pump with the attempt's id: `Connected` (optional), `Opened`,
///   then messages and `Received`, and finally exactly one of `Closed` and `Failed`, unless `abort` was called first. Events
///   are reported after the command has returned, never from inside it.
/// - Every command except `dial` refers to the latest attempt, and does nothing if its socket is gone.
/// - The transport itself answers Pings and the Close frame of the peer.
/// - After a violation of the protocol, the transport sends the close code (1002, 1007 or 1009) and reports `Failed`.
/// - If a write fails or the connection is reset, what had arrived before is reported first: messages, and a Close frame,
///   which makes the end a `Closed`.
/// - Progress is reported in bytes: `Received` also for a part of a message, `Left` when bytes leave a socket that was full.
///   What no event shows is queried with [`progress`](Self::progress).
pub trait Transport {
    /// Whether [`ping`](Self::ping) is supported. If not, heartbeats need a message.
    const CAN_PING: bool;

    /// Opens a socket. The previous one, if any, is already gone.
    fn dial(&mut self, attempt: AttemptId);

    /// Takes messages from the front of `batch` as long as the socket has room, and leaves the rest.
    ///
    /// If it leaves any, the transport reports `Writable` as soon as there is room, or `Left` with nothing held. What was
    /// taken is never offered again.
    fn send(&mut self, batch: &mut VecDeque<Message>);

    /// Writes what was taken to the operating system. Called once for each batch. What leaves later is reported as `Left`.
    fn flush(&mut self);

    /// Sends a Ping frame with this number. Its Pong is reported as `Answered(Some(number))`.
    fn ping(&mut self, number: u64);

    /// Sends a heartbeat message as soon as there is room, ahead of the queue. It does not count as
    /// [`buffered`](Self::buffered).
    fn heartbeat(&mut self, message: Message);

    /// Stops reading from the socket, so that the peer's sending is slowed down, or resumes.
    fn read(&mut self, on: bool);

    /// Sends a Close frame behind everything that was taken before.
    fn close(&mut self, code: CloseCode, reason: &str);

    /// Drops the socket at once. No more events of it are reported.
    fn abort(&mut self);

    /// Fails the connection: the peer is to receive a Close frame with this code and reason, but the client does not wait for
    /// that. No more events of the socket are reported. By default: [`close`](Self::close), then [`abort`](Self::abort).
    fn fail(&mut self, code: CloseCode, reason: &str) {
        self.close(code, reason);
        self.abort();
    }

    /// Returns what was taken but has not left yet, as far as the platform reports it.
    fn buffered(&mut self) -> Buffered;

    /// Sets the mark for [`progress`](Self::progress): everything that was taken before this call. Called before a heartbeat
    /// or a Close frame, and after the last messages before a Close frame. Returns the progress up to the previous mark. By
    /// default it does nothing.
    fn mark(&mut self) -> bool {
        false
    }

    /// Returns whether bytes that were taken before the latest [`mark`](Self::mark) have left, or have been acknowledged by
    /// the peer, since the last call. This extends the timeout of a heartbeat or Close frame that waits behind them.
    ///
    /// Called only when an attempt would end otherwise, so that it may cost a system call. A transport that reports all
    /// progress as [`SocketEvent::Left`] returns `false`, which is the default.
    fn progress(&mut self) -> bool {
        false
    }
}

/// Knows the time and wakes the owner of the pump.
pub trait Timer {
    /// Returns a clock that the handles read, also from other threads.
    fn clock(&self) -> Clock;

    /// Wakes the owner of the pump at this time, who then reports [`Input::Wake`]. It replaces the deadline that was set
    /// before; `None` means no deadline. Firing early or late does no harm, as the pump reads the clock.
    fn arm(&mut self, deadline: Option<Timestamp>);
}

/// A monotonic clock that can be shared between threads.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// Creates a clock that calls this function.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl core::fmt::Debug for Clock {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
