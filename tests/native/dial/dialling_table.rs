//! Every case of dialling in one table, which `cargo test -p homing-tests --test native dialling_table -- --nocapture` prints.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use homing::native::BuilderExt;
use homing::{Builder, ErrorKind, Event, Reconnect};
use homing_test_server::Server;
use tokio::net::TcpListener;

use crate::support::proxy_servers::{CREDENTIALS, ProxyServer};
use crate::support::routes::{BlackHole, hand_on, known};
use crate::support::{PATIENCE, Recorder, client, server};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// An address that no host has, so that dialling it fails at once.
const BROADCAST: IpAddr = IpAddr::V4(Ipv4Addr::BROADCAST);
/// The expected open timeout. Longer in other cases, because test machines may be busy.
const OPEN_TIMEOUT: Duration = Duration::from_secs(1);
const DELAY: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Table {
    rows: Vec<String>,
    wrong: Vec<String>,
}

impl Table {
    fn group(&mut self, name: &str) {
        self.rows.push(format!("| **{name}** | | |"));
    }

    /// Dials, and records the outcome and its time.
    async fn row(&mut self, case: &str, (builder, recorder): (Builder, Recorder), expected: &str) {
        let start = Instant::now();
        let timeout = if expected == "OpenTimeout" { OPEN_TIMEOUT } else { PATIENCE };
        let builder = builder.open_timeout(timeout).reconnect(Reconnect::fixed(DELAY));
        let _ws = builder.connect().expect("a good configuration");
        let is_outcome = |event: &Event| matches!(event, Event::Open(_) | Event::Close(_));
        let events = recorder.until(case, |events| events.iter().any(is_outcome)).await;
        let took = recorder.last(is_outcome).expect("it was reported") - start;
        let outcome = match events.iter().find(|event| is_outcome(event)) {
            Some(Event::Close(close)) => {
                let (error, _) = recorder.failed().await;
                let kind = match error.kind() {
                    ErrorKind::Handshake { .. } => "Handshake".to_owned(),
                    ErrorKind::Proxy { .. } => "Proxy".to_owned(),
                    kind => format!("{kind:?}"),
                };
                let status = error.status().map(|status| format!(" {status}")).unwrap_or_default();
                let next = match close.retry_in {
                    None => ", not retried".to_owned(),
                    Some(DELAY) => String::new(),
                    Some(delay) => format!(", retried after {delay:?}"),
                };
                format!("{kind}{status}{next}")
            }
            _ => "open".to_owned(),
        };
        self.rows.push(format!("| {case} | {} ms | {outcome} |", took.as_millis()));
        if outcome != expected {
            self.wrong.push(format!("{case}: {outcome}, not {expected}: {:?}", recorder.errors()));
        }
    }

    fn finish(self) {
        println!("| Case | After | Outcome |\n|---|---:|---|\n{}", self.rows.join("\n"));
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
    }
}

/// Returns a client of this port under a name that resolves to these addresses.
fn at(port: u16, path: &str, addresses: &[IpAddr]) -> (Builder, Recorder) {
    let (builder, recorder) = client(format!("ws://server.test:{port}{path}"));
    (builder.resolver(known(addresses.to_vec())), recorder)
}

fn with((builder, recorder): (Builder, Recorder), option: impl FnOnce(Builder) -> Builder) -> (Builder, Recorder) {
    (option(builder), recorder)
}

#[tokio::test]
async fn every_case() {
    let mut table = Table::default();
    addresses(&mut table).await;
    streams(&mut table).await;
    #[cfg(any(feature = "__rustls", feature = "native-tls"))]
    tls(&mut table).await;
    proxies(&mut table).await;
    answers(&mut table).await;
    table.finish();
}

