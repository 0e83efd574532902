//! The clients that scripts are played to: homing, and bare tokio-tungstenite.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use homing::native::BuilderExt;
use homing::{Reconnect, WebSocket};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};

use crate::meter::{Counted, Meter, Quick, Used};
use crate::peer::{Peer, answer};
use crate::scripts::{Script, Stage};
use crate::secure::{self, HOST, RECORD};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

/// The configuration of a client over TLS.
type Tls = Option<Arc<ClientConfig>>;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Client {
    Homing,
    Bare,
}

/// What became of a script.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What the program saw.
    pub(crate) sees: String,
    pub(crate) messages: usize,
    pub(crate) used: Used,
}

/// Plays `length` bytes of a script to a client, until its connection has ended.
pub(crate) fn attack(client: Client, script: &Script, length: usize) -> Outcome {
    let peer = Peer::start(script, length);
    let outcome = play(client, script, peer.address, &peer.certificate);
    peer.join();
    outcome
}

/// Connects a client to the peer that plays this script, and trusts its certificate.
pub(crate) fn play(client: Client, script: &Script, peer: SocketAddr, certificate: &[u8]) -> Outcome {
    let tls = script.secure.then(|| secure::client(certificate));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let meter = Meter::start();
    let played = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            match client {
                Client::Homing => homing(script, peer, tls, &meter).await,
                Client::Bare => bare(script, peer, tls, &meter).await,
            }
        })
    }));
    let (sees, messages, used) = played.unwrap_or_else(|_| ("panic".into(), 0, meter.stop()));
    // Background tasks end with the runtime.
    drop(runtime);
    Outcome { sees, messages, used }
}

fn url(script: &Script, peer: SocketAddr) -> String {
    match script.stage {
        Stage::HttpProxy | Stage::Socks => "ws://host.test/".into(),
        Stage::Tls => format!("wss://{HOST}:{}/", peer.port()),
        Stage::Open if script.secure => format!("wss://{HOST}:{}/", peer.port()),
        Stage::Handshake | Stage::Open => format!("ws://{peer}/"),
    }
}

/// For a slow script, how the stream begins: with the TLS handshake and the response, unless that is slow as well.
fn quick(script: &Script) -> Option<Quick> {
    let answer = answer(&generate_key(), script.compresses).len() as u64;
    let bytes = if script.stage == Stage::Open { answer } else { 0 };
    // The client writes its hello, and the request with the end of the handshake.
    let (turns, record) = if script.secure { (2, RECORD) } else { (0, 0) };
    script.slow.then_some(Quick { turns, bytes: bytes + record })
}

/// Builds a client for a script, whose messages are counted.
fn builder(script: &Script, peer: SocketAddr, tls: Tls, meter: &Meter) -> (homing::Builder, Arc<AtomicUsize>) {
    let messages = Arc::new(AtomicUsize::new(0));
    let (counted, counts) = (messages.clone(), meter.counts.clone());
    let (quick, closes) = (quick(script), script.closes);
    let mut builder = WebSocket::builder(url(script, peer))
        .heartbeat(None)
        .open_timeout(LONG)
        .close_timeout(LONG)
        .reconnect(Reconnect::never())
        .max_message_size(script.limit)
        .connector(move |_| {
            let counts = counts.clone();
            async move { Ok(Counted::new(TcpStream::connect(peer).await?, quick, counts)) }
        })
        .on_open(move |ws, _| {
            if closes {
                ws.close(1000, "").expect("a valid code");
            }
        })
        .on_message(move |_, _| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
    builder = match script.stage {
        Stage::HttpProxy => builder.proxy(format!("http://{peer}")),
        Stage::Socks => builder.proxy(format!("socks5://{peer}")),
        _ => builder,
    };
    #[cfg(feature = "__rustls")]
    if let Some(config) = tls {
        builder = builder.rustls_config(config);
    }
    #[cfg(feature = "deflate")]
    if script.compresses {
        builder = builder.deflate(homing::native::Deflate::new());
    }
    (builder, messages)
}

async fn homing(script: &Script, peer: SocketAddr, tls: Tls, meter: &Meter) -> (String, usize, Used) {
    let (builder, messages) = builder(script, peer, tls, meter);
    let ws = builder.connect().expect("a valid configuration");
    let end = ws.closed().await;
    let used = meter.stop();
    let sees = match (&end.error, &end.close) {
        (Some(error), _) => error.to_string(),
        (None, Some(close)) => {
            format!("close {} {}", close.code.get(), if close.clean { "clean" } else { "not clean" })
        }
        (None, None) => "nothing".into(),
    };
    (sees, messages.load(Ordering::Relaxed), used)
}

async fn bare(script: &Script, peer: SocketAddr, tls: Tls, meter: &Meter) -> (String, usize, Used) {
    let stream = TcpStream::connect(peer).await.expect("the peer listens");
    stream.set_nodelay(true).expect("an open stream");
    let stream = Counted::new(stream, quick(script), meter.counts.clone());
    let stream: Box<dyn Stream> = match tls {
        Some(config) => {
            let name = ServerName::try_from(HOST).expect("a name");
            Box::new(TlsConnector::from(config).connect(name, stream).await.expect("the handshake succeeds"))
        }
        None => Box::new(stream),
    };
    let config = WebSocketConfig::default().max_message_size(Some(script.limit)).max_frame_size(Some(script.limit));
    let mut messages = 0;
    let result = async {
        let (mut ws, _) = client_async_with_config(url(script, peer), stream, Some(config)).await?;
        if script.closes {
            ws.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await?;
        }
        while let Some(message) = ws.next().await {
            messages += usize::from(matches!(message?, Message::Text(_) | Message::Binary(_)));
        }
        Ok::<_, tokio_tungstenite::tungstenite::Error>(())
    };
    let result = result.await;
    let used = meter.stop();
    let sees = match result {
        Ok(()) => "the end of the stream".into(),
        Err(error) => error.to_string(),
    };
    (sees, messages, used)
}
