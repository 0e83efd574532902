//! Opens the byte stream of an attempt: TCP or a connector, then a proxy, then TLS.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::Instant;

use super::connector::{Connect, Destination};
use super::proxy_choice::Proxies;
use super::stream::Stream;
use super::tcp::Tcp;
use super::tls::Connector;
use super::tls::options::Peer;
use crate::error::{ConfigError, Error, ErrorKind};
use crate::native::facts::{ConnectionInfo, Facts};
use crate::native::handshake::cookies::Cookies;
use crate::native::options::Options;
use crate::native::target::Target;

/// Settings and shared state of all attempts of a client.
pub(crate) struct Dialler {
    base: Base,
    proxies: Proxies,
    tls: Option<Connector>,
    pub(crate) open_timeout: Option<Duration>,
    pub(crate) follows_redirects: bool,
    pub(crate) cookies: Cookies,
}

/// A byte stream to the server, and the facts of its connection so far.
pub(crate) struct Dialled {
    pub(crate) stream: Stream,
    pub(crate) facts: Facts,
}

/// Opens the stream below proxies and TLS.
enum Base {
    Tcp(Tcp),
    Custom(Arc<dyn Connect>),
}

impl Dialler {
    pub(crate) fn new(options: &Options, open_timeout: Option<Duration>) -> Result<Self, ConfigError> {
        let base = match &options.connector {
            Some((_, connector)) => Base::Custom(connector.clone()),
            None => Base::Tcp(Tcp::new(options)),
        };
        let proxies = Proxies::new(&options.proxy)?;
        let tls = Connector::new(&options.tls)?;
        let (follows_redirects, cookies) = (options.follows_redirects, options.cookies.clone());
        Ok(Self { base, proxies, tls, open_timeout, follows_redirects, cookies })
    }

    #[cfg(all(any(test, fuzzing), feature = "cookies"))]
    pub(crate) fn with_tls(self, tls: Connector) -> Self {
        Self { tls: Some(tls), ..self }
    }

    pub(crate) async fn dial(&self, target: &Target) -> Result<Dialled, Error> {
        let to = target.destination();
        let mut facts = Facts::default();
        let mut stream = match self.proxies.proxy_for(&to, target.is_secure()) {
            None => self.open_stream(&to, facts.edit()).await?,
            Some(proxy) => {
                let stream = self.open_stream(&proxy.address, facts.edit()).await;
                let mut stream = stream.map_err(|error| proxy.unreachable(&error))?;
                let began = Instant::now();
                if proxy.is_secure() {
                    stream = self
                        .start_tls(&proxy.address.host, stream, Peer::Proxy)
                        .await
                        .map_err(|error| proxy.unreachable(&error))?;
                }
                let stream = proxy.connect(stream, &to).await?;
                facts.edit().timings.proxy = Some(began.elapsed());
                facts.edit().proxy = Some(proxy.address.clone());
                stream
            }
        };
        if target.is_secure() {
            let began = Instant::now();
            let peer = if target.is_cross_origin { Peer::OtherOrigin } else { Peer::Server };
            stream = self.start_tls(&to.host, stream, peer).await?;
            facts.edit().timings.tls = Some(began.elapsed());
            facts.edit().tls = stream.tls_info();
        }
        Ok(Dialled { stream, facts })
    }

    async fn open_stream(&self, to: &Destination, facts: &mut ConnectionInfo) -> Result<Stream, Error> {
        let stream = match &self.base {
            Base::Tcp(tcp) => {
                let (stream, address) = tcp.connect(to, &mut facts.timings).await?;
                // To such an address, Linux connects to this machine.
                facts.peer_address = Some(address).filter(|address| !address.ip().is_unspecified());
                Stream::new(stream)
            }
            Base::Custom(connector) => {
                let began = Instant::now();
                let stream = connector.connect(to.clone()).await.map_err(|error| {
                    let detail = error.to_string();
                    Error::new(ErrorKind::Connect, detail).with_source(error)
                })?;
                facts.timings.connect = Some(began.elapsed());
                stream
            }
        };
        if let Some(tcp) = stream.tcp() {
            facts.peer_address = facts.peer_address.or_else(|| tcp.peer_addr().ok());
            facts.local_address = tcp.local_addr().ok();
        }
        Ok(stream)
    }

    /// Returns why a redirect to this target must not be followed, or `None` if it may.
    pub(crate) fn redirect_fault(&self, target: &Target) -> Option<&'static str> {
        let tls = self.tls.as_ref().filter(|_| target.is_cross_origin && target.is_secure());
        tls.and_then(Connector::anonymous_fault)
    }

    async fn start_tls(&self, host: &str, stream: Stream, peer: Peer) -> Result<Stream, Error> {
        match &self.tls {
            // Boxed, so that attempts without TLS have no room for it.
            Some(tls) => Box::pin(tls.connect(host, stream, peer)).await,
            None => Err(Error::new(ErrorKind::Unsupported, "TLS is required, but this build has none")),
        }
    }
}
