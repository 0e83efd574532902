//! From a target to a byte stream.

use core::time::Duration;
use std::sync::Arc;

use super::connector::{Connect, Destination};
use super::cookies::Cookies;
use super::options::Options;
use super::proxies::Proxies;
use super::stream::Stream;
use super::target::Target;
use super::tcp::Tcp;
use super::tls::Connector;
use crate::error::{ConfigError, Error, ErrorKind};

/// What a client keeps for all of its attempts.
pub(super) struct Dialler {
    way: Way,
    proxies: Proxies,
    tls: Option<Connector>,
    pub(super) open_timeout: Option<Duration>,
    pub(super) follows_redirects: bool,
    pub(super) cookies: Cookies,
}

/// What is below proxies and TLS.
enum Way {
    Tcp(Tcp),
    Own(Arc<dyn Connect>),
}

impl Dialler {
    pub(super) fn new(options: &Options, needs_tls: bool, open_timeout: Option<Duration>) -> Result<Self, ConfigError> {
        let way = match &options.connector {
            Some((_, connector)) => Way::Own(connector.clone()),
            None => Way::Tcp(Tcp::new(options)),
        };
        let proxies = Proxies::new(options)?;
        // Loading the roots of a system takes long, and a plain client never needs them.
        let needs_tls = needs_tls || options.follows_redirects || proxies.need_tls() || options.tls.is_set();
        let tls = if needs_tls { Connector::new(&options.tls)? } else { None };
        let (follows_redirects, cookies) = (options.follows_redirects, options.cookies.clone());
        Ok(Self { way, proxies, tls, open_timeout, follows_redirects, cookies })
    }

    pub(super) async fn dial(&self, target: &Target) -> Result<Stream, Error> {
        let to = target.destination();
        let stream = match self.proxies.on_the_way_to(target) {
            None => self.reach(&to).await?,
            Some(proxy) => {
                let mut stream = self.reach(&proxy.at).await.map_err(|error| proxy.unreachable(&error))?;
                if proxy.is_secure() {
                    stream = self.secure(&proxy.at.host, stream).await.map_err(|error| proxy.unreachable(&error))?;
                }
                proxy.pass(stream, &to).await?
            }
        };
        if target.is_secure() { self.secure(&to.host, stream).await } else { Ok(stream) }
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

    async fn secure(&self, host: &str, stream: Stream) -> Result<Stream, Error> {
        match &self.tls {
            Some(tls) => tls.connect(host, stream).await,
            None => Err(Error::new(ErrorKind::Unsupported, "this needs TLS, which this build does not have")),
        }
    }
}
