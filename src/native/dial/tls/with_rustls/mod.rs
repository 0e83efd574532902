//! TLS by rustls. Configurations are made when TLS is first needed and then shared: reading the roots of the system is
//! slow, each copy of them takes memory, and clients without TLS do not need them.

mod config;
mod parse;
mod pins;

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tokio_rustls::rustls::client::{ClientConfig, ResolvesClientCert};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};

pub(crate) use self::config::provider;
use self::pins::Pins;
use super::advice;
use super::once::Once;
use super::options::{Peer, TlsOptions};
use crate::error::{ConfigError, Error};
use crate::native::dial::stream::Stream;

const HTTP: &[u8] = b"http/1.1";

/// The TLS of a client.
pub(crate) struct Connector {
    shared: Arc<Shared>,
    server_name: Option<ServerName<'static>>,
    pins: Pins,
}

/// A configuration, shared by the clients that would make the same.
struct Shared {
    source: Source,
    made: Once<Arc<Configs>>,
}

enum Source {
    Roots { trusted: Trusted, identity: Option<Arc<dyn ResolvesClientCert>> },
    Own(Arc<ClientConfig>),
}

/// Which certificates are trusted.
#[derive(PartialEq)]
struct Trusted {
    /// Those of the enabled features.
    usual: bool,
    /// Others besides.
    added: Vec<CertificateDer<'static>>,
}

struct Configs {
    own: Arc<ClientConfig>,
    /// The same configuration without a client certificate.
    anonymous: OnceLock<Arc<ClientConfig>>,
}

impl Connector {
    pub(crate) fn new(options: &TlsOptions) -> Result<Self, ConfigError> {
        let source = match &options.rustls {
            Some(config) => Source::Own(config.clone()),
            None => {
                let trusted = Trusted { usual: !options.only_added_roots, added: parse::roots(options)? };
                Source::Roots { trusted, identity: parse::identity(options)? }
            }
        };
        let server_name = options.server_name().map(parse::server_name).transpose()?;
        Ok(Self { shared: Shared::of(source), server_name, pins: Pins::parse(&options.pins)? })
    }

    pub(crate) async fn connect(&self, host: &str, stream: Stream, peer: Peer) -> Result<Stream, Error> {
        let name = match &self.server_name {
            Some(name) if peer == Peer::Server => name.clone(),
            _ => ServerName::try_from(host.to_owned()).map_err(advice::failed)?,
        };
        let configs = self.shared.configs().await?;
        let config = if peer == Peer::OtherOrigin { configs.anonymous() } else { &configs.own };
        let connecting = tokio_rustls::TlsConnector::from(config.clone()).connect(name, stream);
        let stream = connecting.await.map_err(advice::failed)?;
        if peer != Peer::Proxy {
            self.pins.check(stream.get_ref().1, config.crypto_provider())?;
        }
        Ok(Stream::Rustls(Box::new(stream)))
    }
}

impl Shared {
    /// Returns the one that has this source already, or a new one.
    fn of(source: Source) -> Arc<Self> {
        static DEFAULT: OnceLock<Arc<Shared>> = OnceLock::new();
        static OTHERS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());
        let new = |source| Arc::new(Self { source, made: Once::new() });
        match &source {
            // Kept for the next client, also while there is none.
            Source::Roots { trusted, identity: None } if trusted.added.is_empty() => {
                return DEFAULT.get_or_init(|| new(source)).clone();
            }
            // Keys cannot be compared.
            Source::Roots { identity: Some(_), .. } => return new(source),
            _ => {}
        }
        let mut others = OTHERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = others.iter().filter_map(Weak::upgrade).find(|other| other.source.is(&source)) {
            return same;
        }
        others.retain(|other| other.strong_count() > 0);
        let made = new(source);
        others.push(Arc::downgrade(&made));
        made
    }

    async fn configs(self: &Arc<Self>) -> Result<Arc<Configs>, Error> {
        let this = self.clone();
        self.made.get(move || this.source.configs()).await
    }
}

impl Source {
    fn configs(&self) -> Result<Arc<Configs>, Error> {
        let own = match self {
            Self::Own(config) => config::speaking_http(config),
            Self::Roots { trusted, identity } => config::new(trusted, identity.clone()).map_err(advice::failed)?,
        };
        Ok(Arc::new(Configs { own, anonymous: OnceLock::new() }))
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Own(one), Self::Own(other)) => Arc::ptr_eq(one, other),
            (Self::Roots { trusted: one, identity: None }, Self::Roots { trusted: other, identity: None }) => {
                one == other
            }
            _ => false,
        }
    }
}

impl Configs {
    fn anonymous(&self) -> &Arc<ClientConfig> {
        self.anonymous.get_or_init(|| config::anonymous(&self.own))
    }
}

#[cfg(test)]
mod tests;
