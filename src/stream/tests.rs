use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use futures_core::Stream;

use super::Events;
use crate::memory::{Dial, Network};
use crate::{Builder, EndReason, Event, Message, Reconnect, State, WebSocket};

const MS: Duration = Duration::from_millis(1);

fn builder() -> Builder {
    WebSocket::builder("ws://example.com").heartbeat(None).reconnect(Reconnect::never())
}

fn next(events: &mut Events) -> Poll<Option<Event>> {
    Pin::new(events).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// An open client with its first two events read.
fn open(builder: Builder) -> (Network, WebSocket, Events) {
    let network = Network::new();
    let (ws, mut events) = network.connect_stream(builder).unwrap();
    network.advance(MS);
    assert!(matches!(next(&mut events), Poll::Ready(Some(Event::Connect))));
    assert!(matches!(next(&mut events), Poll::Ready(Some(Event::Open(_)))));
    (network, ws, events)
}

fn send(network: &Network, number: usize, len: usize) {
    (0..number).for_each(|_| network.peer().send(Message::binary(vec![0; len])));
    network.advance(MS);
}

/// Reads up to `number` messages that are available, and returns their sizes.
fn read(events: &mut Events, number: usize) -> Vec<usize> {
    let message = |event| match event {
        Poll::Ready(Some(Event::Message(message))) => Some(message.len()),
        Poll::Pending => None,
        other => panic!("{other:?}"),
    };
    (0..number).map_while(|_| message(next(events))).collect()
}

#[test]
fn s22a_unread_bytes_up_to_the_limit_pause_the_client() {
    let (network, ws, mut events) = open(builder());
    send(&network, 10, 300_000);
    // The message that reaches 1 MiB is taken.
    assert_eq!(ws.stats().bytes_received, 4 * 300_000);
    assert_eq!(read(&mut events, 3).len(), 3);
    network.advance(MS);
    assert_eq!(ws.stats().messages_received, 4, "more than a quarter is unread");
    assert_eq!(read(&mut events, 1).len(), 1);
    network.advance(MS);
    assert_eq!(ws.stats().messages_received, 8);
    assert_eq!(read(&mut events, 10).len(), 4);
    network.advance(MS);
    assert_eq!(read(&mut events, 10), [300_000; 2]);
    assert!(next(&mut events).is_pending());
}

#[test]
fn s22a_unread_messages_up_to_the_limit_pause_the_client() {
    let (network, ws, mut events) = open(builder());
    send(&network, 3000, 0);
    assert_eq!(ws.stats().messages_received, 1024);
    assert_eq!(read(&mut events, 767).len(), 767);
    network.advance(MS);
    assert_eq!(ws.stats().messages_received, 1024);
    assert_eq!(read(&mut events, 1).len(), 1);
    network.advance(MS);
    assert_eq!(ws.stats().messages_received, 1024 + 768);
}

/// Also while the client is paused, as it goes on dialling.
#[test]
fn s22a_events_of_attempts_that_nobody_reads_are_limited() {
    let network = Network::new();
    let reconnect = Reconnect::fixed(10 * MS).max_initial_attempts(u32::MAX);
    let (_ws, mut events) = network.connect_stream(builder().reconnect(reconnect)).unwrap();
    network.script([Dial::Status(503); 2000]);
    network.advance(3000 * 10 * MS);
    let (mut closes, mut opens) = (0, 0);
    let mut kinds = Vec::new();
    while let Poll::Ready(Some(event)) = next(&mut events) {
        closes += usize::from(matches!(event, Event::Close(_)));
        opens += usize::from(matches!(event, Event::Open(_)));
        kinds.push(core::mem::discriminant(&event));
    }
    // Whole attempts are left out. The one that succeeded is there.
    assert!((1024 / 3..=1024 / 3 + 2).contains(&closes) && opens == 1, "{closes} closes");
    assert_eq!(kinds.len(), 3 * closes + 2);
    assert!(kinds.chunks_exact(3).all(|attempt| attempt == &kinds[..3]));
}

/// A client whose events are not read, with room for two bytes of payload.
fn unread(reconnect: Reconnect) -> (Network, WebSocket, Events) {
    let network = Network::new();
    let builder = builder().reconnect(reconnect).max_receive_buffer(2);
    let (ws, events) = network.connect_stream(builder).unwrap();
    network.advance(MS);
    (network, ws, events)
}

/// The kinds of the events that are left.
fn kinds(events: &mut Events) -> Vec<String> {
    let kind = |event: Event| format!("{event:?}").split(['(', ' ']).next().unwrap().to_string();
    core::iter::from_fn(|| match next(events) {
        Poll::Ready(event) => event.map(kind),
        Poll::Pending => None,
    })
    .collect()
}

/// Attempts stay if they have messages, even empty ones, and so does the attempt before one that has messages.
#[test]
fn s22a_attempts_with_messages_stay() {
    for texts in [["1", "", "12"], ["1", "none", "12"]] {
        let (network, ws, mut events) = unread(Reconnect::fixed(MS));
        for text in texts {
            if text != "none" {
                network.peer().send(text);
            }
            network.advance(MS);
            ws.reconnect();
            network.advance(MS);
        }
        let kinds = kinds(&mut events);
        let opens = kinds.iter().filter(|kind| *kind == "Open").count();
        assert_eq!(opens, 4, "{texts:?}: {kinds:?}");
    }
}

/// A client that the program reconnects by hand ends each time.
#[test]
fn s04_s22a_each_end_stays() {
    let (network, ws, mut events) = unread(Reconnect::never());
    network.peer().send("12");
    network.advance(MS);
    for _ in 0..5 {
        network.script([Dial::Refuse]);
        ws.reconnect();
        network.advance(10_000 * MS);
    }
    let kinds = kinds(&mut events);
    let ends = kinds.iter().filter(|kind| *kind == "End").count();
    assert_eq!(ends, 5, "{kinds:?}");
}

/// Also if it belongs to an attempt that is dropped.
#[test]
fn s22a_the_last_event_of_a_full_buffer_stays() {
    let network = Network::new();
    network.set_capacity(1);
    let builder = builder().reconnect(Reconnect::fixed(10 * MS)).max_receive_buffer(1).max_send_buffer(2);
    let (ws, mut events) = network.connect_stream(builder).unwrap();
    network.advance(MS);
    network.peer().send("1");
    network.peer().read(false);
    network.advance(MS);
    ws.send("12").unwrap();
    network.advance(MS);
    // The next connection takes what this one does not.
    for _ in 0..5 {
        ws.reconnect();
        network.advance(10_000 * MS);
    }
    let edges: Vec<_> = kinds(&mut events).into_iter().filter(|kind| kind.starts_with("Buffer")).collect();
    assert_eq!((edges, ws.buffered_amount()), (vec!["BufferFull".to_string(), "BufferDrain".to_string()], 0));
}

/// Also while the client is paused, as it goes on sending.
#[test]
fn s22a_events_of_a_buffer_that_nobody_reads_are_limited() {
    let (network, ws, mut events) = open(builder().max_send_buffer(10));
    send(&network, 1024, 0);
    for _ in 0..1000 {
        ws.send(Message::binary(vec![0; 10])).unwrap();
        network.advance(MS);
    }
    network.peer().read(false);
    ws.send(Message::binary(vec![0; 10])).unwrap();
    network.advance(MS);
    assert_eq!(read(&mut events, 1024).len(), 1024);
    assert!(matches!(next(&mut events), Poll::Ready(Some(Event::BufferFull))), "the one that is not over");
    assert!(next(&mut events).is_pending());
}

#[test]
fn s22a_a_message_larger_than_the_limit_is_delivered() {
    let (network, ws, mut events) = open(builder().max_receive_buffer(10));
    send(&network, 3, 1000);
    for received in 1..=3 {
        assert_eq!(ws.stats().messages_received, received);
        assert_eq!(read(&mut events, 2), [1000]);
        network.advance(MS);
    }
    // The count of unread bytes is zero again.
    send(&network, 9, 1);
    assert_eq!(ws.stats().messages_received, 12);
}

#[test]
fn s22a_dropping_the_stream_resumes_the_client() {
    let (network, ws, events) = open(builder().max_receive_buffer(10));
    send(&network, 3, 1000);
    assert_eq!(ws.stats().messages_received, 1);
    drop(events);
    network.advance(MS);
    assert_eq!((ws.stats().messages_received, ws.state()), (3, State::Open));
}

#[test]
fn s22a_reading_does_not_resume_a_client_paused_by_the_user() {
    let (network, ws, mut events) = open(builder().max_receive_buffer(10));
    send(&network, 2, 1000);
    ws.pause();
    assert_eq!(read(&mut events, 2).len(), 1);
    network.advance(MS);
    assert_eq!(ws.stats().messages_received, 1);
    ws.resume();
    network.advance(MS);
    assert_eq!(ws.stats().messages_received, 2);
}

#[test]
fn s01_a_receive_buffer_of_zero_bytes_is_an_error() {
    let error = Network::new().connect_stream(builder().max_receive_buffer(0)).unwrap_err();
    assert_eq!((error.option, error.to_string().contains("max_receive_buffer")), ("max_receive_buffer", true));
}

fn is_end(event: &Poll<Option<Event>>, reason: EndReason) -> bool {
    matches!(event, Poll::Ready(Some(Event::End(end))) if end.reason == reason)
}

#[test]
fn s06_a_stream_keeps_its_client_alive() {
    let (network, ws, mut events) = open(builder());
    drop(ws);
    send(&network, 1, 5);
    assert_eq!(read(&mut events, 2), [5]);
    network.peer().close(1001, "");
    network.advance(MS);
    assert!(matches!(next(&mut events), Poll::Ready(Some(Event::Close(_)))));
    assert!(is_end(&next(&mut events), EndReason::Exhausted));
    // No handle is left that could reconnect.
    assert_eq!(next(&mut events), Poll::Ready(None));
}

#[test]
fn s06_a_client_closes_without_handles_and_stream() {
    for stream_first in [true, false] {
        let (network, ws, events) = open(builder());
        let closed = network.peer();
        let mut end = core::pin::pin!(ws.closed());
        if stream_first {
            drop(events);
            network.advance(MS);
            assert_eq!(ws.state(), State::Open, "the client has a handle");
            drop(ws);
        } else {
            drop(ws);
            network.advance(MS);
            assert_eq!(closed.close_received(), None, "the client has a stream");
            drop(events);
        }
        network.advance(MS);
        assert_eq!(closed.close_received().map(|(code, _)| code.get()), Some(1000));
        let end = end.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(end, Poll::Ready(end) if end.reason == EndReason::Closed));
    }
}

#[test]
fn s06_the_last_handle_ends_the_stream_of_a_client_that_has_ended() {
    let network = Network::new();
    network.script([Dial::Status(404)]);
    let (ws, mut events) = network.connect_stream(builder()).unwrap();
    network.advance(MS);
    while !is_end(&next(&mut events), EndReason::Fatal) {}
    assert!(next(&mut events).is_pending(), "the handle may reconnect");
    ws.reconnect();
    network.advance(MS);
    assert_eq!(next(&mut events), Poll::Ready(Some(Event::Connect)));
    ws.abort();
    drop(ws);
    network.advance(MS);
    while !is_end(&next(&mut events), EndReason::Closed) {}
    assert_eq!(next(&mut events), Poll::Ready(None));
}
