//! Set-ups over a network in memory.

mod failures;

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{pending, poll_fn};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Poll;
use core::time::Duration;
use std::sync::Mutex;

use super::*;
use crate::error::SendErrorKind;
use crate::memory::{Network, Peer};
use crate::{Builder, Reconnect, State, WebSocket};

const SECOND: Duration = Duration::from_secs(1);

/// What the callbacks of a client were given, a line each.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn take(&self) -> Vec<String> {
        core::mem::take(&mut self.0.lock().unwrap())
    }

    fn record(&self, builder: Builder) -> Builder {
        let [open, message, error, close, end] = [(); 5].map(|()| self.clone());
        builder
            .on_open(move |_, _| open.add("open"))
            .on_message(move |_, received| message.add(received.as_text().unwrap_or("binary")))
            .on_error(move |_, failed| error.add(failed.to_string()))
            .on_close(move |_, closed| close.add(alloc::format!("close {}", closed.code)))
            .on_end(move |_, ended| end.add(alloc::format!("{:?}", ended.reason)))
    }
}

fn builder() -> Builder {
    WebSocket::builder("ws://example.com").reconnect(Reconnect::fixed(SECOND)).heartbeat(None)
}

fn received(peer: &Peer) -> Vec<String> {
    peer.received().iter().map(|message| message.as_text().unwrap().to_string()).collect()
}

async fn log_in(session: &mut Session) -> Result<(), SetupError> {
    session.send("login")?;
    let answer = session.receive().await?;
    if answer.as_text() == Some("welcome") { Ok(()) } else { Err(SetupError::new("not welcome")) }
}

/// A client that logs in, and whose login has arrived.
fn logging_in(network: &Network, log: &Log, builder: Builder) -> WebSocket {
    let builder = builder.setup(|mut session| async move { log_in(&mut session).await });
    let ws = network.connect(log.record(builder)).unwrap();
    network.advance(Duration::ZERO);
    assert_eq!(received(&network.peer()), ["login"]);
    assert_eq!((ws.state(), log.take()), (State::Connecting, Vec::new()));
    ws
}

#[test]
fn s27_the_session_comes_before_on_open_and_the_queue() {
    let (network, log) = (Network::new(), Log::default());
    let ws = logging_in(&network, &log, builder());
    ws.send("queued").unwrap();
    network.advance(SECOND);
    network.peer().send("welcome");
    for text in ["1", "2"] {
        network.peer().send(text);
    }
    network.advance(Duration::ZERO);
    assert_eq!(log.take(), ["open", "1", "2"]);
    assert_eq!(received(&network.peer()), ["login", "queued"]);
    let stats = ws.stats();
    assert_eq!((stats.messages_received, stats.messages_sent), (3, 2));
    // And again after a reconnect.
    network.peer().cut();
    network.advance(Duration::ZERO);
    ws.send("queued again").unwrap();
    network.advance(SECOND);
    assert_eq!(received(&network.peer()), ["login"]);
    network.peer().send("welcome");
    network.advance(Duration::ZERO);
    assert_eq!(received(&network.peer()), ["login", "queued again"]);
}

#[test]
fn s27_what_was_not_received_is_delivered_after_on_open_also_when_paused() {
    let (network, log) = (Network::new(), Log::default());
    let inner = log.clone();
    let builder = log.record(builder()).on_open(move |ws, _| {
        inner.add("open");
        ws.pause();
    });
    let builder = builder.setup(|mut session: Session| async move {
        assert_eq!(session.receive().await?.as_text(), Some("1"));
        Ok(())
    });
    let ws = network.connect(builder).unwrap();
    network.advance(Duration::ZERO);
    for text in ["1", "2", "3"] {
        network.peer().send(text);
    }
    network.advance(Duration::ZERO);
    assert_eq!(log.take(), ["open"]);
    network.peer().send("4");
    network.advance(SECOND);
    assert_eq!(log.take(), [""; 0]);
    ws.resume();
    network.advance(Duration::ZERO);
    assert_eq!(log.take(), ["2", "3", "4"]);
}

