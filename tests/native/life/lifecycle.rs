//! Tasks, threads and runtimes: panics, shutdown, blocking programs, leaks.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures::SinkExt as _;
use homing::native::{BuilderExt, RunError, run_all};
use homing::{EndReason, ErrorKind, Event, Heartbeat, Message, Reconnect, Request, State, WeakWebSocket, WebSocket};
use homing_test_server::What;
use tokio::runtime::{Builder as RuntimeBuilder, Handle};

use crate::support::{PATIENCE, client, connect, doings, seen, server};

/// Waits until this runtime has no task. The test itself is none.
async fn no_tasks_left() {
    let metrics = Handle::current().metrics();
    let empty = async {
        while metrics.num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, empty).await;
    assert!(waited.is_ok(), "{} tasks are left", metrics.num_alive_tasks());
}

#[tokio::test]
async fn s05_a_panic_ends_its_own_client_only() {
    let server = server();
    let (bystander, others) = connect(server.url("/echo"));
    others.opened().await;
    let builder = WebSocket::builder(server.url("/text")).reconnect(Reconnect::fixed(Duration::from_millis(10)));
    let (ended, end_told) = mpsc::channel();
    let builder =
        builder.on_message(|_, _| panic!("on purpose")).on_end(move |_, end| ended.send(end.clone()).unwrap());
    let ws = builder.connect().unwrap();
    let clone = ws.clone();
    for ws in [&ws, &clone, &ws] {
        let end = tokio::time::timeout(PATIENCE, ws.closed()).await.expect("an end");
        assert_eq!(end.reason, EndReason::Panicked);
    }
    assert_eq!(ws.state(), State::Closed);
    assert_eq!(end_told.try_recv(), Err(mpsc::TryRecvError::Disconnected), "the handler is not asked again");
    assert!(ws.send("too late").is_err());
    // None of these may panic or wait, because the client has ended.
    ws.reconnect();
    ws.abort();
    ws.close(1000, "").unwrap();
    tokio::time::timeout(PATIENCE, ws.ready()).await.expect("nothing to wait for");
    assert_eq!(ws.closed().await.reason, EndReason::Panicked);
    seen(&server, "the end", |journal| doings(journal, 2).contains(&&What::Disconnected)).await;

    bystander.send("still here").unwrap();
    assert_eq!(others.messages_are(1).await, [Message::text("still here")]);
    assert_eq!(server.connections(), 1);
}

/// Other user code that the client runs.
#[tokio::test]
async fn s05_panics_outside_the_handler() {
    let server = server();
    let builder = WebSocket::builder(server.url("/drop")).retry_if(|_| panic!("on purpose"));
    assert_eq!(builder.connect().unwrap().closed().await.reason, EndReason::Panicked);

    let provider = || async { panic!("on purpose") };
    let builder = WebSocket::builder(server.url("/echo")).request_provider(provider);
    assert_eq!(builder.connect().unwrap().closed().await.reason, EndReason::Panicked);

    let beat = Heartbeat::message(PATIENCE, PATIENCE, "beat");
    let builder = WebSocket::builder(server.url("/text")).heartbeat(beat).heartbeat_reply(|_| panic!("on purpose"));
    assert_eq!(builder.connect().unwrap().closed().await.reason, EndReason::Panicked);
    no_tasks_left().await;
}

