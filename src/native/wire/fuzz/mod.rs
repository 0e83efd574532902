//! Bodies of fuzz targets: see `docs/fuzzing.md`.

pub(crate) mod frames;
#[cfg(feature = "deflate")]
pub(crate) mod inflate;
mod others;
mod reading;
pub(crate) mod writing;