/// What a set-up left unread waits while the client is paused, but nothing is kept of what arrives once it closes.
#[test]
fn s10_s27_what_arrives_while_closing_is_not_kept_behind_what_a_set_up_left() {
    let (network, log) = (Network::new(), Log::default());
    let inner = log.clone();
    let builder = log.record(builder()).on_open(move |ws, _| {
        inner.add("open");
        ws.pause();
    });
    let gate = Gate::default();
    let wait = gate.clone();
    let builder = builder.setup(move |_| {
        let wait = wait.clone();
        async move {
            wait.passed().await;
            Ok(())
        }
    });
    let ws = network.connect(builder).unwrap();
    network.advance(Duration::ZERO);
    network.peer().send("left");
    network.advance(Duration::ZERO);
    gate.open();
    network.advance(Duration::ZERO);
    // The queue does not leave, so the closing handshake waits.
    network.peer().read(false);
    ws.send("queued").unwrap();
    ws.close(1000, "").unwrap();
    network.advance(Duration::ZERO);
    assert_eq!((ws.state(), ws.stats().messages_received), (State::Closing, 1));
    let dropped = Arc::new(AtomicUsize::new(0));
    for _ in 0..100 {
        network.peer().send(bytes::Bytes::from_owner(Tracked(dropped.clone())));
    }
    network.advance(Duration::ZERO);
    assert_eq!((dropped.load(Ordering::Relaxed), ws.stats().messages_received), (100, 1));
    assert_eq!(log.take(), ["open"]);
}

/// Payload that counts its end.
struct Tracked(Arc<AtomicUsize>);

