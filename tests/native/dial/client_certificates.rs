//! The client's certificate is shown to the server that was asked for, not to the target of a redirect (S26).

use homing::native::BuilderExt;
use homing::{Builder, ErrorKind};
use homing_test_server::{Server, What};

use crate::handshake::redirects::redirect;
use crate::support::{Recorder, client};

/// A server that requires a client certificate, and one that redirects to it.
struct Pair {
    first: Server,
    asking: Server,
}

impl Pair {
    fn new() -> Self {
        Self { first: Server::start_tls("localhost").unwrap(), asking: Server::start_mtls("localhost").unwrap() }
    }

    /// A URL that redirects to the other server.
    fn away(&self) -> String {
        self.first.url(&redirect(307, &self.asking.url("/echo")))
    }

    /// A URL of the server that requires a certificate, which redirects to itself.
    fn within(&self) -> String {
        self.asking.url(&redirect(307, &self.asking.url("/echo?again=1")))
    }

    async fn opens(&self, (builder, recorder): (Builder, Recorder)) {
        let _ws = builder.follow_redirects(true).connect().unwrap();
        recorder.opened().await;
    }

    /// The server received no certificate and refused.
    async fn is_anonymous(&self, (builder, recorder): (Builder, Recorder)) {
        let requests = |server: &Server| {
            server.journal().iter().filter(|entry| matches!(entry.what, What::Request { .. })).count()
        };
        let before = (requests(&self.first), requests(&self.asking));
        let _ws = builder.follow_redirects(true).connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert_eq!(error.kind(), &ErrorKind::Tls, "{error}");
        assert!(error.to_string().contains(&self.asking.url("/echo")), "{error}");
        assert_eq!((requests(&self.first), requests(&self.asking)), (before.0 + 1, before.1));
    }
}

#[tokio::test]
async fn s26_a_redirect_to_another_origin_gets_no_certificate() {
    let servers = Pair::new();
    let with = |url: String| {
        let (chain, key) = servers.asking.client_identity_pem();
        let (builder, recorder) = client(url);
        let builder = builder.root_certificates_pem(servers.first.ca_pem()).client_certificate_pem(chain, key);
        (builder.root_certificates_pem(servers.asking.ca_pem()), recorder)
    };
    servers.opens(with(servers.asking.url("/echo"))).await;
    servers.opens(with(servers.within())).await;
    servers.is_anonymous(with(servers.away())).await;
    // A redirect back to the first origin does not restore the certificate.
    let back = servers.first.url(&redirect(302, &servers.within()));
    let (builder, recorder) = with(back);
    let _ws = builder.follow_redirects(true).connect().unwrap();
    assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::Tls);
}

#[cfg(feature = "__rustls")]
mod with_rustls {
    use std::sync::Arc;

    use homing::native::rustls::crypto::ring;
    use homing::native::rustls::pki_types::pem::PemObject;
    use homing::native::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use homing::native::rustls::version::{TLS12, TLS13};
    use homing::native::rustls::{ClientConfig, RootCertStore};

    use super::*;

    /// A resumed session would have the certificate of the original one, so sessions are not shared.
    #[tokio::test]
    async fn s26_a_redirect_to_another_origin_gets_no_certificate_of_a_custom_configuration() {
        for version in [&TLS12, &TLS13] {
            let servers = Pair::new();
            let mut roots = RootCertStore::empty();
            for pem in [servers.first.ca_pem(), servers.asking.ca_pem()] {
                roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
            }
            let (chain, key) = servers.asking.client_identity_pem();
            let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
            let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
            let builder = builder.with_protocol_versions(&[version]).unwrap().with_root_certificates(roots);
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            let config = Arc::new(builder.with_client_auth_cert(chain, key).unwrap());
            let with = |url: String| {
                let (builder, recorder) = client(url);
                (builder.rustls_config(config.clone()), recorder)
            };
            for _ in 0..3 {
                servers.opens(with(servers.within())).await;
            }
            servers.is_anonymous(with(servers.away())).await;
        }
    }
}

/// The certificate of this connector can be neither seen nor removed.
#[cfg(feature = "native-tls")]
#[tokio::test]
async fn s26_a_custom_connector_is_not_used_for_another_origin() {
    use homing::native::native_tls::{Certificate, Identity, TlsConnector};

    let servers = Pair::new();
    let (chain, key) = servers.asking.client_identity_pem();
    let mut connector = TlsConnector::builder();
    for pem in [servers.first.ca_pem(), servers.asking.ca_pem()] {
        connector.add_root_certificate(Certificate::from_pem(pem.as_bytes()).unwrap());
    }
    connector.identity(Identity::from_pkcs8(chain.as_bytes(), key.as_bytes()).unwrap());
    let connector = connector.build().unwrap();
    let with = |url: String| {
        let (builder, recorder) = client(url);
        (builder.native_tls_connector(connector.clone()), recorder)
    };
    servers.opens(with(servers.within())).await;
    let (builder, recorder) = with(servers.away());
    let _ws = builder.follow_redirects(true).connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.status(), Some(307), "{error}");
    assert!(error.to_string().contains("native_tls_connector"), "{error}");
    let accepted = servers.asking.journal().iter().filter(|entry| entry.what == What::Accepted).count();
    assert_eq!(accepted, 2, "it was not dialled for the redirect");

    // Without TLS no certificate is shown.
    let plain = crate::support::server();
    let first = crate::support::server();
    let (builder, recorder) = with(first.url(&redirect(307, &plain.url("/echo"))));
    let _ws = builder.follow_redirects(true).connect().unwrap();
    recorder.opened().await;
}
