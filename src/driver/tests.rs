//! The futures that wait for a client, in virtual time: what is woken, when, and what it costs.

mod on_demand;
mod threads;

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use futures_sink::Sink;

use crate::memory::{Dial, Network};
use crate::{Builder, FlushError, Message, Reconnect, SinkError, State, WebSocket};

const MS: Duration = Duration::from_millis(1);

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicU64);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A future with a waker of its own.
struct Task<F> {
    future: Pin<Box<F>>,
    wakes: Arc<Wakes>,
}

impl<F: Future> Task<F> {
    fn new(future: F) -> Self {
        Self { future: Box::pin(future), wakes: Arc::default() }
    }

    /// Polled once, and pending.
    fn pending(future: F) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_pending());
        task
    }

    fn poll(&mut self) -> Poll<F::Output> {
        self.future.as_mut().poll(&mut Context::from_waker(&Waker::from(self.wakes.clone())))
    }

    fn wakes(&self) -> u64 {
        self.wakes.0.load(Ordering::Relaxed)
    }
}

/// An open client whose peer reads nothing: the socket takes 10 bytes.
fn stuck() -> (Network, WebSocket) {
    let network = Network::new();
    network.set_capacity(10);
    let ws = network.connect(builder()).unwrap();
    network.advance(Duration::ZERO);
    network.peer().read(false);
    (network, ws)
}

fn builder() -> Builder {
    WebSocket::builder("ws://example.com").heartbeat(None).reconnect(Reconnect::fixed(MS))
}

/// How many conditions were evaluated to find futures to wake.
fn looks(ws: &WebSocket) -> u64 {
    ws.shared().lock().waiters.looks
}

fn waiting(ws: &WebSocket) -> usize {
    ws.shared().lock().waiters.len()
}

fn total(tasks: &[Task<impl Future>]) -> u64 {
    tasks.iter().map(Task::wakes).sum()
}

#[test]
fn s15_futures_that_wait_for_something_else_cost_nothing() {
    let (network, ws) = stuck();
    network.peer().read(true);
    let ends: Vec<_> = (0..1000).map(|_| Task::pending(ws.closed())).collect();
    for number in 0..500 {
        ws.send("message").unwrap();
        let mut flush = Task::pending(ws.flush());
        let before = looks(&ws);
        network.advance(Duration::ZERO);
        assert_eq!((flush.wakes(), flush.poll()), (1, Poll::Ready(Ok(()))), "message {number}");
        assert!(looks(&ws) - before < 20, "{} conditions were evaluated for one message", looks(&ws) - before);
    }
    assert_eq!(total(&ends), 0);
    ws.abort();
    network.advance(Duration::ZERO);
    assert!(ends.iter().all(|end| end.wakes() == 1));
    assert_eq!(waiting(&ws), 0);
}

#[test]
fn s15_a_flush_is_not_woken_before_its_messages_have_left() {
    let (network, ws) = stuck();
    let mut flushes = Vec::new();
    for _ in 0..50 {
        ws.send("1234567890").unwrap();
        flushes.push(Task::pending(ws.flush()));
    }
    network.advance(Duration::ZERO);
    assert_eq!(total(&flushes), 0);
    // Later than the others, and for less than they wait for.
    let mut late = ws.flush();
    ws.send("late").unwrap();
    let last = Task::pending(ws.flush());
    let late = Task::pending(core::future::poll_fn(move |cx| Pin::new(&mut late).poll(cx)));
    let before = looks(&ws);
    for _ in 0..100 {
        ws.pause();
        ws.resume();
        network.advance(MS);
    }
    assert_eq!((total(&flushes), late.wakes(), last.wakes()), (0, 0, 0));
    assert!(looks(&ws) - before <= 1000, "{} conditions were evaluated", looks(&ws) - before);
    network.peer().read(true);
    network.advance(MS);
    assert!(flushes.iter_mut().all(|flush| flush.wakes() == 1 && flush.poll() == Poll::Ready(Ok(()))));
    assert_eq!((late.wakes(), last.wakes(), waiting(&ws)), (1, 1, 0));
}

/// What `on_open` sends is queued last and leaves first.
#[test]
fn s15_a_loss_of_what_on_open_sent_wakes_later_flushes_only() {
    let network = Network::new();
    network.set_capacity(10);
    let reconnect = Reconnect::fixed(1000 * MS);
    let builder = WebSocket::builder("ws://example.com").heartbeat(None).reconnect(reconnect);
    let ws = network.connect(builder.on_open(|ws, _| ws.send("1234567890").unwrap())).unwrap();
    network.advance(Duration::ZERO);
    network.peer().cut();
    network.advance(Duration::ZERO);
    ws.send("queued").unwrap();
    let mut earlier = Task::pending(ws.flush());
    network.set_rate(1);
    network.advance(1000 * MS);
    let mut later = Task::pending(ws.flush());
    network.peer().cut();
    network.advance(Duration::ZERO);
    assert_eq!((later.wakes(), later.poll()), (1, Poll::Ready(Err(FlushError::Lost))));
    assert_eq!((earlier.wakes(), earlier.poll()), (0, Poll::Pending));
    network.set_rate(None);
    network.advance(1000 * MS);
    assert_eq!((earlier.wakes(), earlier.poll()), (1, Poll::Ready(Ok(()))));
}

