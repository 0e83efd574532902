//! One client on its page: takes what happens to it, one event at a time.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::{Cell, RefCell};
use core::task::{Context, Waker};

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::glue::Callback;
use super::registry::{self, LoopWaker};
use super::timer::BrowserTimer;
use super::transport::BrowserTransport;
use crate::driver::{AttemptId, Input, PageEvent, Pump};
use crate::message::Message;

type BrowserPump = Pump<BrowserTransport, BrowserTimer>;

pub(super) struct EventLoop {
    token: Arc<LoopWaker>,
    waker: Waker,
    /// Borrowed while it works. `None` before it begins, and after the end, so that whatever refers to this client
    /// does not keep the pump's sockets and callbacks.
    pump: RefCell<Option<BrowserPump>>,
    /// What happened while it worked: a callback can make events happen, as by `dispatchEvent`.
    /// Nobody else's code runs while this one is borrowed.
    inbox: RefCell<VecDeque<Held>>,
}

/// Something happened to a client.
#[derive(Clone, Copy)]
pub(super) struct News<'a> {
    pub(super) kind: Kind,
    /// The attempt that it is about, if it is about one.
    pub(super) attempt: AttemptId,
    /// What JavaScript tells of it.
    pub(super) value: &'a JsValue,
}

/// News that has to wait.
pub(super) struct Held {
    pub(super) kind: Kind,
    pub(super) attempt: AttemptId,
    pub(super) value: JsValue,
}

impl Held {
    pub(super) fn news(&self) -> News<'_> {
        News { kind: self.kind, attempt: self.attempt, value: &self.value }
    }
}

impl From<News<'_>> for Held {
    fn from(news: News<'_>) -> Self {
        Self { kind: news.kind, attempt: news.attempt, value: news.value.clone() }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A handle asked for something, or the request provider got on.
    Woken,
    /// The timer's time has come.
    Timer,
    /// Time to look at the socket's buffer.
    Poll,
    /// The network or the page changed.
    Page(PageEvent),
    /// The socket's events.
    Open,
    Message,
    Error,
    Close,
    /// A blob was read, or could not be.
    Read,
    /// The transport gave up.
    Failed,
}

impl EventLoop {
    pub(super) fn new() -> Rc<Self> {
        let token = LoopWaker::new();
        let waker = Waker::from(token.clone());
        Rc::new(Self { token, waker, pump: RefCell::default(), inbox: RefCell::default() })
    }

    pub(super) fn id(&self) -> u32 {
        self.token.id()
    }

    pub(super) fn is_woken(&self) -> bool {
        self.token.is_woken()
    }

    /// Dials, but not before whoever connects has the handle.
    pub(super) fn begin(self: &Rc<Self>, pump: BrowserPump) {
        if let Ok(mut slot) = self.pump.try_borrow_mut() {
            *slot = Some(pump);
        }
        registry::add(self);
        self.wake();
    }

    /// Has it look around soon, or before it rests.
    pub(super) fn wake(&self) {
        self.waker.wake_by_ref();
    }

    /// What JavaScript calls when this happens.
    pub(super) fn callback(self: &Rc<Self>, kind: Kind, attempt: AttemptId) -> Callback {
        let client = self.clone();
        Closure::new(move |value| client.tell(News { kind, attempt, value: &value }))
    }

    /// As [`callback`](Self::callback), for what JavaScript calls once, which may be when the attempt is long over.
    pub(super) fn callback_once(self: &Rc<Self>, kind: Kind, attempt: AttemptId) -> JsValue {
        let client = self.clone();
        // It holds itself until it is called.
        let own = Rc::new(Cell::new(None::<Callback>));
        let held = own.clone();
        let callback: Callback = Closure::new(move |value| {
            let _freed_after = held.take();
            client.tell(News { kind, attempt, value: &value });
        });
        let function = callback.as_ref().clone();
        own.set(Some(callback));
        function
    }

