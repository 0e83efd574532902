//! Clients that are dropped at every stage of their life.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use homing::web::BuilderExt;
use homing::{BinaryType, Builder, Heartbeat, Message, Reconnect, State, WebSocket};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::blobs::{held_blobs, hold_blobs, release_blobs};
use crate::support::{sleep, until};
use crate::{Server, arrived, assert_no_growth, memory};

/// How many rounds, each with this number of clients at each stage.
const ROUNDS: usize = 20;
const CLIENTS: usize = 10;

/// Counts the events of all clients together.
#[derive(Default)]
struct Counts {
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

/// A slot for the handle, so that a callback of the client can drop it.
type Handle = Rc<RefCell<Option<WebSocket>>>;

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    AwaitingItsProvider,
    BeforeOpen,
    InsideOnOpen,
    AfterAMessage,
    PausedBeforeAMessage,
    ReadingABlob,
    HeartbeatInAWorker,
    Waiting,
    Closing,
}

const STAGES: [Stage; 9] = [
    Stage::AwaitingItsProvider,
    Stage::BeforeOpen,
    Stage::InsideOnOpen,
    Stage::AfterAMessage,
    Stage::PausedBeforeAMessage,
    Stage::ReadingABlob,
    Stage::HeartbeatInAWorker,
    Stage::Waiting,
    Stage::Closing,
];

impl Stage {
    fn of(self, server: &Server) -> Builder {
        let heartbeat = Heartbeat::message(Duration::from_millis(5), Duration::from_secs(60), "beat");
        match self {
            Self::AwaitingItsProvider => server.client("/echo").request_provider(std::future::pending),
            Self::ReadingABlob => server.client("/echo").binary_type(BinaryType::Blob),
            Self::HeartbeatInAWorker => server.client("/echo").heartbeat(heartbeat).heartbeat_in_worker(true),
            Self::Waiting => server.client("/drop?after=1"),
            _ => server.client("/echo"),
        }
    }
}

fn start(server: &Server, stage: Stage, counts: &Rc<Counts>) -> Handle {
    let handle = Handle::default();
    let ended = Rc::new(Cell::new(false));
    let event = |of: fn(&Counts) -> &Cell<usize>| {
        let (counts, ended) = (counts.clone(), ended.clone());
        move || {
            add(of(&counts));
            if ended.get() {
                add(&counts.late);
            }
        }
    };
    let (open, message, close, end) = (
        event(|counts| &counts.opens),
        event(|counts| &counts.messages),
        event(|counts| &counts.closes),
        event(|counts| &counts.ends),
    );
    let (in_open, in_message) = (handle.clone(), handle.clone());
    let ws = stage
        .of(server)
        .reconnect(Reconnect::fixed(Duration::from_secs(3600)))
        .on_open(move |ws, _| {
            open();
            match stage {
                Stage::InsideOnOpen => {
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

async fn drop_some(server: &Server, stage: Stage, counts: &Rc<Counts>) {
    let (before, arrived_before) = (counts.ends.get(), arrived());
    if stage == Stage::ReadingABlob {
        hold_blobs();
    }
    let handles: Vec<_> = (0..CLIENTS).map(|_| start(server, stage, counts)).collect();
    let all_are = |state| handles.iter().all(|handle| handle.borrow().as_ref().is_some_and(|ws| ws.state() == state));
    match stage {
        Stage::AwaitingItsProvider => until("a pending provider", || all_are(State::Connecting)).await,
        Stage::BeforeOpen => {}
        Stage::InsideOnOpen | Stage::AfterAMessage => {
            until("dropped inside", || handles.iter().all(|handle| handle.borrow().is_none())).await;
        }
        Stage::PausedBeforeAMessage => until("a message each", || arrived() >= arrived_before + CLIENTS).await,
        Stage::ReadingABlob => until("a blob each", || held_blobs() == CLIENTS).await,
        Stage::HeartbeatInAWorker => {
            let heartbeats = |handle: &Handle| handle.borrow().as_ref().unwrap().stats().heartbeats;
            until("a heartbeat each", || handles.iter().all(|handle| heartbeats(handle) > 0)).await;
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
    until("the end of each", || counts.ends.get() == before + CLIENTS).await;
}

#[wasm_bindgen_test]
async fn s06_clients_dropped_at_any_stage_leak_nothing() {
    let server = Server::start().await;
    let counts = Rc::new(Counts::default());
    let mut half = (0, 0);
    for round in 0..ROUNDS {
        if round == ROUNDS / 2 {
            sleep(200).await;
            half = memory();
        }
        for stage in STAGES {
            drop_some(&server, stage, &counts).await;
        }
    }
    sleep(300).await;
    assert_no_growth(half, memory());
    let (each, all) = (ROUNDS * CLIENTS, ROUNDS * CLIENTS * STAGES.len());
    assert_eq!((counts.closes.get(), counts.ends.get(), counts.late.get()), (all, all, 0));
    assert!(counts.opens.get() >= all - 2 * each && counts.messages.get() >= each);
    // Their handlers were dropped, and with them all other references.
    assert_eq!(Rc::strong_count(&counts), 1);
    server.end().await;
}