#[test]
fn s04_the_end_of_the_runtime_ends_the_client() {
    let server = server();
    let runtime = RuntimeBuilder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (open, recorder) = runtime.block_on(async {
        let (ws, recorder) = connect(server.url("/echo"));
        recorder.opened().await;
        (ws, recorder)
    });
    let (waiting, dialling) = runtime.block_on(async {
        let (builder, recorder) = client(server.url("/drop"));
        let waiting = builder.reconnect(Reconnect::fixed(PATIENCE)).connect().unwrap();
        recorder.closed().await;
        (waiting, connect(server.url("/stall")).0)
    });
    let flush = open.flush();
    let before = open.closed();
    drop(runtime);
    let other = RuntimeBuilder::new_current_thread().enable_all().build().unwrap();
    for ws in [&open, &waiting, &dialling] {
        let end = other.block_on(async { tokio::time::timeout(PATIENCE, ws.closed()).await }).expect("an end");
        assert_eq!(end.reason, EndReason::Shutdown);
        assert_eq!(ws.state(), State::Closed);
    }
    assert_eq!(other.block_on(before).reason, EndReason::Shutdown);
    assert!(other.block_on(flush).is_ok(), "nothing was queued");
    assert_eq!(recorder.count(|event| matches!(event, Event::End(_))), 0, "no task is left to run the handler");
    let refused = open.send("late").unwrap_err();
    assert_eq!(refused.into_message(), Message::text("late"));
    let gone = |journal: &[_]| doings(journal, 1).contains(&&What::Disconnected);
    assert!(server.wait_for(PATIENCE, gone), "{:?}", server.journal());
}

#[test]
fn connecting_outside_a_runtime_is_an_error() {
    let error = client("ws://127.0.0.1:1/").0.connect().unwrap_err();
    assert_eq!(error.option, "connect");
    assert!(error.to_string().contains("run"), "it says what to use: {error}");
    let error = WebSocket::builder("ws://127.0.0.1:1/").connect_stream().unwrap_err();
    assert_eq!(error.option, "connect");
}

