//! Random inputs to the machine in any order, by a driver that keeps the contract, and what must hold whatever comes.
//!
//! Code of the user runs at every output and, as on another thread, while the socket is offered a batch.

mod book;
mod client;
mod config;
mod outputs;
mod steps;

use arbtest::arbitrary::Unstructured;
use homing_machine::{Cause, Duration, Failure, Types};

/// The life of one client.
pub(crate) fn live(random: &mut Unstructured<'_>) {
    let mut random = config::Random(random);
    let mut client = client::Client::new(&mut random);
    while !random.0.is_empty() {
        client.step(&mut random);
    }
    client.finish(&mut random);
}

#[derive(Debug)]
pub(crate) enum Fuzzed {}

/// A message: its lane, and its number in that lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letter {
    ahead: bool,
    number: u64,
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Broken {
    failure: Failure,
    retry_after: Option<Duration>,
    /// It passed through `Types::located`.
    is_located: bool,
}

impl Broken {
    fn new(failure: Failure) -> Self {
        Self { failure, retry_after: None, is_located: false }
    }
}

impl Types for Fuzzed {
    type Message = Letter;
    type Text = &'static str;
    type Handshake = u64;
    type Error = Broken;

    const CAN_PAUSE: bool = true;

    fn error(_: Cause) -> Broken {
        Broken::new(Failure::Other)
    }

    fn located(error: Broken, _: &&'static str, _: bool) -> Broken {
        assert!(!error.is_located, "located twice");
        Broken { is_located: true, ..error }
    }

    fn failure(error: &Broken) -> Failure {
        error.failure
    }

    fn retry_after(error: &Broken) -> Option<Duration> {
        error.retry_after
    }
}
