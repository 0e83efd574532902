//! Interfaces to the user's own resolver and connector.

use core::fmt;
use std::io;
use std::net::IpAddr;

use super::stream::{Io, Stream};
use crate::native::sync::BoxFuture;

/// The host and port that a byte stream connects to. The argument of a
/// [`connector`](crate::native::BuilderExt::connector), and the proxy of a [`ConnectionInfo`](crate::native::ConnectionInfo).
///
/// Displayed as `host:port`, with brackets around an IPv6 address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Destination {
    /// A host name, or an IP address without brackets.
    pub host: String,
    /// The port. If the URL has none, the scheme's default: 80 for ws, 443 for wss.
    pub port: u16,
}

impl Destination {
    /// `host` is in a URL's form: an IPv6 address is in brackets.
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

/// Opens byte streams instead of TCP.
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

/// Resolves names instead of the operating system.
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
