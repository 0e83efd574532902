//! Handles in several threads. For Miri, which finds data races and runs atomics in the orders that weak memory allows.

use std::thread;

use super::*;
use crate::Event;

#[test]
fn s15_threads_share_a_client() {
    let network = Network::new();
    let builder = WebSocket::builder("ws://example.com").heartbeat(None).reconnect(Reconnect::fixed(MS));
    let (ws, mut events) = network.connect_stream(builder.max_receive_buffer(2)).unwrap();
    network.advance(Duration::ZERO);
    let others = ["a", "b"].map(|text| {
        let ws = ws.clone();
        thread::spawn(move || {
            for _ in 0..5 {
                ws.send(text).unwrap();
                let mut flush = Task::new(ws.flush());
                while flush.poll().is_pending() {
                    thread::yield_now();
                }
                ws.pause();
                ws.resume();
            }
            Task::pending(ws.ping());
            drop(ws.downgrade().upgrade());
        })
    });
    let reader = thread::spawn(move || {
        let mut read = 0;
        while read < 10 {
            let event = futures_core::Stream::poll_next(Pin::new(&mut events), &mut Context::from_waker(Waker::noop()));
            read += usize::from(matches!(event, Poll::Ready(Some(Event::Message(_)))));
            thread::yield_now();
        }
    });
    for _ in 0..10 {
        network.peer().send("message");
    }
    while !(others.iter().all(thread::JoinHandle::is_finished) && reader.is_finished()) {
        network.advance(MS);
    }
    others.into_iter().chain([reader]).for_each(|thread| thread.join().unwrap());
    assert_eq!(ws.stats().messages_sent, 10);
    let mut closed = Task::pending(ws.closed());
    drop(ws);
    network.advance(MS);
    assert!(closed.poll().is_ready());
}
