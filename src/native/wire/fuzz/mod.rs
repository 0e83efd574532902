//! Bodies of fuzz targets: see `docs/fuzzing.md`.

#[cfg(feature = "deflate")]
mod compressed;
pub(crate) mod frames;
#[cfg(feature = "deflate")]
pub(crate) mod inflate;
mod others;
mod reading;
#[cfg(feature = "deflate")]
pub(crate) mod writing;
