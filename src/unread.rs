//! The bound of what waits to be read by the program (S22a).

/// The number of unread messages or events at which the socket is not read any more.
const PAUSE_AT: usize = 1024;
/// It is read again at a quarter of both limits, so that it does not stop and start with each message.
const RESUME_SHARE: usize = 4;

/// Returns whether the socket must not be read.
pub(crate) fn is_full(entries: usize, bytes: usize, max_bytes: usize) -> bool {
    entries >= PAUSE_AT || bytes >= max_bytes
}

/// Returns whether it can be read again.
pub(crate) fn has_room(entries: usize, bytes: usize, max_bytes: usize) -> bool {
    entries <= PAUSE_AT / RESUME_SHARE && bytes <= max_bytes / RESUME_SHARE
}
