//! TLS servers with invalid certificates or protocols, and the errors that they cause.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use homing::native::BuilderExt;
use homing::native::rustls::crypto::{CryptoProvider, ring};
use homing::native::rustls::pki_types::PrivateKeyDer;
use homing::native::rustls::{
    self, ClientConfig, RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion,
};
use homing::{EndReason, Error, ErrorKind, WebSocket};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::client;

/// Changes the parameters of a certificate.
pub(crate) type Change = fn(&mut CertificateParams);

/// A certificate in PEM, its issuer, and the configuration of its server.
pub(crate) struct Certified {
    pub(crate) authority: String,
    pub(crate) certificate: String,
    pub(crate) config: ServerConfig,
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Returns a server certificate for `localhost` with these changes, signed by its own authority or self-signed.
pub(crate) fn certified(
    self_signed: bool,
    versions: &[&'static SupportedProtocolVersion],
    change: Change,
) -> Certified {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "an authority");
    let authority_key = KeyPair::generate().unwrap();
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);

    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = if self_signed { params.self_signed(&key) } else { params.signed_by(&key, &issuer) }.unwrap();
    let der = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions).unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], der).unwrap();
    Certified { authority: authority_pem, certificate: certificate.pem(), config }
}

fn with_all_versions(self_signed: bool, change: Change) -> Certified {
    certified(self_signed, rustls::ALL_VERSIONS, change)
}

/// Refuses every request. The body is the protocol that ALPN selected.
fn serve(config: ServerConfig) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    let config = Arc::new(config);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut tls = ServerConnection::new(config.clone()).unwrap();
            let mut tls_stream = rustls::Stream::new(&mut tls, &mut stream);
            // Fails if the client rejects the certificate.
            if tls_stream.read(&mut [0; 4096]).is_err() {
                continue;
            }
            let protocol = String::from_utf8(tls.alpn_protocol().unwrap_or(b"none").to_vec()).unwrap();
            let answer = format!("HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{protocol}", protocol.len());
            let _ = rustls::Stream::new(&mut tls, &mut stream).write_all(answer.as_bytes());
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    url
}

/// Returns the error of connecting to this server with these trusted roots.
async fn failure(url: &str, roots: &[&str]) -> Error {
    let (mut builder, recorder) = client(url);
    for root in roots {
        builder = builder.root_certificates_pem(*root);
    }
    let _ws = builder.connect().unwrap();
    recorder.failed().await.0
}

fn assert_says(error: &Error, words: &[&str]) {
    assert_eq!(error.kind(), &ErrorKind::Tls, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
}

#[tokio::test]
async fn s08_close_in_on_error_gives_up() {
    let url = serve(with_all_versions(false, |_| {}).config);
    let ws = WebSocket::builder(url)
        .on_error(|ws, error| {
            if matches!(error.kind(), ErrorKind::Tls | ErrorKind::Dns) {
                let _ = ws.close(1000, "");
            }
        })
        .connect()
        .unwrap();
    let end = ws.closed().await;
    assert_eq!(end.reason, EndReason::Closed);
    assert_eq!(end.error.unwrap().kind(), &ErrorKind::Tls);
    assert_eq!(end.close.unwrap().retry_in, None);
    assert_eq!(ws.stats().attempts, 1);
}

/// A certificate as `openssl req -x509` makes it.
#[tokio::test]
async fn s23_a_certificate_of_an_authority_used_by_a_server() {
    let certified = with_all_versions(true, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let error = failure(&serve(certified.config), &[&certified.certificate]).await;
    let advice = [
        "CaUsedAsEndEntity",
        "openssl req -x509",
        "end-entity certificate signed by",
        "exactly this",
        "docs/guides/tls.md",
    ];
    assert_says(&error, &advice);
}

#[tokio::test]
async fn s23_certificates_that_are_not_accepted() {
    let good: Change = |_| {};
    let expired: Change = |params| params.not_after = date_time_ymd(2020, 1, 1);
    let early: Change = |params| params.not_before = date_time_ymd(3000, 1, 1);
    let elsewhere: Change = |params| *params = CertificateParams::new(vec!["example.org".to_owned()]).unwrap();
    let for_clients: Change = |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    for (change, trusted, words) in [
        (good, false, &["UnknownIssuer", "root_certificates_pem", "intermediate"][..]),
        (expired, true, &["expired", "renewed", "clock"]),
        (early, true, &["not valid yet", "clock"]),
        (elsewhere, true, &["localhost", "example.org", "host name", "subject alternative name"]),
        (for_clients, true, &["serverAuth"]),
    ] {
        let certified = with_all_versions(false, change);
        let roots = [certified.authority.as_str()];
        let error = failure(&serve(certified.config), if trusted { &roots } else { &[] }).await;
        assert_says(&error, words);
    }
    // Self-signed but not an authority's: its issuer is unknown until it is trusted itself.
    let certified = with_all_versions(true, good);
    let url = serve(certified.config);
    assert_says(&failure(&url, &[]).await, &["self-signed", "root_certificates_pem"]);
    assert_eq!(failure(&url, &[&certified.certificate]).await.status(), Some(400));
}

/// Another library has other messages but gets the same hints.
#[cfg(all(feature = "native-tls", target_os = "linux"))]
#[tokio::test]
async fn s23_certificates_that_native_tls_does_not_accept() {
    use homing::native::native_tls::{Certificate, TlsConnector};

    let good: Change = |_| {};
    let expired: Change = |params| params.not_after = date_time_ymd(2020, 1, 1);
    let early: Change = |params| params.not_before = date_time_ymd(3000, 1, 1);
    let elsewhere: Change = |params| *params = CertificateParams::new(vec!["example.org".to_owned()]).unwrap();
    let for_clients: Change = |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    for (change, self_signed, trusted, word) in [
        (good, false, false, "root_certificates_pem"),
        (good, true, false, "root_certificates_pem"),
        (expired, false, true, "renewed"),
        (early, false, true, "clock"),
        (elsewhere, false, true, "subject alternative name"),
        (for_clients, false, true, "serverAuth"),
    ] {
        let certified = with_all_versions(self_signed, change);
        let mut connector = TlsConnector::builder();
        if trusted {
            connector.add_root_certificate(Certificate::from_pem(certified.authority.as_bytes()).unwrap());
        }
        let (builder, recorder) = client(serve(certified.config));
        let _ws = builder.native_tls_connector(connector.build().unwrap()).connect().unwrap();
        assert_says(&recorder.failed().await.0, &[word]);
    }
}

/// A client without TLS.
#[tokio::test]
async fn s23_servers_that_speak_tls_only() {
    let certified = with_all_versions(false, |_| {});
    let url = serve(certified.config).replace("wss://localhost", "ws://127.0.0.1");
    let (builder, recorder) = client(&url);
    let _ws = builder.connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert!(matches!(error.kind(), ErrorKind::Handshake { status: None, .. }), "{error:?}");
    assert!(error.to_string().contains("wss://"), "{error}");

    let (builder, recorder) = client("ws://server.test/");
    let _ws = builder.proxy(url.replace("ws://", "http://")).connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Proxy { status: None });
    assert!(error.to_string().contains("https://"), "{error}");
}

#[tokio::test]
async fn s23_servers_that_do_not_speak_tls() {
    for (answer, words) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", ["not TLS", "ws://"]),
        ("", ["closed the connection", "may not speak TLS"]),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("wss://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        });
        assert_says(&failure(&url, &[]).await, &words);
    }
}

/// An empty record of the handshake is TLS, though an invalid one.
#[tokio::test]
async fn s23_a_server_whose_tls_is_invalid() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(&[22, 3, 3, 0, 0]).await;
    });
    let error = failure(&url, &[]).await;
    assert_says(&error, &["InvalidEmptyPayload"]);
    assert!(!error.to_string().contains("not TLS"), "{error}");
}

