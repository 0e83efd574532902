//! From a target to a byte stream.

use core::fmt;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::net::SocketAddr;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use super::options::Options;
use super::stream::Stream;
use super::target::Target;
use super::tls::Connector;
use crate::driver::platform::BoxFuture;
use crate::error::{ConfigError, Error, ErrorKind};

/// How long one address family may keep the other waiting (RFC 8305, section 8).
const HAPPY_EYEBALLS: Duration = Duration::from_millis(300);

/// What a client keeps for all of its attempts.
#[derive(Clone)]
pub(super) struct Dialler {
    tcp: HttpConnector<Resolver>,
    tls: Option<Connector>,
}

impl Dialler {
    pub(super) fn new(options: &Options, needs_tls: bool) -> Result<Self, ConfigError> {
        let mut tcp = HttpConnector::new_with_resolver(Resolver);
        tcp.enforce_http(false);
        tcp.set_happy_eyeballs_timeout(Some(HAPPY_EYEBALLS));
        tcp.set_nodelay(options.nodelay);
        tcp.set_keepalive(options.keepalive);
        tcp.set_local_address(options.local_address);
        // Loading the roots of a system takes long, and a plain client never needs them.
        let tls = if needs_tls || options.tls.is_set() { Connector::new(&options.tls)? } else { None };
        Ok(Self { tcp, tls })
    }

    pub(super) async fn dial(mut self, target: &Target) -> Result<Stream, Error> {
        let uri = target.dial_uri().map_err(|error| Error::new(ErrorKind::Connect, error.to_string()))?;
        let tcp = self.tcp.call(uri).await.map_err(|error| classify(Box::new(error)))?.into_inner();
        match &self.tls {
            _ if !target.is_secure() => Ok(Stream::Tcp(tcp)),
            Some(tls) => tls.connect(target.host(), tcp).await,
            None => Err(Error::new(ErrorKind::Unsupported, "wss needs TLS, which this build does not have")),
        }
    }
}

/// The connector wraps what happened; the innermost error is what a user wants to read.
fn classify(error: Box<dyn core::error::Error + Send + Sync>) -> Error {
    let mut kind = ErrorKind::Connect;
    let mut innermost: &(dyn core::error::Error + 'static) = &*error;
    while let Some(source) = innermost.source() {
        if innermost.is::<DnsError>() {
            kind = ErrorKind::Dns;
        }
        innermost = source;
    }
    Error::new(kind, innermost.to_string()).with_source(error)
}

/// The operating system's resolver, whose errors can be told from others.
#[derive(Clone)]
struct Resolver;

#[derive(Debug)]
struct DnsError(io::Error);

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("name not resolved")
    }
}

impl core::error::Error for DnsError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = DnsError;
    type Future = BoxFuture<Result<Self::Response, DnsError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DnsError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(DnsError)?.collect();
            if found.is_empty() {
                return Err(DnsError(io::Error::new(io::ErrorKind::NotFound, "no addresses")));
            }
            Ok(found.into_iter())
        })
    }
}
