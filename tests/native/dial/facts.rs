//! The facts of a connection: addresses, proxy, and how long each stage took. Those of TLS are in `tls_facts`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use homing::memory::Network;
use homing::native::{BuilderExt, ConnectionInfo, HandshakeExt, Timings};
use homing::{Builder, Event, Handshake, WebSocket};
use homing_test_server::Puppet;
use tokio::net::TcpStream;

use crate::dial::proxies::lost;
use crate::support::proxy_servers::{CREDENTIALS, ProxyServer};
use crate::support::routes::{BlackHole, hand_on, known, named};
use crate::support::{Recorder, client, server};

pub(crate) const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// How long a stage is delayed.
const DELAY: Duration = Duration::from_millis(30);

/// Connects, and returns the facts of the first connection.
pub(crate) async fn facts(builder: Builder, recorder: &Recorder) -> ConnectionInfo {
    let _ws = builder.connect().unwrap();
    recorder.opened().await.connection().clone()
}

/// Returns the names of the stages that took place.
pub(crate) fn stages(timings: &Timings) -> Vec<&'static str> {
    let Timings { resolve, connect, proxy, tls, handshake, .. } = *timings;
    let all = [("resolve", resolve), ("connect", connect), ("proxy", proxy), ("tls", tls), ("handshake", handshake)];
    all.into_iter().filter(|(_, took)| took.is_some()).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn s29_a_plain_connection() {
    let Puppet { url, opened } = Puppet::start().unwrap();
    let (builder, recorder) = client(url);
    let facts = facts(builder, &recorder).await;
    let peer = opened.recv().unwrap();
    assert_eq!(facts.peer_address, Some(peer.local_addr().unwrap()));
    assert_eq!(facts.local_address, Some(peer.peer_addr().unwrap()));
    assert_eq!((&facts.proxy, &facts.tls), (&None, &None));
    assert_eq!(stages(&facts.timings), ["connect", "handshake"]);
}

#[tokio::test]
async fn s29_the_address_that_was_connected_to_first() {
    let server = server();
    let refusing = (1..4).map(|last| IpAddr::V4(Ipv4Addr::new(127, 1, 1, last)));
    let (builder, recorder) = client(named(&server, "/echo"));
    let facts_ = facts(builder.resolver(known(refusing.chain([V4]))), &recorder).await;
    assert_eq!(facts_.peer_address, Some(server.addr()));
    assert_eq!(stages(&facts_.timings), ["resolve", "connect", "handshake"]);

    let Some(_hole) = BlackHole::at((V6, server.addr().port()).into()).await else { return };
    let (builder, recorder) = client(named(&server, "/echo"));
    let facts = facts(builder.resolver(known([V6, V4])), &recorder).await;
    assert_eq!(facts.peer_address, Some(server.addr()));
    let connect = facts.timings.connect.unwrap();
    assert!(connect >= Duration::from_millis(250), "waited for the first address: {connect:?}");
}

#[tokio::test]
async fn s29_how_long_the_stages_took() {
    let server = server();
    server.silence(true);
    let (builder, recorder) = client(named(&server, "/echo"));
    let resolver = |_| async {
        tokio::time::sleep(DELAY).await;
        Ok(vec![V4])
    };
    let start = Instant::now();
    let _ws = builder.resolver(resolver).connect().unwrap();
    recorder.until("connect", |events| events.contains(&Event::Connect)).await;
    tokio::time::sleep(DELAY).await;
    server.silence(false);
    let handshake = recorder.opened().await;
    let Timings { resolve: Some(resolve), connect: Some(connect), handshake: Some(answer), .. } =
        handshake.connection().timings
    else {
        panic!("{handshake:?}")
    };
    assert!(resolve >= DELAY, "{resolve:?}");
    // It begins a moment after `Connect` is reported.
    assert!(answer >= DELAY / 2, "{answer:?}");
    assert!(resolve + connect + answer <= start.elapsed(), "{resolve:?}, {connect:?}, {answer:?}");
}

/// Clients that share a lookup report how long they waited for it.
#[tokio::test]
async fn s29_the_resolver_of_the_operating_system() {
    let server = server();
    let url = named(&server, "/echo").replace("server.test", "localhost");
    for _ in 0..2 {
        let (builder, recorder) = client(url.clone());
        let facts = facts(builder, &recorder).await;
        assert_eq!(facts.peer_address, Some(server.addr()));
        assert_eq!(stages(&facts.timings), ["resolve", "connect", "handshake"]);
    }
}

#[tokio::test]
async fn s29_a_custom_connector() {
    let server = server();
    let address = server.addr();
    let (builder, recorder) = client(named(&server, "/echo"));
    let connector = move |_| async move {
        tokio::time::sleep(DELAY).await;
        TcpStream::connect(address).await
    };
    let tcp = facts(builder.connector(connector), &recorder).await;
    assert_eq!(tcp.peer_address, Some(address));
    assert!(tcp.local_address.is_some_and(|local| local.ip() == V4 && local.port() != 0));
    assert_eq!(stages(&tcp.timings), ["connect", "handshake"]);
    assert!(tcp.timings.connect.unwrap() >= DELAY);

    let (builder, recorder) = client(named(&server, "/echo"));
    let connector = move |_| {
        let (end, other) = tokio::io::duplex(4096);
        hand_on(other, address);
        std::future::ready(Ok(end))
    };
    let other = facts(builder.connector(connector), &recorder).await;
    assert_eq!((other.peer_address, other.local_address), (None, None));
    assert_eq!(stages(&other.timings), ["connect", "handshake"]);
}

/// Asserts the facts of connections through this proxy.
async fn reports(proxy: &ProxyServer, scheme: &str, credentials: &str) {
    let server = server();
    let (builder, recorder) = lost(server.url("/echo").replace("127.0.0.1", "localhost"));
    let plain = facts(builder.proxy(proxy.url(scheme, credentials)), &recorder).await;
    let at = SocketAddr::from((V4, proxy.port));
    assert_eq!(plain.peer_address, Some(at), "{scheme}: the proxy's");
    assert_eq!(plain.proxy.map(|proxy| proxy.to_string()), Some(at.to_string()), "{scheme}");
    assert_eq!(plain.tls, None, "{scheme}");
    assert_eq!(stages(&plain.timings), ["connect", "proxy", "handshake"], "{scheme}");
}

#[tokio::test]
async fn s29_through_an_http_proxy() {
    let Some(proxy) = ProxyServer::tinyproxy("").await else { return };
    reports(&proxy, "http", "").await;
}

#[tokio::test]
async fn s29_through_a_socks_proxy() {
    let Some(proxy) = ProxyServer::microsocks().await else { return };
    reports(&proxy, "socks5", CREDENTIALS).await;
}

/// In memory there is no connection to report about. A transport of the user's own may report what it knows.
#[test]
fn s29_other_transports() {
    let network = Network::new();
    let opened = Arc::new(Mutex::new(Vec::new()));
    let reported = opened.clone();
    let builder = WebSocket::builder("ws://example.com")
        .on_open(move |_, handshake| reported.lock().unwrap().push(handshake.connection().clone()));
    let _ws = network.connect(builder).unwrap();
    network.advance(Duration::from_secs(1));
    assert_eq!(*opened.lock().unwrap(), [ConnectionInfo::default()]);
    assert_eq!(ConnectionInfo::default().timings, Timings::default());

    let mut known = ConnectionInfo::default();
    known.peer_address = Some((V4, 443).into());
    let mut handshake = Handshake::default();
    handshake.set_connection(known.clone());
    assert_eq!(handshake.clone().connection(), &known);
    assert_ne!(handshake, Handshake::default());
}
