//! Nothing stays behind: neither of a client that reconnects all the time, nor of clients dropped at any stage.
//!
//! Needs a running test server: `cargo run -p homing-test-server -- 7410 7411`.
#![cfg(all(target_family = "wasm", target_os = "unknown"))]

#[path = "../support/blobs.rs"]
mod blobs;
#[path = "../support/mod.rs"]
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use homing::web::BuilderExt;
use homing::{BinaryType, Builder, Heartbeat, Message, Reconnect, State, WebSocket};
use js_sys::{ArrayBuffer, Promise, WebAssembly};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use blobs::{held_blobs, hold_blobs, release_blobs};
use support::{sleep, until};

wasm_bindgen_test_configure!(run_in_browser);

/// How many reconnects. Chromium lets connections to the same endpoint wait for each other, about 10 ms each.
const RECONNECTS: usize = 1000;
/// How many rounds, with so many clients at each stage.
const ROUNDS: usize = 20;
const CLIENTS: usize = 10;

/// Memory that is in use is a finer measure than that of the module, which grows by 64 KiB and never shrinks.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[wasm_bindgen(inline_js = r#"
    export async function get(url) {
        return await (await fetch(url)).text();
    }
    const { error } = console;
    let complaints = [];
    const note = (event) => complaints.push(`${event.type}: ${event.message ?? event.reason}`);
    export function listen() {
        console.error = (...words) => {
            complaints.push(words.join(" "));
            error.apply(console, words);
        };
        for (const type of ["error", "unhandledrejection"]) addEventListener(type, note);
    }
    export function heard() {
        console.error = error;
        for (const type of ["error", "unhandledrejection"]) removeEventListener(type, note);
        return complaints.splice(0);
    }

    let arrivals = 0;
    globalThis.WebSocket = class extends WebSocket {
        constructor(...args) {
            super(...args);
            this.addEventListener("message", () => arrivals++);
        }
    };
    export function arrived() {
        return arrivals;
    }
"#)]
extern "C" {
    fn get(url: &str) -> Promise;
    /// To whatever the console would show as an error of the page's.
    fn listen();
    fn heard() -> Vec<String>;
    /// How many messages sockets have told of, whether somebody took them or not.
    fn arrived() -> usize;
}

async fn ask(path: &str) -> String {
    JsFuture::from(get(&format!("http://127.0.0.1:7411{path}"))).await.unwrap().as_string().unwrap()
}

/// The memory of the module, and what of it is in use.
fn memory() -> (u32, usize) {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    let buffer: ArrayBuffer = memory.buffer().unchecked_into();
    (buffer.byte_length(), IN_USE.load(Ordering::Relaxed))
}

/// The second half needed no more than the first.
fn assert_no_growth(half: (u32, usize), end: (u32, usize)) {
    assert_eq!(half.0, end.0, "the memory of the module has grown");
    // Tables and queues keep what they once had; one leak of a byte a time would be more.
    assert!(end.1 < half.1 + 256, "in use: {} bytes, then {}", half.1, end.1);
}

struct Server(String);

impl Server {
    async fn start() -> Self {
        listen();
        Self(ask("/start").await)
    }

    fn client(&self, path: &str) -> Builder {
        WebSocket::builder(format!("ws://127.0.0.1:{}{path}", self.0)).heartbeat(None)
    }

    /// The server knows of no connection any more, and nobody has complained.
    async fn end(self) {
        let mut left = String::new();
        for _ in 0..3000 {
            left = ask(&format!("/{}/connections", self.0)).await;
            if left == "0" {
                break;
            }
            sleep(10).await;
        }
        ask(&format!("/{}/end", self.0)).await;
        assert_eq!(left, "0", "connections are left");
        assert_eq!(heard(), [""; 0]);
    }
}

#[wasm_bindgen_test]
async fn s08a_a_thousand_reconnects_leave_nothing() {
    let server = Server::start().await;
    let opens = Rc::new(Cell::new(0));
    let closes = Rc::new(Cell::new(0));
    let half = Rc::new(Cell::new((0, 0)));
    let (count, closed, measured) = (opens.clone(), closes.clone(), half.clone());
    let ws = server
        .client("/echo")
        .on_open(move |ws, _| {
            count.set(count.get() + 1);
            if count.get() == RECONNECTS / 2 {
                measured.set(memory());
            }
            if count.get() <= RECONNECTS {
                ws.reconnect();
            }
        })
        .on_close(move |_, event| {
            assert!(event.clean, "{event:?}");
            closed.set(closed.get() + 1);
        })
        .connect()
        .unwrap();
    for _ in 0..3000 {
        if opens.get() > RECONNECTS {
            break;
        }
        sleep(20).await;
    }
    assert_eq!((opens.get(), closes.get()), (RECONNECTS + 1, RECONNECTS));
    assert_no_growth(half.get(), memory());
    ws.close(1000, "").unwrap();
    ws.closed().await;
    drop(ws);
    sleep(200).await;
    assert_eq!((opens.get(), closes.get()), (RECONNECTS + 1, RECONNECTS + 1));
    // The handler is gone, and with it what it held.
    assert_eq!(Rc::strong_count(&opens), 1);
    server.end().await;
}

/// What all clients were told together.
#[derive(Default)]
struct Told {
    opens: Cell<usize>,
    messages: Cell<usize>,
    closes: Cell<usize>,
    ends: Cell<usize>,
    /// Events after a client's end.
    late: Cell<usize>,
}

