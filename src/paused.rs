//! Whether received messages are wanted now.
//!
//! The npm package brings its own version of this file (`www/core/src/paused.rs`): there, nothing can pause a client.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PausedBy {
    User,
    Stream,
}

/// Messages are wanted if neither is set.
#[derive(Debug, Default)]
pub(crate) struct Paused {
    by_user: bool,
    by_stream: bool,
}

impl Paused {
    pub(crate) fn is_paused(&self) -> bool {
        self.by_user || self.by_stream
    }

    pub(crate) fn set(&mut self, by: PausedBy, paused: bool) {
        match by {
            PausedBy::User => self.by_user = paused,
            PausedBy::Stream => self.by_stream = paused,
        }
    }
}
