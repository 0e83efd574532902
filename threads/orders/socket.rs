//! A socket in memory, and the task that drives a client over it, with scheduling points wherever other threads may interfere.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use homing::driver::{AttemptId, Buffered, Clock, Input, Pump, SocketEvent, Timer, Timestamp, Transport};
use homing::{Builder, CloseCode, Events, Handshake, Heartbeat, Message, Reconnect, WebSocket};
use shuttle::sync::Mutex;
use shuttle::thread::{self, JoinHandle};

/// What all sockets of a client did.
#[derive(Default)]
pub(crate) struct Seen {
    /// The messages that sockets took.
    pub(crate) taken: Vec<String>,
    pub(crate) dials: usize,
    pub(crate) closes: Vec<u16>,
}

pub(crate) struct Socket {
    seen: Arc<Mutex<Seen>>,
    attempt: AttemptId,
    is_open: bool,
    reads: bool,
    events: VecDeque<SocketEvent>,
    incoming: VecDeque<Message>,
    /// What the socket holds until its next event.
    held: Buffered,
    /// Sent by the peer when a connection opens.
    greetings: Vec<Message>,
}

impl Socket {
    fn arrived(&mut self) -> Option<Message> {
        if self.reads { self.incoming.pop_front() } else { None }
    }
}

impl Transport for Socket {
    const CAN_PING: bool = true;

    fn dial(&mut self, attempt: AttemptId) {
        (self.attempt, self.is_open, self.held, self.reads) = (attempt, true, Buffered::default(), true);
        self.events = [SocketEvent::Opened(Handshake::default())].into();
        self.incoming = self.greetings.iter().cloned().collect();
        self.seen.lock().unwrap().dials += 1;
    }

    /// Takes one message after the other, as a write would, so that others come in between. Holds them until the next event.
    fn send(&mut self, batch: &mut VecDeque<Message>) {
        while let Some(message) = batch.pop_front() {
            thread::yield_now();
            self.held.messages += 1;
            self.held.bytes += message.len();
            self.seen.lock().unwrap().taken.push(message.as_text().unwrap().to_owned());
        }
        self.events.push_back(SocketEvent::Left { held: Buffered::default(), was_full: false });
    }

    fn flush(&mut self) {
        thread::yield_now();
    }

    fn ping(&mut self, number: u64) {
        self.events.push_back(SocketEvent::Answered(Some(number)));
    }

    fn heartbeat(&mut self, _: Message) {}

    fn read(&mut self, on: bool) {
        self.reads = on;
    }

    /// The peer answers at once.
    fn close(&mut self, code: CloseCode, reason: &str) {
        if self.is_open {
            self.seen.lock().unwrap().closes.push(u16::from(code));
            self.events.push_back(SocketEvent::Closed { code, reason: reason.into(), clean: true });
        }
    }

    fn abort(&mut self) {
        self.is_open = false;
        self.events.clear();
        self.incoming.clear();
    }

    fn buffered(&mut self) -> Buffered {
        self.held
    }
}

/// Time stands still, so that no timer makes up for a lost wake-up.
struct Still;

impl Timer for Still {
    fn clock(&self) -> Clock {
        Clock::new(Timestamp::default)
    }

    fn arm(&mut self, _: Option<Timestamp>) {}
}

pub(crate) fn builder() -> Builder {
    let reconnect = Reconnect::fixed(std::time::Duration::from_secs(1));
    WebSocket::builder("ws://socket.test").heartbeat(None::<Heartbeat>).reconnect(reconnect)
}

/// The task of a client.
struct Task {
    pump: Pump<Socket, Still>,
}

pub(crate) struct Client {
    pub(crate) ws: WebSocket,
    pub(crate) seen: Arc<Mutex<Seen>>,
    /// Ends when the client has ended and has no handles.
    pub(crate) task: JoinHandle<()>,
}

/// A client whose events are read from a stream.
pub(crate) struct Streaming {
    pub(crate) ws: WebSocket,
    pub(crate) events: Events,
    pub(crate) task: JoinHandle<()>,
}

fn socket(seen: &Arc<Mutex<Seen>>, greetings: &[&'static str]) -> Socket {
    let greetings = greetings.iter().copied().map(Message::text).collect();
    Socket {
        seen: seen.clone(),
        attempt: AttemptId::default(),
        is_open: false,
        reads: true,
        events: VecDeque::new(),
        incoming: VecDeque::new(),
        held: Buffered::default(),
        greetings,
    }
}

/// Starts a client whose task is a thread. The peer sends `greetings` on each connection.
pub(crate) fn start(builder: Builder, greetings: &[&'static str]) -> Client {
    let seen = Arc::default();
    let (ws, pump) = Pump::new(builder, socket(&seen, greetings), Still).unwrap();
    Client { ws, seen, task: spawn(pump) }
}

/// As [`start`], with a stream of events.
pub(crate) fn start_stream(builder: Builder, greetings: &[&'static str]) -> Streaming {
    let (ws, events, pump) = Pump::with_stream(builder, socket(&Arc::default(), greetings), Still).unwrap();
    Streaming { ws, events, task: spawn(pump) }
}

fn spawn(pump: Pump<Socket, Still>) -> JoinHandle<()> {
    let mut task = Task { pump };
    thread::spawn(move || shuttle::future::block_on(poll_fn(|cx| task.poll(cx))))
}

impl Task {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let pump = &mut self.pump;
        loop {
            pump.drive();
            if pump.is_done() {
                return Poll::Ready(());
            }
            let attempt = pump.transport().attempt;
            if let Some(event) = pump.transport().events.pop_front() {
                let socket = pump.transport();
                match &event {
                    SocketEvent::Left { .. } => socket.held = Buffered::default(),
                    SocketEvent::Closed { .. } => socket.abort(),
                    _ => {}
                }
                pump.event(pump.now(), Input::Socket(attempt, event));
            } else if let Some(message) = pump.transport().arrived() {
                pump.message(message);
                pump.received(attempt);
            } else if pump.sleep(cx.waker()) {
                // What is due at once. Nothing later ever is.
                if pump.deadline().is_none_or(|deadline| deadline > pump.now()) {
                    return Poll::Pending;
                }
                pump.event(pump.now(), Input::Wake);
            }
        }
    }
}

pub(crate) fn join<T>(threads: impl IntoIterator<Item = JoinHandle<T>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}
