//! The stream of events: its reader and the client's task share a buffer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_core::Stream;
use homing::{Event, Events};
use shuttle::future::block_on;
use shuttle::thread;

use crate::orders;
use crate::socket::{Streaming, builder, start_stream};

/// Reads the next event.
fn next(events: &mut Events) -> Option<Event> {
    block_on(std::future::poll_fn(|cx| Pin::new(&mut *events).poll_next(cx)))
}

fn texts(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| if let Event::Message(message) = event { message.as_text() } else { None })
        .collect()
}

/// Reads to the end.
fn rest(events: &mut Events) -> Vec<Event> {
    std::iter::from_fn(|| next(events)).collect()
}

#[test]
fn s03_s22_a_reader_gets_each_event_once_and_in_order() {
    orders(|| {
        let Streaming { ws, mut events, task } = start_stream(builder(), &["1", "2", "3"]);
        let closer = thread::spawn(move || {
            block_on(ws.opened()).unwrap();
            ws.close(1000, "").unwrap();
        });
        let all = rest(&mut events);
        closer.join().unwrap();
        task.join().unwrap();
        assert!(["1", "2", "3"].starts_with(&texts(&all)), "{all:?}");
        assert!(matches!(all[..], [Event::Open(..), .., Event::Close(..), Event::End(..)]), "{all:?}");
    });
}

/// The limit is reached with each message, so that the client is paused and resumed all the time.
#[test]
fn s22a_a_reader_that_is_slower_than_the_client_gets_all() {
    orders(|| {
        let greetings = ["1", "2", "3", "4"];
        let Streaming { ws, mut events, task } = start_stream(builder().max_receive_buffer(1), &greetings);
        let mut all = Vec::new();
        while texts(&all).len() < greetings.len() {
            all.push(next(&mut events).expect("the client lives"));
        }
        assert_eq!(texts(&all), greetings);
        drop(ws);
        drop(events);
        task.join().unwrap();
    });
}

/// Other wakers are replaced, and the last one is woken.
#[test]
fn s22_a_stream_that_moves_to_another_thread_wakes_it() {
    orders(|| {
        let Streaming { ws, mut events, task } = start_stream(builder(), &["1", "2"]);
        let polled = Pin::new(&mut events).poll_next(&mut Context::from_waker(Waker::noop()));
        let first = if let Poll::Ready(event) = polled { event } else { None };
        let reader = thread::spawn(move || {
            let mut all: Vec<_> = first.into_iter().collect();
            while texts(&all).len() < 2 {
                all.push(next(&mut events).expect("the client lives"));
            }
            (all, events)
        });
        let (all, events) = reader.join().unwrap();
        assert_eq!(texts(&all), ["1", "2"]);
        // The stream alone keeps the client alive.
        drop(ws);
        drop(events);
        task.join().unwrap();
    });
}

/// A paused client is resumed by the end of its reader, or it would never end.
#[test]
fn s06_s22a_a_stream_that_is_dropped_lets_the_client_go_on() {
    orders(|| {
        let Streaming { ws, mut events, task } = start_stream(builder().max_receive_buffer(1), &["1", "2", "3"]);
        let dropper = thread::spawn(move || {
            drop(next(&mut events));
            drop(events);
        });
        block_on(ws.opened()).unwrap();
        dropper.join().unwrap();
        // Messages that nothing reads are received, and then the Close frame.
        while ws.stats().messages_received < 3 {
            thread::yield_now();
        }
        ws.close(1000, "").unwrap();
        block_on(ws.closed());
        drop(ws);
        task.join().unwrap();
    });
}

struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whatever a reader that never polls again has left behind is freed, and the client ends without it.
#[test]
fn s06_a_stream_that_is_dropped_frees_its_waker() {
    orders(|| {
        let Streaming { ws, mut events, task } = start_stream(builder(), &["1"]);
        let counting = Arc::new(Counting(AtomicUsize::new(0)));
        let waker = Waker::from(counting.clone());
        let dropper = thread::spawn(move || {
            while Pin::new(&mut events).poll_next(&mut Context::from_waker(&waker)).is_ready() {}
            drop(events);
        });
        block_on(ws.opened()).unwrap();
        dropper.join().unwrap();
        ws.abort();
        drop(ws);
        task.join().unwrap();
        assert!(counting.0.load(Ordering::Relaxed) <= 1, "woken once for each poll that waits, at most");
        assert_eq!(Arc::strong_count(&counting), 1);
    });
}
