//! TLS by the operating system's library.

use native_tls::{Certificate, TlsConnector, TlsConnectorBuilder};

use super::once::Once;
use super::options::{IDENTITY, Peer, ROOTS, TlsOptions, unreadable};
use super::{advice, pem};
use crate::driver::platform::identity;
use crate::error::{ConfigError, Error, ErrorKind};
use crate::native::dial::stream::Stream;

const HTTP: &str = "http/1.1";

/// The TLS of a client.
pub(crate) struct Connector {
    source: Source,
    server_name: Option<String>,
}

enum Source {
    /// Shared by the process and made when first needed, because it reads the roots of the system.
    #[allow(dead_code, reason = "rustls is preferred where both are there")]
    Default,
    Own(TlsConnector),
    #[allow(dead_code, reason = "rustls is preferred where both are there")]
    Pem {
        own: TlsConnector,
        anonymous: TlsConnector,
    },
}

impl Connector {
    #[allow(dead_code, reason = "rustls is preferred where both are there")]
    pub(crate) fn new(options: &TlsOptions) -> Result<Self, ConfigError> {
        let source = if options.is_set() { Source::pem(options)? } else { Source::Default };
        Ok(Self { source, server_name: options.server_name() })
    }

    pub(crate) fn new_own(connector: &TlsConnector, options: &TlsOptions) -> Self {
        Self { source: Source::Own(connector.clone()), server_name: options.server_name() }
    }

    /// Whether it is of the user's making, so that nothing is known about it.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.source, Source::Own(_))
    }

    pub(crate) async fn connect(&self, host: &str, stream: Stream, peer: Peer) -> Result<Stream, Error> {
        let connector = match &self.source {
            Source::Default => default().await?,
            Source::Own(connector) | Source::Pem { own: connector, .. } if peer != Peer::OtherOrigin => {
                connector.clone()
            }
            Source::Pem { anonymous, .. } => anonymous.clone(),
            Source::Own(_) => return Err(Error::new(ErrorKind::Unsupported, advice::WHOLE_CONNECTOR)),
        };
        let name = self.server_name.as_deref().filter(|_| peer == Peer::Server).unwrap_or(host);
        let stream = tokio_native_tls::TlsConnector::from(connector).connect(name, stream).await;
        let stream = stream.map_err(advice::failed)?;
        match stream.get_ref().negotiated_alpn() {
            Ok(Some(protocol)) if protocol != HTTP.as_bytes() => {
                Err(Error::new(ErrorKind::Tls, advice::OTHER_PROTOCOL))
            }
            _ => Ok(Stream::NativeTls(Box::new(stream))),
        }
    }
}

impl Source {
    #[allow(dead_code, reason = "rustls is preferred where both are there")]
    fn pem(options: &TlsOptions) -> Result<Self, ConfigError> {
        let mut builder = builder();
        builder.disable_built_in_roots(options.only_added_roots);
        for pem in &options.roots {
            for der in pem::certificates(pem).map_err(|fault| unreadable(ROOTS, fault))? {
                let certificate = Certificate::from_der(&der).map_err(|error| unreadable(ROOTS, error))?;
                builder.add_root_certificate(certificate);
            }
        }
        // OpenSSL detects some errors only now, for example a key of another certificate.
        let option = if options.identity.is_some() { IDENTITY } else { ROOTS };
        let build = |builder: &TlsConnectorBuilder| {
            builder.build().map_err(|error| ConfigError::new(option, error.to_string()))
        };
        let anonymous = build(&builder)?;
        let own = match &options.identity {
            None => anonymous.clone(),
            Some((chain, key)) => {
                let key = pem::pkcs8(key).map_err(|fault| ConfigError::new(IDENTITY, fault))?;
                let identity = identity(chain, key).map_err(|fault| ConfigError::new(IDENTITY, fault))?;
                build(builder.identity(identity))?
            }
        };
        Ok(Self::Pem { own, anonymous })
    }
}

fn builder() -> TlsConnectorBuilder {
    let mut builder = TlsConnector::builder();
    builder.request_alpns(&[HTTP]);
    builder
}

async fn default() -> Result<TlsConnector, Error> {
    static DEFAULT: Once<TlsConnector> = Once::new();
    DEFAULT.get(|| builder().build().map_err(advice::failed)).await
}
