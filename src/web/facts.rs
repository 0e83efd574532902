//! Facts of a connection (rule S29): browsers hide all of them.

use core::fmt;

/// The part of a [`Handshake`](crate::Handshake) that is this platform's.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts;

impl Facts {
    /// Returns what `Debug` shows: nothing.
    pub(crate) fn shown(&self) -> Option<&dyn fmt::Debug> {
        None
    }
}
