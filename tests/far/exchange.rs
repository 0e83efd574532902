//! Client and server send to each other, and both check everything that they receive.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use futures::{SinkExt, StreamExt};
use homing::{CloseCode, End, Event, Events, Heartbeat, Message, Reconnect, State, WebSocket};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{accept_hdr_async, tungstenite};

/// The sender.
#[derive(Debug, Clone, Copy)]
enum Side {
    Client,
    Server,
}

/// The traffic between the server and clients on a shared link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) clients: u64,
    /// How many bytes each client sends, and the server sends to each client.
    pub(crate) bytes: u64,
    /// The rate of the link in bytes per second.
    pub(crate) rate: u64,
    /// Interval and timeout of the heartbeat. `None` uses the default, which needs a long run.
    pub(crate) beat: Option<[Duration; 2]>,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl Load {
    /// Returns one large message and many smaller ones of different sizes.
    fn messages(self, side: Side, client: u64) -> Vec<Vec<u8>> {
        let mut random = Random(client << 1 | side as u64);
        let mut left = self.bytes;
        let mut messages = Vec::new();
        while left > 0 {
            let scale = 1 << (random.next() % 16);
            let length = if messages.len() == 2 { self.bytes / 4 * 3 } else { scale + random.next() % scale };
            let length = length.clamp(1, left);
            left -= length;
            messages.push((0..length.div_ceil(8)).flat_map(|_| random.next().to_le_bytes()).collect::<Vec<_>>());
            messages.last_mut().expect("it was pushed").truncate(length as usize);
        }
        messages
    }

    /// Returns the time limit of a run. Long, because TCP loses most of the rate with lost packets.
    fn patience(self) -> Duration {
        Duration::from_secs(60 + 10 * self.clients * self.bytes / self.rate)
    }

    pub(crate) fn block_on(self, run: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { timeout(self.patience(), run).await.expect("in time") });
    }

    /// Runs the server until every client has closed. Sends its address to `listening`.
    pub(crate) fn serve(self, at: [u8; 4], listening: &mpsc::Sender<SocketAddr>) {
        self.block_on(async {
            let listener = TcpListener::bind(SocketAddr::from((at, 0))).await.unwrap();
            listening.send(listener.local_addr().unwrap()).unwrap();
            let mut served = Vec::new();
            for _ in 0..self.clients {
                let (stream, _) = listener.accept().await.unwrap();
                served.push(tokio::spawn(self.serve_one(stream)));
            }
            try_join_all(served).await.unwrap();
        });
    }

    async fn serve_one(self, stream: TcpStream) {
        let mut client = 0;
        #[allow(clippy::result_large_err, reason = "a given signature")]
        let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
            client = request.uri().path().trim_start_matches('/').parse().unwrap();
            Ok(response)
        };
        let stream = accept_hdr_async(stream, note).await.unwrap();
        let (mut sink, mut stream) = stream.split();
        let expected = self.messages(Side::Client, client);
        let mut numbers = 0..expected.len();
        let mut receive = async |count: usize| {
            let mut received = 0;
            while received < count {
                match stream.next().await {
                    Some(Ok(tungstenite::Message::Binary(data))) => {
                        let number = numbers.next().expect("no more than were sent");
                        assert!(data == expected[number], "client {client}: message {number} differs");
                        received += 1;
                    }
                    Some(Ok(_)) => {}
                    end => return end.map(|end| end.map_err(|error| error.to_string())),
                }
            }
            None
        };
        // Every client is open when the first message arrives.
        assert_eq!(receive(1).await, None);
        let messages = self.messages(Side::Server, client);
        let send = async {
            for message in messages {
                sink.send(tungstenite::Message::Binary(message.into())).await.unwrap();
            }
        };
        let (received, ()) = tokio::join!(receive(expected.len() - 1), send);
        assert_eq!(received, None, "client {client}");
        sink.send(tungstenite::Message::Text("all arrived".into())).await.unwrap();
        // Waits until the client closes.
        receive(1).await;
    }

    pub(crate) fn client(self, server: SocketAddr, number: u64) -> (WebSocket, Events) {
        let mut builder = WebSocket::builder(format!("ws://{server}/{number}"));
        if let Some([interval, timeout]) = self.beat {
            builder = builder.heartbeat(Heartbeat::ping(interval, timeout));
        }
        builder.reconnect(Reconnect::never()).max_send_buffer(usize::MAX).connect_stream().unwrap()
    }

    /// Runs the clients until they have closed.
    pub(crate) fn run(self, server: SocketAddr) {
        self.block_on(async {
            let began = Instant::now();
            let clients: Vec<_> = (0..self.clients).map(|client| (client, self.client(server, client))).collect();
            while clients.iter().any(|(_, (ws, _))| ws.state() == State::Connecting) {
                sleep(Duration::from_millis(10)).await;
            }
            let running =
                clients.into_iter().map(|(client, (ws, events))| tokio::spawn(self.run_one(client, ws, events)));
            try_join_all(running).await.unwrap();
            println!("{self:?} took {:?}", began.elapsed());
        });
    }

    async fn run_one(self, client: u64, ws: WebSocket, mut events: Events) {
        let messages = self.messages(Side::Client, client);
        let count = messages.len() as u64;
        messages.into_iter().for_each(|message| ws.send(message).unwrap());
        let mut expected = self.messages(Side::Server, client).into_iter();
        let mut slowest = Duration::ZERO;
        loop {
            match events.next().await.expect("the client lives") {
                Event::Message(Message::Binary(data)) => {
                    assert!(Some(data.to_vec()) == expected.next(), "client {client}: unexpected message");
                }
                Event::Message(Message::Text(_)) => break,
                Event::Latency(round_trip) => slowest = slowest.max(round_trip),
                event @ (Event::Error(_) | Event::Close(_)) => panic!("client {client}: {event:?}, {:?}", ws.stats()),
                _ => {}
            }
        }
        assert_eq!(expected.next(), None, "client {client}: messages are missing");
        assert_eq!(ws.flush().await, Ok(()));
        ws.close(1000, "").unwrap();
        let End { close, unsent, .. } = ws.closed().await;
        let close = close.unwrap();
        let stats = ws.stats();
        assert_eq!((close.code, close.clean, close.lost, unsent), (CloseCode::NORMAL, true, 0, 0), "client {client}");
        assert_eq!((stats.attempts, stats.messages_sent, stats.messages_lost), (1, count, 0), "client {client}");
        println!("client {client}: {} heartbeats, the slowest took {slowest:?}", stats.heartbeats);
    }
}
