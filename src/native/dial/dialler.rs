//! From a target to a byte stream.

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

/// What a client keeps for all of its attempts.
pub(crate) struct Dialler {
    way: Way,
    proxies: Proxies,
    tls: Option<Connector>,
    pub(crate) open_timeout: Option<Duration>,
    pub(crate) follows_redirects: bool,
    pub(crate) cookies: Cookies,
}

/// What is below proxies and TLS.
enum Way {
    Tcp(Tcp),
    Own(Arc<dyn Connect>),
}

impl Dialler {
    pub(crate) fn new(options: &Options, open_timeout: Option<Duration>) -> Result<Self, ConfigError> {
        let way = match &options.connector {
            Some((_, connector)) => Way::Own(connector.clone()),
            None => Way::Tcp(Tcp::new(options)),
        };
        let proxies = Proxies::new(&options.proxy)?;
        let tls = Connector::new(&options.tls)?;
        let (follows_redirects, cookies) = (options.follows_redirects, options.cookies.clone());
        Ok(Self { way, proxies, tls, open_timeout, follows_redirects, cookies })
    }

    pub(crate) async fn dial(&self, target: &Target) -> Result<Stream, Error> {
        let to = target.destination();
        let stream = match self.proxies.on_the_way_to(&to, target.is_secure()) {
            None => self.reach(&to).await?,
            Some(proxy) => {
                let mut stream = self.reach(&proxy.at).await.map_err(|error| proxy.unreachable(&error))?;
                if proxy.is_secure() {
                    stream = self
                        .secure(&proxy.at.host, stream, Identity::Own)
                        .await
                        .map_err(|error| proxy.unreachable(&error))?;
                }
                proxy.pass(stream, &to).await?
            }
        };
        let identity = if target.is_foreign { Identity::None } else { Identity::Own };
        if target.is_secure() { self.secure(&to.host, stream, identity).await } else { Ok(stream) }
    }

    async fn reach(&self, to: &Destination) -> Result<Stream, Error> {
        match &self.way {
            Way::Tcp(tcp) => tcp.connect(to).await.map(Stream::Tcp),
            Way::Own(connector) => connector.connect(to.clone()).await.map_err(|error| {
                let detail = error.to_string();
                Error::new(ErrorKind::Connect, detail).with_source(error)
            }),
        }
    }

    /// Why a redirect to this target cannot be followed, where that is so.
    pub(crate) fn must_not_follow(&self, target: &Target) -> Option<&'static str> {
        let tls = self.tls.as_ref().filter(|_| target.is_foreign && target.is_secure());
        tls.and_then(Connector::cannot_be_anonymous)
    }

    async fn secure(&self, host: &str, stream: Stream, identity: Identity) -> Result<Stream, Error> {
        match &self.tls {
            Some(tls) => tls.connect(host, stream, identity).await,
            None => Err(Error::new(ErrorKind::Unsupported, "this needs TLS, which this build does not have")),
        }
    }
}
