//! One client on its page: takes what happens to it, one event at a time.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::RefCell;
use core::task::{Context, Waker};

use super::events::{EventSink, Held, Kind, News};
use super::loop_waker::LoopWaker;
use super::timer::BrowserTimer;
use super::transport::BrowserTransport;
use crate::driver::{Input, Pump};
use crate::message::Message;

type BrowserPump = Pump<BrowserTransport<Rc<EventLoop>>, BrowserTimer>;

pub(super) struct EventLoop {
    loop_waker: Arc<LoopWaker>,
    /// Called with the event loop's number when the client is done for good.
    on_done: fn(u32),
    /// The same as a standard waker.
    waker: Waker,
    /// Borrowed while it works. `None` before it begins, and after the end, so that whatever refers to this client
    /// does not keep the pump's sockets and callbacks.
    pump: RefCell<Option<BrowserPump>>,
    /// What happened while it worked: a callback can make events happen, as by `dispatchEvent`.
    /// Nobody else's code runs while this one is borrowed.
    inbox: RefCell<VecDeque<Held>>,
}

impl EventSink for Rc<EventLoop> {
    fn notify(&self, news: News<'_>) {
        EventLoop::notify(self, news);
    }

    fn wake(&self) {
        self.waker.wake_by_ref();
    }
}

impl EventLoop {
    /// `run_woken` runs every event loop of the thread that was woken; `on_done` is called with this one's number when its
    /// client is done for good.
    pub(super) fn new(run_woken: fn(), on_done: fn(u32)) -> Rc<Self> {
        let loop_waker = LoopWaker::new(run_woken);
        let waker = Waker::from(loop_waker.clone());
        Rc::new(Self { loop_waker, on_done, waker, pump: RefCell::default(), inbox: RefCell::default() })
    }

    pub(super) fn id(&self) -> u32 {
        self.loop_waker.id()
    }

    pub(super) fn is_woken(&self) -> bool {
        self.loop_waker.is_woken()
    }

    /// Dials, but not before whoever connects has the handle.
    pub(super) fn begin(self: &Rc<Self>, pump: BrowserPump) {
        if let Ok(mut slot) = self.pump.try_borrow_mut() {
            *slot = Some(pump);
        }
        self.waker.wake_by_ref();
    }

    /// Handles an event and everything that follows from it, unless the event loop is running already: then the event
    /// waits in the inbox.
    pub(super) fn notify(&self, news: News<'_>) {
        let Ok(mut slot) = self.pump.try_borrow_mut() else {
            if let Ok(mut inbox) = self.inbox.try_borrow_mut() {
                inbox.push_back(news.into());
            }
            return;
        };
        let Some(pump) = &mut *slot else { return };
        self.loop_waker.set_busy();
        let rests = self.take(pump, news);
        let done = !(rests && self.is_idle(pump)) && self.settle(pump);
        self.loop_waker.set_idle();
        if done {
            let gone = slot.take();
            drop(slot);
            (self.on_done)(self.id());
            // A handler goes down with its client, and may use other clients as it does.
            drop(gone);
        }
    }

    /// Whether nothing has happened meanwhile.
    #[inline]
    fn is_idle(&self, pump: &mut BrowserPump) -> bool {
        !self.loop_waker.is_woken()
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
            } else if self.loop_waker.take_woken() {
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
