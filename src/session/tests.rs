//! Set-ups over a network in memory.

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
use crate::{Builder, EndReason, ErrorKind, Reconnect, State, WebSocket};

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

#[test]
fn s27_a_failed_set_up_closes_with_its_code_and_is_retried() {
    let (network, log) = (Network::new(), Log::default());
    let ws = logging_in(&network, &log, builder());
    network.peer().send("go away");
    network.advance(Duration::ZERO);
    assert_eq!(log.take(), ["set-up failed: not welcome (ws://example.com/)", "close 1006"]);
    assert_eq!(network.peer().close_received().unwrap().0, 1000);
    assert_eq!(ws.state(), State::Waiting);
    let fatal = builder().setup(|_| async { Err(SetupError::new("the end").close(4401, "bye")?.fatal()) });
    let ws = network.connect(log.record(fatal)).unwrap();
    network.advance(Duration::ZERO);
    let (code, reason) = network.peer().close_received().unwrap();
    assert_eq!((code.get(), reason.as_str()), (4401, "bye"));
    assert_eq!(ws.state(), State::Closed);
    assert_eq!(log.take(), ["set-up failed: the end (ws://example.com/)", "close 1006", "Fatal"]);
}

#[test]
fn s27_a_code_that_may_not_be_sent_is_the_error() {
    let (network, log) = (Network::new(), Log::default());
    let ws = network.connect(log.record(builder().setup(|_| async { Err(SetupError::new("x").close(1002, "")?) })));
    network.advance(Duration::ZERO);
    let text = "set-up failed: close code 1002 is not allowed, expected 1000 or 3000 to 4999 (ws://example.com/)";
    assert_eq!(log.take(), [text, "close 1006"]);
    drop(ws);
}

/// Counts how many there are.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A client whose set-up never ends. The number is how many of them are running.
fn endless(network: &Network, log: &Log) -> (WebSocket, Arc<AtomicUsize>) {
    let running = Arc::new(AtomicUsize::new(0));
    let count = running.clone();
    let builder = builder().setup(move |session| {
        let alive = Alive::new(&count);
        async move {
            let _held = (session, alive);
            pending().await
        }
    });
    let ws = network.connect(log.record(builder)).unwrap();
    network.advance(Duration::ZERO);
    assert_eq!(running.load(Ordering::Relaxed), 1);
    (ws, running)
}

#[test]
fn s27_a_set_up_that_never_ends_times_out() {
    let (network, log) = (Network::new(), Log::default());
    let (ws, running) = endless(&network, &log);
    network.advance(10 * SECOND - Duration::from_millis(1));
    assert_eq!(log.take(), [""; 0]);
    network.advance(Duration::from_millis(1));
    assert_eq!(log.take(), ["set-up failed: timeout (ws://example.com/)", "close 1006"]);
    assert_eq!((running.load(Ordering::Relaxed), ws.state()), (0, State::Waiting));
    assert_eq!(network.peer().close_received().unwrap().0, 1000);
}

#[test]
fn s27_a_session_is_over_when_its_client_is_gone() {
    let (network, given) = (Network::new(), Arc::new(Mutex::new(None)));
    let keep = given.clone();
    let builder = builder().setup(move |session| {
        *keep.lock().unwrap() = Some(session);
        pending()
    });
    let ws = network.connect(builder).unwrap();
    network.advance(Duration::ZERO);
    drop(network);
    let mut session = given.lock().unwrap().take().unwrap();
    let mut cx = core::task::Context::from_waker(core::task::Waker::noop());
    assert!(matches!(core::pin::pin!(session.receive()).poll(&mut cx), Poll::Ready(Err(_))));
    assert_eq!(ws.state(), State::Closed);
}

