//! A handle that does not keep its client alive.

use alloc::sync::{Arc, Weak};
use core::fmt;

use crate::client::WebSocket;
use crate::driver::Shared;
use crate::message::BinaryType;

/// A handle that does not keep its client alive. Made by [`WebSocket::downgrade`].
///
/// Store this in callbacks, also in those of other clients. A [`WebSocket`] that a client's own callback owns keeps the client
/// open after all other handles are dropped, and keeps its task and callbacks in memory even after its end, because it may
/// still [reconnect](WebSocket::reconnect). Two clients whose callbacks own handles of each other do the same. Dropping such
/// a handle, for example in `on_end`, frees the client as well. The `&WebSocket` argument of callbacks does not keep the
/// client alive.
///
/// # Examples
/// One client forwards to another:
///
/// ```
/// # use homing::memory::Network;
/// # use homing::{Message, WebSocket};
/// # use std::time::Duration;
/// # fn main() -> Result<(), homing::ConfigError> {
/// # let network = Network::new();
/// # let connect = |builder| network.connect(builder);
/// let upstream = connect(WebSocket::builder("wss://example.com/feed"))?;
/// let weak = upstream.downgrade();
/// let browser = connect(WebSocket::builder("wss://example.com/browser").on_message(move |_, message| {
///     if let Some(upstream) = weak.upgrade() {
///         let _ = upstream.send(message);
///     }
/// }))?;
/// # network.advance(Duration::ZERO);
/// # network.peers()[1].send("hello");
/// # network.advance(Duration::ZERO);
/// # assert_eq!(network.peers()[0].received(), [Message::text("hello")]);
/// # drop((upstream, browser));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct WeakWebSocket {
    shared: Weak<Shared>,
    binary_type: BinaryType,
}

impl WeakWebSocket {
    pub(crate) fn new(shared: &Arc<Shared>, binary_type: BinaryType) -> Self {
        Self { shared: Arc::downgrade(shared), binary_type }
    }

    /// Returns a handle that keeps the client alive.
    ///
    /// Returns `None` after the last handle and [`Events`](crate::Events) of the client were dropped, which closes it. For a
    /// [detached](WebSocket::detach) client this returns a handle until its end.
    pub fn upgrade(&self) -> Option<WebSocket> {
        WebSocket::upgraded(self.shared.upgrade()?, self.binary_type)
    }
}

impl fmt::Debug for WeakWebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakWebSocket").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::sync::Mutex;

    use super::*;
    use crate::memory::Network;
    use crate::{Builder, Reconnect, State};

    fn builder() -> Builder {
        WebSocket::builder("ws://example.com").heartbeat(None).reconnect(Reconnect::never())
    }

    /// Returns a client whose callback owns this value, and a clone of the token.
    fn owner<T: Send + 'static>(owned: T, token: &Arc<()>) -> Builder {
        let kept = (owned, token.clone());
        builder().on_message(move |_, _| {
            let _ = &kept;
        })
    }

    #[test]
    fn s06_a_weak_handle_in_a_callback_does_not_leak() {
        let (network, token) = (Network::new(), Arc::new(()));
        let slots: [Arc<Mutex<Option<WeakWebSocket>>>; 2] = Default::default();
        // The first owns weak handles of both, the second one of the first.
        let first = network.connect(owner(slots.clone(), &token)).unwrap();
        let second = network.connect(owner(slots[0].clone(), &token)).unwrap();
        *slots[0].lock().unwrap() = Some(first.downgrade());
        *slots[1].lock().unwrap() = Some(second.downgrade());
        network.advance(Duration::ZERO);
        assert_eq!((first.state(), second.state(), Arc::strong_count(&token)), (State::Open, State::Open, 3));
        drop((first, second));
        network.advance(Duration::ZERO);
        assert_eq!(Arc::strong_count(&token), 1, "the callbacks were dropped");
        assert!(slots.iter().all(|slot| slot.lock().unwrap().as_ref().unwrap().upgrade().is_none()));
    }

    /// The other way to break the cycle.
    #[test]
    fn s06_a_handle_that_is_dropped_in_on_end_does_not_leak() {
        let (network, token) = (Network::new(), Arc::new(()));
        let slot = Arc::new(Mutex::new(None::<WebSocket>));
        let theirs = slot.clone();
        let ws = network.connect(owner((), &token).on_end(move |_, _| drop(theirs.lock().unwrap().take()))).unwrap();
        *slot.lock().unwrap() = Some(ws.clone());
        network.advance(Duration::ZERO);
        ws.abort();
        drop(ws);
        network.advance(Duration::ZERO);
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn s06_a_weak_handle_upgrades_while_the_client_is_kept_alive() {
        let network = Network::new();
        let ws = network.connect(builder()).unwrap();
        let weak = ws.downgrade();
        network.advance(Duration::ZERO);
        // An upgraded handle keeps the client alive.
        let upgraded = weak.upgrade().unwrap();
        drop(ws);
        network.advance(Duration::ZERO);
        assert_eq!(upgraded.state(), State::Open);
        // After its end a client can be reconnected while it has a handle.
        upgraded.abort();
        network.advance(Duration::ZERO);
        weak.upgrade().unwrap().reconnect();
        network.advance(Duration::ZERO);
        assert_eq!(upgraded.state(), State::Open);
        drop(upgraded);
        assert!(weak.upgrade().is_none(), "the client is closing");
        network.advance(Duration::ZERO);
        assert!(weak.clone().upgrade().is_none());
    }

    #[test]
    fn s06_a_weak_handle_of_a_client_without_handles() {
        // Detached.
        let network = Network::new();
        let ws = network.connect(builder()).unwrap();
        let weak = ws.downgrade();
        ws.detach();
        drop(ws);
        network.advance(Duration::ZERO);
        assert_eq!(weak.upgrade().expect("the client continues").state(), State::Open);
        network.peer().close(1000, "");
        network.advance(Duration::ZERO);
        assert!(weak.upgrade().is_none(), "the client has ended");
        // With a stream.
        let (ws, events) = network.connect_stream(builder()).unwrap();
        let weak = ws.downgrade();
        drop(ws);
        network.advance(Duration::ZERO);
        assert_eq!(weak.upgrade().expect("the client has a stream").state(), State::Open);
        network.peer().close(1000, "");
        network.advance(Duration::ZERO);
        assert!(weak.upgrade().is_none(), "the client has ended");
        drop(events);
    }
}
