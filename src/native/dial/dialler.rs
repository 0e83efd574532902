//! Opens the byte stream of an attempt: TCP or a connector, then a proxy, then TLS.

use core::time::Duration;
use std::sync::Arc;

use super::connector::{Connect, Destination};
use super::proxy_choice::Proxies;
use super::stream::Stream;
use super::tcp::Tcp;
use super::tls::Connector;
use super::tls::options::Identity;
use crate::error::{ConfigError, Error, ErrorKind};
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

    pub(crate) async fn dial(&self, target: &Target) -> Result<Stream, Error> {
        let to = target.destination();
        let stream = match self.proxies.proxy_for(&to, target.is_secure()) {
            None => self.open_stream(&to).await?,
            Some(proxy) => {
                let mut stream = self.open_stream(&proxy.address).await.map_err(|error| proxy.unreachable(&error))?;
                if proxy.is_secure() {
                    stream = self
                        .start_tls(&proxy.address.host, stream, Identity::Own)
                        .await
                        .map_err(|error| proxy.unreachable(&error))?;
                }
                proxy.connect(stream, &to).await?
            }
        };
        let identity = if target.is_cross_origin { Identity::None } else { Identity::Own };
        if target.is_secure() { self.start_tls(&to.host, stream, identity).await } else { Ok(stream) }
    }

    async fn open_stream(&self, to: &Destination) -> Result<Stream, Error> {
        match &self.base {
            Base::Tcp(tcp) => tcp.connect(to).await.map(Stream::Tcp),
            Base::Custom(connector) => connector.connect(to.clone()).await.map_err(|error| {
                let detail = error.to_string();
                Error::new(ErrorKind::Connect, detail).with_source(error)
            }),
        }
    }

    /// Returns why a redirect to this target must not be followed, or `None` if it may.
    pub(crate) fn redirect_fault(&self, target: &Target) -> Option<&'static str> {
        let tls = self.tls.as_ref().filter(|_| target.is_cross_origin && target.is_secure());
        tls.and_then(Connector::anonymous_fault)
    }

    async fn start_tls(&self, host: &str, stream: Stream, identity: Identity) -> Result<Stream, Error> {
        match &self.tls {
            Some(tls) => tls.connect(host, stream, identity).await,
            None => Err(Error::new(ErrorKind::Unsupported, "TLS is required, but this build has none")),
        }
    }
}
