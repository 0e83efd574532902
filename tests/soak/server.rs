//! A server that checks the clients' messages, sends its own, and ends some connections itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{interval, sleep, timeout};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::books::Books;
use crate::content::{self, Contents, DOWN, Random};
use crate::{Phase, Shared};

/// The limit of an opening handshake.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long something may be on its way from a client that has given up its connection: longer than a link stalls.
const LATE: Duration = Duration::from_secs(3);

/// The longest life of a connection that does not break earlier, in milliseconds.
const LIFE: u64 = 5000;

type Stream = WebSocketStream<TcpStream>;

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    /// A runtime of its own, so that the clients' tasks can be counted.
    runtime: Option<Runtime>,
}

impl Server {
    pub(crate) async fn start(shared: Arc<Shared>, phase: watch::Receiver<Phase>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listening = runtime.spawn(async {
            let socket = TcpSocket::new_v4().unwrap();
            // Small, to bound what is on its way.
            socket.set_recv_buffer_size(64 * 1024).unwrap();
            socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
            socket.listen(1024).unwrap()
        });
        let listener = listening.await.unwrap();
        let addr = listener.local_addr().unwrap();
        runtime.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                tokio::spawn(serve(stream, shared.clone(), phase.clone()));
            }
        });
        Self { addr, runtime: Some(runtime) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, phase: watch::Receiver<Phase>) {
    let mut path = String::new();
    #[allow(clippy::result_large_err, reason = "a given signature")]
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    let Ok(Ok(stream)) = timeout(PATIENCE, accept_hdr_async(stream, note)).await else { return };
    let mut numbers = path.split('/').skip(1).map(|number| number.parse::<u64>().unwrap());
    let (client, attempt) = (numbers.next().unwrap(), numbers.next().unwrap());
    let books = &shared.books[client as usize];
    let (sink, stream) = stream.split();
    tokio::select! {
        () = send(sink, client, attempt, &shared.contents, phase) => {}
        () = receive(stream, attempt, books, &shared.contents) => {}
    }
    books.served(attempt, &shared.contents);
}

async fn receive(mut stream: SplitStream<Stream>, attempt: u64, books: &Books, contents: &Contents) {
    let mut ticks = interval(LATE);
    let mut is_idle = false;
    loop {
        let arrived = tokio::select! {
            arrived = stream.next() => arrived,
            _ = ticks.tick() => {
                if is_idle && books.is_over(attempt) {
                    return;
                }
                is_idle = true;
                continue;
            }
        };
        is_idle = false;
        match arrived {
            Some(Ok(Message::Text(text))) => books.delivered(attempt, true, text.as_bytes(), contents),
            Some(Ok(Message::Binary(data))) => books.delivered(attempt, false, &data, contents),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return,
        }
    }
}

/// Sends messages. Returns when the connection is to be dropped.
async fn send(
    mut sink: SplitSink<Stream, Message>,
    client: u64,
    attempt: u64,
    contents: &Contents,
    mut phase: watch::Receiver<Phase>,
) {
    let who = content::server(client, attempt);
    let mut random = Random::new(contents.seed(), who, u64::MAX);
    let is_calm = *phase.borrow() == Phase::Calm;
    let life = if is_calm { Duration::MAX } else { Duration::from_millis(random.below(LIFE)) };
    let messages = async {
        for number in 0.. {
            if phase.wait_for(|phase| *phase != Phase::Calm).await.is_err() {
                return;
            }
            let message = match contents.message(who, number, DOWN) {
                homing::Message::Text(text) => Message::Text(Utf8Bytes::from(text.as_str())),
                homing::Message::Binary(data) => Message::Binary(Bytes::from(data.to_vec())),
            };
            if sink.send(message).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(random.below(50))).await;
        }
    };
    // The timeout cuts off the message that is being sent.
    if timeout(life, messages).await.is_err() {
        if random.below(2) == 0 {
            return;
        }
        let code = [1001, 1012, 1013, 4000][random.below(4) as usize];
        let close = CloseFrame { code: code.into(), reason: "as planned".into() };
        let _ = sink.send(Message::Close(Some(close))).await;
    }
    std::future::pending().await
}
