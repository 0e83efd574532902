//! Events of an event loop: what can happen to a client, and the sink that receives it.

use alloc::rc::Rc;
use core::cell::Cell;

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::glue::{self, Callback};
use crate::driver::{AttemptId, PageEvent};

/// One event of a client.
pub(super) struct News {
    pub(super) kind: Kind,
    /// The attempt whose socket it comes from. Has no meaning where it comes from no socket.
    pub(super) attempt: AttemptId,
    /// The JavaScript event, or the result of a promise.
    pub(super) value: JsValue,
}

/// What JavaScript reports, each by its place here, which is the first argument of the client's [`Callback`].
const REPORTED: [Kind; 6] = [Kind::Open, Kind::Message, Kind::Error, Kind::Close, Kind::Timer, Kind::Poll];
/// The numbers of the timeouts. Those before are of the socket's events.
pub(super) const TIMER: u32 = 4;
pub(super) const POLL: u32 = 5;

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

    /// The attempt whose socket has event handlers.
    fn attempt(&self) -> &Cell<AttemptId>;

    /// Returns the closure of the client, which reports the event whose number is its first argument. That of a socket belongs to
    /// the present attempt, as an earlier socket has no handlers any more.
    fn callback(&self) -> Callback {
        let sink = self.clone();
        Closure::new(move |number: u32, value| {
            if let Some(&kind) = REPORTED.get(number as usize) {
                sink.notify(News { kind, attempt: sink.attempt().get(), value });
            }
        })
    }

    /// A JavaScript function that reports an event of this kind once, possibly long after the attempt.
    fn callback_once(&self, kind: Kind, attempt: AttemptId) -> JsValue {
        let sink = self.clone();
        // The closure owns itself until it is called.
        let own = Rc::new(Cell::new(None::<Callback>));
        let held = own.clone();
        let callback: Callback = Closure::new(move |_, value| {
            let _freed_after = held.take();
            sink.notify(News { kind, attempt, value });
        });
        let function = glue::bind(callback.as_ref(), 0);
        own.set(Some(callback));
        function
    }
}
