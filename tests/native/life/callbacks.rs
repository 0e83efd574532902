//! User code that the client runs: its panics, blocking calls, and handles that it holds.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use futures::executor::block_on;
use futures::{FutureExt as _, SinkExt};
use homing::native::BuilderExt;
use homing::{EndReason, FlushError, Message, Reconnect, SendErrorKind, WeakWebSocket, WebSocket};
use tokio::io::DuplexStream;
use tokio::runtime::Builder as RuntimeBuilder;

use crate::support::{PATIENCE, client, connect, server};

async fn end_of(ws: &WebSocket) -> EndReason {
    tokio::time::timeout(PATIENCE, ws.closed()).await.expect("an end").reason
}

/// A panic of the program drops the runtime.
#[test]
fn s04_a_panic_outside_the_client_does_not_end_it_as_panicked() {
    let server = server();
    let url = |path: &str| server.url(path);
    let (open, waiting, dialling) = (url("/echo"), url("/drop"), url("/stall"));
    for threads in [0, 1] {
        let (open, waiting, dialling) = (open.clone(), waiting.clone(), dialling.clone());
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut builder = match threads {
                0 => RuntimeBuilder::new_current_thread(),
                threads => {
                    let mut builder = RuntimeBuilder::new_multi_thread();
                    builder.worker_threads(threads);
                    builder
                }
            };
            let runtime = builder.enable_all().build().unwrap();
            runtime.block_on(async {
                let (open, opened) = connect(open);
                opened.opened().await;
                let (builder, closed) = client(waiting);
                let waiting = builder.reconnect(Reconnect::fixed(PATIENCE)).connect().unwrap();
                closed.closed().await;
                sender.send([open, waiting, connect(dialling).0]).unwrap();
                panic!("on purpose, of the program and not of a callback");
            });
        });
        assert!(thread.join().is_err());
        for ws in receiver.recv().unwrap() {
            assert_eq!(block_on(ws.closed()).reason, EndReason::Shutdown);
        }
    }
}

/// All user code outside the handler.
#[tokio::test]
async fn s05_panics_of_all_user_code_end_the_client() {
    let server = server();
    let once = |path: &str| WebSocket::builder(server.url(path)).reconnect(Reconnect::never());
    let builders = [
        once("/drop").retry_if(|_| panic!("on purpose")),
        once("/echo").request_provider(|| -> std::future::Ready<_> { panic!("on purpose") }),
        once("/echo").request_provider(|| async {
            tokio::task::yield_now().await;
            panic!("on purpose")
        }),
        WebSocket::builder("ws://name.example/").resolver(|_| async { panic!("on purpose") }),
        once("/echo").connector(|_| -> std::future::Ready<std::io::Result<DuplexStream>> { panic!("on purpose") }),
        once("/echo").connector(|_| async {
            tokio::task::yield_now().await;
            if PATIENCE > Duration::ZERO {
                panic!("on purpose")
            }
            Ok(tokio::io::duplex(1).0)
        }),
        once("/echo").on_connect(|_| panic!("on purpose")),
        once("/echo").on_open(|_, _| panic!("on purpose")),
        once("/drop").on_error(|_, _| panic!("on purpose")),
        once("/drop").on_close(|_, _| panic!("on purpose")),
    ];
    for (number, builder) in builders.into_iter().enumerate() {
        assert_eq!(end_of(&builder.connect().unwrap()).await, EndReason::Panicked, "builder {number}");
    }
}

/// Runs a function in `on_message`, and returns its result.
async fn inside<T: Send + 'static>(run: impl FnOnce(WebSocket) -> T + Send + 'static) -> T {
    let server = server();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let mut run = Some((run, sender));
    let builder = WebSocket::builder(server.url("/text")).max_send_buffer(1).on_message(move |ws, _| {
        if let Some((run, sender)) = run.take() {
            let _ = sender.send(run(ws.clone()));
        }
    });
    let ws = builder.connect().unwrap();
    let result = tokio::time::timeout(PATIENCE, receiver).await.expect("the callback returns").unwrap();
    drop(ws);
    result
}

