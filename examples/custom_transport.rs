//! A transport of your own: the same client, callbacks and reconnecting over anything that carries messages.
//!
//! Here that is a pair of channels to a thread that echoes, and hangs up after every second message. There is no
//! runtime: the pump is driven by hand. `cargo run --example custom_transport`

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use homing::driver::{AttemptId, Buffered, Clock, Input, Pump, SocketEvent, Timer, Timestamp, Transport};
use homing::{CloseCode, Handshake, Message, Reconnect, State, WebSocket};

/// What the owner of the pump waits for.
enum News {
    Socket(AttemptId, SocketEvent),
    Message(AttemptId, Message),
    /// A handle asked for something.
    Wish,
}

/// Dialling starts a thread, which is the server; its end of the line is the socket.
struct Threads {
    news: Sender<News>,
    line: Option<Sender<Message>>,
    attempt: AttemptId,
}

impl Transport for Threads {
    const CAN_PING: bool = false;

    fn dial(&mut self, attempt: AttemptId) {
        let (line, messages) = channel();
        (self.line, self.attempt) = (Some(line), attempt);
        let news = self.news.clone();
        thread::spawn(move || serve(attempt, &messages, &news));
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        // A line that was hung up swallows the rest, as a socket does; its end is on its way.
        for message in batch.drain(..) {
            let _ = self.line.as_ref().map(|line| line.send(message));
        }
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        self.line = None;
        let closed = SocketEvent::Closed { code, reason: reason.into(), clean: true };
        let _ = self.news.send(News::Socket(self.attempt, closed));
    }

    fn abort(&mut self) {
        self.line = None;
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

/// The owner waits with a timeout, so there is nothing to arm.
struct Watch(Instant);

impl Timer for Watch {
    fn clock(&self) -> Clock {
        let start = self.0;
        Clock::new(move || Timestamp::from_micros(start.elapsed().as_micros() as u64))
    }

    fn arm(&mut self, _deadline: Option<Timestamp>) {}
}

struct Bell(Sender<News>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(News::Wish);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (news, inbox) = channel();
    let transport = Threads { news: news.clone(), line: None, attempt: AttemptId::default() };
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
    let (ws, mut pump) = Pump::new(builder, transport, Watch(Instant::now()))?;
    let waker = Waker::from(Arc::new(Bell(news)));
    ws.send("1")?;
    ws.send("2")?;

    while ws.state() != State::Closed {
        pump.drive();
        if !pump.sleep(&waker) {
            continue;
        }
        let patience = pump.deadline().map_or(Duration::MAX, |deadline| deadline.since(pump.now()));
        match inbox.recv_timeout(patience) {
            Ok(News::Socket(attempt, event)) => pump.event(pump.now(), Input::Socket(attempt, event)),
            Ok(News::Message(attempt, message)) => {
                pump.message(message);
                pump.received(attempt);
            }
            Ok(News::Wish) => {}
            Err(RecvTimeoutError::Timeout) => pump.event(pump.now(), Input::Wake),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    println!("{:?}", ws.stats());
    Ok(())
}
