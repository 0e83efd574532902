//! The seams below the handshake: who resolves names, and who opens the byte stream.

use core::fmt;
use std::io;
use std::net::IpAddr;

use super::stream::{Io, Stream};
use crate::native::sync::BoxFuture;

/// Where a byte stream is to lead: what [`connector`](crate::native::BuilderExt::connector) is asked for.
///
/// Printed as `host:port`, with brackets around an IPv6 address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Destination {
    /// A name, or an IP address without brackets.
    pub host: String,
    /// The port; the scheme's own where the URL has none.
    pub port: u16,
}

impl Destination {
    /// `host` as a URL has it, in brackets if it is an IPv6 address.
    pub(crate) fn new(host: &str, port: u16) -> Self {
        Self { host: host.trim_start_matches('[').trim_end_matches(']').to_owned(), port }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// A connector of the user's own.
pub(crate) trait Connect: Send + Sync + 'static {
    fn connect(&self, to: Destination) -> BoxFuture<io::Result<Stream>>;
}

impl<F, A, S> Connect for F
where
    F: Fn(Destination) -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<S>> + Send + 'static,
    S: Io,
{
    fn connect(&self, to: Destination) -> BoxFuture<io::Result<Stream>> {
        let connecting = self(to);
        Box::pin(async move { Ok(Stream::of(connecting.await?)) })
    }
}

/// A resolver of the user's own.
pub(crate) trait Resolve: Send + Sync + 'static {
    fn resolve(&self, host: String) -> BoxFuture<io::Result<Vec<IpAddr>>>;
}

impl<F, A> Resolve for F
where
    F: Fn(String) -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
{
    fn resolve(&self, host: String) -> BoxFuture<io::Result<Vec<IpAddr>>> {
        Box::pin(self(host))
    }
}