async fn addresses(table: &mut Table) {
    table.group("Addresses");
    let server = server();
    let port = server.addr().port();
    table.row("one, IPv4", at(port, "/echo", &[V4]), "open").await;
    if let Ok(both) = Server::start_at((Ipv6Addr::LOCALHOST, 0).into()) {
        table.row("one, IPv6", at(both.addr().port(), "/echo", &[V6]), "open").await;
        table.row("IPv6 up, IPv4 refused", at(both.addr().port(), "/echo", &[V4, V6]), "open").await;
    }
    table.row("IPv6 refused, IPv4 up", at(port, "/echo", &[V6, V4]), "open").await;
    table.row("unreachable, then up", at(port, "/echo", &[BROADCAST, V4]), "open").await;
    if let Some(_hole) = BlackHole::at((V6, port).into()).await {
        table.row("IPv6 a black hole, IPv4 up", at(port, "/echo", &[V6, V4]), "open").await;
        table.row("IPv4 up, IPv6 a black hole", at(port, "/echo", &[V4, V6]), "open").await;
        if let Some(_hole) = BlackHole::at((OTHER, port).into()).await {
            table.row("IPv4 a black hole, other IPv4 up", at(port, "/echo", &[OTHER, V4]), "open").await;
            table.row("two black holes, then up", at(port, "/echo", &[V6, OTHER, V4]), "open").await;
            table.row("black hole, refused, then up", at(port, "/echo", &[V6, BROADCAST, V4]), "open").await;
            let (builder, recorder) = at(port, "/echo", &[V6, OTHER]);
            table.row("black holes only", (builder, recorder), "OpenTimeout").await;
        }
        server.stop();
        table.row("black hole, refused", at(port, "/echo", &[V6, V4]), "OpenTimeout").await;
    }
    server.stop();
    table.row("all refused", at(port, "/echo", &[V6, V4]), "Connect").await;
    table.row("unreachable", at(port, "/echo", &[BROADCAST]), "Connect").await;
    table.row("no such name", client("ws://nonexistent.invalid/"), "Dns").await;
    table.row("a name without an address", at(port, "/", &[]), "Dns").await;
    let silent = |_: String| std::future::pending::<std::io::Result<Vec<IpAddr>>>();
    table.row("a silent resolver", with(client("ws://a.test/"), |it| it.resolver(silent)), "OpenTimeout").await;
}

async fn streams(table: &mut Table) {
    table.group("Other streams");
    let server = server();
    let addr = server.addr();
    let duplex = move |_| {
        let (ours, theirs) = tokio::io::duplex(1000);
        hand_on(theirs, addr);
        async { Ok(ours) }
    };
    table.row("a connector of one's own", with(client("ws://a.test/echo"), |it| it.connector(duplex)), "open").await;
    let failing = |_| async { Err::<tokio::io::Empty, _>(std::io::ErrorKind::AddrNotAvailable.into()) };
    table.row("a connector that fails", with(client("ws://a.test/"), |it| it.connector(failing)), "Connect").await;
    #[cfg(unix)]
    {
        let scratch = crate::support::routes::Scratch::new();
        let path = scratch.path().join("socket");
        super::unix_sockets::serve(&path, &server);
        table.row("a Unix socket", with(client("ws://a.test/echo"), |it| it.unix_socket(&path)), "open").await;
        let none = scratch.path().join("none");
        table.row("no such Unix socket", with(client("ws://a.test/"), |it| it.unix_socket(none)), "Connect").await;
    }
}

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
async fn tls(table: &mut Table) {
    table.group("TLS");
    let server = Server::start_tls("localhost").unwrap();
    let trusting = || with(client(server.url("/echo")), |it| it.root_certificates_pem(server.ca_pem()));
    table.row("trusted", trusting(), "open").await;
    table.row("not trusted", client(server.url("/echo")), "Tls").await;
    let plain = crate::support::server();
    table.row("a server without TLS", client(plain.url("/").replace("ws://", "wss://")), "Tls").await;
    server.silence(true);
    table.row("a silent server", trusting(), "OpenTimeout").await;
}

