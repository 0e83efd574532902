//! From a name to a byte stream: several addresses, resolvers, connectors. Unix sockets are in `unix_sockets`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use homing::native::BuilderExt;
use homing::{Builder, ErrorKind, Event, Message, Reconnect};

use crate::support::routes::{BlackHole, hand_on, known, named};
use crate::support::{assert_hides, client, server};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// Another loopback address, on Linux.
const OTHER_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

pub(crate) async fn echoes(builder: Builder, recorder: crate::support::Recorder) {
    let ws = builder.connect().unwrap();
    recorder.opened().await;
    ws.send("there and back").unwrap();
    assert_eq!(recorder.messages_are(1).await, [Message::text("there and back")]);
}

/// Without an open timeout: waiting for one address only would take two minutes, until the operating system gives up.
async fn opens_in_spite_of(dead: IpAddr) {
    let server = server();
    let Some(_hole) = BlackHole::at((dead, server.addr().port()).into()).await else {
        return;
    };
    let (builder, recorder) = client(named(&server, "/echo"));
    echoes(builder.open_timeout(None).resolver(known([dead, V4])), recorder.clone()).await;
    assert_eq!(recorder.errors(), [], "at the first attempt");
}

#[tokio::test]
async fn an_unresponsive_ipv6_address_is_skipped() {
    opens_in_spite_of(V6).await;
}

/// Addresses of one family are tried in parallel as well.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_unresponsive_address_of_the_same_family_is_skipped() {
    opens_in_spite_of(OTHER_V4).await;
}

/// If no address responds, the error is the open timeout.
#[tokio::test]
async fn s08d_only_unresponsive_addresses() {
    let server = server();
    server.stop();
    let port = server.addr().port();
    let Some(_hole) = BlackHole::at((V6, port).into()).await else {
        return;
    };
    let (builder, recorder) = client(named(&server, "/echo"));
    let builder = builder.open_timeout(Duration::from_millis(600)).resolver(known([V6]));
    let _ws = builder.connect().unwrap();
    assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::OpenTimeout);
}

#[tokio::test]
async fn refusing_addresses_are_skipped_at_once() {
    let server = server();
    let dead = (1..100).map(|last| IpAddr::V4(Ipv4Addr::new(127, 1, 1, last)));
    let (builder, recorder) = client(named(&server, "/echo"));
    // A hundred addresses at 250 ms each would take longer than the limit of the test.
    echoes(builder.open_timeout(None).resolver(known(dead.chain([V4]))), recorder).await;
}

#[tokio::test]
async fn s23_the_error_lists_every_failed_address() {
    let server = server();
    server.stop();
    let (builder, recorder) = client(named(&server, "/echo?token=secret"));
    let builder = builder.resolver(known([OTHER_V4, V4]));
    let _ws = builder.connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Connect);
    for address in [OTHER_V4, V4] {
        assert!(error.to_string().contains(&format!("{address}:{}", server.addr().port())), "{error}");
    }
    assert!(std::error::Error::source(&error).is_some());
    assert_hides(&error, &["secret"]);
}

/// `localhost` has addresses of both families on most machines. The server listens on one of them.
#[tokio::test]
async fn the_resolver_of_the_operating_system() {
    let server = server();
    let (builder, recorder) = client(named(&server, "/echo").replace("server.test", "localhost"));
    echoes(builder, recorder).await;
}

/// It runs for each attempt, because addresses change, and for names only.
#[tokio::test]
async fn a_custom_resolver() {
    let server = server();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let resolver = || {
        let asked = asked.clone();
        move |host: String| {
            let mut asked = asked.lock().unwrap();
            asked.push(host);
            let answer = match asked.len() {
                1 => Err(io::Error::other("no such name")),
                2 => Ok(Vec::new()),
                _ => Ok(vec![V4]),
            };
            std::future::ready(answer)
        }
    };
    let (builder, recorder) = client(named(&server, "/echo"));
    let builder = builder.reconnect(Reconnect::fixed(Duration::from_millis(1))).resolver(resolver());
    echoes(builder, recorder.clone()).await;
    let errors = recorder.errors();
    assert!(errors.iter().all(|error| error.kind() == &ErrorKind::Dns), "{errors:?}");
    assert!(errors[0].to_string().contains("no such name"), "{}", errors[0]);
    assert!(errors[1].to_string().contains("no address"), "{}", errors[1]);
    assert_eq!(*asked.lock().unwrap(), ["server.test"; 3]);

    let (builder, recorder) = client(server.url("/echo"));
    echoes(builder.resolver(resolver()), recorder).await;
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_local_address_is_used() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://server.test:{}/", listener.local_addr().unwrap().port());
    let (builder, _recorder) = client(&url);
    let _ws = builder.local_address(OTHER_V4).resolver(known([V6, V4])).connect().unwrap();
    let (_stream, from) = listener.accept().await.unwrap();
    assert_eq!(from.ip(), OTHER_V4);

    let (builder, recorder) = client(&url);
    let _ws = builder.local_address(OTHER_V4).resolver(known([V6])).connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Connect);
    assert!(error.to_string().contains("no IPv4 address"), "{error}");
}

#[tokio::test]
async fn a_custom_connector() {
    let server = server();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (log, addr) = (asked.clone(), server.addr());
    let (builder, recorder) = client("ws://user:pass@[::1]:81/echo");
    let builder = builder.connector(move |to| {
        log.lock().unwrap().push(to.to_string());
        let (ours, theirs) = tokio::io::duplex(1000);
        hand_on(theirs, addr);
        async { Ok(ours) }
    });
    echoes(builder, recorder.clone()).await;
    assert_eq!(recorder.count(|event| matches!(event, Event::Connect)), 1);
    assert_eq!(*asked.lock().unwrap(), ["[::1]:81"]);

    let (builder, recorder) = client("ws://server.test/echo");
    let builder = builder.connector(|_| async { Err::<tokio::io::DuplexStream, _>(io::Error::other("no way")) });
    let _ws = builder.connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Connect);
    assert!(error.to_string().contains("no way"), "{error}");
}

/// Options without effect are refused.
#[tokio::test]
async fn s01_conflicting_options_are_refused() {
    let with_connector = || client("ws://server.test/").0.connector(|_| async { Ok(tokio::io::empty()) });
    let refused = [
        with_connector().local_address(V4),
        with_connector().resolver(known([V4])),
        with_connector().tcp_keepalive(Duration::from_secs(1)),
        with_connector().tcp_nodelay(false),
    ];
    for builder in refused {
        assert_eq!(builder.connect().unwrap_err().option, "connector");
    }
    #[cfg(unix)]
    for builder in [client("ws://a/").0.proxy("http://p"), client("ws://a/").0.proxy_from_env()] {
        assert_eq!(builder.unix_socket("s").connect().unwrap_err().option, "unix_socket");
    }
    let both = client("ws://a/").0.proxy("http://p").proxy_from_env();
    assert_eq!(both.connect().unwrap_err().option, "proxy");
}
