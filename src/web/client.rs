//! One client on its page: takes what happens to it, one event at a time.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::{OnceCell, RefCell};
use core::task::{Context, Waker};

use wasm_bindgen::JsValue;

use super::backlog::Held;
use super::registry::{self, Token};
use super::timer::WebTimer;
use super::transport::WebTransport;
use crate::driver::{AttemptId, Input, PageEvent, Pump, Shared};

type WebPump = Pump<WebTransport, WebTimer>;

pub(super) struct Client {
    token: Arc<Token>,
    waker: Waker,
    /// Borrowed while it works. `None` before it begins, and after the end, so that whatever refers to this client
    /// does not keep the pump's sockets and callbacks.
    pump: RefCell<Option<WebPump>>,
    /// What happened while it worked: a callback can make events happen, as by `dispatchEvent`.
    inbox: RefCell<VecDeque<News>>,
    shared: OnceCell<Arc<Shared>>,
}

/// Something happened to a client.
pub(super) enum News {
    /// A handle asked for something, or the request provider got on.
    Woken,
    /// The timer's time has come.
    Due,
    /// Time to look at the socket's buffer.
    Look,
    Page(PageEvent),
    Opened(AttemptId),
    Errored(AttemptId),
    /// A message, or the end of the socket.
    Arrived(AttemptId, Held),
    /// A blob was read, or could not be.
    Read(AttemptId, Option<JsValue>),
}

impl Client {
    pub(super) fn new() -> Rc<Self> {
        let token = Token::new();
        let waker = Waker::from(token.clone());
        Rc::new(Self { token, waker, pump: RefCell::default(), inbox: RefCell::default(), shared: OnceCell::new() })
    }

    pub(super) fn id(&self) -> u32 {
        self.token.id()
    }

    /// Dials, but not before whoever connects has the handle.
    pub(super) fn begin(self: &Rc<Self>, pump: WebPump, shared: Arc<Shared>) {
        *self.pump.borrow_mut() = Some(pump);
        let _ = self.shared.set(shared);
        registry::add(self);
        self.wake();
    }

    /// Has it look around soon, or before it rests.
    pub(super) fn wake(&self) {
        self.waker.wake_by_ref();
    }

    /// Everything that follows from the news has happened when this returns, unless the client is at work already.
    #[inline]
    pub(super) fn tell(&self, news: News) {
        let Ok(mut slot) = self.pump.try_borrow_mut() else {
            return self.inbox.borrow_mut().push_back(news);
        };
        let Some(pump) = &mut *slot else { return };
        self.token.set_busy(true);
        self.take(pump, news);
        let done = self.settle(pump);
        self.token.set_busy(false);
        if done {
            registry::bury(slot.take());
            registry::remove(self.id());
        }
    }

    #[inline]
    fn take(&self, pump: &mut WebPump, news: News) {
        match news {
            News::Arrived(attempt, held) => {
                if let Some(held) = pump.transport().admit(attempt, held) {
                    self.deliver(pump, held);
                }
            }
            news => self.take_rare(pump, news),
        }
    }

    fn take_rare(&self, pump: &mut WebPump, news: News) {
        let now = pump.now();
        match news {
            News::Arrived(..) => {}
            News::Woken => pump.drive(),
            News::Due => {
                pump.timer().came();
                pump.event(now, Input::Wake);
            }
            News::Look => {
                let attempt = pump.transport().attempt();
                if let Some(event) = pump.transport().look() {
                    pump.event(now, Input::Socket(attempt, event));
                }
            }
            News::Page(event) => pump.event(now, Input::Page(event)),
            News::Opened(attempt) => {
                if let Some(event) = pump.transport().opened(attempt) {
                    pump.event(now, Input::Socket(attempt, event));
                }
            }
            News::Errored(attempt) => pump.transport().errored(attempt),
            News::Read(attempt, buffer) => pump.transport().blob_was_read(attempt, buffer.as_ref()),
        }
    }

    #[inline]
    fn deliver(&self, pump: &mut WebPump, held: Held) {
        let attempt = pump.transport().attempt();
        match held {
            Held::Message(message) => {
                if pump.delivers() {
                    pump.message(message);
                }
                pump.received(pump.now(), attempt);
            }
            Held::Event(event) => pump.event(pump.now(), Input::Socket(attempt, event)),
            // These come back as a message and as events.
            Held::Blob(_) | Held::End(_) => {}
        }
    }

    /// Does what is left to do and rests. Returns whether the client is done for good.
    fn settle(&self, pump: &mut WebPump) -> bool {
        loop {
            let news = self.inbox.borrow_mut().pop_front();
            if let Some(news) = news {
                self.take(pump, news);
            } else if let Some(held) = pump.transport().next() {
                self.deliver(pump, held);
            } else if self.token.take_woken() {
                pump.transport().ask(&mut Context::from_waker(&self.waker));
            } else if pump.is_done() {
                return true;
            } else if pump.sleep(&self.waker) {
                if pump.transport().watch().is_buffering() {
                    let waits = self.shared.get().is_some_and(|shared| shared.lock().waits_for_room());
                    pump.transport().watch().buffer(waits);
                }
                return false;
            } else {
                pump.drive();
            }
        }
    }
}
