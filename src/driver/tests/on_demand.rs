//! First opens (S28) and pings (S30), in virtual time: exact results, also when they are polled late.

use super::*;
use crate::memory::Dial;
use crate::{Builder, EndReason, Heartbeat, PingError, State};

const SECOND: Duration = Duration::from_secs(1);

fn builder() -> Builder {
    WebSocket::builder("ws://example.com").heartbeat(None).reconnect(Reconnect::fixed(SECOND))
}

/// An open client on a network with a latency of 10 ms.
fn open(builder: Builder) -> (Network, WebSocket) {
    let network = Network::new();
    network.set_latency(10 * MS);
    let ws = network.connect(builder).unwrap();
    network.advance(100 * MS);
    assert_eq!(ws.state(), State::Open);
    (network, ws)
}

#[test]
fn s28_opened_is_woken_once() {
    let network = Network::new();
    network.script([Dial::Refuse, Dial::Refuse, Dial::Accept]);
    let ws = network.connect(builder()).unwrap();
    let mut opened: Vec<_> = (0..100).map(|_| Task::pending(ws.opened())).collect();
    network.advance(SECOND);
    assert_eq!(total(&opened), 0);
    network.advance(SECOND);
    assert!(opened.iter_mut().all(|opened| opened.wakes() == 1 && opened.poll() == Poll::Ready(Ok(()))));
    network.peer().cut();
    network.advance(10 * SECOND);
    assert_eq!(total(&opened), 100);
}

#[test]
fn s28_what_happened_first_counts_however_late_it_is_polled() {
    let network = Network::new();
    network.script([Dial::Accept, Dial::Refuse, Dial::Accept]);
    let ws = network.connect(builder().reconnect(Reconnect::never())).unwrap();
    let opened = Task::new(ws.opened());
    network.advance(Duration::ZERO);
    ws.abort();
    network.advance(Duration::ZERO);
    ws.reconnect();
    let failed = Task::new(ws.opened());
    network.advance(SECOND);
    let ended = Task::new(ws.opened());
    ws.reconnect();
    network.advance(2 * SECOND);
    assert_eq!(ws.state(), State::Open);
    let mut outcomes = [opened, failed, ended].map(|mut task| (task.poll(), task.poll()));
    let [opened, failed, ended] = &mut outcomes;
    assert_eq!(*opened, (Poll::Ready(Ok(())), Poll::Ready(Ok(()))));
    for (first, again) in [failed, ended] {
        let Poll::Ready(Err(end)) = first else { panic!("{first:?}") };
        assert_eq!((end.reason, first == again), (EndReason::Exhausted, true));
    }
}

/// The callback closes the client before any future is looked at.
#[test]
fn s28_an_open_that_ends_in_its_callback_is_an_open() {
    let network = Network::new();
    let ws = network.connect(builder().on_open(|ws, _| ws.abort())).unwrap();
    let mut opened = Task::pending(ws.opened());
    network.advance(Duration::ZERO);
    assert_eq!((ws.state(), opened.wakes(), opened.poll()), (State::Closed, 1, Poll::Ready(Ok(()))));
    // A reconnect in `on_end` does not hide the end.
    let network = Network::new();
    network.script([Dial::Refuse, Dial::Stall]);
    let ws = network.connect(builder().reconnect(Reconnect::never()).on_end(|ws, _| ws.reconnect())).unwrap();
    let mut opened = Task::pending(ws.opened());
    network.advance(SECOND);
    let Poll::Ready(Err(end)) = opened.poll() else { panic!("not woken") };
    assert_eq!((ws.state(), end.reason), (State::Connecting, EndReason::Exhausted));
}

#[test]
fn s28_a_dropped_network_fails_opened() {
    let network = Network::new();
    network.script([Dial::Stall]);
    let ws = network.connect(builder()).unwrap();
    let (mut opened, mut second) = (Task::pending(ws.opened()), Task::new(ws.opened()));
    drop(network);
    for opened in [&mut opened, &mut second] {
        let Poll::Ready(Err(end)) = opened.poll() else { panic!("not resolved") };
        assert_eq!(end.reason, EndReason::Shutdown);
    }
    assert_eq!(opened.wakes(), 1);
    assert!(Task::new(ws.opened()).poll().is_ready());
}

#[test]
fn s28_an_end_as_an_error() {
    let network = Network::new();
    network.script([Dial::Refuse]);
    let ws = network.connect(builder().reconnect(Reconnect::never())).unwrap();
    network.advance(Duration::ZERO);
    let Poll::Ready(Err(end)) = Task::new(ws.opened()).poll() else { panic!("not resolved") };
    let error: &dyn std::error::Error = &end;
    assert_eq!(error.to_string(), "client ended: no attempts left");
    let source = error.source().unwrap().to_string();
    assert_eq!(Some(source), end.error.as_ref().map(ToString::to_string));
}

#[test]
fn s30_the_round_trip_is_exact_however_late_it_is_polled() {
    let (network, ws) = open(builder());
    let (mut ping, late) = (Task::pending(ws.ping()), Task::new(ws.ping()));
    network.advance(19 * MS);
    assert_eq!((ping.wakes(), ping.poll()), (0, Poll::Pending));
    network.advance(MS);
    assert_eq!((ping.wakes(), ping.poll()), (1, Poll::Ready(Ok(20 * MS))));
    network.advance(SECOND);
    let last = ws.ping();
    network.advance(SECOND);
    ws.abort();
    network.advance(SECOND);
    assert_eq!([late, Task::new(last)].map(|mut ping| ping.poll()), [Poll::Ready(Ok(20 * MS)); 2]);
    assert_eq!(network.peer().pings(), 2);
}