    /// Everything that follows from the news has happened when this returns, unless the client is at work already.
    pub(super) fn tell(&self, news: News<'_>) {
        let Ok(mut slot) = self.pump.try_borrow_mut() else {
            if let Ok(mut inbox) = self.inbox.try_borrow_mut() {
                inbox.push_back(news.into());
            }
            return;
        };
        let Some(pump) = &mut *slot else { return };
        self.token.works();
        let rests = self.take(pump, news);
        let done = !(rests && self.is_idle(pump)) && self.settle(pump);
        self.token.rests();
        if done {
            let gone = slot.take();
            drop(slot);
            registry::remove(self.id());
            // A handler goes down with its client, and may use other clients as it does.
            drop(gone);
        }
    }

    /// Whether nothing has happened meanwhile.
    #[inline]
    fn is_idle(&self, pump: &mut BrowserPump) -> bool {
        !self.token.is_woken()
            && pump.transport().has_no_backlog()
            && self.inbox.try_borrow().is_ok_and(|inbox| inbox.is_empty())
    }

    /// Returns whether the client rests already.
    #[inline]
    fn take(&self, pump: &mut BrowserPump, news: News<'_>) -> bool {
        if matches!(news.kind, Kind::Message | Kind::Close) {
            return pump.transport().passes(news) && Self::deliver(pump, news);
        }
        self.take_rare(pump, news);
        false
    }

    fn take_rare(&self, pump: &mut BrowserPump, news: News<'_>) {
        let (now, attempt) = (pump.now(), news.attempt);
        match news.kind {
            Kind::Timer => {
                pump.timer().came();
                pump.event(now, Input::Wake);
            }
            Kind::Poll => {
                if let Some(event) = pump.transport().look() {
                    let attempt = pump.transport().attempt();
                    pump.event(now, Input::Socket(attempt, event));
                }
            }
            Kind::Page(event) => pump.event(now, Input::Page(event)),
            Kind::Open => {
                if let Some(event) = pump.transport().opened(attempt) {
                    pump.event(now, Input::Socket(attempt, event));
                }
            }
            Kind::Error => pump.transport().errored(attempt),
            Kind::Read => pump.transport().blob_was_read(news),
            Kind::Woken => pump.drive(),
            // Not rare, and only ever held.
            Kind::Message | Kind::Close | Kind::Failed => {}
        }
    }

    /// Returns whether the client rests already.
    fn deliver(pump: &mut BrowserPump, news: News<'_>) -> bool {
        if news.kind == Kind::Message {
            return pump.transport().read(news.value).is_some_and(|message| Self::message(pump, message));
        }
        if news.kind == Kind::Read {
            return pump.transport().of_blob(news.value).is_some_and(|message| Self::message(pump, message));
        }
        if let Some((buffered, event)) = pump.transport().end(news.value) {
            let (now, attempt) = (pump.now(), pump.transport().attempt());
            // What is in there now never left.
            let left = pump.transport().left(buffered);
            pump.event(now, Input::Socket(attempt, left));
            pump.event(now, Input::Socket(attempt, event));
        }
        false
    }

    fn message(pump: &mut BrowserPump, message: Message) -> bool {
        let attempt = pump.transport().attempt();
        pump.message(message);
        pump.note_received(attempt)
    }

    /// Does what is left to do and rests. Returns whether the client is done for good.
    fn settle(&self, pump: &mut BrowserPump) -> bool {
        loop {
            let held = self.inbox.try_borrow_mut().ok().and_then(|mut inbox| inbox.pop_front());
            if let Some(held) = held {
                self.take(pump, held.news());
            } else if let Some(held) = pump.transport().next() {
                Self::deliver(pump, held.news());
            } else if let Some(event) = pump.transport().held() {
                let attempt = pump.transport().attempt();
                pump.event(pump.now(), Input::Socket(attempt, event));
            } else if self.token.take_woken() {
                pump.transport().ask(&mut Context::from_waker(&self.waker));
            } else if pump.is_done() {
                return true;
            } else if pump.sleep(&self.waker) {
                if pump.transport().watch().is_buffering() {
                    let waits = pump.waits_for_room();
                    pump.transport().watch().buffer(waits);
                }
                return false;
            } else {
                pump.drive();
            }
        }
    }
}
