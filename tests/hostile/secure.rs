//! TLS between a peer and its victim, which may be a process of its own.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

pub(crate) const HOST: &str = "localhost";
/// Bytes that a record of TLS 1.3 adds to its content.
pub(crate) const RECORD: u64 = 22;

/// Returns the configuration of a server, and its certificate.
pub(crate) fn server() -> (Arc<ServerConfig>, Vec<u8>) {
    let made = generate_simple_self_signed([HOST.to_owned()]).expect("a valid name");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("the provider has them").with_no_client_auth();
    let mut config = builder.with_single_cert(vec![certificate.clone()], key).expect("a key for this certificate");
    // So that nothing but the response follows the request.
    config.send_tls13_tickets = 0;
    (Arc::new(config), certificate.to_vec())
}

/// Returns the configuration of a client that trusts this certificate.
pub(crate) fn client(certificate: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(certificate)).expect("a certificate");
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("the provider has them");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The peer's end of a connection.
pub(crate) enum Wire {
    Plain(TcpStream),
    Secure(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, config: Option<Arc<ServerConfig>>) -> Self {
        match config {
            None => Self::Plain(stream),
            Some(config) => {
                let session = ServerConnection::new(config).expect("a valid configuration");
                Self::Secure(Box::new(StreamOwned::new(session, stream)))
            }
        }
    }

    pub(crate) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Secure(stream) => &stream.sock,
        }
    }

    /// Returns what would be sent for this data.
    #[cfg(feature = "__rustls")]
    pub(crate) fn encrypted(&mut self, data: &[u8]) -> Vec<u8> {
        let Self::Secure(stream) = self else { return data.to_vec() };
        let mut record = Vec::new();
        stream.conn.writer().write_all(data).expect("room for it");
        stream.conn.write_tls(&mut record).expect("a vector");
        record
    }

    /// Ends what is sent.
    pub(crate) fn finish(&mut self) {
        if let Self::Secure(stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.tcp().shutdown(std::net::Shutdown::Write);
    }
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buf),
            Self::Secure(stream) => stream.read(buf),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(data),
            Self::Secure(stream) => stream.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}
