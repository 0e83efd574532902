//! Pausing (S22).

/// Who paused the client. If both did, both must resume it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PausedBy {
    /// The user.
    User,
    /// The stream of events, whose reader is slow.
    Stream,
}

/// Messages are delivered if neither is set.
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
