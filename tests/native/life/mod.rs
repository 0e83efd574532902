//! The life of clients: callbacks, runtimes, network faults, limits of options, tracing.

pub(crate) mod callbacks;
pub(crate) mod faults;
pub(crate) mod lifecycle;
pub(crate) mod option_limits;
pub(crate) mod runtimes;
#[cfg(feature = "tracing")]
pub(crate) mod tracing;
