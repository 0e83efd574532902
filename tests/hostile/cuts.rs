//! Connections that end at each byte of the opening handshake and of a Close frame, by FIN and by RST.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

#[cfg(feature = "__rustls")]
use homing::native::BuilderExt;
use homing::{Builder, CloseEvent, End, EndReason, Error, ErrorKind, Event, Handler, Initiator, Reconnect, WebSocket};
use homing_test_server::frame::close;
use homing_test_server::request_key;
use socket2::SockRef;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::ALONE;
use crate::peer::{self, serve, serve_open};
#[cfg(feature = "__rustls")]
use crate::secure::{self, Wire};

const LONG: Duration = Duration::from_secs(3600);
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    Fin,
    Rst,
}

impl Cut {
    const ALL: [Self; 2] = [Self::Fin, Self::Rst];

    /// Whether what was sent before arrives. Systems other than Linux discard it when a reset arrives.
    fn delivers(self) -> bool {
        cfg!(target_os = "linux") || self == Self::Fin
    }

    fn end(self, stream: &mut TcpStream) {
        match self {
            Self::Fin => {
                let _ = stream.shutdown(Shutdown::Write);
                // The client closes then.
                while let Ok(1..) = stream.read(&mut [0; 1024]) {}
            }
            Self::Rst => SockRef::from(&*stream).set_linger(Some(Duration::ZERO)).unwrap(),
        }
    }
}

/// Serves one connection: reads this many bytes after the opening handshake, and ends it after a part of a frame.
fn cut_off(reads: usize, part: &[u8], cut: Cut) -> (String, JoinHandle<()>) {
    let part = part.to_vec();
    serve_open(move |mut stream| {
        stream.read_exact(&mut vec![0; reads]).unwrap();
        stream.write_all(&part).unwrap();
        cut.end(&mut stream);
    })
}

struct Recorder(UnboundedSender<Event>);

impl Handler for Recorder {
    fn on_event(&mut self, _: &WebSocket, event: Event) {
        let _ = self.0.send(event);
    }
}

struct Client {
    ws: WebSocket,
    events: UnboundedReceiver<Event>,
}

impl Client {
    fn connect(url: String) -> Self {
        Self::of(WebSocket::builder(url))
    }

    fn of(builder: Builder) -> Self {
        let (sender, events) = unbounded_channel();
        let builder = builder.heartbeat(None).reconnect(Reconnect::fixed(LONG));
        Self { ws: builder.handler(Recorder(sender)).connect().unwrap(), events }
    }

    /// Returns the events of the first attempt up to its end: whether it was open, its error and how it closed.
    async fn ended(&mut self) -> (bool, Option<Error>, CloseEvent) {
        let (mut opened, mut failed) = (false, None);
        loop {
            let event = tokio::time::timeout(PATIENCE, self.events.recv()).await.expect("an event").expect("a client");
            match event {
                Event::Open(_) => opened = true,
                Event::Error(error) => assert!(failed.replace(error).is_none(), "one error"),
                Event::Close(close) => return (opened, failed, close),
                _ => {}
            }
        }
    }

    async fn end(self) -> End {
        self.ws.abort();
        self.ws.closed().await
    }
}

#[tokio::test]
async fn s23_s15_a_handshake_is_cut_at_each_byte() {
    let _alone = ALONE.lock().await;
    let whole = peer::answer("", false).len();
    for cut in Cut::ALL {
        for length in 0..=whole {
            let (url, server) = serve(move |mut stream| {
                let answer = peer::answer(&request_key(&mut stream).unwrap(), false);
                // The last byte of the request was read, so a reset discards nothing.
                let _ = stream.write_all(&answer.as_bytes()[..length]);
                cut.end(&mut stream);
            });
            let mut client = Client::connect(url);
            client.ws.send("queued").unwrap();
            let (opened, error, close) = client.ended().await;
            let error = error.unwrap_or_else(|| panic!("{cut:?} after {length}: no error"));
            let case = format!("{cut:?} after {length} bytes: {error}, {close:?}");
            assert_eq!((close.code.get(), close.clean, close.initiator), (1006, false, Initiator::Failure), "{case}");
            assert_eq!(close.retry_in, Some(LONG), "{case}");
            let is_cut = matches!(error.kind(), ErrorKind::Io | ErrorKind::Handshake { status: None, .. });
            assert!(is_cut, "{case}");
            let end = client.end().await;
            if length < whole {
                assert_eq!((opened, error.code(), close.lost, end.unsent), (false, 1, 0, 1), "{case}");
            } else if cut.delivers() {
                assert!(opened && close.lost as usize + end.unsent <= 1, "{case}");
            }
            server.join().unwrap();
        }
    }
}

