//! The responses to requests.

mod common;

use common::{ACCEPT, Client, KEY, SOON, eventually, saw, saw_error};
use homing_test_server::{Server, What};
use std::io::Write;
use std::time::{Duration, Instant};

fn head(path: &str, more: &str) -> String {
    let server = Server::start().unwrap();
    Client::ask(server.addr(), path, more).head()
}

#[test]
fn journal_has_the_request() {
    let server = Server::start().unwrap();
    Client::ask(server.addr(), "/echo?token=a%20b", "X-Mine: yes\r\n").head();
    let entries = server.journal();
    assert_eq!(entries[0].what, What::Accepted);
    assert!(matches!(&entries[1].what, What::Request { path, .. } if path == "/echo?token=a%20b"));
    assert_eq!(entries[1].what.header("X-mine"), Some("yes"));
    assert_eq!(entries[1].what.header("sec-websocket-key"), Some(KEY));
    assert_eq!(entries[1].connection, 1);
    assert!(entries[0].at <= entries[1].at && entries[1].at < SOON);
}

#[test]
fn ordinary_answers() {
    let server = Server::start().unwrap();
    let path = "/http?status=429&body_len=3&header=Retry-After:7&header=X-B:%20two%3A2";
    let mut client = Client::ask(server.addr(), path, "");
    let answer = String::from_utf8(client.rest()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{answer}");
    for line in ["Content-Length: 3", "Retry-After: 7", "X-B: two:2"] {
        assert!(answer.contains(&format!("\r\n{line}\r\n")), "{answer}");
    }
    assert!(answer.ends_with("\r\n\r\nxxx"), "{answer}");

    let path = "/http?status=302&chunked=1&body=hello&location=ws%3A%2F%2Fa%2Fb";
    let answer = String::from_utf8(Client::ask(server.addr(), path, "").rest()).unwrap();
    assert!(answer.contains("\r\nLocation: ws://a/b\r\n"), "{answer}");
    assert!(!answer.contains("Content-Length"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "{answer}");

    let answer = Client::ask(server.addr(), "/ecko", "").rest();
    assert!(answer.starts_with(b"HTTP/1.1 404 "));
}

#[test]
fn wrong_and_missing_headers() {
    let full = head("/echo?header=Set-Cookie:a%3Db", "");
    for line in
        ["Upgrade: websocket", "Connection: Upgrade", &format!("Sec-WebSocket-Accept: {ACCEPT}"), "Set-Cookie: a=b"]
    {
        assert!(full.contains(&format!("\r\n{line}\r\n")), "{full}");
    }
    assert!(!full.contains("Sec-WebSocket-Protocol") && !full.contains("Sec-WebSocket-Extensions"));

    let wrong = head("/bad-accept", "");
    assert!(wrong.contains("Sec-WebSocket-Accept: ") && !wrong.contains(ACCEPT), "{wrong}");
    for (path, missing) in
        [("/no-accept", "Sec-WebSocket-Accept"), ("/no-upgrade", "\r\nUpgrade"), ("/no-connection", "\r\nConnection")]
    {
        let answer = head(path, "");
        assert!(answer.starts_with("HTTP/1.1 101 ") && !answer.contains(missing), "{answer}");
        assert_eq!(answer.lines().count(), 4, "{answer}");
    }
}

#[test]
fn extensions_and_protocols() {
    let answer = head("/extension?name=x-made-up", "");
    assert!(answer.contains("\r\nSec-WebSocket-Extensions: x-made-up\r\n"), "{answer}");
    let offer = "Sec-WebSocket-Protocol: one, two\r\n";
    for (path, more, expected) in [
        ("/protocol", offer, Some("one")),
        ("/protocol?answer=chat", offer, Some("chat")),
        ("/protocol?answer=chat", "", Some("chat")),
        ("/protocol", "", None),
    ] {
        let answer = head(path, more);
        let found = answer.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Protocol: "));
        assert_eq!(found, expected);
    }
}

#[test]
fn slow_stalled_and_strange() {
    let server = Server::start().unwrap();
    let start = Instant::now();
    let answer = Client::ask(server.addr(), "/slow?ms=2", "").head();
    assert!(answer.contains(ACCEPT));
    assert!(start.elapsed() > Duration::from_millis(2) * (answer.len() as u32 - 1));

    let mut client = Client::ask(server.addr(), "/stall", "");
    assert!(client.quiet());
    assert!(closed(&server, 1));
    assert!(eventually(|| server.connections() == 1));
    drop(client);
    assert!(closed(&server, 2));

    let mut client = Client::ask(server.addr(), "/header-flood?kib=70", "");
    let answer = client.head();
    assert!(answer.len() > 70 * 1024 && answer.contains(ACCEPT));
    assert!(answer.lines().any(|line| line.len() == 70 * 1024 + "X-Flood: ".len()));

    let garbage = Client::ask(server.addr(), "/garbage?n=100", "").rest();
    assert_eq!(garbage.len(), 100);
    assert!(!garbage.starts_with(b"HTTP"));
}

fn closed(server: &Server, connection: u64) -> bool {
    server.wait_for(SOON, |entries| entries.iter().any(|e| e.connection == connection && e.what == What::Disconnected))
}

#[test]
fn early_messages_come_with_the_answer() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/early?n=2");
    assert_eq!((client.text(), client.text()), ("0".into(), "1".into()));
    client.send(1, b"back");
    assert_eq!(client.text(), "back");
}

#[test]
fn wrong_requests_are_told() {
    let server = Server::start().unwrap();
    let addr = server.addr();
    let good = format!(
        "GET /echo HTTP/1.1\r\nHost: {addr}\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    );
    for (from, to, why) in [
        ("", "", ""),
        ("GET", "POST", "method POST"),
        ("HTTP/1.1", "HTTP/1.0", "not HTTP/1.1"),
        ("Host", "Ghost", "no host"),
        ("WebSocket", "h2c", "Upgrade is not websocket"),
        (", upgrade", "", "Connection is not Upgrade"),
        ("Version: 13", "Version: 12", "Version is not 13"),
        (KEY, "AAAA", "not 16 bytes"),
    ] {
        let mut client = Client::dial(addr);
        client
            .0
            .write_all((if from.is_empty() { good.clone() } else { good.replacen(from, to, 1) }).as_bytes())
            .unwrap();
        if why.is_empty() {
            assert!(client.head().starts_with("HTTP/1.1 101 "));
            continue;
        }
        assert!(!client.rest().starts_with(b"HTTP/1.1 101"), "{why}");
        assert!(saw_error(&server, why), "{why}");
    }
    assert!(saw(&server, &What::Accepted));
}