#[test]
fn run_blocks_until_the_end() {
    let server = server();
    let (builder, recorder) = client(server.url("/close?code=4001&reason=bye&after=1"));
    let builder = builder.heartbeat(Heartbeat::ping(PATIENCE, PATIENCE));
    let start = Instant::now();
    let (open, opened) = mpsc::channel();
    std::thread::scope(|scope| {
        let running = scope.spawn(move || builder.run());
        scope.spawn(move || {
            assert!(server.wait_for(PATIENCE, |journal| doings(journal, 1).len() == 2));
            open.send(server).unwrap();
        });
        let server = opened.recv_timeout(PATIENCE).unwrap();
        assert!(!running.is_finished(), "it blocks");
        server.close_all(4001, "bye");
        let end = running.join().unwrap().unwrap();
        assert_eq!(end.reason, EndReason::Exhausted);
        let close = end.close.as_ref().expect("an attempt");
        assert_eq!((close.code.get(), close.reason.as_str(), close.clean), (4001, "bye", true));
        assert_eq!(recorder.events().last(), Some(&Event::End(end)));
    });
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn run_all_waits_for_every_end() {
    let server = server();
    let paths = ["/close?code=4001", "/http?status=404", "/close?code=4003&linger_ms=100"];
    let ends = run_all(paths.map(|path| client(server.url(path)).0)).unwrap();
    let reported: Vec<_> =
        ends.iter().map(|end| (end.reason, end.close.as_ref().map(|close| close.code.get()))).collect();
    // In the order of the builders, not of the ends.
    let expected = [(EndReason::Exhausted, 4001), (EndReason::Fatal, 1006), (EndReason::Exhausted, 4003)];
    assert_eq!(reported, expected.map(|(reason, code)| (reason, Some(code))));
    assert_eq!(run_all([]).unwrap(), []);
}

/// As a lookup does whose servers do not answer.
#[test]
fn run_waits_for_no_thread_that_hangs() {
    let server = server();
    let (release, released) = mpsc::channel::<()>();
    let (ended, end) = mpsc::channel();
    let mut released = Some(released);
    let builder = WebSocket::builder(server.url("/echo")).on_open(move |ws, _| {
        if let Some(released) = released.take() {
            tokio::task::spawn_blocking(move || released.recv());
        }
        ws.abort();
    });
    let thread = std::thread::spawn(move || ended.send(builder.run().unwrap().reason));
    assert_eq!(end.recv_timeout(PATIENCE), Ok(EndReason::Closed));
    drop(release);
    thread.join().unwrap().unwrap();
}

/// The second client reconnects the first one, whose end is known already.
#[test]
fn run_all_waits_for_a_client_that_another_one_reconnects() {
    let server = server();
    let first = Arc::new(std::sync::Mutex::new(None));
    let (known, opens) = (first.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = opens.clone();
    let builder = || WebSocket::builder(server.url("/echo")).reconnect(Reconnect::never());
    let one = builder().on_open(move |ws, _| {
        known.lock().unwrap().get_or_insert_with(|| ws.downgrade());
        let code = 4000 + counted.fetch_add(1, Relaxed) as u16;
        ws.close(code, "").unwrap();
    });
    let two = builder().on_message(move |ws, _| {
        let ended = first.lock().unwrap().as_ref().and_then(WeakWebSocket::upgrade);
        match ended.filter(|ended| ended.state() == State::Closed) {
            Some(ended) => {
                ended.reconnect();
                ws.close(1000, "").unwrap();
            }
            None => ws.send("again").unwrap(),
        }
    });
    let two = two.on_open(|ws, _| ws.send("now").unwrap());
    let ends = run_all([one, two]).unwrap();
    assert_eq!((ends.len(), opens.load(Relaxed)), (2, 2));
    assert!(ends.iter().all(|end| end.reason == EndReason::Closed));
}

#[test]
fn s01_run_refuses_invalid_options() {
    let server = server();
    let builders = ["/echo", "relative"].map(|path| {
        let url = if path == "relative" { path.to_owned() } else { server.url(path) };
        client(url).0
    });
    match run_all(builders) {
        Err(RunError::Config(error)) => assert_eq!(error.option, "url"),
        other => panic!("{other:?}"),
    }
    // The client before it is aborted.
    assert!(server.wait_for(PATIENCE, |_| true));
    let gone = || server.connections() == 0;
    let start = Instant::now();
    while !gone() {
        assert!(start.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn running_inside_a_runtime_is_an_error() {
    assert!(matches!(client("ws://127.0.0.1:1/").0.run(), Err(RunError::Runtime(_))));
    assert!(matches!(run_all([]), Err(RunError::Runtime(_))));
}

/// In every state: open, dialling, waiting, closing. After a violation a task remains for a limited time.
#[tokio::test]
async fn s06_dropping_the_last_handle_leaves_nothing() {
    let server = server();
    let (builder, waiting) = client(server.url("/drop"));
    let waiting_ws = builder.reconnect(Reconnect::fixed(PATIENCE * 100)).connect().unwrap();
    waiting.closed().await;
    let (builder, _) = client(server.url("/stall"));
    let dialling_ws = builder.open_timeout(None).connect().unwrap();
    let (builder, never) = client(server.url("/close?never=1"));
    let closing_ws = builder.close_timeout(Duration::from_millis(200)).connect().unwrap();
    never.opened().await;
    closing_ws.close(4000, "").unwrap();
    let (open_ws, open) = connect(server.url("/echo"));
    open.opened().await;
    let (violated_ws, violated) = connect(server.url("/raw?hex=8300"));
    violated.closed().await;
    let (builder, _) = client("ws://nonexistent.invalid/");
    let resolving_ws = builder.connect().unwrap();
    let provider = || std::future::pending::<Result<Request, _>>();
    let asking_ws = client(server.url("/echo")).0.open_timeout(None).request_provider(provider).connect().unwrap();
    let (stream_ws, events) = WebSocket::builder(server.url("/flood?n=5000")).connect_stream().unwrap();

    drop((waiting_ws, dialling_ws, closing_ws, open_ws, violated_ws, resolving_ws, asking_ws, stream_ws, events));
    no_tasks_left().await;
    seen(&server, "all ends", |journal| {
        let count = |it: &What| journal.iter().filter(|entry| entry.what == *it).count();
        count(&What::Accepted) == count(&What::Disconnected)
    })
    .await;
    // The open connection was closed cleanly.
    let end = open.events().pop();
    assert!(matches!(&end, Some(Event::End(end)) if end.reason == EndReason::Closed), "{end:?}");
    assert!(open.closed().await.clean);
}

#[tokio::test]
async fn s06_a_detached_client_runs_on() {
    let server = server();
    let (ws, recorder) = connect(server.url("/echo"));
    recorder.opened().await;
    ws.detach();
    drop(ws);
    server.close_all(4002, "");
    assert_eq!(recorder.closed().await.code.get(), 4002);
    no_tasks_left().await;
}

#[tokio::test]
async fn s08b_a_slow_provider_has_the_open_timeout() {
    let server = server();
    let provider = || std::future::pending::<Result<Request, _>>();
    let builder = client(server.url("/echo")).0.request_provider(provider);
    let ws = builder.open_timeout(Duration::from_millis(100)).connect().unwrap();
    let end = tokio::time::timeout(PATIENCE, ws.closed()).await.expect("an end");
    assert_eq!(end.error.as_ref().map(homing::Error::kind), Some(&ErrorKind::OpenTimeout), "{end:?}");
    assert_eq!(server.journal(), []);
}

/// Code of the user that asks again and again instead of waiting. `tokio::task::yield_now` would let the task sleep meanwhile.
async fn busy() {
    let woken = |cx: &mut Context<'_>| {
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    };
    poll_fn(woken).await;
}

#[tokio::test]
async fn s08d_s27_user_code_that_always_wakes_itself_has_a_timeout() {
    let server = server();
    let limit = Duration::from_millis(100);
    let builder = |path: &str| client(server.url(path)).0.open_timeout(limit).setup_timeout(limit);
    let clients = [
        (
            builder("/echo").setup(|_| async {
                busy().await;
                Ok(())
            }),
            ErrorKind::Setup,
        ),
        (
            builder("/echo").request_provider(|| async {
                busy().await;
                Ok(Request::new("ws://localhost/"))
            }),
            ErrorKind::OpenTimeout,
        ),
    ];
    for (builder, kind) in clients {
        let ws = builder.connect().unwrap();
        let end = tokio::time::timeout(PATIENCE, ws.closed()).await.expect("an end");
        assert_eq!(end.error.as_ref().map(homing::Error::kind), Some(&kind), "{end:?}");
    }
}

struct CountingWaker;

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {}
}

/// `select` drops futures that are not ready. They must not leave wakers in a client that lives longer.
#[tokio::test]
async fn dropped_futures_leave_no_waker() {
    let server = server();
    let (builder, _) = client(server.url("/stall"));
    let ws = builder.open_timeout(None).max_send_buffer(10).connect().unwrap();
    ws.send("too much for it").unwrap();
    assert!(ws.send("more").is_err());
    let counting = Arc::new(CountingWaker);
    let waker = Waker::from(counting.clone());
    let held = || Arc::strong_count(&counting) - 2;
    let mut cx = Context::from_waker(&waker);
    let (mut ready, mut flush, mut closed) = (pin!(ws.ready()), pin!(ws.flush()), pin!(ws.closed()));
    for _ in 0..3 {
        assert!(ready.as_mut().poll(&mut cx).is_pending());
        assert!(flush.as_mut().poll(&mut cx).is_pending());
        assert!(closed.as_mut().poll(&mut cx).is_pending());
    }
    assert_eq!(held(), 3, "each waits once");
    for _ in 0..100 {
        assert!(pin!(ws.ready()).poll(&mut cx).is_pending());
        assert!(pin!(ws.flush()).poll(&mut cx).is_pending());
        assert!(pin!(ws.closed()).poll(&mut cx).is_pending());
        // A clone registers its own waker when first polled.
        assert!(pin!(closed.clone()).poll(&mut cx).is_pending());
        // A sink is registered as long as its handle exists.
        let mut sink = ws.clone();
        for _ in 0..3 {
            assert!(sink.poll_ready_unpin(&mut cx).is_pending());
            assert!(sink.poll_flush_unpin(&mut cx).is_pending());
        }
        assert_eq!(held(), 5, "the sink waits for both");
    }
    assert_eq!(held(), 3);

    // The remaining futures are woken.
    ws.abort();
    tokio::time::timeout(PATIENCE, closed).await.expect("an end");
    tokio::time::timeout(PATIENCE, ready).await.expect("nothing to wait for");
    tokio::time::timeout(PATIENCE, flush).await.expect("nothing to wait for").unwrap_err();
    assert_eq!(held(), 0);
    drop(ws);
    no_tasks_left().await;
}
