//! The event loop of one client: handles its events one at a time, in the callbacks of the browser.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::{Cell, RefCell};
use core::task::{Context, Waker};

use wasm_bindgen::JsValue;

use super::events::{EventSink, Kind, News};
use super::loop_waker::LoopWaker;
use super::timer::BrowserTimer;
use super::transport::BrowserTransport;
use crate::driver::{AttemptId, Input, Pump};

type BrowserPump = Pump<BrowserTransport<Rc<EventLoop>>, BrowserTimer>;

pub(super) struct EventLoop {
    loop_waker: Arc<LoopWaker>,
    /// Called with the event loop's number when the client is done for good.
    on_done: fn(u32),
    /// `loop_waker` as a standard waker.
    waker: Waker,
    /// Borrowed while an event is handled. `None` before the start and after the end, so that callbacks which still refer
    /// to this event loop do not keep the sockets and the user's callbacks alive.
    pump: RefCell<Option<BrowserPump>>,
    /// Events that occurred while another one was handled: a user's callback can cause them, as by `dispatchEvent`.
    /// No user code runs while the inbox is borrowed.
    inbox: RefCell<VecDeque<News>>,
    attempt: Cell<AttemptId>,
}

impl EventSink for Rc<EventLoop> {
    fn notify(&self, news: News) {
        EventLoop::notify(self, news);
    }

    fn wake(&self) {
        self.waker.wake_by_ref();
    }

    fn attempt(&self) -> &Cell<AttemptId> {
        &self.attempt
    }
}

impl EventLoop {
    /// `run_woken` runs every event loop of the thread that was woken; `on_done` is called with this one's number when its
    /// client is done for good.
    pub(super) fn new(run_woken: fn(), on_done: fn(u32)) -> Rc<Self> {
        let loop_waker = LoopWaker::new(run_woken);
        let waker = Waker::from(loop_waker.clone());
        let (pump, inbox, attempt) = Default::default();
        Rc::new(Self { loop_waker, on_done, waker, pump, inbox, attempt })
    }

    pub(super) fn id(&self) -> u32 {
        self.loop_waker.id()
    }

    pub(super) fn is_woken(&self) -> bool {
        self.loop_waker.is_woken()
    }

    /// Starts the client. It dials in a microtask, when the caller of `connect` has the handle.
    pub(super) fn start(&self, pump: BrowserPump) {
        if let Ok(mut slot) = self.pump.try_borrow_mut() {
            *slot = Some(pump);
        }
        self.waker.wake_by_ref();
    }

    /// Handles an event and everything that follows from it. If the event loop is already handling one, this event waits
    /// in the inbox.
    pub(super) fn notify(&self, news: News) {
        let Ok(mut slot) = self.pump.try_borrow_mut() else {
            if let Ok(mut inbox) = self.inbox.try_borrow_mut() {
                inbox.push_back(news);
            }
            return;
        };
        let Some(pump) = &mut *slot else { return };
        self.loop_waker.set_busy();
        let sleeps = self.handle(pump, news);
        let done = !(sleeps && self.is_idle(pump)) && self.run_until_idle(pump);
        self.loop_waker.set_idle();
        if done {
            let pump = slot.take();
            drop(slot);
            (self.on_done)(self.id());
            // Last, as it drops the user's handler, whose destructor may use other clients.
            drop(pump);
        }
    }

    /// Returns whether nothing else has occurred while the event was handled.
    #[inline]
    fn is_idle(&self, pump: &mut BrowserPump) -> bool {
        !self.loop_waker.is_woken()
            && pump.transport().has_no_backlog()
            && self.inbox.try_borrow().is_ok_and(|inbox| inbox.is_empty())
    }

    /// Handles one event. Returns whether the pump sleeps already.
    #[inline]
    fn handle(&self, pump: &mut BrowserPump, news: News) -> bool {
        if matches!(news.kind, Kind::Message | Kind::Close) {
            return pump.transport().admit(news).is_some_and(|news| Self::deliver(pump, &news));
        }
        self.handle_rare(pump, news);
        false
    }

    fn handle_rare(&self, pump: &mut BrowserPump, news: News) {
        // Before the clock is read, which is not needed then.
        if news.kind == Kind::Woken {
            return pump.drive();
        }
        let (now, attempt) = (pump.now(), news.attempt);
        match news.kind {
            Kind::Timer => {
                pump.timer().fired();
                pump.event(now, Input::Wake);
            }
            Kind::Poll => {
                if let Some(event) = pump.transport().poll_socket() {
                    let attempt = pump.transport().attempt;
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
            Kind::Read => pump.transport().blob_settled(news),
            // `handle` takes the first two, and the last comes from the backlog only.
            Kind::Message | Kind::Close | Kind::Woken | Kind::Failed => {}
        }
    }

    /// Delivers a message or the end of a socket. Returns whether the pump sleeps already.
    fn deliver(pump: &mut BrowserPump, news: &News) -> bool {
        let message = match news.kind {
            Kind::Message => pump.transport().read(&news.value),
            Kind::Read => pump.transport().blob_message(&news.value),
            _ => {
                Self::end(pump, &news.value);
                None
            }
        };
        let Some(message) = message else { return false };
        let attempt = pump.transport().attempt;
        pump.message(message);
        pump.note_received(attempt)
    }

    fn end(pump: &mut BrowserPump, close: &JsValue) {
        if let Some((buffered, event)) = pump.transport().end(close) {
            let (now, attempt) = (pump.now(), pump.transport().attempt);
            // What the socket's buffer holds now will never leave.
            let left = pump.transport().left(buffered);
            pump.event(now, Input::Socket(attempt, left));
            pump.event(now, Input::Socket(attempt, event));
        }
    }

    /// Handles everything that is pending, and puts the pump to sleep. Returns whether the client is done for good.
    fn run_until_idle(&self, pump: &mut BrowserPump) -> bool {
        loop {
            pump.transport().keeps_end = pump.holds_back();
            let held = self.inbox.try_borrow_mut().ok().and_then(|mut inbox| inbox.pop_front());
            if let Some(held) = held {
                self.handle(pump, held);
            } else if let Some(held) = pump.transport().next_held() {
                Self::deliver(pump, &held);
            } else if let Some(event) = pump.transport().held_changed() {
                let attempt = pump.transport().attempt;
                pump.event(pump.now(), Input::Socket(attempt, event));
            } else if self.loop_waker.take_woken() {
                pump.in_callback(|transport| transport.poll_provider(&mut Context::from_waker(&self.waker)));
            } else if pump.is_done() {
                return true;
            } else if pump.sleep(&self.waker) {
                if pump.transport().socket_poll.is_buffering() {
                    let is_urgent = pump.waits_for_room();
                    pump.transport().socket_poll.schedule(is_urgent);
                }
                return false;
            } else {
                pump.drive();
            }
        }
    }
}
