//! TLS by rustls. Configurations are made when TLS is first needed and then shared: reading the roots of the system is
//! slow, and clients without TLS do not need them.

use core::fmt;
use std::sync::{Arc, OnceLock};

use tokio::sync::OnceCell;
use tokio_rustls::rustls::client::{ClientConfig, ResolvesClientCert, Resumption};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, TrustAnchor};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{RootCertStore, SignatureScheme};

use super::advice;
use super::options::{Identity, TlsOptions, unreadable};
use crate::error::{ConfigError, Error};
use crate::native::dial::stream::Stream;

const HTTP: &[u8] = b"http/1.1";

/// The rustls configuration of a client.
pub(crate) struct Connector {
    source: Source,
    /// Empty for [`Source::Default`], whose configuration is shared by the process.
    made: OnceLock<Configs>,
}

enum Source {
    Default,
    Own(Arc<ClientConfig>),
    Pem { roots: Vec<TrustAnchor<'static>>, identity: Option<Arc<dyn ResolvesClientCert>> },
}

#[derive(Clone)]
struct Configs {
    own: Arc<ClientConfig>,
    /// The same configuration without a client certificate.
    anonymous: Arc<ClientConfig>,
}

impl Connector {
    pub(crate) fn new(options: &TlsOptions) -> Result<Self, ConfigError> {
        let source = match &options.rustls {
            Some(config) => Source::Own(config.clone()),
            None if !options.is_set() => Source::Default,
            None => Source::Pem { roots: roots(options)?, identity: identity(options)? },
        };
        Ok(Self { source, made: OnceLock::new() })
    }

    pub(crate) async fn connect(&self, host: &str, stream: Stream, identity: Identity) -> Result<Stream, Error> {
        let name = ServerName::try_from(host.to_owned()).map_err(advice::failed)?;
        let configs = self.configs().await?;
        let config = match identity {
            Identity::Own => &configs.own,
            Identity::None => &configs.anonymous,
        };
        let connecting = tokio_rustls::TlsConnector::from(config.clone()).connect(name, stream);
        Ok(Stream::Rustls(Box::new(connecting.await.map_err(advice::failed)?)))
    }

    async fn configs(&self) -> Result<&Configs, Error> {
        static DEFAULT: OnceLock<Configs> = OnceLock::new();
        let (roots, identity, made) = match &self.source {
            Source::Own(config) => return Ok(self.made.get_or_init(|| Configs::new(speaking_http(config)))),
            Source::Default => (&[][..], None, &DEFAULT),
            Source::Pem { roots, identity } => (&roots[..], identity.as_ref(), &self.made),
        };
        if let Some(configs) = made.get() {
            return Ok(configs);
        }
        let trusted = system_roots().await?.iter().chain(roots).cloned().collect();
        Ok(made.get_or_init(|| Configs::new(config(trusted, identity.cloned()))))
    }
}

impl Configs {
    fn new(own: Arc<ClientConfig>) -> Self {
        let mut anonymous = ClientConfig::clone(&own);
        anonymous.client_auth_cert_resolver = Arc::new(NoCertificate);
        // A resumed session has the client certificate of the original one, so sessions are not shared.
        anonymous.resumption = Resumption::in_memory_sessions(32);
        Self { own, anonymous: Arc::new(anonymous) }
    }
}

/// Resolves to no client certificate.
#[derive(Debug)]
struct NoCertificate;

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Returns the user's configuration, changed to offer no protocol but http/1.1 (ALPN): a server must not choose another.
fn speaking_http(config: &Arc<ClientConfig>) -> Arc<ClientConfig> {
    if config.alpn_protocols.iter().all(|protocol| protocol == HTTP) {
        return config.clone();
    }
    let mut config = ClientConfig::clone(config);
    config.alpn_protocols = vec![HTTP.to_vec()];
    Arc::new(config)
}

fn config(roots: Vec<TrustAnchor<'static>>, identity: Option<Arc<dyn ResolvesClientCert>>) -> Arc<ClientConfig> {
    // Explicit, because rustls panics if the process has no default provider or several.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("ring has suites for every version");
    let mut config = builder
        .with_root_certificates(RootCertStore { roots })
        .with_client_cert_resolver(identity.unwrap_or_else(|| Arc::new(NoCertificate)));
    config.alpn_protocols = vec![HTTP.to_vec()];
    Arc::new(config)
}

/// Returns the roots of the enabled features. They are read once for each process.
async fn system_roots() -> Result<&'static Vec<TrustAnchor<'static>>, Error> {
    static ROOTS: OnceCell<Vec<TrustAnchor<'static>>> = OnceCell::const_new();
    let read = || {
        #[allow(unused_mut, reason = "there is nothing to add without native roots")]
        let mut roots = RootCertStore::empty();
        #[cfg(feature = "rustls-webpki-roots")]
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        // Most systems have some certificate that cannot be parsed; the others are trusted.
        #[cfg(feature = "rustls-native-roots")]
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.roots
    };
    if cfg!(feature = "rustls-native-roots") {
        // Reading files blocks.
        ROOTS.get_or_try_init(|| async { tokio::task::spawn_blocking(read).await.map_err(advice::failed) }).await
    } else {
        Ok(ROOTS.get_or_init(|| async { read() }).await)
    }
}

fn roots(options: &TlsOptions) -> Result<Vec<TrustAnchor<'static>>, ConfigError> {
    let mut roots = RootCertStore::empty();
    for pem in &options.roots {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let fault = |error: &dyn fmt::Display| unreadable("root_certificates_pem", error);
            let certificate = certificate.map_err(|error| fault(&describe(&error)))?;
            roots.add(certificate).map_err(|error| fault(&error))?;
        }
        if roots.len() == before {
            return Err(unreadable("root_certificates_pem", "no certificate found"));
        }
    }
    Ok(roots.roots)
}

