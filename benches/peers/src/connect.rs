//! The way to a server: TCP, or TLS above it, with one configuration for all connections.

use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::either::Either;

use crate::peer::Result;

const HOST: &str = "127.0.0.1";
/// The variable that names the file with the server's certificate.
const ROOTS: &str = "PEERS_ROOTS";

pub type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// A server, and the job that it has.
#[derive(Clone)]
pub struct Target {
    pub port: u16,
    pub path: String,
    pub tls: bool,
    pub deflate: bool,
}

impl Target {
    pub fn host(&self) -> String {
        format!("{HOST}:{}", self.port)
    }

    pub fn url(&self) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.host(), self.path)
    }

    /// Connects with TCP_NODELAY.
    pub async fn stream(&self) -> Result<Stream> {
        let stream = TcpStream::connect((HOST, self.port)).await?;
        stream.set_nodelay(true)?;
        if !self.tls {
            return Ok(Either::Left(stream));
        }
        let name = ServerName::try_from(HOST)?;
        Ok(Either::Right(TlsConnector::from(config()).connect(name, stream).await?))
    }
}

/// Returns the configuration of a program that shares it between its connections.
pub fn config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let make = || {
        let roots = std::env::var(ROOTS).expect("set by the program that compares");
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(CertificateDer::pem_file_iter(roots).expect("a file").flatten());
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has suites for every version");
        Arc::new(builder.with_root_certificates(store).with_no_client_auth())
    };
    CONFIG.get_or_init(make).clone()
}
