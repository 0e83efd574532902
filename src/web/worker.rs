//! Timers in a worker, which browsers do not throttle in background tabs (S19).
//!
//! They only add wake-ups: the page's own timeouts are set as well, so that a client also works if the worker fails.

use core::cell::{Cell, RefCell};

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent, Url, Worker};

use super::glue;
use super::registry::notify_timer;

/// The worker's script. It receives `[client, delay]`, and sends the client's number back after the delay in milliseconds. A
/// negative delay stops the timer.
const SCRIPT: &str = "const t={};onmessage=({data:[c,d]})=>{clearTimeout(t[c]);delete t[c];\
    if(d>=0)t[c]=setTimeout(()=>{delete t[c];postMessage(c)},d)}";

thread_local! {
    static SHARED: RefCell<Option<Shared>> = const { RefCell::new(None) };
    static WARNED: Cell<bool> = const { Cell::new(false) };
}

/// The worker of the page. It exists while at least one client uses it.
struct Shared {
    clients: usize,
    /// `None` if the page may not start a worker.
    running: Option<Running>,
}

struct Running {
    worker: Worker,
    url: String,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn()>,
}

/// A second timer of a client, which the browser does not throttle in background tabs.
pub(super) trait UnthrottledTimer {
    /// Replaces the delay; `None` stops the timer.
    fn arm(&self, millis: Option<i32>);
}

/// Starts a timer for the client with this number.
pub(super) type StartTimer = fn(u32) -> Box<dyn UnthrottledTimer>;

/// One client's timer in the worker.
pub(super) struct WorkerTimer {
    client: u32,
}

impl WorkerTimer {
    pub(super) fn start(client: u32) -> Box<dyn UnthrottledTimer> {
        SHARED.with_borrow_mut(|shared| {
            let shared = shared.get_or_insert_with(|| Shared { clients: 0, running: Running::start() });
            shared.clients += 1;
        });
        Box::new(Self { client })
    }
}

impl UnthrottledTimer for WorkerTimer {
    fn arm(&self, millis: Option<i32>) {
        SHARED.with_borrow(|shared| {
            if let Some(Running { worker, .. }) = shared.as_ref().and_then(|shared| shared.running.as_ref()) {
                let message = Array::of2(&self.client.into(), &millis.unwrap_or(-1).into());
                let _ = worker.post_message(&message);
            }
        });
    }
}

impl Drop for WorkerTimer {
    fn drop(&mut self) {
        self.arm(None);
        let last = SHARED.with_borrow_mut(|shared| {
            let clients = &mut shared.as_mut()?.clients;
            *clients -= 1;
            if *clients == 0 { shared.take() } else { None }
        });
        if let Some(Shared { running: Some(running), .. }) = last {
            drop(running);
        }
    }
}

impl Running {
    fn start() -> Option<Self> {
        let started = Self::try_start();
        if started.is_err() {
            warn();
        }
        started.ok()
    }

    fn try_start() -> Result<Self, JsValue> {
        let blob = Blob::new_with_str_sequence(&Array::of1(&SCRIPT.into()))?;
        let url = Url::create_object_url_with_blob(&blob)?;
        let worker = Worker::new(&url).inspect_err(|_| {
            let _ = Url::revoke_object_url(&url);
        })?;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            if let Some(client) = event.data().as_f64() {
                notify_timer(client as u32);
            }
        });
        // Some browsers only report later that the content security policy forbids it.
        let on_error = Closure::<dyn Fn()>::new(warn);
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, url, _on_message: on_message, _on_error: on_error })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        let _ = Url::revoke_object_url(&self.url);
    }
}

fn warn() {
    if !WARNED.replace(true) {
        glue::warn(
            "homing: heartbeat_in_worker needs a worker, which is not allowed here (worker-src blob:); a page in the background will be throttled",
        );
    }
}