fn identity(options: &TlsOptions) -> Result<Option<Arc<dyn ResolvesClientCert>>, ConfigError> {
    let Some((chain, key)) = &options.identity else {
        return Ok(None);
    };
    let fault = |error: &pem::Error| unreadable("client_certificate_pem", describe(error));
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|error| fault(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| fault(&error))?;
    let certified = CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|error| ConfigError::new("client_certificate_pem", error.to_string()))?;
    Ok(Some(Arc::new(SingleCertAndKey::from(certified))))
}

/// Describes the error without its text, which may contain a part of a key.
fn describe(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "section without end",
        pem::Error::IllegalSectionStart { .. } => "invalid first line of a section",
        pem::Error::Base64Decode(_) => "not base64",
        pem::Error::NoItemsFound => "no key found",
        _ => "not PEM",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Self-signed, for a.test.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUcbogolc2uHpcIM2o04NqkiBGH7gwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGYS50ZXN0MCAXDTI2MTEyOTE3MTU1MloYDzIxMjYxMTA1MTcx
NTUyWjARMQ8wDQYDVQQDDAZhLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASuElBJsBLHRoX2Dq3tOszhUkUjTvDu72g3YxAm5N50gHlGdouYS7WGveVLXiDT
cSMLWQbIwv1ONVLMGB9esZwco1MwUTAdBgNVHQ4EFgQUOkJvN8EytVRnIZSHiDRF
TOP7C/cwHwYDVR0jBBgwFoAUOkJvN8EytVRnIZSHiDRFTOP7C/cwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA5sBzbCXU+6hsDa8TtmF5LZldGmB7
J48fWNNwJUq91VICIG35EreH4rvUg6r3Fu5QdBMjdRwF4De2LtLKbS1N8k9V
-----END CERTIFICATE-----";

    fn connector(options: TlsOptions) -> Connector {
        Connector::new(&options).unwrap()
    }

    /// Making a configuration takes longer than everything else that `connect` does.
    #[tokio::test]
    async fn s01_clients_share_one_configuration() {
        let (one, other) = (connector(TlsOptions::default()), connector(TlsOptions::default()));
        assert!(Arc::ptr_eq(&one.configs().await.unwrap().own, &other.configs().await.unwrap().own));
        assert!(Arc::ptr_eq(&one.configs().await.unwrap().anonymous, &other.configs().await.unwrap().anonymous));
        assert!(one.made.get().is_none(), "it made no configuration of its own");
    }

    #[tokio::test]
    async fn s01_attempts_share_the_configuration_of_their_client() {
        let with_roots = connector(TlsOptions { roots: vec![CERTIFICATE.into()], ..TlsOptions::default() });
        assert!(with_roots.made.get().is_none(), "not made before it is needed");
        assert!(Arc::ptr_eq(&with_roots.configs().await.unwrap().own, &with_roots.configs().await.unwrap().own));
        let default = connector(TlsOptions::default());
        assert!(!Arc::ptr_eq(&with_roots.configs().await.unwrap().own, &default.configs().await.unwrap().own));
        assert!(
            core::ptr::eq(system_roots().await.unwrap(), system_roots().await.unwrap()),
            "those of the system are read once"
        );
    }

    #[tokio::test]
    async fn s01_a_custom_configuration_is_used_unchanged() {
        let with_alpn = async |protocols: &[&str]| {
            let mut own = ClientConfig::clone(&config(Vec::new(), None));
            own.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
            let own = Arc::new(own);
            let connector = connector(TlsOptions { rustls: Some(own.clone()), ..TlsOptions::default() });
            let used = connector.configs().await.unwrap().own.clone();
            (Arc::ptr_eq(&own, &used), used.alpn_protocols.clone())
        };
        assert_eq!(with_alpn(&[]).await, (true, vec![]));
        assert_eq!(with_alpn(&["http/1.1"]).await, (true, vec![HTTP.to_vec()]));
        // A server must not choose a protocol that this client does not speak.
        for others in [&["h2", "http/1.1"][..], &["h2"], &["http/1.1", "http/1.0"]] {
            assert_eq!(with_alpn(others).await, (false, vec![HTTP.to_vec()]), "{others:?}");
        }
    }
}
