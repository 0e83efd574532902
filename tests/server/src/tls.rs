//! A new certification authority for each server, and a record of its handshakes.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::TlsAcceptor;
#[cfg(feature = "aws-lc-rs")]
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
#[cfg(not(feature = "aws-lc-rs"))]
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::{ServerConnection, WebPkiClientVerifier};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{HandshakeKind, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::server::TlsStream;

use crate::socket::Socket;

/// A completed TLS handshake, as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsHandshake {
    /// For example `TLSv1_3`.
    pub version: String,
    /// Whether the client resumed a session.
    pub resumed: bool,
    /// The key exchange group, for example `X25519`.
    pub group: String,
    /// The name that the client asked for (SNI). Addresses are not sent.
    pub server_name: Option<String>,
    /// The protocol that was agreed on (ALPN).
    pub alpn: Option<String>,
}

impl TlsHandshake {
    fn of(session: &ServerConnection) -> Self {
        let group = session.negotiated_key_exchange_group();
        TlsHandshake {
            version: session.protocol_version().map(|version| format!("{version:?}")).unwrap_or_default(),
            resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
            group: group.map(|group| format!("{:?}", group.name())).unwrap_or_default(),
            server_name: session.server_name().map(str::to_owned),
            alpn: session.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned()),
        }
    }
}

/// Returns the configuration of a TLS server for `host`, a name or an IP address, and the certificate of its new
/// certification authority as PEM.
pub fn config(host: &str) -> io::Result<(Arc<ServerConfig>, String)> {
    let Identity { acceptor, ca_pem, .. } = Identity::new(host, Kind::Usual)?;
    Ok((acceptor.inner.config().clone(), ca_pem))
}

#[derive(Clone)]
pub(crate) struct Acceptor {
    inner: TlsAcceptor,
    pub(crate) handshakes: Arc<Mutex<Vec<TlsHandshake>>>,
}

impl Acceptor {
    pub(crate) async fn accept(&self, socket: Socket) -> io::Result<TlsStream<Socket>> {
        let stream = self.inner.accept(socket).await?;
        let handshake = TlsHandshake::of(stream.get_ref().1);
        self.handshakes.lock().unwrap_or_else(PoisonError::into_inner).push(handshake);
        Ok(stream)
    }
}

/// The servers that tests ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Usual,
    AskingClients,
    Tls12,
}

pub(crate) struct Identity {
    pub(crate) host: String,
    pub(crate) ca_pem: String,
    pub(crate) server_pem: String,
    pub(crate) client_pem: (String, String),
    pub(crate) acceptor: Acceptor,
}

impl Identity {
    pub(crate) fn new(host: &str, kind: Kind) -> io::Result<Self> {
        Self::make(host, kind).map_err(io::Error::other)
    }

    fn make(host: &str, kind: Kind) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, "homing test CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_key = KeyPair::generate()?;
        let ca = params.self_signed(&ca_key)?;
        let issuer = Issuer::new(params, ca_key);

        let leaf = |name: &str, usage| -> Result<_, rcgen::Error> {
            let mut params = CertificateParams::new(vec![name.to_owned()])?;
            params.distinguished_name.push(DnType::CommonName, name);
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![usage];
            params.use_authority_key_identifier_extension = true;
            let key = KeyPair::generate()?;
            Ok((params.signed_by(&key, &issuer)?, key))
        };
        let (server, server_key) = leaf(host, ExtendedKeyUsagePurpose::ServerAuth)?;
        let (client, client_key) = leaf("client.test", ExtendedKeyUsagePurpose::ClientAuth)?;

        // Without a name rustls would panic if several providers are compiled in.
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let versions: &[&SupportedProtocolVersion] = if kind == Kind::Tls12 { &[&TLS12] } else { &[&TLS12, &TLS13] };
        let builder = builder.with_protocol_versions(versions)?;
        let builder = if kind == Kind::AskingClients {
            let mut roots = RootCertStore::empty();
            roots.add(ca.der().clone())?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(server_key.serialize_der().into());
        let mut config = builder.with_single_cert(vec![server.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Identity {
            host: host.to_owned(),
            ca_pem: ca.pem(),
            client_pem: (client.pem(), client_key.serialize_pem()),
            server_pem: server.pem(),
            acceptor: Acceptor { inner: TlsAcceptor::from(Arc::new(config)), handshakes: Arc::default() },
        })
    }
}
