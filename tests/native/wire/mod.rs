//! Frames, messages, closing and compression, on real sockets.

pub(crate) mod control_frames;
#[cfg(feature = "deflate")]
pub(crate) mod deflate;
pub(crate) mod interop;
pub(crate) mod resets;
pub(crate) mod slow_links;
pub(crate) mod streams;
#[cfg(feature = "__rustls")]
pub(crate) mod unacknowledged;
pub(crate) mod violations;
