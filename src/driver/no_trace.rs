//! Takes the place of `trace.rs` in a build without the feature `tracing`. Does nothing, at no cost.

use homing_machine::Output;

use crate::close::{CloseEvent, End};
use crate::error::Error;
use crate::handshake::Handshake;
use crate::message::Message;

pub(super) struct Trace;

impl Trace {
    #[inline]
    pub(super) fn new(_: &str) -> Self {
        Self
    }

    #[inline]
    pub(super) fn message(&self, _: &Message) {}

    #[inline]
    pub(super) fn sent(&self, _: u64) {}

    #[inline]
    pub(super) fn output(&mut self, _: Output) {}

    #[inline]
    pub(super) fn opened(&self, _: &Handshake) {}

    #[inline]
    pub(super) fn failed(&self, _: &Error) {}

    #[inline]
    pub(super) fn closed(&mut self, _: &CloseEvent) {}

    #[inline]
    pub(super) fn ended(&self, _: &End) {}
}
