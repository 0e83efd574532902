//! The set-up of connections (S27). `sending` has what `on_open` sends (S13).

use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use homing::{Builder, EndReason, ErrorKind, Initiator, Message, SendErrorKind, Session, SetupError, State, WebSocket};

use super::*;

async fn log_in(session: &mut Session) -> Result<(), SetupError> {
    session.send("login secret")?;
    let answer = session.receive().await?;
    if answer.as_text() == Some("welcome") { Ok(()) } else { Err(SetupError::new("not welcome")) }
}

/// A client with a login.
fn member(builder: Builder) -> Builder {
    builder.setup(|mut session| async move { log_in(&mut session).await })
}

pub async fn s27_set_up_comes_before_on_open_and_the_queue(env: Env) {
    let log = env.log();
    let greet = |ws: &WebSocket, event: &homing::Event| {
        if matches!(event, homing::Event::Open(_)) {
            assert_eq!(ws.state(), State::Open);
            ws.send("from on_open").unwrap();
        }
    };
    let ws = member(env.client("/login")).handler(log.then(greet)).connect().unwrap();
    ws.send("queued").unwrap();
    assert_eq!(log.texts(2).await, ["from on_open", "queued"]);
    assert_eq!(log.summary(), "open, from on_open, queued", "what the session received is not delivered");
    env.server().cut_all().await;
    log.closed(1).await;
    ws.send("queued again").unwrap();
    assert_eq!(log.texts(4).await[2..], ["from on_open", "queued again"]);
    let once = ["login secret", "from on_open"];
    assert_eq!(env.server().wait_for_texts(6).await, [once[0], once[1], "queued", once[0], once[1], "queued again"]);
}

pub async fn s27_without_a_login_the_server_closes(env: Env) {
    let log = env.log();
    let ws = env.once("/login").handler(log.handler()).connect().unwrap();
    ws.send("queued").unwrap();
    assert_eq!(log.closed(1).await.code, 4401);
}

pub async fn s27_failed_set_up_fails_the_attempt_and_is_retried(env: Env) {
    let log = env.log();
    let calls = AtomicUsize::new(0);
    let builder = env.client("/echo").setup(move |mut session| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        async move {
            session.send(format!("call {call}"))?;
            session.receive().await?;
            if call == 0 { Err(SetupError::new("not yet").close(4401, "later")?) } else { Ok(()) }
        }
    });
    let ws = builder.handler(log.handler()).connect().unwrap();
    ws.send("queued").unwrap();
    assert_eq!(log.texts(1).await, ["queued"]);
    assert_eq!(log.summary(), "error, close 1006, open, queued");
    let error = log.failed(1).await;
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Setup, 1));
    assert!(error.to_string().starts_with("set-up failed: not yet"), "{error}");
    let close = log.closed(1).await;
    assert_eq!((close.initiator, close.clean, close.lost), (Initiator::Failure, false, 0));
    assert_eq!(env.server().wait_for_close().await, (Some(4401), "later".into()));
    assert_eq!(env.server().wait_for_texts(3).await, ["call 0", "call 1", "queued"]);
}

pub async fn s27_fatal_failure_ends_the_client(env: Env) {
    let log = env.log();
    let builder = env.client("/echo").setup(|_| async { Err(SetupError::new("banned").close(4403, "")?.fatal()) });
    let ws = builder.handler(log.handler()).connect().unwrap();
    ws.send("never sent").unwrap();
    let end = log.ended(1).await;
    assert_eq!((end.reason, end.unsent), (EndReason::Fatal, 1));
    assert_eq!(end.error.map(|error| error.kind().clone()), Some(ErrorKind::Setup));
    assert_eq!(log.summary(), "error, close 1006, end");
    assert_eq!(env.server().wait_for_close().await, (Some(4403), String::new()));
    assert_eq!(ws.take_unsent(), [Message::text("never sent")]);
}

pub async fn s27_messages_not_received_are_delivered_after_on_open(env: Env) {
    let log = env.log();
    let builder = env.client("/numbered?n=5").setup(|mut session| async move {
        assert_eq!(session.receive().await?.as_text(), Some("0"));
        // All of them have arrived before the answer to this.
        session.send("all")?;
        Ok(())
    });
    let ws = builder.handler(log.handler()).connect().unwrap();
    assert_eq!(log.texts(5).await, ["1", "2", "3", "4", "all"]);
    assert!(log.summary().starts_with("open, 1, 2"));
    assert_eq!(ws.stats().messages_received, 6);
}