#[test]
fn s30_without_a_heartbeat_there_is_none_after_the_answer() {
    let (network, ws) = open(builder());
    drop(ws.ping());
    network.advance(100 * SECOND);
    assert_eq!((network.peer().pings(), ws.stats().heartbeats), (1, 1));
    // While one is not answered, the peer is asked again.
    network.peer().silence(true);
    let mut ping = Task::pending(ws.ping());
    network.advance(20 * SECOND - MS);
    assert_eq!((ws.state(), ping.poll()), (State::Open, Poll::Pending));
    network.advance(MS);
    assert_eq!((ws.state(), ping.wakes(), ping.poll()), (State::Waiting, 1, Poll::Ready(Err(PingError::Lost))));
    // The next attempt has no heartbeat either.
    network.advance(100 * SECOND);
    assert_eq!((ws.state(), ws.stats().heartbeats, network.peers().len()), (State::Open, 2, 2));
}

#[test]
fn s30_many_pings_cost_one_frame_and_one_look() {
    let (network, ws) = open(builder());
    let mut pings: Vec<_> = (0..1000).map(|_| Task::pending(ws.ping())).collect();
    network.advance(20 * MS);
    assert_eq!(network.peer().pings(), 1);
    assert!(pings.iter_mut().all(|ping| ping.wakes() == 1 && ping.poll() == Poll::Ready(Ok(20 * MS))));
}

/// Of dropped futures only those are kept that are needed to know whether the heartbeat can stop.
#[test]
fn s30_dropped_pings_do_not_fill_the_memory() {
    let (network, ws) = open(builder());
    network.peer().silence(true);
    let kept = Task::pending(ws.ping());
    for _ in 0..100_000 {
        drop(ws.ping());
    }
    let pending = ws.shared().lock().on_demand.as_ref().unwrap().pending();
    assert!(pending < 100, "{pending} pings are kept");
    network.advance(20 * SECOND);
    assert_eq!(kept.wakes(), 1);
}

#[test]
fn s30_a_dropped_network_fails_pings() {
    let (network, ws) = open(builder());
    let mut ping = Task::pending(ws.ping());
    drop(network);
    assert_eq!((ping.wakes(), ping.poll()), (1, Poll::Ready(Err(PingError::Lost))));
    assert_eq!(Task::new(ws.ping()).poll(), Poll::Ready(Err(PingError::NotOpen)));
}

#[test]
fn s30_the_next_message_answers_a_heartbeat_message() {
    let heartbeat = Heartbeat::message(3600 * SECOND, 5 * SECOND, "beat");
    let (network, ws) = open(builder().heartbeat(heartbeat));
    // Messages count only if there is a ping.
    network.peer().send("before");
    network.advance(SECOND);
    assert_eq!(ws.stats().last_rtt, None);
    let mut ping = Task::pending(ws.ping());
    network.advance(15 * MS);
    assert_eq!(ping.wakes(), 0);
    network.peer().send("any");
    network.advance(10 * MS);
    assert_eq!((ping.poll(), ws.stats().last_rtt), (Poll::Ready(Ok(25 * MS)), Some(25 * MS)));
    assert_eq!(network.peer().received(), [Message::text("beat")]);
}

/// The message that is being delivered came before the ping. It is no answer to an earlier heartbeat either, for which there is no
/// ping.
#[test]
fn s30_a_message_does_not_answer_a_ping_in_its_own_callback() {
    for (predicate, interval) in [(false, 3600), (true, 3600), (false, 2)] {
        let heartbeat = Heartbeat::message(interval * SECOND, 5 * SECOND, "beat");
        let pings = Arc::new(std::sync::Mutex::new(Vec::new()));
        let made = pings.clone();
        let builder = builder().heartbeat(heartbeat.clone()).on_message(move |ws, message| {
            if message == Message::text("ping now") {
                made.lock().unwrap().push(Task::pending(ws.ping()));
            }
        });
        let is_reply = |message: &Message| message.as_text() == Some("beat");
        let (network, ws) = open(if predicate { builder.heartbeat_reply(is_reply) } else { builder });
        network.advance(3 * SECOND);
        network.peer().send("ping now");
        network.advance(10 * MS);
        let mut ping = pings.lock().unwrap().pop().unwrap();
        assert_eq!((ping.wakes(), ws.stats().last_rtt), (0, None), "predicate: {predicate}");
        network.advance(30 * MS);
        network.peer().send("beat");
        network.advance(10 * MS);
        assert_eq!(ping.poll(), Poll::Ready(Ok(40 * MS)), "predicate: {predicate}");
    }
}

/// The predicate is for answers to a heartbeat message: natively a Pong answers a Ping.
#[test]
fn s30_no_message_answers_a_ping_frame() {
    let messages = Arc::new(std::sync::Mutex::new(Vec::new()));
    let arrived = messages.clone();
    let heartbeat = Heartbeat::ping(3600 * SECOND, 5 * SECOND).or_message("ping");
    let builder = builder().heartbeat(heartbeat).heartbeat_reply(|message| message.as_text() == Some("pong"));
    let (network, ws) = open(builder.on_message(move |_, message| arrived.lock().unwrap().push(message)));
    network.peer().silence(true);
    let mut ping = Task::pending(ws.ping());
    network.advance(10 * MS);
    network.peer().send("pong");
    network.advance(10 * MS);
    assert_eq!((ping.wakes(), ws.stats().last_rtt), (0, None));
    assert_eq!(*messages.lock().unwrap(), [Message::text("pong")]);
    assert_eq!(ping.poll(), Poll::Pending);
}
