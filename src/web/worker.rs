//! A timer in a worker, where tabs in the background are not throttled (S19).
//!
//! It only adds wake-ups: the page's own timeouts are set as well, so nothing is lost where the worker fails.

use core::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;

use super::client::Kind;
use super::glue::{self, Callback};
use super::registry;

/// Takes `[client, delay]`, a negative delay for none, and sends the client's number back when it has passed.
const SCRIPT: &str = "const t={};onmessage=({data:[c,d]})=>{clearTimeout(t[c]);delete t[c];\
    if(d>=0)t[c]=setTimeout(()=>{delete t[c];postMessage(c)},d)}";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Array, js_name = of)]
    fn one(value: &JsValue) -> JsValue;

    #[wasm_bindgen(js_namespace = Array, js_name = of)]
    fn two(value: u32, other: i32) -> JsValue;

    type Blob;

    #[wasm_bindgen(constructor)]
    fn new(parts: &JsValue) -> Blob;

    #[wasm_bindgen(js_namespace = URL, js_name = createObjectURL, catch)]
    fn create_object_url(blob: &Blob) -> Result<String, JsValue>;

    #[wasm_bindgen(js_namespace = URL, js_name = revokeObjectURL)]
    fn revoke_object_url(url: &str);

    type Worker;

    #[wasm_bindgen(constructor, catch)]
    fn new(url: &str) -> Result<Worker, JsValue>;

    #[wasm_bindgen(method, js_name = postMessage)]
    fn post_message(this: &Worker, message: &JsValue);

    #[wasm_bindgen(method)]
    fn terminate(this: &Worker);
}

thread_local! {
    static SHARED: RefCell<Option<Shared>> = const { RefCell::new(None) };
    static WARNED: Cell<bool> = const { Cell::new(false) };
}

/// The worker of the page, while some client wants it.
struct Shared {
    seats: usize,
    /// `None` where the page may not have one.
    running: Option<Running>,
}

struct Running {
    worker: Worker,
    url: String,
    _on_message: Callback,
    _on_error: Callback,
}

/// A second source of wake-ups for a client; `None` wakes it no more.
pub(super) trait Alarm {
    fn arm(&self, millis: Option<i32>);
}

/// A client's use of the worker.
pub(super) struct Seat {
    client: u32,
}

impl Seat {
    pub(super) fn alarm(client: u32) -> Box<dyn Alarm> {
        SHARED.with_borrow_mut(|shared| {
            let shared = shared.get_or_insert_with(|| Shared { seats: 0, running: Running::start() });
            shared.seats += 1;
        });
        Box::new(Self { client })
    }
}

impl Alarm for Seat {
    fn arm(&self, millis: Option<i32>) {
        SHARED.with_borrow(|shared| {
            if let Some(Running { worker, .. }) = shared.as_ref().and_then(|shared| shared.running.as_ref()) {
                worker.post_message(&two(self.client, millis.unwrap_or(-1)));
            }
        });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.arm(None);
        let last = SHARED.with_borrow_mut(|shared| {
            let seats = &mut shared.as_mut()?.seats;
            *seats -= 1;
            if *seats == 0 { shared.take() } else { None }
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
        let blob = Blob::new(&one(&SCRIPT.into()));
        let url = create_object_url(&blob)?;
        let worker = Worker::new(&url).inspect_err(|_| revoke_object_url(&url))?;
        let on_message = Callback::new(|event: JsValue| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            if let Some(client) = glue::number(&event, "data") {
                let id = client as u32;
                registry::tell(|client| client.id() == id, Kind::Due);
            }
        });
        // Some browsers tell that the policy forbids it only later.
        let on_error = Callback::new(|_: JsValue| warn());
        glue::set(&worker, "onmessage", on_message.as_ref());
        glue::set(&worker, "onerror", on_error.as_ref());
        Ok(Self { worker, url, _on_message: on_message, _on_error: on_error })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        glue::set(&self.worker, "onmessage", &JsValue::NULL);
        glue::set(&self.worker, "onerror", &JsValue::NULL);
        self.worker.terminate();
        revoke_object_url(&self.url);
    }
}

fn warn() {
    if !WARNED.replace(true) {
        glue::warn(
            "homing: heartbeat_in_worker needs a worker, which is not allowed here (worker-src blob:); a page in the background will be throttled",
        );
    }
}
