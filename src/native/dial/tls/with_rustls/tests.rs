use core::mem::size_of;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::rustls::pki_types::pem::PemObject;

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

fn with_roots() -> Connector {
    connector(TlsOptions { roots: vec![CERTIFICATE.into()], ..TlsOptions::default() })
}

fn with_own(config: &Arc<ClientConfig>) -> Connector {
    connector(TlsOptions { rustls: Some(config.clone()), ..TlsOptions::default() })
}

async fn own(connector: &Connector) -> Arc<ClientConfig> {
    connector.shared.configs().await.unwrap().own.clone()
}

/// Making a configuration takes longer than everything else that `connect` does, and each has a copy of all roots.
#[tokio::test]
async fn s01_clients_share_one_configuration() {
    let (one, other) = (connector(TlsOptions::default()), connector(TlsOptions::default()));
    assert!(Arc::ptr_eq(&own(&one).await, &own(&other).await));
    let pinned = connector(TlsOptions {
        pins: vec!["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into()],
        server_name: Some("a.test".into()),
        ..TlsOptions::default()
    });
    assert!(Arc::ptr_eq(&own(&one).await, &own(&pinned).await), "pins and names are not part of it");
}

#[tokio::test]
async fn s01_clients_with_the_same_roots_share_one_configuration() {
    let (one, other) = (with_roots(), with_roots());
    assert!(!one.shared.made.is_begun(), "not made before it is needed");
    assert!(Arc::ptr_eq(&own(&one).await, &own(&other).await));
    assert!(!Arc::ptr_eq(&own(&one).await, &own(&connector(TlsOptions::default())).await));
    let twice = vec![CERTIFICATE.into(); 2];
    let twice = connector(TlsOptions { roots: twice, ..TlsOptions::default() });
    assert!(!Arc::ptr_eq(&own(&one).await, &own(&twice).await), "other roots");

    let unused = Arc::downgrade(&one.shared);
    drop((one, other));
    assert!(unused.upgrade().is_none(), "dropped with its last client");
    own(&with_roots()).await;
}

#[tokio::test]
async fn s01_clients_with_the_same_custom_configuration_share_one() {
    let without_alpn = {
        let mut config = ClientConfig::clone(&*own(&connector(TlsOptions::default())).await);
        config.alpn_protocols.clear();
        Arc::new(config)
    };
    let (one, other) = (with_own(&without_alpn), with_own(&without_alpn));
    assert!(Arc::ptr_eq(&own(&one).await, &own(&other).await));
    let a_copy = Arc::new(ClientConfig::clone(&without_alpn));
    assert!(!Arc::ptr_eq(&own(&one).await, &own(&with_own(&a_copy)).await));
    let shared = one.shared.configs().await.unwrap();
    assert!(shared.anonymous.get().is_none(), "not made before a redirect needs it");
    assert!(Arc::ptr_eq(shared.anonymous(), other.shared.configs().await.unwrap().anonymous()));
    assert!(size_of::<Connector>() <= 128, "what each client has of its own");
}

/// A server must not choose a protocol that this client does not speak, and some servers need the offer.
#[tokio::test]
async fn s01_http_1_is_offered_whatever_a_custom_configuration_offers() {
    for offered in [&[][..], &["http/1.1"], &["h2", "http/1.1"], &["h2"], &["http/1.1", "http/1.0"]] {
        let mut config = ClientConfig::clone(&*own(&connector(TlsOptions::default())).await);
        config.alpn_protocols = offered.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let config = Arc::new(config);
        let connector = with_own(&config);
        assert_eq!(own(&connector).await.alpn_protocols, [HTTP], "{offered:?}");
        assert_eq!(Arc::ptr_eq(&own(&connector).await, &config), offered == ["http/1.1"], "used as it is: {offered:?}");
    }
}

#[test]
fn s01_pins() {
    let hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let with_slash = "/7DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for hash in [hash, with_slash] {
        for prefix in ["", "sha256/", "sha256//"] {
            assert!(Pins::parse(&[format!("{prefix}{hash}")]).is_ok(), "{prefix}{hash}");
        }
    }
    for invalid in ["", "sha256/", &hash[..43], &hash[1..], "sha1/2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "e3b0c442", "///"] {
        let error = Pins::parse(&[hash.to_owned(), invalid.to_owned()]).err().expect(invalid);
        assert_eq!(error.option, "pinned_public_key");
        assert!(error.to_string().contains("pin 2"), "{error}");
        assert!(invalid.is_empty() || !error.to_string().contains(invalid), "{error}");
    }
}

/// The expected hash is that of `openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256`.
#[test]
fn a_pin_is_the_hash_of_the_public_key() {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let hash = pins::pin(&certificate, &provider().unwrap()).unwrap();
    assert_eq!(STANDARD.encode(hash), "n1WImFpLjrQjvaltq5PKoyPkhgOIYT6Iju9DOaGt6qw=");
    assert!(pins::pin(&CertificateDer::from(vec![0x30, 0]), &provider().unwrap()).is_none());
}
