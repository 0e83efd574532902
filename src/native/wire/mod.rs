//! The wire protocol of an open connection: frames, messages, closing (RFC 6455, sections 5 to 7) and compression
//! (RFC 7692).

pub(crate) mod connection;
pub(crate) mod extensions;
pub(crate) mod fail;
pub(crate) mod frames;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
pub(crate) mod read;
mod read_buffer;
pub(crate) mod write;

cfg_if::cfg_if! {
    if #[cfg(feature = "deflate")] {
        pub(crate) mod deflate;
    } else {
        #[path = "no_deflate.rs"]
        pub(crate) mod deflate;
    }
}
