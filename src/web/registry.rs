//! The clients of this thread, and the one microtask they share.
//!
//! Handles are `Send`, a client is not: they know it by a number, and wake it by asking for a microtask that looks the
//! number up. The same microtask drops what was in use while it was given up, as no closure may be dropped while it
//! runs.

use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::any::Any;
use core::cell::RefCell;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::client::{Client, News};
use super::glue;
use super::page::Listeners;

struct Registry {
    /// By rising number.
    clients: Vec<(u32, Rc<Client>)>,
    listeners: Option<Listeners>,
    woken: Vec<u32>,
    graves: Vec<Box<dyn Any>>,
    microtask: Option<Closure<dyn Fn()>>,
    scheduled: bool,
}

thread_local! {
    static REGISTRY: RefCell<Registry> = const { RefCell::new(Registry::new()) };
}

impl Registry {
    const fn new() -> Self {
        Self {
            clients: Vec::new(),
            listeners: None,
            woken: Vec::new(),
            graves: Vec::new(),
            microtask: None,
            scheduled: false,
        }
    }
}

/// Stands for a client, on any thread.
pub(super) struct Token {
    id: u32,
    /// The client is at work, and looks at `woken` before it rests.
    busy: AtomicBool,
    woken: AtomicBool,
}

impl Token {
    pub(super) fn new() -> Arc<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { id, busy: AtomicBool::new(false), woken: AtomicBool::new(false) })
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    pub(super) fn take_woken(&self) -> bool {
        self.woken.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Token {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Relaxed) && !self.busy.load(Ordering::Relaxed) {
            schedule(Work::Wake(self.id));
        }
    }
}

/// Drops something, but not now.
pub(super) fn bury(thing: impl Any) {
    schedule(Work::Drop(Box::new(thing)));
}

/// What the microtask has to do.
enum Work {
    Wake(u32),
    Drop(Box<dyn Any>),
}

fn schedule(work: Work) {
    REGISTRY.with_borrow_mut(|registry| {
        match work {
            Work::Wake(id) => registry.woken.push(id),
            Work::Drop(thing) => registry.graves.push(thing),
        }
        if !core::mem::replace(&mut registry.scheduled, true) {
            let microtask = registry.microtask.get_or_insert_with(|| Closure::new(run));
            glue::queue_microtask(microtask.as_ref().unchecked_ref());
        }
    });
}

fn run() {
    let (woken, graves) = REGISTRY.with_borrow_mut(|registry| {
        registry.scheduled = false;
        (core::mem::take(&mut registry.woken), core::mem::take(&mut registry.graves))
    });
    // A handler goes down with its client, and may use other clients as it does.
    drop(graves);
    for id in woken {
        tell(id, News::Woken);
    }
}

pub(super) fn add(client: &Rc<Client>) {
    let first = REGISTRY.with_borrow_mut(|registry| {
        registry.clients.push((client.id(), client.clone()));
        registry.listeners.is_none()
    });
    if first {
        let listeners = Listeners::add();
        REGISTRY.with_borrow_mut(|registry| registry.listeners = Some(listeners));
    }
}

pub(super) fn remove(id: u32) {
    let (client, listeners) = REGISTRY.with_borrow_mut(|registry| {
        let position = registry.clients.binary_search_by_key(&id, |(id, _)| *id);
        let client = position.map(|position| registry.clients.remove(position));
        (client, if registry.clients.is_empty() { registry.listeners.take() } else { None })
    });
    bury((client, listeners));
}

pub(super) fn tell(id: u32, news: News) {
    let client = REGISTRY.with_borrow(|registry| {
        let position = registry.clients.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(registry.clients[position].1.clone())
    });
    if let Some(client) = client {
        client.tell(news);
    }
}

/// All clients that there are.
pub(super) fn ids() -> Vec<u32> {
    REGISTRY.with_borrow(|registry| registry.clients.iter().map(|(id, _)| *id).collect())
}