#[test]
fn s14_a_sender_is_not_woken_before_there_is_room() {
    let (network, ws) = stuck();
    while ws.send([0; 10_000].as_slice()).is_ok() {}
    let mut ready = Task::pending(ws.ready());
    let flush = Task::pending(ws.flush());
    for _ in 0..100 {
        ws.pause();
        ws.resume();
        network.advance(MS);
    }
    assert_eq!((ready.wakes(), flush.wakes()), (0, 0));
    network.peer().read(true);
    network.advance(MS);
    assert_eq!((ready.wakes(), ready.poll()), (1, Poll::Ready(())));
}

#[test]
fn s15_futures_that_are_dropped_leave_nothing() {
    let (network, ws) = stuck();
    while ws.send([0; 10_000].as_slice()).is_ok() {}
    let kept = Task::pending(ws.closed());
    let mut tasks = Vec::new();
    for _ in 0..300 {
        tasks.push((Task::pending(ws.ready()), Task::pending(ws.flush()), Task::pending(ws.closed())));
    }
    assert_eq!(waiting(&ws), 901);
    // From the middle, from both ends, and some that were woken.
    drop(tasks.split_off(200));
    tasks.drain(..50);
    for position in (0..tasks.len()).rev().step_by(3) {
        tasks.swap_remove(position);
    }
    assert_eq!(waiting(&ws), 3 * tasks.len() + 1);
    let wakers = tasks.iter().map(|(ready, ..)| ready.wakes.clone()).collect::<Vec<_>>();
    network.peer().read(true);
    network.advance(MS);
    assert_eq!(waiting(&ws), tasks.len() + 1);
    assert!(tasks.iter().all(|(ready, flush, closed)| (ready.wakes(), flush.wakes(), closed.wakes()) == (1, 1, 0)));
    drop(tasks);
    assert_eq!(waiting(&ws), 1);
    assert!(wakers.iter().all(|wakes| Arc::strong_count(wakes) == 1));
    assert_eq!(kept.wakes(), 0);
}

