//! The commands of the server and the proxy.

mod common;

use common::{Client, SOON, eventually, is_timeout, saw};
use homing_test_server::{Proxy, Server, What};
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn stop_kill_and_restart() {
    let server = Server::start().unwrap();
    for (rst, end) in [(false, Ok(())), (true, Err(ErrorKind::ConnectionReset))] {
        let mut client = Client::open(&server, "/echo");
        // Not read by the server: a close with unread bytes would send RST instead of FIN.
        let mut silent = Client::open(&server, "/silent");
        silent.send(1, b"unread");
        assert_eq!(server.connections(), 2);
        if rst {
            server.kill()
        } else {
            server.stop()
        }
        assert_eq!(server.connections(), 0);
        assert_eq!(client.end(), end);
        assert_eq!(silent.end(), end);
        let error = TcpStream::connect(server.addr()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        server.restart().unwrap();
        let mut client = Client::open(&server, "/echo");
        client.send(1, b"again");
        assert_eq!(client.text(), "again");
        server.restart().unwrap();
        client.send(1, b"still");
        assert_eq!(client.text(), "still");
        drop((client, silent));
        assert!(eventually(|| server.connections() == 0));
    }
}

#[test]
fn the_port_stays_reserved() {
    let server = Server::start().unwrap();
    server.stop();
    if cfg!(target_os = "linux") {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let error = socket.bind(&server.addr().into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }
    let addr = server.addr();
    drop(server);
    assert!(Server::start_at(addr).is_ok());
}

#[test]
fn refuse_next() {
    let server = Server::start().unwrap();
    server.refuse_next(2);
    for _ in 0..2 {
        // The operating system reports it while connecting or at the first read.
        let end = Client::try_dial(server.addr()).map_err(|error| error.kind()).and_then(|mut client| client.end());
        assert_eq!(end, Err(ErrorKind::ConnectionReset));
    }
    Client::open(&server, "/echo");
    let kinds: Vec<(u64, bool)> =
        server.journal().iter().take(3).map(|entry| (entry.connection, entry.what == What::Refused)).collect();
    assert_eq!(kinds, [(1, true), (2, true), (3, false)]);
}

#[test]
fn close_all() {
    let server = Server::start().unwrap();
    let mut clients = [Client::open(&server, "/echo"), Client::open(&server, "/deaf")];
    server.close_all(1012, "restart");
    for client in &mut clients {
        assert_eq!(client.frame(), (0x88, b"\x03\xF4restart".to_vec()));
        client.close(1012);
    }
    assert_eq!(clients[0].end(), Ok(()));
    assert!(clients[1].quiet());
}

#[test]
fn flood_all() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/echo");
    server.flood_all(3, 5);
    for _ in 0..3 {
        assert_eq!(client.text(), "xxxxx");
    }
    client.send(1, b"after");
    assert_eq!(client.text(), "after");
}

#[test]
fn cut_all_goes_on_listening() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/echo");
    server.cut_all();
    assert_eq!(client.end(), Ok(()));
    let mut client = Client::open(&server, "/echo");
    server.reset_all();
    assert_eq!(client.end(), Err(ErrorKind::ConnectionReset));
    Client::open(&server, "/echo");
}

#[test]
fn silence() {
    let server = Server::start().unwrap();
    let mut old = Client::open(&server, "/echo");
    let mut leaving = Client::open(&server, "/echo");
    server.silence(true);
    let mut new = Client::ask(server.addr(), "/echo", "");
    old.send(9, b"p");
    leaving.send(1, b"unread");
    assert!(old.quiet() && new.quiet());
    assert!(!server.journal().iter().any(|entry| matches!(entry.what, What::Ping(_))));
    assert!(eventually(|| server.connections() == 3));
    drop(leaving);
    assert!(saw(&server, &What::Disconnected));
    assert!(eventually(|| server.connections() == 2));
    server.silence(false);
    assert_eq!(old.frame(), (0x8A, b"p".to_vec()));
    assert!(new.head().starts_with("HTTP/1.1 101 "));
    assert!(!server.journal().iter().any(|entry| entry.what == What::Text("unread".into())));
}

#[test]
fn silence_can_be_cut() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/echo");
    server.silence(true);
    server.kill();
    assert_eq!(client.end(), Err(ErrorKind::ConnectionReset));
}

#[test]
fn dropping_the_server_ends_all() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/echo");
    let addr = server.addr();
    drop(server);
    assert_eq!(client.end(), Ok(()));
    assert!(TcpStream::connect(addr).is_err());
}

fn through(proxy: &Proxy, path: &str) -> Client {
    let mut client = Client::ask(proxy.addr(), path, "");
    assert!(client.head().starts_with("HTTP/1.1 101 "));
    client
}

#[test]
fn proxy_forwards_and_ends() {
    let server = Server::start().unwrap();
    let proxy = Proxy::start(server.addr()).unwrap();
    let mut client = through(&proxy, "/echo");
    client.send(1, b"x");
    assert_eq!(client.text(), "x");
    client.close(1000);
    assert_eq!(client.frame().0, 0x88);
    assert_eq!(client.end(), Ok(()));
    drop(client);
    assert!(saw(&server, &What::Disconnected));
    assert!(eventually(|| proxy.connections() == 0));

    let mut client = through(&proxy, "/echo");
    proxy.cut();
    assert_eq!(client.end(), Err(ErrorKind::ConnectionReset));
    assert!(eventually(|| server.connections() == 0));

    let mut client = through(&proxy, "/rst?after=1");
    client.send(1, b"x");
    assert_eq!(client.end(), Err(ErrorKind::ConnectionReset));

    let mut client = through(&proxy, "/echo");
    drop(proxy);
    assert!(client.end().is_ok());
    assert!(eventually(|| server.connections() == 0));
}

#[test]
fn proxy_freezes() {
    let server = Server::start().unwrap();
    let proxy = Proxy::start(server.addr()).unwrap();
    let mut client = through(&proxy, "/sink");
    let mut other = through(&proxy, "/echo");
    proxy.freeze(true);
    let mut new = Client::ask(proxy.addr(), "/echo", "");
    other.send(1, b"x");
    assert!(other.quiet() && new.quiet());
    client.0.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let start = Instant::now();
    let stuck = loop {
        match client.0.write_all(&[0; 100_000]) {
            Ok(()) if start.elapsed() < SOON => {}
            result => break result,
        }
    };
    assert!(is_timeout(&stuck.unwrap_err()), "the buffers must fill");
    assert_eq!(server.connections(), 2);
    proxy.freeze(false);
    assert_eq!(other.text(), "x");
    assert!(new.head().starts_with("HTTP/1.1 101 "));
    proxy.freeze(true);
    proxy.cut();
    assert_eq!(other.end(), Err(ErrorKind::ConnectionReset));
}