async fn proxies(table: &mut Table) {
    table.group("Proxies");
    let (up, down) = (server(), server());
    down.stop();
    let through = |server: &Server, proxy: String| {
        let (builder, recorder) = client(server.url("/echo").replace("127.0.0.1", "localhost"));
        (builder.proxy(proxy), recorder)
    };
    if let Some(proxy) = ProxyServer::tinyproxy("").await {
        table.row("HTTP (tinyproxy)", through(&up, proxy.url("http", "")), "open").await;
        table.row("HTTP, server refuses", through(&down, proxy.url("http", "")), "Proxy 500").await;
    }
    if let Some(proxy) = ProxyServer::tinyproxy("BasicAuth proxy-user secret").await {
        let url = |credentials| proxy.url("http", credentials);
        table.row("HTTP with credentials", through(&up, url("proxy-user:secret")), "open").await;
        table.row("HTTP without credentials", through(&up, url("")), "Proxy 407, not retried").await;
        table.row("HTTP, wrong credentials", through(&up, url("proxy-user:x")), "Proxy 401, not retried").await;
    }
    if let Some(proxy) = ProxyServer::tinyproxy("ConnectPort 1").await {
        table.row("HTTP, not allowed", through(&up, proxy.url("http", "")), "Proxy 403, not retried").await;
    }
    #[cfg(any(feature = "__rustls", feature = "native-tls"))]
    if let Some(proxy) = ProxyServer::squid().await {
        let url = |credentials| proxy.url("https", credentials);
        let trusting = |(builder, recorder): (Builder, Recorder)| {
            (builder.root_certificates_pem(proxy.authority.clone()).resolver(known([V4])), recorder)
        };
        table.row("HTTP over TLS (squid)", trusting(through(&up, url(CREDENTIALS))), "open").await;
        let wrong = trusting(through(&up, url("proxy-user:x")));
        table.row("HTTP over TLS, wrong credentials", wrong, "Proxy 407, not retried").await;
        table.row("HTTP over TLS, server refuses", trusting(through(&down, url(CREDENTIALS))), "Proxy 503").await;
        let strange = with(through(&up, url(CREDENTIALS)), |it| it.resolver(known([V4])));
        table.row("HTTP over TLS, not trusted", strange, "Tls").await;
        let secure = Server::start_tls("localhost").unwrap();
        let twice = trusting(with(client(secure.url("/echo")), |it| it.proxy(url(CREDENTIALS))));
        let twice = with(twice, |it| it.root_certificates_pem(secure.ca_pem()));
        table.row("TLS in HTTP over TLS", twice, "open").await;
    }
    if let Some(proxy) = ProxyServer::dante("pass { from: 127.0.0.1/32 to: 0.0.0.0/0 }").await {
        table.row("SOCKS 5 (dante)", through(&up, proxy.url("socks5", "")), "open").await;
        table.row("SOCKS 5, server refuses", through(&down, proxy.url("socks5", "")), "Proxy").await;
    }
    if let Some(proxy) = ProxyServer::dante("block { from: 127.0.0.1/32 to: 0.0.0.0/0 }").await {
        table.row("SOCKS 5, not allowed", through(&up, proxy.url("socks5", "")), "Proxy").await;
    }
    if let Some(proxy) = ProxyServer::microsocks().await {
        table
            .row("SOCKS 5 with credentials (microsocks)", through(&up, proxy.url("socks5", CREDENTIALS)), "open")
            .await;
        table.row("SOCKS 5, wrong credentials", through(&up, proxy.url("socks5", "proxy-user:x")), "Proxy").await;
    }
    table.row("a closed port", through(&up, format!("http://{}", down.addr())), "Connect").await;
    table.row("no such name", through(&up, "http://nonexistent.invalid".into()), "Dns").await;
    table.row("not a proxy", through(&up, format!("socks5://{}", up.addr())), "Proxy").await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = silent.local_addr().unwrap();
    table.row("a silent proxy", through(&up, format!("http://{at}")), "OpenTimeout").await;
}

async fn answers(table: &mut Table) {
    table.group("Answers");
    let server = server();
    let asked = |path: &str| client(server.url(path));
    table.row("101", asked("/echo"), "open").await;
    for (status, next) in [(400, false), (401, false), (404, false), (408, true), (429, true), (500, true), (503, true)]
    {
        let expected = format!("Handshake {status}{}", if next { "" } else { ", not retried" });
        table.row(&format!("{status}"), asked(&format!("/http?status={status}")), &expected).await;
    }
    let path = "/http?status=503&header=Retry-After:90";
    table.row("503, Retry-After: 90", asked(path), "Handshake 503, retried after 90s").await;
    let dates = "header=Date:Sun,+06+Nov+1994+08:49:37+GMT&header=Retry-After:Sun,+06+Nov+1994+08:51:37+GMT";
    let path = format!("/http?status=429&{dates}");
    table.row("429, Retry-After: a date", asked(&path), "Handshake 429, retried after 120s").await;
    table.row("302, not asked to follow", asked("/http?status=302&location=/echo"), "Handshake 302").await;
    let follow = |path: &str| with(client(server.url(path)), |it| it.follow_redirects(true));
    table.row("302, followed", follow("/http?status=302&location=/echo"), "open").await;
    // A location without query: the server responds with 200.
    table.row("302, then no", follow("/http?status=302&location=/http"), "Handshake 200").await;
    let chain = (0..6).fold("/echo".to_owned(), |to, _| {
        let encoded = to.replace('%', "%25").replace('?', "%3F").replace('=', "%3D").replace('&', "%26");
        format!("/http?status=302&location={encoded}")
    });
    table.row("302, six times", follow(&chain), "Handshake 302").await;
    table.row("101, wrong accept", asked("/bad-accept"), "Handshake 101").await;
    table.row("no HTTP", asked("/garbage"), "Handshake").await;
    table.row("none", asked("/stall"), "OpenTimeout").await;
}