#[test]
fn s15_a_future_that_is_polled_by_other_tasks_wakes_the_last_one() {
    let (network, ws) = stuck();
    let mut closed = pin!(ws.closed());
    let wakes: [Arc<Wakes>; 3] = Default::default();
    for wakes in &wakes {
        let waker = Waker::from(wakes.clone());
        assert!(closed.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(waiting(&ws), 1);
    ws.abort();
    network.advance(Duration::ZERO);
    assert_eq!(wakes.map(|wakes| wakes.0.load(Ordering::Relaxed)), [0, 0, 1]);
}

fn poll_flush(sink: &mut WebSocket) -> Poll<Result<(), FlushError>> {
    let flushed = Pin::new(sink).poll_flush(&mut Context::from_waker(Waker::noop()));
    flushed.map_err(|error| match error {
        crate::SinkError::Flush(error) => error,
        other => panic!("{other:?}"),
    })
}

fn feed(sink: &mut WebSocket, text: &'static str) {
    Pin::new(sink).start_send(Message::from(text)).unwrap();
}

#[test]
fn s15_a_sink_is_not_held_up_by_what_others_send() {
    let (network, ws) = stuck();
    let mut sink = ws.clone();
    feed(&mut sink, "1234567890");
    feed(&mut sink, "1234567890");
    network.advance(MS);
    assert!(poll_flush(&mut sink).is_pending());
    network.peer().read(true);
    network.advance(MS);
    network.peer().read(false);
    ws.send("1234567890").unwrap();
    ws.send("1234567890").unwrap();
    network.advance(MS);
    assert_eq!(poll_flush(&mut sink), Poll::Ready(Ok(())));
    // The next flush is for these as well.
    assert!(poll_flush(&mut sink).is_pending());
    network.peer().read(true);
    network.advance(MS);
    assert_eq!(poll_flush(&mut sink), Poll::Ready(Ok(())));
}

#[test]
fn s15_a_sink_fails_for_what_was_lost_before_its_flush() {
    let (network, ws) = stuck();
    let mut sink = ws.clone();
    feed(&mut sink, "lost");
    network.advance(MS);
    network.peer().cut();
    network.advance(10 * MS);
    assert_eq!(ws.stats().messages_lost, 1);
    assert_eq!(poll_flush(&mut sink), Poll::Ready(Err(FlushError::Lost)));
    assert_eq!(poll_flush(&mut sink), Poll::Ready(Ok(())), "each loss is reported once");
    feed(&mut sink, "not lost");
    network.advance(MS);
    assert_eq!(poll_flush(&mut sink), Poll::Ready(Ok(())));
}

/// Also if the program gave up waiting for it, and sent something else since.
#[test]
fn s15_a_sink_fails_for_what_was_lost_during_a_flush_that_was_dropped() {
    let (network, ws) = stuck();
    let mut sink = ws.clone();
    feed(&mut sink, "lost");
    network.advance(MS);
    assert!(poll_flush(&mut sink).is_pending());
    network.peer().cut();
    network.advance(10 * MS);
    feed(&mut sink, "not lost");
    network.advance(MS);
    assert_eq!((poll_flush(&mut sink), ws.stats().messages_lost), (Poll::Ready(Err(FlushError::Lost)), 1));
    assert_eq!(poll_flush(&mut sink), Poll::Ready(Ok(())));
}

fn poll_close(sink: &mut WebSocket) -> Poll<Result<(), FlushError>> {
    Pin::new(sink).poll_close(&mut Context::from_waker(Waker::noop())).map_err(|error| match error {
        SinkError::Flush(error) => error,
        SinkError::Send(error) => panic!("{error}"),
    })
}

#[test]
fn s15_closing_a_sink_fails_for_what_has_not_left() {
    // Offline the queue stays with the client.
    let network = Network::new();
    network.script([Dial::Stall]);
    let ws = network.connect(builder()).unwrap();
    let mut sink = ws.clone();
    feed(&mut sink, "unsent");
    assert!(poll_close(&mut sink).is_pending());
    network.advance(MS);
    assert_eq!((poll_close(&mut sink), ws.take_unsent().len()), (Poll::Ready(Err(FlushError::Ended)), 1));
    // The connection breaks while the queue leaves.
    let (network, ws) = stuck();
    let mut sink = ws.clone();
    feed(&mut sink, "lost");
    assert!(poll_close(&mut sink).is_pending());
    network.advance(MS);
    network.peer().cut();
    network.advance(10 * MS);
    assert_eq!((poll_close(&mut sink), ws.stats().messages_lost), (Poll::Ready(Err(FlushError::Lost)), 1));
    // Everything leaves.
    let (network, ws) = stuck();
    let mut sink = ws.clone();
    feed(&mut sink, "sent");
    assert!(poll_close(&mut sink).is_pending());
    network.peer().read(true);
    network.advance(10 * MS);
    assert_eq!(poll_close(&mut sink), Poll::Ready(Ok(())));
}

/// The client has ended and was reconnected meanwhile.
#[test]
fn s15_a_sink_goes_on_after_a_close_that_was_dropped() {
    let (network, ws) = stuck();
    let mut sink = ws.clone();
    feed(&mut sink, "lost");
    network.advance(MS);
    assert!(poll_close(&mut sink).is_pending());
    network.peer().cut();
    network.advance(10 * MS);
    ws.reconnect();
    network.advance(10 * MS);
    feed(&mut sink, "sent");
    network.advance(MS);
    assert_eq!(poll_flush(&mut sink), Poll::Ready(Err(FlushError::Lost)));
    assert_eq!(poll_flush(&mut sink), Poll::Ready(Ok(())));
    assert!(poll_close(&mut sink).is_pending());
    network.advance(10 * MS);
    assert_eq!((poll_close(&mut sink), ws.state()), (Poll::Ready(Ok(())), State::Closed));
}

/// Another handle may have reconnected the client before the sink is polled again.
#[test]
fn s08a_closing_a_sink_does_not_undo_a_later_reconnect() {
    let network = Network::new();
    let ws = network.connect(builder()).unwrap();
    network.advance(MS);
    let mut sink = ws.clone();
    assert!(poll_close(&mut sink).is_pending());
    network.advance(10 * MS);
    assert_eq!(ws.state(), State::Closed);
    ws.reconnect();
    assert_eq!(poll_close(&mut sink), Poll::Ready(Ok(())));
    network.advance(10 * MS);
    assert_eq!(ws.state(), State::Open);
}

/// One that waits for long, and others that come and go behind it, as in a `select` in a loop.
#[test]
fn s15_futures_that_come_and_go_take_no_memory() {
    let (_network, ws) = stuck();
    let first = Task::pending(ws.closed());
    let others: Vec<_> = (0..20).map(|_| Task::pending(ws.closed())).collect();
    for _ in 0..10_000 {
        drop(Task::pending(ws.closed()));
    }
    assert_eq!(waiting(&ws), 21);
    assert!(ws.shared().lock().waiters.entries() < 100);
    drop((first, others));
    assert_eq!(ws.shared().lock().waiters.entries(), 0);
}

#[test]
fn s15_a_flush_fails_for_its_own_messages_only() {
    let (network, ws) = stuck();
    ws.send("first").unwrap();
    network.advance(MS);
    let (mut unpolled, mut polled) = (Box::pin(ws.flush()), Task::pending(ws.flush()));
    network.peer().read(true);
    network.advance(MS);
    network.peer().read(false);
    ws.send("lost").unwrap();
    let mut lost = Task::pending(ws.flush());
    network.advance(MS);
    network.peer().cut();
    network.advance(10 * MS);
    assert_eq!((ws.stats().messages_lost, lost.wakes(), polled.wakes()), (1, 1, 1));
    assert_eq!(unpolled.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())));
    assert_eq!((polled.poll(), lost.poll()), (Poll::Ready(Ok(())), Poll::Ready(Err(FlushError::Lost))));
}
