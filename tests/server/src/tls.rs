//! A new certification authority for each server.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::io;
use std::sync::Arc;
pub(crate) use tokio_rustls::TlsAcceptor as Acceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

pub(crate) struct Identity {
    pub(crate) host: String,
    pub(crate) ca_pem: String,
    pub(crate) client_pem: (String, String),
    pub(crate) acceptor: Acceptor,
}

impl Identity {
    pub(crate) fn new(host: &str, ask_client: bool) -> io::Result<Self> {
        Self::make(host, ask_client).map_err(io::Error::other)
    }

    fn make(host: &str, ask_client: bool) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
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
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let builder = if ask_client {
            let mut roots = RootCertStore::empty();
            roots.add(ca.der().clone())?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(server_key.serialize_der().into());
        let config = builder.with_single_cert(vec![server.der().clone()], key)?;
        Ok(Identity {
            host: host.to_owned(),
            ca_pem: ca.pem(),
            client_pem: (client.pem(), client_key.serialize_pem()),
            acceptor: Acceptor::from(Arc::new(config)),
        })
    }
}
