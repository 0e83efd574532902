//! The types of the machine here. They are nearly empty, as texts, payloads and responses never leave JavaScript.

use homing_machine::{Cause, Duration, Failure};

use crate::codes::failure;

/// The types of this machine. Messages are only counted.
pub(crate) enum Types {}

impl homing_machine::Types for Types {
    type Message = ();
    type Text = ();
    type Handshake = ();
    /// One of `failure`.
    type Error = u32;

    /// A browser's socket cannot stop reading.
    const CAN_PAUSE: bool = false;

    fn error(cause: Cause) -> u32 {
        match cause {
            Cause::OpenTimeout => failure::OPEN_TIMEOUT,
            Cause::SetupTimeout => failure::SETUP_TIMEOUT,
            Cause::HeartbeatTimeout => failure::HEARTBEAT_TIMEOUT,
            Cause::Unknown => failure::OPAQUE,
        }
    }

    fn located(error: u32, (): &(), _: bool) -> u32 {
        error
    }

    /// Browsers hide why a handshake was refused.
    fn failure(error: &u32) -> Failure {
        if *error == failure::FATAL { Failure::Fatal } else { Failure::Other }
    }

    /// Browsers hide the response that could ask for a delay.
    fn retry_after(_: &u32) -> Option<Duration> {
        None
    }
}