fn add(count: &Cell<usize>) {
    count.set(count.get() + 1);
}

/// Where the last handle is dropped by the client's own callback.
type Handle = Rc<RefCell<Option<WebSocket>>>;

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    AskingItsProvider,
    BeforeOpen,
    InOnOpen,
    AfterAMessage,
    PausedBeforeAMessage,
    ReadingABlob,
    BeatingInAWorker,
    Waiting,
    Closing,
}

const STAGES: [Stage; 9] = [
    Stage::AskingItsProvider,
    Stage::BeforeOpen,
    Stage::InOnOpen,
    Stage::AfterAMessage,
    Stage::PausedBeforeAMessage,
    Stage::ReadingABlob,
    Stage::BeatingInAWorker,
    Stage::Waiting,
    Stage::Closing,
];

impl Stage {
    fn of(self, server: &Server) -> Builder {
        let beat = Heartbeat::message(Duration::from_millis(5), Duration::from_secs(60), "beat");
        match self {
            Self::AskingItsProvider => server.client("/echo").request_provider(std::future::pending),
            Self::ReadingABlob => server.client("/echo").binary_type(BinaryType::Blob),
            Self::BeatingInAWorker => server.client("/echo").heartbeat(beat).heartbeat_in_worker(true),
            Self::Waiting => server.client("/drop?after=1"),
            _ => server.client("/echo"),
        }
    }
}

fn start(server: &Server, stage: Stage, told: &Rc<Told>) -> Handle {
    let handle = Handle::default();
    let ended = Rc::new(Cell::new(false));
    let event = |of: fn(&Told) -> &Cell<usize>| {
        let (told, ended) = (told.clone(), ended.clone());
        move || {
            add(of(&told));
            if ended.get() {
                add(&told.late);
            }
        }
    };
    let (open, message, close, end) =
        (event(|told| &told.opens), event(|told| &told.messages), event(|told| &told.closes), event(|told| &told.ends));
    let (in_open, in_message) = (handle.clone(), handle.clone());
    let ws = stage
        .of(server)
        .reconnect(Reconnect::fixed(Duration::from_secs(3600)))
        .on_open(move |ws, _| {
            open();
            match stage {
                Stage::InOnOpen => {
                    in_open.take();
                    return;
                }
                Stage::PausedBeforeAMessage => ws.pause(),
                _ => {}
            }
            ws.send(Message::binary(&b"hello"[..])).unwrap();
        })
        .on_message(move |_, _| {
            message();
            if stage == Stage::AfterAMessage {
                in_message.take();
            }
        })
        .on_close(move |_, _| close())
        .on_end(move |_, _| {
            end();
            ended.set(true);
        })
        .connect()
        .unwrap();
    handle.replace(Some(ws));
    handle
}

async fn drop_some(server: &Server, stage: Stage, told: &Rc<Told>) {
    let (before, arrived_before) = (told.ends.get(), arrived());
    if stage == Stage::ReadingABlob {
        hold_blobs();
    }
    let handles: Vec<_> = (0..CLIENTS).map(|_| start(server, stage, told)).collect();
    let all_are = |state| handles.iter().all(|handle| handle.borrow().as_ref().is_some_and(|ws| ws.state() == state));
    match stage {
        Stage::AskingItsProvider => until("asking", || all_are(State::Connecting)).await,
        Stage::BeforeOpen => {}
        Stage::InOnOpen | Stage::AfterAMessage => {
            until("dropped inside", || handles.iter().all(|handle| handle.borrow().is_none())).await;
        }
        Stage::PausedBeforeAMessage => until("a message each", || arrived() == arrived_before + CLIENTS).await,
        Stage::ReadingABlob => until("a blob each", || held_blobs() == CLIENTS).await,
        Stage::BeatingInAWorker => {
            let beats = |handle: &Handle| handle.borrow().as_ref().unwrap().stats().heartbeats;
            until("a heartbeat each", || handles.iter().all(|handle| beats(handle) > 0)).await;
        }
        Stage::Waiting => until("waiting", || all_are(State::Waiting)).await,
        Stage::Closing => {
            until("open", || all_are(State::Open)).await;
            for handle in &handles {
                handle.borrow().as_ref().unwrap().close(1000, "").unwrap();
            }
            assert!(all_are(State::Closing));
        }
    }
    for handle in handles {
        handle.take();
    }
    if stage == Stage::ReadingABlob {
        release_blobs();
    }
    until("the end of each", || told.ends.get() == before + CLIENTS).await;
}

#[wasm_bindgen_test]
async fn s06_clients_dropped_at_every_stage_leave_nothing() {
    let server = Server::start().await;
    let told = Rc::new(Told::default());
    let mut half = (0, 0);
    for round in 0..ROUNDS {
        if round == ROUNDS / 2 {
            sleep(200).await;
            half = memory();
        }
        for stage in STAGES {
            drop_some(&server, stage, &told).await;
        }
    }
    sleep(300).await;
    assert_no_growth(half, memory());
    let (each, all) = (ROUNDS * CLIENTS, ROUNDS * CLIENTS * STAGES.len());
    assert_eq!((told.closes.get(), told.ends.get(), told.late.get()), (all, all, 0));
    assert!(told.opens.get() >= all - 2 * each && told.messages.get() >= each);
    // Their handlers are gone, and with them what they held.
    assert_eq!(Rc::strong_count(&told), 1);
    server.end().await;
}
