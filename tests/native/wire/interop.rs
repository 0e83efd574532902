//! Servers of other libraries: npm's `ws` and Python's `websockets`, directly and behind nginx.

use std::time::{Duration, Instant};

use homing::{Builder, Event, Heartbeat, Initiator, Message};

use crate::support::child::Peer;
use crate::support::{Recorder, client};

/// Runs all scenarios with an echo server. `new` makes a client for it.
pub(crate) async fn exercise(peer: &mut Peer, new: impl Fn() -> (Builder, Recorder)) {
    messages(&new).await;
    assert_eq!(peer.line().await, "closed 1000", "the last handle is dropped");
    from_the_server(&new).await;
    assert_eq!(peer.line().await, "closed 4001 bye ✓", "the client closes");
    closed_by_the_server(&new).await;
    assert_eq!(peer.line().await, "closed 4002 see you");
    subprotocols(&new).await;
}

async fn messages(new: &impl Fn() -> (Builder, Recorder)) {
    let (builder, recorder) = new();
    let ws = builder.max_send_buffer(8 << 20).connect().unwrap();
    let large: String = "0123456789abcdé\n".repeat((1 << 20) / 16);
    let bytes: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let mut sent = vec![
        Message::text("hello"),
        Message::text(""),
        Message::binary(Vec::new()),
        Message::binary(vec![0, 255, 0xC3]),
        Message::text("Grüße, 世界 🦀\0"),
        Message::text(large),
        Message::binary(bytes),
    ];
    // Every encoding of a payload length.
    sent.extend([125, 126, 127, 65535, 65536].map(|length| Message::binary(vec![7; length])));
    for message in &sent {
        ws.send(message.clone()).unwrap();
    }
    let back = recorder.messages_are(sent.len()).await;
    assert!(back == sent, "{back:?}");
    assert_eq!(recorder.errors(), []);
}

async fn from_the_server(new: &impl Fn() -> (Builder, Recorder)) {
    let (builder, recorder) = new();
    let beat = Heartbeat::ping(Duration::from_millis(50), Duration::from_secs(10));
    let start = Instant::now();
    let ws = builder.heartbeat(beat).connect().unwrap();
    ws.send("/fragments").unwrap();
    // The server answers with `pong` once its own Ping was answered.
    ws.send("/ping").unwrap();
    let expected = ["part0part1part2", "pong"].map(Message::text);
    assert_eq!(recorder.messages_are(2).await, expected);
    let events = recorder.until("a round trip", |events| events.iter().any(|it| matches!(it, Event::Latency(_)))).await;
    let latency = events.iter().find_map(|event| match event {
        Event::Latency(latency) => Some(*latency),
        _ => None,
    });
    assert!(latency.is_some_and(|it| it > Duration::ZERO && it < start.elapsed()), "{latency:?}");
    assert!(ws.stats().last_rtt.is_some());
    ws.close(4001, "bye ✓").unwrap();
    let close = recorder.closed().await;
    assert_eq!((close.code.get(), close.reason.as_str()), (4001, "bye ✓"));
    assert_eq!((close.clean, close.initiator), (true, Initiator::Local));
}

async fn closed_by_the_server(new: &impl Fn() -> (Builder, Recorder)) {
    let (builder, recorder) = new();
    let ws = builder.connect().unwrap();
    ws.send("/close 4002 see you").unwrap();
    let close = recorder.closed().await;
    assert_eq!((close.code.get(), close.reason.as_str()), (4002, "see you"));
    assert_eq!((close.clean, close.initiator), (true, Initiator::Remote));
    assert_eq!(recorder.errors(), []);
    drop(ws);
}

async fn subprotocols(new: &impl Fn() -> (Builder, Recorder)) {
    let (builder, recorder) = new();
    let _ws = builder.protocol("unknown").protocol("chat").connect().unwrap();
    assert_eq!(recorder.opened().await.protocol.as_deref(), Some("chat"));

    // Both servers continue without a subprotocol, which a client must not accept.
    let (builder, recorder) = new();
    let _ws = builder.protocol("unknown").connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.status(), Some(101), "{error}");
    assert!(error.to_string().contains("none of the subprotocols"), "{error}");
}

#[tokio::test]
async fn python_websockets() {
    if let Some(mut peer) = Peer::python(&[]).await {
        let url = peer.url();
        exercise(&mut peer, || client(url.as_str())).await;
    }
}

#[tokio::test]
async fn node_ws() {
    if let Some(mut peer) = Peer::node(&[]).await {
        let url = peer.url();
        exercise(&mut peer, || client(url.as_str())).await;
    }
}

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
mod behind_nginx {
    use homing::native::BuilderExt;
    use homing::{ErrorKind, Reconnect};

    use super::*;
    use crate::support::nginx::Nginx;

    async fn exercise_all(peer: Option<Peer>) {
        let Some(mut peer) = peer else { return };
        let Some(nginx) = Nginx::start(peer.port).await else { return };
        let new = || {
            let (builder, recorder) = client(nginx.url());
            (builder.root_certificates_pem(nginx.authority.as_str()), recorder)
        };
        exercise(&mut peer, new).await;
        gone_behind_nginx(peer, new).await;
    }

    /// If its server is gone, nginx drops the connection and then responds with 502.
    async fn gone_behind_nginx(peer: Peer, new: impl Fn() -> (Builder, Recorder)) {
        let (builder, recorder) = new();
        let _ws = builder.reconnect(Reconnect::fixed(Duration::from_millis(50))).connect().unwrap();
        recorder.opened().await;
        drop(peer);
        let (error, close) = recorder.failed().await;
        assert_eq!((error.kind(), close.code.get(), close.clean), (&ErrorKind::Io, 1006, false), "{error}");
        recorder.until("a refusal", |_| recorder.errors().len() >= 2).await;
        let refusal = &recorder.errors()[1];
        assert_eq!(refusal.status(), Some(502), "{refusal}");
        let ErrorKind::Handshake { body, headers, .. } = refusal.kind() else { panic!("{refusal:?}") };
        assert!(headers.get("server").is_some_and(|server| server.starts_with("nginx")));
        assert!(String::from_utf8_lossy(body).contains("502 Bad Gateway"), "{body:?}");
    }

    #[tokio::test]
    async fn python_websockets() {
        exercise_all(Peer::python(&[]).await).await;
    }

    #[tokio::test]
    async fn node_ws() {
        exercise_all(Peer::node(&[]).await).await;
    }
}
