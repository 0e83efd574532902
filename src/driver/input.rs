//! What a driver reports to a client.

use alloc::string::String;

use homing_machine::{AttemptId, Buffered, PageEvent, Timestamp};

use super::machine::Machine;
use crate::close::CloseCode;
use crate::error::Error;
use crate::handshake::Handshake;

/// Something happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input {
    /// Look at the clock: a timer fired, or somebody asks.
    Wake,
    /// Something happened on the socket of this attempt. News of a superseded attempt is ignored.
    Socket(AttemptId, SocketEvent),
    /// Something happened to the network or the page (S8c).
    Page(PageEvent),
    /// The retry predicate's answer to whether to retry.
    RetryAnswer(bool),
}

/// What a transport tells of a socket.
#[derive(Debug)]
#[non_exhaustive]
pub enum SocketEvent {
    /// TCP, proxy and TLS are up. Not every transport has this.
    Connected,
    /// The opening handshake succeeded.
    Opened(Handshake),
    /// Something arrived, if only a part of a message or a control frame: every byte is a sign of life (S17).
    Received {
        /// The messages that are complete.
        messages: u64,
        /// Their payload in bytes.
        bytes: u64,
    },
    /// So many bytes of payload have arrived and wait in memory, as they are not wanted yet and the platform cannot stop
    /// reading (S22).
    Held(u64),
    /// A heartbeat's answer arrived; `None` where it does not tell which one's.
    Answered(Option<u64>),
    /// The socket has room again after it refused part of a batch.
    Writable,
    /// Some of what the socket had taken has left for the operating system or the browser.
    Left {
        /// What it still holds; the default value if all has left, and then it has room again.
        held: Buffered,
        /// It had been full: that it takes more shows the peer alive (S17).
        was_full: bool,
    },
    /// The peer's Close frame arrived; the transport answers it by itself.
    Closing {
        /// Its code, 1005 if it had none.
        code: CloseCode,
        /// Its reason.
        reason: String,
    },
    /// The socket is gone, without an error. `Closing` came before, except where the platform tells all at once: a code
    /// other than 1006 tells that the peer's Close frame arrived.
    Closed {
        /// The peer's code; 1005 if its Close frame had none, 1006 if there was no Close frame.
        code: CloseCode,
        /// The peer's reason.
        reason: String,
        /// Whether the closing handshake was completed.
        clean: bool,
    },
    /// The attempt failed and the socket is gone.
    Failed(Error),
}

impl Input {
    /// Reports it to the machine.
    pub(super) fn apply(self, machine: &mut Machine, now: Timestamp) {
        machine.advance(now);
        match self {
            Self::Wake => machine.wake(),
            Self::Socket(attempt, event) => {
                if machine.is_current(attempt) {
                    event.apply(machine);
                }
            }
            Self::Page(event) => machine.page(event),
            Self::RetryAnswer(retry) => machine.retry_answer(retry),
        }
    }
}

impl SocketEvent {
    fn apply(self, machine: &mut Machine) {
        match self {
            Self::Connected => machine.connected(),
            Self::Opened(handshake) => machine.opened(handshake),
            Self::Received { messages, bytes } => machine.received(messages, bytes),
            Self::Held(bytes) => machine.held(bytes),
            Self::Answered(number) => machine.answered(number),
            Self::Writable => machine.writable(),
            Self::Left { held, was_full } => machine.left(held, was_full),
            Self::Closing { code, reason } => machine.peer_closing(code, reason),
            Self::Closed { code, reason, clean } => machine.socket_closed(code, reason, clean),
            Self::Failed(error) => machine.socket_failed(error),
        }
    }
}