#[tokio::test]
async fn s10_s12_a_close_of_the_peer_is_cut_at_each_byte() {
    let _alone = ALONE.lock().await;
    let frame = close(Some(4001), "bye");
    for cut in Cut::ALL {
        for length in 0..=frame.len() {
            let (url, server) = cut_off(0, &frame[..length], cut);
            let mut client = Client::connect(url);
            let (opened, error, close) = client.ended().await;
            let case = format!("{cut:?} after {length} bytes: {error:?}, {close:?}");
            assert_eq!((close.lost, close.retry_in), (0, Some(LONG)), "{case}");
            if length == frame.len() && cut.delivers() {
                assert!(opened && error.is_none(), "{case}");
                assert_eq!((close.code.get(), close.reason.as_str(), close.clean), (4001, "bye", true), "{case}");
                assert_eq!(close.initiator, Initiator::Remote, "{case}");
            } else {
                assert_eq!(error.as_ref().map(Error::kind), Some(&ErrorKind::Io), "{case}");
                assert_eq!(
                    (close.code.get(), close.clean, close.initiator),
                    (1006, false, Initiator::Failure),
                    "{case}"
                );
            }
            drop(client.end().await);
            server.join().unwrap();
        }
    }
}

/// Cut are bytes of the TLS record that contains the frame.
#[cfg(feature = "__rustls")]
#[tokio::test]
async fn s10_s12_a_close_of_the_peer_over_tls_is_cut_at_each_byte() {
    let _alone = ALONE.lock().await;
    let (server_config, certificate) = secure::server();
    let config = secure::client(&certificate);
    let frame = close(Some(4001), "bye");
    let whole = frame.len() + secure::RECORD as usize;
    for cut in Cut::ALL {
        for length in 0..=whole {
            let (frame, server_config) = (frame.clone(), server_config.clone());
            let (url, server) = serve(move |stream| {
                let mut stream = Wire::new(stream, Some(server_config));
                peer::open(&mut stream, false).unwrap();
                let record = stream.encrypted(&frame);
                assert_eq!(record.len(), whole);
                stream.tcp().write_all(&record[..length]).unwrap();
                cut.end(&mut stream.tcp().try_clone().unwrap());
            });
            let url = url.replace("ws://127.0.0.1", "wss://localhost");
            let mut client = Client::of(WebSocket::builder(url).rustls_config(config.clone()));
            let (opened, error, close) = client.ended().await;
            let case = format!("{cut:?} after {length} bytes: {error:?}, {close:?}");
            assert_eq!((close.lost, close.retry_in), (0, Some(LONG)), "{case}");
            if length == whole && cut.delivers() {
                assert!(opened && error.is_none(), "{case}");
                assert_eq!((close.code.get(), close.reason.as_str(), close.clean), (4001, "bye", true), "{case}");
            } else {
                assert_eq!(error.as_ref().map(Error::kind), Some(&ErrorKind::Io), "{case}");
                assert_eq!((close.code.get(), close.clean), (1006, false), "{case}");
            }
            drop(client.end().await);
            server.join().unwrap();
        }
    }
}

#[tokio::test]
async fn s10_s12_the_answer_to_a_close_is_cut_at_each_byte() {
    let _alone = ALONE.lock().await;
    let frame = close(Some(1000), "bye");
    for cut in Cut::ALL {
        for length in 0..=frame.len() {
            // A masked message of four bytes, and a masked Close frame with a code.
            let (url, server) = cut_off(10 + 8, &frame[..length], cut);
            let mut client = Client::connect(url);
            client.ws.send("last").unwrap();
            client.ws.opened().await.unwrap();
            client.ws.close(1000, "").unwrap();
            let (opened, error, close) = client.ended().await;
            let case = format!("{cut:?} after {length} bytes: {error:?}, {close:?}");
            assert!(opened && error.is_none(), "{case}");
            assert_eq!((close.lost, close.retry_in), (0, None), "{case}");
            if cut.delivers() {
                let expected = if length == frame.len() { (1000, true) } else { (1006, false) };
                assert_eq!((close.code.get(), close.clean), expected, "{case}");
            }
            let end = client.ws.closed().await;
            assert_eq!((end.reason, end.unsent), (EndReason::Closed, 0), "{case}");
            server.join().unwrap();
        }
    }
}