#[test]
fn s27_the_end_of_the_attempt_drops_the_set_up_before_on_close() {
    let ends: [fn(&WebSocket, &Network); 6] = [
        |ws, _| ws.close(1000, "").unwrap(),
        |ws, _| ws.abort(),
        |ws, _| ws.reconnect(),
        |_, network| network.peer().cut(),
        |_, network| network.peer().close(4401, "bye"),
        |_, network| network.page(crate::driver::PageEvent::Frozen),
    ];
    for end in ends {
        let (network, log) = (Network::new(), Log::default());
        let running = Arc::new(AtomicUsize::new(0));
        let (count, seen) = (running.clone(), running.clone());
        let builder = builder().setup(move |_| {
            let alive = Alive::new(&count);
            async move {
                let _alive = alive;
                pending().await
            }
        });
        let inner = log.clone();
        let builder = log.record(builder).on_close(move |_, close| {
            let running = seen.load(Ordering::Relaxed);
            inner.add(alloc::format!("close {} with {running} running", close.code));
        });
        let ws = network.connect(builder).unwrap();
        network.advance(Duration::ZERO);
        assert_eq!(running.load(Ordering::Relaxed), 1);
        end(&ws, &network);
        network.advance(Duration::ZERO);
        let lines = log.take();
        assert!(lines.iter().any(|line| line.ends_with("with 0 running")), "{lines:?}");
        assert!(!lines.contains(&"open".to_string()), "{lines:?}");
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
fn s27_a_panic_ends_the_client() {
    let network = Network::new();
    let ws = network.connect(builder().setup(|_| async { panic!("on purpose") })).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| network.advance(Duration::ZERO)));
    assert!(panicked.is_err());
    let mut cx = core::task::Context::from_waker(core::task::Waker::noop());
    let Poll::Ready(end) = core::pin::pin!(ws.closed()).poll(&mut cx) else { panic!("not closed") };
    assert_eq!(end.reason, EndReason::Panicked);
}

#[test]
fn s27_the_client_may_be_closed_and_reconnected_inside() {
    let (network, log) = (Network::new(), Log::default());
    let slot = Arc::new(Mutex::new(None::<crate::WeakWebSocket>));
    let (handle, calls) = (slot.clone(), Arc::new(AtomicUsize::new(0)));
    let count = calls.clone();
    let builder = builder().setup(move |_| {
        let call = count.fetch_add(1, Ordering::Relaxed);
        let ws = handle.lock().unwrap().as_ref().unwrap().upgrade().unwrap();
        async move {
            if call == 0 {
                ws.reconnect()
            } else {
                ws.close(1000, "")?
            }
            Ok(())
        }
    });
    let ws = network.connect(log.record(builder)).unwrap();
    *slot.lock().unwrap() = Some(ws.downgrade());
    network.advance(5 * SECOND);
    assert_eq!(log.take(), ["close 1006", "close 1006", "Closed"]);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[test]
fn s27_nothing_leaves_after_the_client_is_closed_inside() {
    let network = Network::new();
    network.set_rate(100);
    let slot = Arc::new(Mutex::new(None::<crate::WeakWebSocket>));
    let handle = slot.clone();
    let builder = builder().setup(move |session| {
        let ws = handle.lock().unwrap().as_ref().unwrap().upgrade().unwrap();
        async move {
            session.send("too late")?;
            ws.abort();
            Ok(())
        }
    });
    let ws = network.connect(builder).unwrap();
    *slot.lock().unwrap() = Some(ws.downgrade());
    network.advance(SECOND);
    assert_eq!((ws.state(), ws.buffered_amount(), ws.stats().messages_sent), (State::Closed, 0, 0));
}

#[test]
fn s27_the_error_is_of_its_kind_and_has_its_source() {
    let network = Network::new();
    let seen = Arc::new(Mutex::new(None));
    let keep = seen.clone();
    let builder = builder().setup(|_| async {
        "x".parse::<u8>()?;
        Ok(())
    });
    let ws = network.connect(builder.on_error(move |_, error| *keep.lock().unwrap() = Some(error.clone()))).unwrap();
    network.advance(Duration::ZERO);
    let error = seen.lock().unwrap().take().unwrap();
    assert!(!error.is_timeout());
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Setup, 1));
    assert!(core::error::Error::source(&error).unwrap().is::<core::num::ParseIntError>());
    drop(ws);
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
