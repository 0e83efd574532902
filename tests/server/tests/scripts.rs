//! The scripts of open WebSockets.

mod common;

use common::{Client, SOON, eventually, has, saw, saw_error};
use futures_util::{SinkExt, StreamExt};
use homing_test_server::{Server, What, frame};
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::{client_async, tungstenite::Message};

#[tokio::test]
async fn echo_for_another_implementation() {
    let server = Server::start().unwrap();
    let stream = TcpStream::connect(server.addr()).await.unwrap();
    let (mut socket, _) = client_async(server.url("/echo"), stream).await.unwrap();
    for message in [
        Message::text("grüße"),
        Message::binary(vec![7; 70_000]),
        Message::text("t".repeat(126)),
        Message::binary(vec![]),
    ] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_close());
    assert!(socket.next().await.is_none());
    let closed = What::Close { code: None, reason: String::new() };
    assert!(server.wait_for_async(SOON, |entries| has(entries, &closed)).await);
    assert!(has(&server.journal(), &What::Text("grüße".into())));
    let never = Duration::from_millis(30);
    assert!(!server.wait_for_async(never, |entries| has(entries, &What::Refused)).await);
    assert!(!server.wait_for(never, |entries| has(entries, &What::Refused)));
}

#[test]
fn echo_is_late_but_pings_are_not() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/echo?delay_ms=1000000");
    client.send(1, b"a");
    client.send(9, b"p");
    assert_eq!(client.frame(), (0x8A, b"p".to_vec()));

    // The delays of all messages pass at the same time. One after the other they would take more than a minute.
    let (delay, count) = (Duration::from_millis(400), 200);
    let mut client = Client::open(&server, "/echo?delay_ms=400");
    let start = Instant::now();
    for number in 0..count {
        client.send(1 + number % 2, &[b'0' + number % 10]);
    }
    for number in 0..count {
        assert_eq!(client.frame(), (0x81 + number % 2, vec![b'0' + number % 10]));
    }
    let elapsed = start.elapsed();
    assert!(elapsed >= delay && elapsed < delay * u32::from(count), "{elapsed:?}");
}

#[test]
fn fragments_and_controls_are_recorded() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/count");
    client.send_part(false, 1, b"he");
    client.send(9, b"mid");
    client.send_part(true, 0, b"llo");
    client.send(2, &[1, 2]);
    client.send(10, b"unasked");
    client.send(8, b"\x03\xE9bye");
    assert_eq!(client.frame(), (0x8A, b"mid".to_vec()));
    assert_eq!(client.frame(), (0x88, vec![0x03, 0xE9]));
    assert_eq!(client.end(), Ok(()));
    drop(client);
    assert!(saw(&server, &What::Disconnected));
    let all: Vec<What> = server.journal().into_iter().skip(2).map(|entry| entry.what).collect();
    let expected = [
        What::Ping(b"mid".to_vec()),
        What::Text("hello".into()),
        What::Binary(vec![1, 2]),
        What::Pong(b"unasked".to_vec()),
        What::Close { code: Some(1001), reason: "bye".into() },
        What::Disconnected,
    ];
    assert_eq!(all, expected);
}

#[test]
fn sink_forgets() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/sink");
    client.send(1, b"lost");
    client.send(9, b"p");
    assert_eq!(client.frame(), (0x8A, b"p".to_vec()));
    client.close(1000);
    assert_eq!(client.frame().0, 0x88);
    assert_eq!(server.journal().len(), 3, "{:?}", server.journal());
}

#[test]
fn close_scripts() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/close?code=4001&reason=b%C3%BCe");
    assert_eq!(client.frame(), (0x88, [&[0x0F, 0xA1], "büe".as_bytes()].concat()));
    assert!(client.quiet(), "TCP must not end before the client's Close");
    client.close(4001);
    assert_eq!(client.end(), Ok(()));

    let mut client = Client::open(&server, "/close?after=2&linger_ms=200");
    client.send(1, b"1");
    assert!(client.quiet());
    client.send(1, b"2");
    assert_eq!(client.frame(), (0x88, vec![]));
    let start = Instant::now();
    client.close(1000);
    assert_eq!(client.end(), Ok(()));
    assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());

    let mut client = Client::open(&server, "/close?n=2");
    assert_eq!((client.text(), client.text(), client.frame()), ("0".into(), "1".into(), (0x88, vec![])));

    for (path, sent) in [("/close?never=1", false), ("/close?never=1&code=1000", true)] {
        let mut client = Client::open(&server, path);
        if sent {
            assert_eq!(client.frame(), (0x88, vec![0x03, 0xE8]));
        }
        client.close(1000);
        assert!(client.quiet(), "{path}");
    }
}

#[test]
fn drop_and_reset() {
    let server = Server::start().unwrap();
    assert_eq!(Client::open(&server, "/drop").end(), Ok(()));
    assert_eq!(Client::open(&server, "/rst").end(), Err(ErrorKind::ConnectionReset));
    for (path, end) in [("/drop?after=1", Ok(())), ("/rst?after=1", Err(ErrorKind::ConnectionReset))] {
        let mut client = Client::open(&server, path);
        assert!(client.quiet());
        client.send(1, b"x");
        assert_eq!(client.end(), end);
    }
    assert!(eventually(|| server.connections() == 0));
}

