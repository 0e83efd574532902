//! Runs a client over a transport of its own, with the same callbacks and reconnects as over a WebSocket.
//!
//! ```text
//! cargo run --example custom_transport
//! ```
//!
//! The transport is a pair of channels to a thread, which echoes messages and closes after every second one. There is no
//! runtime: `main` is the event loop that drives the `Pump`.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use homing::driver::{AttemptId, Buffered, Clock, Input, Pump, SocketEvent, Timer, Timestamp, Transport};
use homing::{CloseCode, Handshake, Message, Reconnect, State, WebSocket};

/// What wakes the event loop.
enum News {
    Socket(AttemptId, SocketEvent),
    Message(AttemptId, Message),
    /// A handle requested something.
    Request,
}

/// Dialling starts a thread that acts as the server. The channel to it is the socket.
struct ThreadTransport {
    news: Sender<News>,
    socket: Option<Sender<Message>>,
    attempt: AttemptId,
}

impl Transport for ThreadTransport {
    const CAN_PING: bool = false;

    fn dial(&mut self, attempt: AttemptId) {
        let (socket, messages) = channel();
        (self.socket, self.attempt) = (Some(socket), attempt);
        let news = self.news.clone();
        thread::spawn(move || serve(attempt, &messages, &news));
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        // If the server has closed, messages are discarded; the event of the close is on its way.
        for message in batch.drain(..) {
            let _ = self.socket.as_ref().map(|socket| socket.send(message));
        }
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        self.socket = None;
        let closed = SocketEvent::Closed { code, reason: reason.into(), clean: true };
        let _ = self.news.send(News::Socket(self.attempt, closed));
    }

    fn abort(&mut self) {
        self.socket = None;
    }

    fn flush(&mut self) {}

    fn ping(&mut self, _beat: u64) {}

    fn heartbeat(&mut self, _message: Message) {}

    fn read(&mut self, _on: bool) {}

    fn buffered(&mut self) -> Buffered {
        Buffered::default()
    }
}

fn serve(attempt: AttemptId, messages: &Receiver<Message>, news: &Sender<News>) {
    let _ = news.send(News::Socket(attempt, SocketEvent::Opened(Handshake::default())));
    for message in messages.iter().take(2) {
        let _ = news.send(News::Message(attempt, message));
    }
    let closed = SocketEvent::Closed { code: CloseCode::GOING_AWAY, reason: "enough".into(), clean: true };
    let _ = news.send(News::Socket(attempt, closed));
}

/// The event loop waits with a timeout, so nothing is armed.
struct LoopTimer(Instant);

impl Timer for LoopTimer {
    fn clock(&self) -> Clock {
        let start = self.0;
        Clock::new(move || Timestamp::from_micros(start.elapsed().as_micros() as u64))
    }

    fn arm(&mut self, _deadline: Option<Timestamp>) {}
}

/// Wakes the event loop when a handle requests something.
struct LoopWaker(Sender<News>);

impl Wake for LoopWaker {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(News::Request);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (news, inbox) = channel();
    let transport = ThreadTransport { news: news.clone(), socket: None, attempt: AttemptId::default() };
    let builder = WebSocket::builder("ws://thread.invalid")
        .heartbeat(None)
        .reconnect(Reconnect::fixed(Duration::from_millis(50)))
        .on_open(|_, _| println!("open"))
        .on_message(|ws, message| {
            println!("{message:?} came back");
            if message.as_text() == Some("4") {
                let _ = ws.close(1000, "");
            }
        })
        .on_close(|ws, event| {
            println!("closed with {} {:?}", event.code, event.reason);
            if event.retry_in.is_some() {
                let _ = ws.send("3").and_then(|()| ws.send("4"));
            }
        });
    let (ws, mut pump) = Pump::new(builder, transport, LoopTimer(Instant::now()))?;
    let waker = Waker::from(Arc::new(LoopWaker(news)));
    ws.send("1")?;
    ws.send("2")?;

    while ws.state() != State::Closed {
        pump.drive();
        if !pump.sleep(&waker) {
            continue;
        }
        let timeout = pump.deadline().map_or(Duration::MAX, |deadline| deadline.since(pump.now()));
        match inbox.recv_timeout(timeout) {
            Ok(News::Socket(attempt, event)) => pump.event(pump.now(), Input::Socket(attempt, event)),
            Ok(News::Message(attempt, message)) => {
                pump.message(message);
                pump.received(attempt);
            }
            Ok(News::Request) => {}
            Err(RecvTimeoutError::Timeout) => pump.event(pump.now(), Input::Wake),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    println!("{:?}", ws.stats());
    Ok(())
}
