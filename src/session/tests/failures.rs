//! Set-ups that fail, never end, or whose connection or client ends.

use super::*;
use crate::{EndReason, ErrorKind};

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