#[test]
fn silent_and_deaf() {
    let server = Server::start().unwrap();
    let mut silent = Client::open(&server, "/silent");
    silent.send(9, b"p");
    assert!(silent.quiet());
    assert_eq!(server.journal().len(), 2, "{:?}", server.journal());
    silent.0.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let stuck = (0..200).any(|_| silent.0.write_all(&[0; 100_000]).is_err());
    assert!(stuck, "20 MB were read");

    // Not the end of the half-open one: its FIN waits behind unread bytes.
    Client::open(&server, "/silent").send(1, b"unread");
    assert!(saw(&server, &What::Disconnected));
    drop(silent);

    let mut deaf = Client::open(&server, "/deaf");
    deaf.send(9, b"p");
    deaf.close(1000);
    assert!(deaf.quiet());
    assert!(saw(&server, &What::Ping(b"p".to_vec())));
    assert!(saw(&server, &What::Close { code: Some(1000), reason: String::new() }));
    deaf.send(1, b"late");
    assert!(saw_error(&server, "frame after Close"));
    assert!(deaf.quiet());
}

#[test]
fn raw_bytes() {
    let server = Server::start().unwrap();
    let broken = frame::hex(&frame::raw(true, 0b100, 3, b"?"));
    let mut client = Client::open(&server, &format!("/raw?hex={broken},8100"));
    assert_eq!(client.take(5), [0xC3, 1, b'?', 0x81, 0]);
    client.close(1002);
    assert!(saw(&server, &What::Close { code: Some(1002), reason: String::new() }));
    assert!(client.quiet());

    let mut client = Client::open(&server, "/raw?hex=8900&then=echo");
    assert_eq!(client.frame(), (0x89, vec![]));
    client.send(1, b"x");
    assert_eq!(client.text(), "x");

    let mut client = Client::ask(server.addr(), "/raw?hex=1", "");
    assert!(client.head().starts_with("HTTP/1.1 400 "));
}

#[test]
fn raw_bytes_and_an_end() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/raw?hex=8105,68+65*2+6c*2&then=fin");
    assert_eq!(client.text(), "heell");
    assert_eq!(client.end(), Ok(()));

    let mut client = Client::open(&server, "/raw?hex=8100&then=rst");
    // The reset may overtake the frame.
    assert_eq!(client.0.read_to_end(&mut Vec::new()).unwrap_err().kind(), ErrorKind::ConnectionReset);

    let mut client = Client::ask(server.addr(), "/raw?hex=485454502f312e31&instead=1&then=fin", "");
    assert_eq!(client.rest(), b"HTTP/1.1");
    let mut client = Client::ask(server.addr(), "/raw?hex=48&instead=1", "");
    assert_eq!(client.take(1), b"H");
    assert!(client.quiet());
    drop(client);
    assert!(eventually(|| server.connections() == 0));
}

#[test]
fn bursts_on_request() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/burst?per=2&n=3&size=4");
    client.send(1, b"one");
    assert!(client.quiet());
    for _ in 0..2 {
        client.send(2, b"go");
        assert_eq!([client.text(), client.text(), client.text()], ["xxxx"; 3]);
        assert!(client.quiet());
        client.send(1, b"one");
    }
}

#[test]
fn floods_and_series() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/flood?n=3&size=70000&binary=1");
    for _ in 0..3 {
        let (first, payload) = client.frame();
        assert_eq!((first, payload.len()), (0x82, 70_000));
    }
    client.send(1, b"echo");
    assert_eq!(client.text(), "echo");

    let mut client = Client::open(&server, "/text?n=5000&size=100");
    assert!((0..5000).all(|_| client.text() == "x".repeat(100)));

    let mut client = Client::open(&server, "/numbered?n=3");
    assert_eq!([client.text(), client.text(), client.text()], ["0", "1", "2"]);
    assert!(client.quiet());

    let mut client = Client::open(&server, "/ping?n=2&every_ms=60");
    assert_eq!(client.frame(), (0x89, b"0".to_vec()));
    client.send(1, b"between");
    assert_eq!(client.text(), "between");
    assert_eq!(client.frame(), (0x89, b"1".to_vec()));

    let mut client = Client::open(&server, "/fragments");
    let expected: [(u8, &[u8]); 5] =
        [(0x01, b"part0"), (0x89, b"between1"), (0x00, b"part1"), (0x89, b"between2"), (0x80, b"part2")];
    for (first, payload) in expected {
        assert_eq!(client.frame(), (first, payload.to_vec()));
    }
}

#[test]
fn headers_come_back() {
    let server = Server::start().unwrap();
    let mut client = Client::ask(server.addr(), "/headers", "X-Token: a\"b\r\n");
    client.head();
    let json = client.text();
    assert!(json.starts_with('{') && json.ends_with('}'), "{json}");
    assert!(json.contains(r#""x-token":"a\"b""#), "{json}");
}

#[test]
fn broken_frames_are_told() {
    let server = Server::start().unwrap();
    let wrong: [(&[u8], &str, u16); 6] = [
        (&[0x81, 0x01, b'x'], "unmasked", 1002),
        (&[0x80, 0x80, 0, 0, 0, 0], "nothing to continue", 1002),
        (&[0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0], "within a fragmented", 1002),
        (&[0x81, 0x81, 0, 0, 0, 0, 0xFF], "text is no UTF-8", 1007),
        (&[0x88, 0x81, 0, 0, 0, 0, 1], "one byte", 1002),
        (&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xED], "code 1005", 1002),
    ];
    for (bytes, why, code) in wrong {
        let mut client = Client::open(&server, "/echo");
        client.0.write_all(bytes).unwrap();
        assert_eq!(client.frame(), (0x88, code.to_be_bytes().to_vec()), "{why}");
        assert_eq!(client.end(), Ok(()));
        assert!(saw_error(&server, why), "{why}");
    }
}