impl AsRef<[u8]> for Tracked {
    fn as_ref(&self) -> &[u8] {
        b"payload"
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn s27_a_session_is_over_when_its_set_up_has_returned_or_its_connection_is_gone() {
    let (network, log) = (Network::new(), Log::default());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = kept.clone();
    let builder = builder().setup(move |session| {
        keep.lock().unwrap().push(session);
        async { Ok(()) }
    });
    let ws = network.connect(log.record(builder)).unwrap();
    network.advance(Duration::ZERO);
    assert_eq!(ws.state(), State::Open);
    let mut session = kept.lock().unwrap().pop().unwrap();
    let refused = session.send("late").unwrap_err();
    assert_eq!((refused.kind(), refused.message().as_text()), (SendErrorKind::SessionOver, Some("late")));
    let mut cx = core::task::Context::from_waker(core::task::Waker::noop());
    assert!(matches!(core::pin::pin!(session.receive()).poll(&mut cx), Poll::Ready(Err(_))));
    assert!(matches!(core::pin::pin!(session.flush()).poll(&mut cx), Poll::Ready(Err(_))));
    assert_eq!(format!("{session:?}"), "Session { is_over: true, .. }");
    network.advance(SECOND);
    assert!(network.peer().received().is_empty());
}

/// Set-ups wait for it.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Option<core::task::Waker>)>>);

impl Gate {
    fn open(&self) {
        let mut gate = self.0.lock().unwrap();
        gate.0 = true;
        gate.1.take().unwrap().wake();
    }

    async fn passed(&self) {
        poll_fn(|cx| {
            let mut gate = self.0.lock().unwrap();
            gate.1 = Some(cx.waker().clone());
            if gate.0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[test]
fn s27_a_session_can_be_used_outside_of_its_set_up() {
    let (network, log) = (Network::new(), Log::default());
    let (given, gate) = (Arc::new(Mutex::new(None)), Gate::default());
    let (keep, wait) = (given.clone(), gate.clone());
    let builder = builder().setup(move |session| {
        *keep.lock().unwrap() = Some(session);
        let wait = wait.clone();
        async move {
            wait.passed().await;
            Ok(())
        }
    });
    let ws = network.connect(log.record(builder)).unwrap();
    network.advance(Duration::ZERO);
    let session = given.lock().unwrap().take().unwrap();
    session.send("from elsewhere").unwrap();
    network.advance(Duration::ZERO);
    assert_eq!((received(&network.peer()), ws.state()), (vec!["from elsewhere".into()], State::Connecting));
    gate.open();
    network.advance(Duration::ZERO);
    assert_eq!(log.take(), ["open"]);
}

#[test]
fn s27_flush_waits_for_empty_messages_as_well() {
    for texts in [&[""][..], &["a", ""]] {
        let (network, log) = (Network::new(), Log::default());
        let builder = builder().setup(move |mut session| async move {
            for text in texts {
                session.send(*text)?;
            }
            session.flush().await?;
            Ok(())
        });
        let _ws = network.connect(log.record(builder)).unwrap();
        network.advance(Duration::ZERO);
        assert_eq!(
            (received(&network.peer()), log.take()),
            (texts.iter().map(ToString::to_string).collect(), vec!["open".into()])
        );
    }
}

#[test]
fn s27_messages_leave_before_on_open_also_through_a_full_socket() {
    let (network, log) = (Network::new(), Log::default());
    network.set_capacity(8);
    let builder = builder().max_send_buffer(12).setup(|mut session| async move {
        for text in ["12345678", "1234"] {
            session.send(text)?;
        }
        assert_eq!(session.send("x").unwrap_err().kind(), SendErrorKind::Full);
        session.flush().await?;
        session.send("last")?;
        Ok(())
    });
    let ws = network.connect(log.record(builder)).unwrap();
    ws.send("queued").unwrap();
    network.set_rate(800);
    network.advance(Duration::ZERO);
    assert_eq!((ws.state(), log.take()), (State::Connecting, Vec::new()), "the socket is full");
    network.advance(SECOND);
    assert_eq!(log.take(), ["open"]);
    assert_eq!(received(&network.peer()), ["12345678", "1234", "last", "queued"]);
}

#[test]
fn s22a_a_set_up_that_does_not_receive_stops_reading() {
    let (network, log) = (Network::new(), Log::default());
    let gate = Gate::default();
    let wait = gate.clone();
    let builder = builder().max_receive_buffer(10).setup(move |mut session| {
        let wait = wait.clone();
        async move {
            wait.passed().await;
            for _ in 0..20 {
                session.receive().await?;
            }
            Ok(())
        }
    });
    let ws = network.connect(log.record(builder)).unwrap();
    network.advance(Duration::ZERO);
    for _ in 0..30 {
        network.peer().send("four");
    }
    network.advance(SECOND);
    assert_eq!(ws.stats().messages_received, 3, "12 bytes are above the limit");
    gate.open();
    network.advance(Duration::ZERO);
    assert_eq!((ws.state(), ws.stats().messages_received), (State::Open, 30));
    assert_eq!(log.take().iter().filter(|line| *line == "four").count(), 10);
}

#[test]
fn s01_a_set_up_timeout_of_zero_is_refused() {
    let error = Network::new().connect(builder().setup_timeout(Duration::ZERO)).unwrap_err();
    assert_eq!(error.option, "setup_timeout");
}

#[test]
fn s13_what_on_open_sends_leaves_first() {
    let network = Network::new();
    let builder = builder().setup(|session| async move { Ok(session.send("set-up")?) });
    let builder = builder.max_send_buffer(6).on_open(|ws, _| {
        let clone = ws.clone();
        clone.send("login").unwrap();
        ws.send("subscribe").unwrap();
    });
    let ws = network.connect(builder).unwrap();
    ws.send("queued").unwrap();
    assert_eq!(ws.send("too much").unwrap_err().kind(), SendErrorKind::Full);
    network.advance(Duration::ZERO);
    assert_eq!(received(&network.peer()), ["set-up", "login", "subscribe", "queued"]);
}