#[tokio::test(flavor = "multi_thread")]
async fn s15_blocking_on_a_flush_in_a_callback_is_an_error() {
    let flushed = inside(|ws| {
        ws.send("queued").unwrap();
        block_on(ws.flush())
    });
    assert_eq!(flushed.await, Err(FlushError::InCallback));
    let nothing = inside(|ws| block_on(ws.flush()));
    assert_eq!(nothing.await, Ok(()), "there is nothing to wait for");
    // As a sink: there is room for the first message only.
    let sent = inside(|mut ws| {
        let first = block_on(SinkExt::send(&mut ws, Message::text("queued"))).map_err(|error| error.to_string());
        let second = block_on(SinkExt::send(&mut ws, Message::text("refused"))).map_err(|error| error.to_string());
        let closed = block_on(SinkExt::close(&mut ws)).map_err(|error| error.to_string());
        [first, second, closed]
    });
    let [first, second, closed] = sent.await;
    assert!(first.unwrap_err().contains("callback"));
    assert!(second.is_err() && closed.unwrap_err().contains("callback"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_blocking_on_room_in_a_callback_does_not_hang() {
    let refused = inside(|ws| {
        ws.send("fills it").unwrap();
        block_on(ws.ready());
        ws.send("too much").unwrap_err().kind()
    });
    assert_eq!(refused.await, SendErrorKind::Full);
}

/// In a predicate and in a request provider.
#[tokio::test]
async fn s15_blocking_in_any_user_code_is_an_error() {
    let server = server();
    let (sender, results) = mpsc::channel();
    let handle = Arc::new(Mutex::new(None::<WebSocket>));
    let (theirs, url) = (handle.clone(), server.url("/drop"));
    let from_provider = sender.clone();
    let provider = move || {
        let ws = theirs.lock().unwrap().clone().expect("connected by then");
        from_provider.send(block_on(ws.flush())).unwrap();
        let (sender, url) = (from_provider.clone(), url.clone());
        async move {
            sender.send(block_on(ws.flush())).unwrap();
            Ok(homing::Request::new(url))
        }
    };
    let theirs = handle.clone();
    let retry_if = move |_: &_| {
        let ws = theirs.lock().unwrap().clone().expect("connected by then");
        sender.send(block_on(ws.flush())).unwrap();
        false
    };
    let builder = WebSocket::builder(server.url("/drop")).request_provider(provider).retry_if(retry_if);
    let ws = builder.on_open(|ws, _| {
        // The closed connection takes no messages, so they stay queued.
        let _ = ws.send("again");
    });
    let ws = ws.connect().unwrap();
    ws.send("queued").unwrap();
    *handle.lock().unwrap() = Some(ws.clone());
    assert_eq!(end_of(&ws).await, EndReason::Declined);
    let results: Vec<_> = results.try_iter().collect();
    assert_eq!(results[..2], [Err(FlushError::InCallback); 2]);
    assert_eq!(results.len(), 3);
    handle.lock().unwrap().take();
}

/// A task that a callback spawns may block, even on the callback's thread.
#[tokio::test]
async fn s15_a_spawned_task_may_wait() {
    let server = server();
    let (sender, mut results) = tokio::sync::mpsc::unbounded_channel();
    let builder = WebSocket::builder(server.url("/text")).on_message(move |ws, _| {
        ws.send("queued").unwrap();
        assert!(ws.closed().now_or_never().is_none());
        let (ws, sender) = (ws.clone(), sender.clone());
        tokio::spawn(async move { sender.send(ws.flush().await) });
    });
    let _ws = builder.connect().unwrap();
    let flushed = tokio::time::timeout(PATIENCE, results.recv()).await.expect("it has left");
    assert_eq!(flushed, Some(Ok(())));
}

/// The callbacks of two clients hold weak handles of both.
#[tokio::test]
async fn s06_weak_handles_in_callbacks_leave_no_task() {
    let server = server();
    let slots: [Arc<Mutex<Option<WeakWebSocket>>>; 2] = Default::default();
    let clients = [0, 1].map(|number| {
        let slots = slots.clone();
        let builder = WebSocket::builder(server.url("/echo")).on_message(move |_, message| {
            if let Some(other) = slots[1 - number].lock().unwrap().as_ref().and_then(WeakWebSocket::upgrade) {
                let _ = other.send(message);
            }
        });
        builder.connect().unwrap()
    });
    for (slot, ws) in slots.iter().zip(&clients) {
        *slot.lock().unwrap() = Some(ws.downgrade());
        ws.send("back and forth").unwrap();
    }
    while clients[1].stats().messages_received < 10 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(clients);
    let metrics = tokio::runtime::Handle::current().metrics();
    let gone = async {
        while metrics.num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("no task is left");
    assert!(slots.iter().all(|slot| slot.lock().unwrap().as_ref().unwrap().upgrade().is_none()));
}

/// Calls `reconnect` when it is dropped.
struct Reconnects(WeakWebSocket);

impl Drop for Reconnects {
    fn drop(&mut self) {
        if let Some(ws) = self.0.upgrade() {
            ws.reconnect();
        }
    }
}

/// The future of a provider is dropped as part of the client's work, where no call undoes a close (S8a).
#[tokio::test]
async fn s08a_what_an_abandoned_provider_drops_does_not_undo_a_close() {
    let server = server();
    let (sender, mut polled) = tokio::sync::mpsc::unbounded_channel();
    let slot = Arc::new(Mutex::new(None::<WeakWebSocket>));
    let known = slot.clone();
    let builder = WebSocket::builder(server.url("/echo")).request_provider(move || {
        let guard = known.lock().unwrap().clone().map(Reconnects);
        let sender = sender.clone();
        async move {
            let _guard = guard;
            sender.send(()).unwrap();
            std::future::pending().await
        }
    });
    let ws = builder.connect().unwrap();
    *slot.lock().unwrap() = Some(ws.downgrade());
    polled.recv().await.unwrap();
    ws.close(1000, "").unwrap();
    assert_eq!(end_of(&ws).await, EndReason::Closed);
    tokio::task::yield_now().await;
    assert!(polled.try_recv().is_err(), "nothing is dialled again");
}
