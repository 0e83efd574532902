//! Facts of a connection, as part of its [`Handshake`] (rule S29).

mod tls;

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::sync::Arc;

pub use self::tls::{TlsInfo, TlsVersion};
use super::builder_ext::sealed::Sealed;
use super::dial::connector::Destination;
use crate::handshake::Handshake;

/// What a [`Handshake`] reports natively: facts about its connection (rule S29). Browsers hide them, so this trait does not
/// exist on wasm.
///
/// ```no_run
/// use homing::WebSocket;
/// use homing::native::{HandshakeExt, TlsVersion};
///
/// # fn main() -> Result<(), homing::ConfigError> {
/// let ws = WebSocket::builder("wss://example.com/feed")
///     .on_open(|ws, handshake| {
///         let connection = handshake.connection();
///         println!("connected to {:?}, TCP took {:?}", connection.peer_address, connection.timings.connect);
///         if let Some(tls) = &connection.tls {
///             println!("{:?} with {:?}, resumed: {:?}", tls.version, tls.cipher_suite, tls.resumed);
///             if tls.version < Some(TlsVersion::Tls13) {
///                 ws.abort();
///             }
///         }
///     })
///     .connect()?;
/// # drop(ws);
/// # Ok(()) }
/// ```
pub trait HandshakeExt: Sealed {
    /// Returns facts about the connection, which is the last one if redirects were followed.
    ///
    /// They are empty if the transport does not report them: in [`memory`](crate::memory), and for
    /// [a transport of your own](crate::driver::Transport) that does not set them.
    fn connection(&self) -> &ConnectionInfo;

    /// Replaces the facts of the connection. For a [transport](crate::driver::Transport) of your own.
    fn set_connection(&mut self, connection: ConnectionInfo);
}

/// Facts about a connection: its addresses, its TLS session, and how long each stage took.
///
/// `Debug` omits the certificates. Nothing else is large, and nothing is secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// The address at the other end of the TCP connection: of several addresses of a name, the one that was connected to
    /// first (RFC 8305). With a proxy it is the proxy's.
    ///
    /// `None` for Unix sockets, and for a [`connector`](crate::native::BuilderExt::connector) whose stream is not a tokio
    /// `TcpStream`.
    pub peer_address: Option<SocketAddr>,
    /// The address at this end of the TCP connection. `None` if `peer_address` is.
    pub local_address: Option<SocketAddr>,
    /// The host and port of the proxy. `None` if none was used.
    pub proxy: Option<Destination>,
    /// TLS with the server. `None` for `ws`, also if the connection to the proxy is encrypted.
    pub tls: Option<TlsInfo>,
    /// How long each stage took.
    pub timings: Timings,
}

/// How long the stages of a connection took. `None` if there was no such stage.
///
/// After redirects these are the times of the last connection. The time of a
/// [request provider](crate::Builder::request_provider) is not included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timings {
    /// Resolving the name of the host, or of the proxy. Clients that dial the same name at the same moment share a lookup;
    /// this is how long this one waited for it.
    ///
    /// `None` if the URL has an address, and with a [`connector`](crate::native::BuilderExt::connector) or a Unix socket.
    pub resolve: Option<Duration>,
    /// Connecting by TCP, addresses that did not answer included; with a
    /// [`connector`](crate::native::BuilderExt::connector), all of its work.
    pub connect: Option<Duration>,
    /// Connecting through the proxy, once connected to it. TLS with the proxy is included.
    pub proxy: Option<Duration>,
    /// The TLS handshake with the server.
    pub tls: Option<Duration>,
    /// The opening handshake: from its request to the server's response.
    pub handshake: Option<Duration>,
}

impl Sealed for Handshake {}

impl HandshakeExt for Handshake {
    fn connection(&self) -> &ConnectionInfo {
        static UNKNOWN: ConnectionInfo = ConnectionInfo {
            peer_address: None,
            local_address: None,
            proxy: None,
            tls: None,
            timings: Timings { resolve: None, connect: None, proxy: None, tls: None, handshake: None },
        };
        self.facts.0.as_deref().unwrap_or(&UNKNOWN)
    }

    fn set_connection(&mut self, connection: ConnectionInfo) {
        self.facts = Facts(Some(Arc::new(connection)));
    }
}

/// The part of a [`Handshake`] that is this platform's. Shared by its clones.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts(Option<Arc<ConnectionInfo>>);

impl Facts {
    /// Returns the facts to be changed. They are copied if there are clones.
    pub(crate) fn edit(&mut self) -> &mut ConnectionInfo {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// Returns what `Debug` shows, `None` if there is nothing.
    pub(crate) fn shown(&self) -> Option<&dyn fmt::Debug> {
        self.0.as_ref().map(|connection| connection as &dyn fmt::Debug)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::WebSocket;

    /// An idle client has room for a handshake, and events of sockets are moved for each batch of messages.
    #[test]
    fn s29_facts_do_not_enlarge_what_every_client_holds() {
        assert!(size_of::<Handshake>() <= 10 * size_of::<usize>());
    }

    /// An idle connection needs no memory for them.
    #[tokio::test]
    async fn s29_the_client_keeps_no_facts_after_on_open() {
        let server = homing_test_server::Server::start().unwrap();
        let (report, opened) = channel();
        let (done, mut kept) = tokio::sync::mpsc::unbounded_channel();
        let ws = WebSocket::builder(server.url("/echo"))
            .on_open(move |_, handshake| {
                let facts = handshake.facts.0.as_ref().unwrap();
                report.send(Arc::downgrade(facts)).unwrap();
            })
            .on_message(move |_, _| done.send(opened.recv().unwrap().strong_count()).unwrap())
            .connect()
            .unwrap();
        ws.send("hello").unwrap();
        assert_eq!(kept.recv().await, Some(0));
    }
}
