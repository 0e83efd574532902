//! TLS by the operating system's library.

use native_tls::{Certificate, TlsConnector, TlsConnectorBuilder};
use tokio::sync::OnceCell;

use super::advice;
use super::options::{Identity, TlsOptions, unreadable};
use crate::error::{ConfigError, Error, ErrorKind};
use crate::native::dial::stream::Stream;

const HTTP: &str = "http/1.1";

/// The connectors of a client.
pub(crate) enum Connector {
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
        if !options.is_set() {
            return Ok(Self::Default);
        }
        let mut builder = builder();
        for pem in &options.roots {
            let certificate = Certificate::from_pem(pem).map_err(|error| unreadable("root_certificates_pem", error))?;
            builder.add_root_certificate(certificate);
        }
        // OpenSSL detects some errors only now, for example a key of another certificate.
        let option = if options.identity.is_some() { "client_certificate_pem" } else { "root_certificates_pem" };
        let build = |builder: &TlsConnectorBuilder| {
            builder.build().map_err(|error| ConfigError::new(option, error.to_string()))
        };
        let anonymous = build(&builder)?;
        let own = match &options.identity {
            None => anonymous.clone(),
            Some((chain, key)) => {
                let identity = native_tls::Identity::from_pkcs8(chain, key)
                    .map_err(|error| unreadable("client_certificate_pem", error))?;
                build(builder.identity(identity))?
            }
        };
        Ok(Self::Pem { own, anonymous })
    }

    pub(crate) async fn connect(&self, host: &str, stream: Stream, identity: Identity) -> Result<Stream, Error> {
        let connector = match self {
            Self::Default => default().await?,
            Self::Own(connector) | Self::Pem { own: connector, .. } if identity == Identity::Own => connector.clone(),
            Self::Pem { anonymous, .. } => anonymous.clone(),
            Self::Own(_) => return Err(Error::new(ErrorKind::Unsupported, advice::WHOLE_CONNECTOR)),
        };
        let stream = tokio_native_tls::TlsConnector::from(connector).connect(host, stream).await;
        let stream = stream.map_err(advice::failed)?;
        match stream.get_ref().negotiated_alpn() {
            Ok(Some(protocol)) if protocol != HTTP.as_bytes() => {
                Err(Error::new(ErrorKind::Tls, advice::OTHER_PROTOCOL))
            }
            _ => Ok(Stream::NativeTls(Box::new(stream))),
        }
    }
}

fn builder() -> TlsConnectorBuilder {
    let mut builder = TlsConnector::builder();
    builder.request_alpns(&[HTTP]);
    builder
}

async fn default() -> Result<TlsConnector, Error> {
    static DEFAULT: OnceCell<TlsConnector> = OnceCell::const_new();
    let build = || async {
        // Reading files blocks.
        let built = tokio::task::spawn_blocking(|| builder().build()).await.map_err(advice::failed)?;
        built.map_err(advice::failed)
    };
    DEFAULT.get_or_try_init(build).await.cloned()
}
