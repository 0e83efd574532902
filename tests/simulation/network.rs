//! Tests of the network in memory, on which the simulation relies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use homing::memory::{Dial, Network};
use homing::{Builder, CloseCode, ErrorKind, Message, Reconnect, State, WebSocket};

const SECOND: Duration = Duration::from_secs(1);

fn client() -> Builder {
    WebSocket::builder("ws://example.com").reconnect(Reconnect::fixed(SECOND))
}

fn open(network: &Network) -> WebSocket {
    let ws = network.connect(client()).unwrap();
    network.advance(SECOND);
    assert_eq!(ws.state(), State::Open);
    ws
}

#[test]
fn a_client_that_was_paused_before_it_opened_opens() {
    let network = Network::new();
    let ws = network.connect(client()).unwrap();
    ws.pause();
    network.advance(SECOND);
    assert_eq!(ws.state(), State::Open);
}

#[test]
fn a_paused_client_sends() {
    let network = Network::new();
    network.set_capacity(0);
    let ws = open(&network);
    network.peer().read(false);
    ws.pause();
    ws.send("held up").unwrap();
    network.advance(SECOND);
    assert_eq!((network.peer().received().len(), ws.buffered_amount()), (0, 7));
    network.peer().read(true);
    network.advance(SECOND);
    assert_eq!((network.peer().received().len(), ws.buffered_amount()), (1, 0));
}

#[test]
fn nothing_reaches_a_peer_that_was_cut_off() {
    let network = Network::new();
    network.set_latency(SECOND / 10);
    let ws = open(&network);
    ws.send("under way").unwrap();
    network.advance(Duration::ZERO);
    network.peer().cut();
    ws.send("too late").unwrap();
    network.advance(SECOND / 2);
    assert_eq!((network.peer().received().len(), ws.state()), (0, State::Waiting));
}

#[test]
fn news_of_an_old_connection_does_not_hold_up_the_next() {
    let network = Network::new();
    let ws = open(&network);
    network.set_latency(60 * SECOND);
    network.peer().send("slow");
    network.set_latency(Duration::ZERO);
    ws.reconnect();
    network.peer().silence(true);
    network.advance(5 * SECOND);
    assert_eq!((network.peers().len(), ws.state()), (2, State::Open));
    assert_eq!(network.peer().dialled_at(), 6 * SECOND, "after the close timeout");
}

#[test]
fn a_close_frame_is_answered() {
    let network = Network::new();
    let ws = open(&network);
    ws.send("before").unwrap();
    network.peer().close(4000, "bye");
    network.advance(Duration::ZERO);
    assert_eq!(network.peer().close_received(), Some((CloseCode::new(4000), "bye".to_string())));
    assert_eq!(network.peer().received(), [Message::text("before")]);
}

#[test]
fn a_message_that_is_too_large_ends_the_attempt() {
    let network = Network::new();
    let errors = Arc::new(Mutex::new(Vec::new()));
    let seen = errors.clone();
    let builder =
        client().max_message_size(10).on_error(move |_, error| seen.lock().unwrap().push(error.kind().clone()));
    let ws = network.connect(builder).unwrap();
    network.advance(Duration::ZERO);
    network.peer().send("0123456789");
    network.peer().send("0123456789x");
    network.advance(Duration::ZERO);
    assert_eq!((ws.stats().messages_received, ws.state()), (1, State::Waiting));
    assert_eq!(*errors.lock().unwrap(), [ErrorKind::MessageTooLarge]);
    assert_eq!(network.peer().close_received().unwrap().0, CloseCode::MESSAGE_TOO_BIG);
}

#[test]
fn time_passes_though_a_client_is_gone() {
    let network = Network::new();
    network.script([Dial::Refuse]);
    network.set_latency(SECOND);
    let ws = network.connect(client()).unwrap();
    network.advance(Duration::ZERO);
    ws.abort();
    drop(ws);
    network.advance(10 * SECOND);
    assert_eq!(network.now(), 10 * SECOND);
}