pub async fn s27_set_up_that_never_ends_times_out(env: Env) {
    let log = env.log();
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let builder = env.client("/echo").setup_timeout(A_WHILE).setup(move |session| {
        let call = count.fetch_add(1, Ordering::Relaxed);
        async move {
            let _session = session;
            if call == 0 { pending().await } else { Ok(()) }
        }
    });
    let _ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    assert_eq!(log.summary(), "error, close 1006, open");
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::Setup);
    assert_eq!(env.server().wait_for_close().await.0, Some(1000));
}

/// Counts the set-ups that are running.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A client whose set-ups never end, and how many are running.
fn endless(builder: Builder) -> (Builder, Arc<AtomicUsize>) {
    let running = Arc::new(AtomicUsize::new(0));
    let count = running.clone();
    let builder = builder.setup(move |session| {
        count.fetch_add(1, Ordering::Relaxed);
        let running = Running(count.clone());
        async move {
            session.send("running")?;
            let _running = running;
            pending().await
        }
    });
    (builder, running)
}

pub async fn s27_close_abort_and_reconnect_drop_the_set_up(env: Env) {
    let requests: [fn(&WebSocket); 3] = [|ws| ws.close(1000, "").unwrap(), WebSocket::abort, WebSocket::reconnect];
    for (number, request) in requests.into_iter().enumerate() {
        let log = env.log();
        let (builder, running) = endless(env.retry_in_an_hour("/echo"));
        let ws = builder.handler(log.handler()).connect().unwrap();
        // One connection each, and two for the last.
        env.server().wait_for_texts(number + 1).await;
        assert_eq!((ws.state(), running.load(Ordering::Relaxed)), (State::Connecting, 1));
        request(&ws);
        let close = log.closed(1).await;
        assert_eq!((close.code.get(), close.clean, close.initiator), (1006, false, Initiator::Local));
        if number < 2 {
            log.ended(1).await;
            assert_eq!(running.load(Ordering::Relaxed), 0);
        } else {
            env.server().wait_for_texts(4).await;
            assert_eq!(running.load(Ordering::Relaxed), 1);
        }
        assert_eq!(log.count("open"), 0);
        ws.abort();
    }
}

pub async fn s27_close_of_the_peer_drops_the_set_up(env: Env) {
    let log = env.log();
    let (builder, running) = endless(env.once("/close?code=4401&reason=no&after=1"));
    let _ws = builder.handler(log.handler()).connect().unwrap();
    let close = log.closed(1).await;
    assert_eq!((close.code.get(), close.reason.as_str(), close.initiator), (4401, "no", Initiator::Remote));
    assert_eq!((log.summary(), running.load(Ordering::Relaxed)), ("close 4401, end".into(), 0));
}

pub async fn s27_broken_connection_drops_the_set_up(env: Env) {
    let log = env.log();
    let (builder, running) = endless(env.once("/drop?after=1"));
    let _ws = builder.handler(log.handler()).connect().unwrap();
    log.ended(1).await;
    assert_eq!((log.summary(), running.load(Ordering::Relaxed)), ("error, close 1006, end".into(), 0));
}

/// What arrived before the connection ended is received first.
pub async fn s27_last_message_before_a_close_is_received(env: Env) {
    let log = env.log();
    let builder = env.client("/raw?hex=8104676f6e6588021131").setup(|mut session| async move {
        let answer = session.receive().await?;
        Err(SetupError::new(answer.as_text().unwrap_or_default().to_owned()).fatal())
    });
    let _ws = builder.handler(log.handler()).connect().unwrap();
    assert_eq!(log.ended(1).await.reason, EndReason::Fatal);
    assert!(log.failed(1).await.to_string().starts_with("set-up failed: gone"));
}

pub async fn s27_session_is_over_after_its_set_up(env: Env) {
    let log = env.log();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = kept.clone();
    let builder = env.client("/count").setup(move |session| {
        keep.lock().unwrap().push(session);
        async { Ok(()) }
    });
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    let mut session = kept.lock().unwrap().pop().unwrap();
    assert_eq!(session.send("late").unwrap_err().kind(), SendErrorKind::SessionOver);
    assert!(session.receive().await.is_err());
    ws.send("first").unwrap();
    assert_eq!(env.server().wait_for_texts(1).await, ["first"]);
}

