//! Events of an event loop: what can happen to a client, and the sink that receives it.

use alloc::rc::Rc;
use core::cell::Cell;

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::glue::Callback;
use crate::driver::{AttemptId, PageEvent};

/// One event of a client.
pub(super) struct News {
    pub(super) kind: Kind,
    /// The attempt whose socket it comes from; the default where it comes from no socket.
    pub(super) attempt: AttemptId,
    /// The JavaScript event, or the result of a promise.
    pub(super) value: JsValue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A handle requested something, or the future of the request provider made progress.
    Woken,
    /// The client's timer fired.
    Timer,
    /// The timeout of [`SocketPoll`](super::poll::SocketPoll) fired.
    Poll,
    /// The network or the page changed.
    Page(PageEvent),
    /// The socket's `open` event, and so on.
    Open,
    Message,
    Error,
    Close,
    /// The promise of a blob's content was settled.
    Read,
    /// The transport has given up the attempt. Never comes from JavaScript.
    Failed,
}

/// Receives the events of one client. The event loop is one; the transport needs no more of it than this.
///
/// A generic bound instead of a trait object: each message passes through here.
pub(super) trait EventSink: Clone + 'static {
    /// Handles the event before it returns, unless it is called from a callback of the same client: then the event is
    /// handled after that callback.
    fn notify(&self, news: News);

    /// Schedules another pass of the event loop.
    fn wake(&self);

    /// A JavaScript function that reports an event of this kind each time it is called.
    fn callback(&self, kind: Kind, attempt: AttemptId) -> Callback {
        let sink = self.clone();
        Closure::new(move |value| sink.notify(News { kind, attempt, value }))
    }

    /// As [`callback`](Self::callback), for a function that JavaScript calls once, possibly long after the attempt.
    fn callback_once(&self, kind: Kind, attempt: AttemptId) -> JsValue {
        let sink = self.clone();
        // The closure owns itself until it is called.
        let own = Rc::new(Cell::new(None::<Callback>));
        let held = own.clone();
        let callback: Callback = Closure::new(move |value| {
            let _freed_after = held.take();
            sink.notify(News { kind, attempt, value });
        });
        let function = callback.as_ref().clone();
        own.set(Some(callback));
        function
    }
}
