//! What the owner of a pump reports to it.

use alloc::string::String;

use homing_machine::{AttemptId, Buffered, PageEvent, Timestamp};

use super::machine::Machine;
use crate::close::CloseCode;
use crate::error::Error;
use crate::handshake::Handshake;

/// Something that happened to a client.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input {
    /// The timer fired: compare the deadlines with the clock.
    Wake,
    /// An event of this attempt's socket. Events of replaced attempts are ignored.
    Socket(AttemptId, SocketEvent),
    /// A change of the network or the page.
    Page(PageEvent),
    /// The answer of the retry predicate: whether to retry.
    RetryAnswer(bool),
}

/// An event of a socket, reported by its transport.
#[derive(Debug)]
#[non_exhaustive]
pub enum SocketEvent {
    /// TCP, proxy and TLS are up. Not every transport reports this.
    Connected,
    /// The opening handshake succeeded.
    Opened(Handshake),
    /// Something arrived, at least a part of a message or a control frame. Every byte shows that the peer is alive.
    Received {
        /// The number of complete messages.
        messages: u64,
        /// Their payload in bytes.
        bytes: u64,
    },
    /// This many bytes of received payload are held in memory, because the client is paused and the platform cannot stop
    /// reading.
    Held(u64),
    /// The answer to the heartbeat with this number arrived; `None` if the answer contains no number.
    Answered(Option<u64>),
    /// The socket has room again after it refused a part of a batch.
    Writable,
    /// Bytes that the socket had accepted have left for the operating system or the browser.
    Left {
        /// What it still holds. The default value means that all has left, and that it has room again.
        held: Buffered,
        /// Its buffer had been full, so that the peer has accepted bytes and is alive.
        was_full: bool,
    },
    /// The peer's Close frame arrived. The transport answers it.
    Closing {
        /// Its code, 1005 if it had none.
        code: CloseCode,
        /// Its reason.
        reason: String,
    },
    /// The socket is gone, without an error. `Closing` was reported before, unless the platform reports both at once. A code
    /// other than 1006 means that the peer's Close frame arrived.
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
