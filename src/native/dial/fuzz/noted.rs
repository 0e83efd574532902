//! TLS without TLS.

use std::sync::{Arc, Mutex};

use crate::error::Error;
use crate::native::dial::stream::Stream;
use crate::native::dial::tls::options::Peer;
use crate::native::sync::lock;

/// Makes a note of each TLS handshake, and leaves the stream as it is.
#[derive(Clone)]
pub(crate) struct Noted {
    /// Stands for a connector that the user has configured, whose certificate cannot be withheld.
    pub(crate) is_own: bool,
    /// The name to verify, and who may see the client's certificate.
    handshakes: Arc<Mutex<Vec<(String, Peer)>>>,
}

impl Noted {
    pub(crate) fn new(is_own: bool) -> Self {
        Self { is_own, handshakes: Arc::default() }
    }

    pub(crate) fn connect(&self, host: &str, stream: Stream, peer: Peer) -> Result<Stream, Error> {
        lock(&self.handshakes).push((host.to_owned(), peer));
        Ok(stream)
    }

    /// Returns the handshakes so far.
    pub(crate) fn handshakes(&self) -> Vec<(String, Peer)> {
        lock(&self.handshakes).clone()
    }
}