#[tokio::test]
async fn s23_no_common_tls_version() {
    let certified = certified(false, &[&rustls::version::TLS12], |_| {});
    let url = serve(certified.config);
    let builder = ClientConfig::builder_with_provider(provider());
    let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).unwrap();
    let config = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let (builder, recorder) = client(url);
    let _ws = builder.rustls_config(Arc::new(config)).connect().unwrap();
    assert_says(&recorder.failed().await.0, &["in common"]);
}

/// Exactly one certificate is accepted, whatever it contains, as docs/guides/tls.md shows.
#[tokio::test]
async fn s23_a_pinned_certificate() {
    use homing::native::rustls::pki_types::CertificateDer;
    use homing::native::rustls::pki_types::pem::PemObject;

    let authority: Change = |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (one, other) = (with_all_versions(true, authority), with_all_versions(true, authority));
    let pinned = CertificateDer::from_pem_slice(one.certificate.as_bytes()).unwrap();
    let config = crate::support::pinning::pinning(pinned);
    for (config_of_server, is_it) in [(one.config, true), (other.config, false)] {
        let (builder, recorder) = client(serve(config_of_server));
        let _ws = builder.rustls_config(config.clone()).connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert_eq!(error.status() == Some(400), is_it, "{error}");
        assert_eq!(error.kind() == &ErrorKind::Tls, !is_it, "{error}");
    }
}

/// A server that prefers HTTP/2 selects it if it is offered, and then does not respond in HTTP/1.1.
#[tokio::test]
async fn s01_only_http_1_is_offered_by_alpn() {
    let mut certified = with_all_versions(false, |_| {});
    certified.config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let url = serve(certified.config);
    let body = |error: &Error| match error.kind() {
        ErrorKind::Handshake { body, .. } => String::from_utf8(body.to_vec()).unwrap(),
        kind => panic!("{kind:?}: {error}"),
    };
    assert_eq!(body(&failure(&url, &[&certified.authority]).await), "http/1.1", "by default");

    use homing::native::rustls::pki_types::CertificateDer;
    use homing::native::rustls::pki_types::pem::PemObject;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certified.authority.as_bytes()).unwrap()).unwrap();
    for (offered, agreed) in
        [(&["h2", "http/1.1"][..], "http/1.1"), (&["h2"], "http/1.1"), (&["http/1.1"], "http/1.1"), (&[], "http/1.1")]
    {
        let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots.clone()).with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let (builder, recorder) = client(&url);
        let _ws = builder.rustls_config(Arc::new(config)).connect().unwrap();
        assert_eq!(body(&recorder.failed().await.0), agreed, "{offered:?}");
    }

    #[cfg(feature = "native-tls")]
    {
        use homing::native::native_tls::{Certificate, TlsConnector};
        let authority = Certificate::from_pem(certified.authority.as_bytes()).unwrap();
        for (offered, agreed) in
            [(&["h2", "http/1.1"][..], None), (&["http/1.1"], Some("http/1.1")), (&[], Some("none"))]
        {
            let mut connector = TlsConnector::builder();
            connector.add_root_certificate(authority.clone()).request_alpns(offered);
            let (builder, recorder) = client(&url);
            let _ws = builder.native_tls_connector(connector.build().unwrap()).connect().unwrap();
            let (error, _) = recorder.failed().await;
            match agreed {
                Some(agreed) => assert_eq!(body(&error), agreed, "{offered:?}"),
                // The connector cannot be changed, but the error names the problem.
                None => assert_says(&error, &["http/1.1", "ALPN", "native_tls_connector"]),
            }
        }
    }
}
