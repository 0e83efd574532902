use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use super::Network;
use crate::{EndReason, State, WebSocket};

#[test]
fn s04_dropping_the_network_ends_its_clients() {
    let network = Network::new();
    let ws = network.connect(WebSocket::builder("ws://example.com")).unwrap();
    network.advance(Duration::ZERO);
    assert_eq!(ws.state(), State::Open);
    let peer = network.peer();
    drop(network.clone());
    assert_eq!(ws.state(), State::Open, "the network has another clone");
    drop(network);
    let end = pin!(ws.closed()).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(end, Poll::Ready(end) if end.reason == EndReason::Shutdown));
    drop(peer);
}
