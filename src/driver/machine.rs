//! The state machine with the types of this crate.

use alloc::string::String;
use core::time::Duration;

use homing_machine::{Cause, Failure};

use crate::close::{CloseEvent, End};
use crate::error::{Error, ErrorKind, Phase};
use crate::handshake::Handshake;
use crate::message::Message;

pub(crate) type Machine = homing_machine::Machine<Types>;
pub(crate) type Config = homing_machine::Config<String>;
pub(crate) type Request = homing_machine::Request<String>;

/// What passes through the machine of this crate's clients.
pub(crate) enum Types {}

impl homing_machine::Types for Types {
    type Message = Message;
    type Text = String;
    type Handshake = Handshake;
    type Error = Error;

    const CAN_PAUSE: bool = true;

    fn error(cause: Cause) -> Error {
        let kind = match cause {
            Cause::OpenTimeout => ErrorKind::OpenTimeout,
            Cause::SetupTimeout => ErrorKind::Setup,
            Cause::HeartbeatTimeout => ErrorKind::HeartbeatTimeout,
            Cause::Unknown => ErrorKind::Opaque,
        };
        Error::new(kind, if cause == Cause::SetupTimeout { "timeout" } else { "" })
    }

    fn located(error: Error, url: &String, is_open: bool) -> Error {
        error.at(url).during(if is_open { Phase::Open } else { Phase::Opening })
    }

    fn failure(error: &Error) -> Failure {
        match error.kind() {
            _ if error.is_fatal() => Failure::Fatal,
            ErrorKind::Protocol | ErrorKind::MessageTooLarge => Failure::Violation,
            ErrorKind::Unsupported => Failure::Unsupported,
            _ => error.status().map_or(Failure::Other, Failure::refused),
        }
    }

    fn retry_after(error: &Error) -> Option<Duration> {
        error.retry_after()
    }
}

/// The end of a client that has just ended.
pub(super) fn end_of(machine: &Machine) -> End {
    End {
        reason: machine.end_reason(),
        unsent: machine.unsent(),
        close: machine.last_close().map(CloseEvent::of),
        error: machine.last_error().cloned(),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use homing_machine::Types as _;

    use super::*;

    #[test]
    fn s03_errors_contain_the_url_and_whether_it_was_open() {
        let at = |error: Error, is_open| Types::located(error, &"ws://example.com/".to_string(), is_open);
        let error = at(Error::new(ErrorKind::Dns, ""), false);
        assert_eq!((error.code(), error.to_string().as_str()), (1, "DNS resolution failed (ws://example.com/)"));
        assert_eq!(at(Error::new(ErrorKind::Io, ""), true).code(), 3);
        assert_eq!(at(Error::new(ErrorKind::Io, "").during(Phase::Sending), true).code(), 2);
    }

    #[test]
    fn s08_refusals_and_violations_are_recognized_by_the_kind_of_error() {
        let failure = |kind| Types::failure(&Error::new(kind, ""));
        let refused = |status| ErrorKind::Handshake { status, headers: Default::default(), body: Default::default() };
        assert_eq!(failure(refused(Some(404))), Failure::RefusedForGood);
        assert_eq!(failure(refused(Some(429))), Failure::Other);
        assert_eq!(failure(refused(None)), Failure::Other, "not even HTTP");
        assert_eq!(failure(ErrorKind::Proxy { status: Some(407) }), Failure::RefusedForGood);
        assert_eq!(failure(ErrorKind::Proxy { status: None }), Failure::Other);
        assert_eq!(failure(ErrorKind::Unsupported), Failure::Unsupported);
        assert_eq!(failure(ErrorKind::Protocol), Failure::Violation);
        assert_eq!(failure(ErrorKind::MessageTooLarge), Failure::Violation);
        assert_eq!(failure(ErrorKind::Io), Failure::Other);
    }
}