pub async fn s27_dropped_session_and_calls_inside(env: Env) {
    let log = env.log();
    let handle = Arc::new(Mutex::new(None::<homing::WeakWebSocket>));
    let inside = handle.clone();
    let builder = env.client("/count").setup(move |session| {
        drop(session);
        let ws = inside.lock().unwrap().as_ref().and_then(homing::WeakWebSocket::upgrade).unwrap();
        async move {
            assert_eq!(ws.state(), State::Connecting);
            ws.send("queued inside")?;
            // Nothing leaves before the set-up has ended.
            assert_eq!(ws.flush().await, Err(homing::FlushError::InCallback));
            Ok(())
        }
    });
    let ws = builder.handler(log.handler()).connect().unwrap();
    *handle.lock().unwrap() = Some(ws.downgrade());
    log.opened(1).await;
    assert_eq!(env.server().wait_for_texts(1).await, ["queued inside"]);
}

pub async fn s27_set_up_may_wait_for_something_else(env: Env) {
    let log = env.log();
    let waiting = Arc::new(Mutex::new(None));
    let waits = waiting.clone();
    let builder = env.client("/count").heartbeat(None).setup(move |session| {
        let waits = waits.clone();
        async move {
            session.send("token, please")?;
            poll_fn(|cx| {
                let before = waits.lock().unwrap().replace(cx.waker().clone());
                if before.is_some() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            Ok(())
        }
    });
    // No timeout wakes it.
    let builder = builder.open_timeout(None).setup_timeout(ms(3_600_000));
    let _ws = builder.handler(log.handler()).connect().unwrap();
    env.server().wait_for_texts(1).await;
    // The client sleeps, as nothing arrives.
    let waker: Waker = waiting.lock().unwrap().clone().unwrap();
    waker.wake();
    log.opened(1).await;
    assert_eq!(log.summary(), "open");
}

pub async fn s22_s27_what_a_set_up_left_comes_before_the_end_of_a_paused_client(env: Env) {
    let log = env.log();
    let waiting = Arc::new(Mutex::new(None::<Waker>));
    let waits = waiting.clone();
    let builder = env.once("/numbered?n=2").heartbeat(None).setup(move |_| {
        let waits = waits.clone();
        poll_fn(move |cx| {
            let before = waits.lock().unwrap().replace(cx.waker().clone());
            if before.is_some() { Poll::Ready(Ok(())) } else { Poll::Pending }
        })
    });
    let pause = |ws: &WebSocket, event: &homing::Event| {
        if matches!(event, homing::Event::Open(_)) {
            ws.pause();
        }
    };
    let ws = builder.handler(log.then(pause)).connect().unwrap();
    while ws.stats().messages_received < 2 {
        env.sleep(ms(5)).await;
    }
    let waker: Waker = waiting.lock().unwrap().clone().unwrap();
    waker.wake();
    log.opened(1).await;
    env.server().cut_all().await;
    // A browser reports the end in this time.
    env.sleep(ms(200)).await;
    assert_eq!(log.summary(), "open");
    ws.resume();
    log.closed(1).await;
    assert_eq!(log.texts(2).await, ["0", "1"]);
    assert!(log.summary().starts_with("open, 0, 1, error"), "{}", log.summary());
}

pub async fn s27_session_may_be_read_outside_of_its_set_up(env: Env) {
    let given = Arc::new(Mutex::new((None, None::<Waker>)));
    let give = given.clone();
    // Far more than are kept: the socket is not read for a while.
    let builder = env.once("/numbered?n=5000").heartbeat(None).max_receive_buffer(1000);
    let builder = builder.open_timeout(None).setup_timeout(ms(3_600_000)).setup(move |session| {
        let (given, waits) = &mut *give.lock().unwrap();
        *given = Some(session);
        if let Some(waker) = waits.take() {
            waker.wake();
        }
        pending()
    });
    let _ws = builder.connect().unwrap();
    let mut session: Session = poll_fn(|cx| {
        let (given, waits) = &mut *given.lock().unwrap();
        *waits = Some(cx.waker().clone());
        given.take().map_or(Poll::Pending, Poll::Ready)
    })
    .await;
    for number in 0..5000 {
        assert_eq!(session.receive().await.unwrap().as_text(), Some(&*number.to_string()));
    }
}

pub async fn s27_set_up_is_part_of_a_stream_of_events(env: Env) {
    use futures::StreamExt;
    let (ws, events) = member(env.client("/login")).connect_stream().unwrap();
    ws.send("queued").unwrap();
    let mut events = events.filter(|event| std::future::ready(!matches!(event, homing::Event::Connect)));
    let first = env.soon("open", events.next()).await;
    assert!(matches!(first, Some(homing::Event::Open(_))), "{first:?}");
    let second = env.soon("echo", events.next()).await;
    assert!(matches!(second, Some(homing::Event::Message(message)) if message.as_text() == Some("queued")));
}
