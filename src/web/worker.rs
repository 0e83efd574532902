//! Timers in a worker, which browsers do not throttle in background tabs (S19).
//!
//! They only add wake-ups: the page's own timeouts are set as well, so that a client also works if the worker fails.

use core::cell::{Cell, RefCell};

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

use super::glue::{self, Callback};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Array, js_name = of)]
    fn pair(first: &JsValue, second: &JsValue) -> JsValue;

    type Blob;

    #[wasm_bindgen(constructor, catch)]
    fn new(parts: &JsValue) -> Result<Blob, JsValue>;

    #[wasm_bindgen(js_namespace = URL, js_name = createObjectURL, catch)]
    fn create_url(blob: &Blob) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = URL, js_name = revokeObjectURL)]
    fn revoke_url(url: &JsValue);

    type Worker;

    #[wasm_bindgen(constructor, catch)]
    fn new(url: &JsValue) -> Result<Worker, JsValue>;

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    fn console_warn(text: &str);
}

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
    url: JsValue,
    _callbacks: [Callback; 2],
}

/// A second timer of a client, which the browser does not throttle in background tabs.
pub(super) trait UnthrottledTimer {
    /// Replaces the delay; `None` stops the timer.
    fn arm(&self, millis: Option<i32>);
}

/// Starts a timer for the client with this number. The function is called with the number when the timer fires.
pub(super) type StartTimer = fn(u32, fn(u32)) -> Box<dyn UnthrottledTimer>;

/// One client's timer in the worker.
pub(super) struct WorkerTimer {
    client: u32,
}

impl WorkerTimer {
    pub(super) fn start(client: u32, on_fire: fn(u32)) -> Box<dyn UnthrottledTimer> {
        SHARED.with_borrow_mut(|shared| {
            let shared = shared.get_or_insert_with(|| Shared { clients: 0, running: Running::start(on_fire) });
            shared.clients += 1;
        });
        Box::new(Self { client })
    }
}

impl UnthrottledTimer for WorkerTimer {
    fn arm(&self, millis: Option<i32>) {
        SHARED.with_borrow(|shared| {
            if let Some(Running { worker, .. }) = shared.as_ref().and_then(|shared| shared.running.as_ref()) {
                let message = pair(&self.client.into(), &millis.unwrap_or(-1).into());
                let _ = glue::call(worker, "postMessage", &message, &JsValue::UNDEFINED);
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
    fn start(on_fire: fn(u32)) -> Option<Self> {
        let started = Self::try_start(on_fire);
        if started.is_err() {
            warn();
        }
        started.ok()
    }

    fn try_start(on_fire: fn(u32)) -> Result<Self, JsValue> {
        let blob = Blob::new(&pair(&SCRIPT.into(), &"".into()))?;
        let url = create_url(&blob)?;
        let worker = Worker::new(&url).inspect_err(|_| revoke_url(&url))?;
        let on_message: Callback = Closure::new(move |event: JsValue| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            if let Some(client) = glue::number(&event, "data") {
                on_fire(client as u32);
            }
        });
        // Some browsers only report later that the content security policy forbids it.
        let on_error: Callback = Closure::new(|_| warn());
        glue::set(&worker, "onmessage", on_message.as_ref());
        glue::set(&worker, "onerror", on_error.as_ref());
        Ok(Self { worker, url, _callbacks: [on_message, on_error] })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        glue::set(&self.worker, "onmessage", &JsValue::NULL);
        glue::set(&self.worker, "onerror", &JsValue::NULL);
        let _ = glue::call(&self.worker, "terminate", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
        revoke_url(&self.url);
    }
}

fn warn() {
    if !WARNED.replace(true) {
        console_warn(
            "homing: heartbeat_in_worker needs a worker, which is not allowed here (worker-src blob:); a page in the background will be throttled",
        );
    }
}
