//! The actors of a case, whose actions are recorded: the user, the peers and the callbacks.

mod session;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use homing::memory::Network;
use homing::{End, FlushError, Message, PingError, WebSocket};

use crate::plan::{Act, Callback, PeerAct, Reaction, Script};
use crate::trace::{Did, Entry, Id, Look, PeerDid, What};
use session::Sessions;
pub(crate) use session::set_up;

/// A future that is polled now and then.
struct Glance<T> {
    future: Pin<Box<dyn Future<Output = T> + Send>>,
    result: Option<T>,
}

impl<T: Clone> Glance<T> {
    fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self { future: Box::pin(future), result: None }
    }

    fn look(&mut self) -> Option<T> {
        if self.result.is_none() {
            if let Poll::Ready(result) = self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                self.result = Some(result);
            }
        }
        self.result.clone()
    }
}

pub(crate) struct Stage {
    network: Network,
    handles: Vec<WebSocket>,
    detached: bool,
    reactions: Vec<Reaction>,
    pub(crate) trace: Vec<Entry>,
    pub(crate) inside: bool,
    /// A callback began before another had returned.
    pub(crate) nested: bool,
    next_id: usize,
    flushes: Vec<Glance<Result<(), FlushError>>>,
    opened: Vec<Glance<Result<(), End>>>,
    pinged: Vec<Glance<Result<Duration, PingError>>>,
    closed_early: Option<Glance<End>>,
    sessions: Sessions,
}

pub(crate) fn lock(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap()
}

/// A unique message: its number, filled up to `len` bytes where that is longer.
fn message(id: Id, len: usize, binary: bool) -> Message {
    let mut text = match id {
        Id::Client(id) => format!("{id}:"),
        Id::Session(id) => format!("s{id}:"),
        Id::Peer(id) => format!("p{id}:"),
        Id::Heartbeat => "beat".to_string(),
    };
    while text.len() < len {
        text.push('x');
    }
    if binary { Message::binary(text.into_bytes()) } else { Message::text(text) }
}

pub(crate) fn id_of(message: &Message) -> Id {
    let text = std::str::from_utf8(message.as_bytes()).unwrap();
    match text.split_once(':').map(|(id, _)| id) {
        None => Id::Heartbeat,
        Some(id) => match (id.strip_prefix('p'), id.strip_prefix('s')) {
            (Some(id), _) => Id::Peer(id.parse().unwrap()),
            (_, Some(id)) => Id::Session(id.parse().unwrap()),
            _ => Id::Client(id.parse().unwrap()),
        },
    }
}

fn look(ws: &WebSocket) -> Look {
    let stats = ws.stats();
    Look {
        state: ws.state(),
        buffered: ws.buffered_amount(),
        sent: usize::try_from(stats.messages_sent).unwrap(),
        lost: stats.messages_lost,
        attempts: stats.attempts,
        reconnects: stats.reconnects,
        heartbeats: stats.heartbeats,
        open_for: stats.open_for,
    }
}

impl Stage {
    pub(crate) fn new(network: Network, reactions: Vec<Reaction>, scripts: Vec<Script>) -> Self {
        Self {
            network,
            handles: Vec::new(),
            detached: false,
            reactions,
            trace: Vec::new(),
            inside: false,
            nested: false,
            next_id: 0,
            flushes: Vec::new(),
            opened: Vec::new(),
            pinged: Vec::new(),
            closed_early: None,
            sessions: Sessions::new(scripts),
        }
    }

    pub(crate) fn begin(&mut self, ws: WebSocket) {
        self.closed_early = Some(Glance::new(ws.closed()));
        self.handles.push(ws);
    }

    pub(crate) fn has_handles(&self) -> bool {
        !self.handles.is_empty()
    }

    /// Callbacks no longer act, and set-ups that wait do so for good.
    pub(crate) fn calm(&mut self) {
        self.reactions.clear();
        self.silence_alarms();
    }

    pub(crate) fn note(&mut self, what: What) {
        self.note_seen(self.handles.first().map(look), what);
    }

    pub(crate) fn note_by(&mut self, ws: &WebSocket, what: What) {
        self.note_seen(Some(look(ws)), what);
    }

    fn note_seen(&mut self, look: Option<Look>, what: What) {
        let dials = self.network.dials();
        let dialled_at = if dials == 0 { Duration::ZERO } else { self.network.peer().dialled_at() };
        self.trace.push(Entry { at: self.network.now(), dials, dialled_at, look, what });
    }

    pub(crate) fn settled(&mut self) {
        let closed = self.handles.first().map(|ws| Glance::new(ws.closed()).look());
        let closed_early = self.closed_early.as_mut().and_then(Glance::look);
        let flushed = self.flushes.iter_mut().map(|flush| flush.look().map(|result| result.is_ok())).collect();
        let opened = self.opened.iter_mut().map(Glance::look).collect();
        let pinged = self.pinged.iter_mut().map(Glance::look).collect();
        self.note(What::Settled { closed, closed_early, flushed, opened, pinged });
    }

    fn number(&mut self) -> usize {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Inside a callback with the handle that it was given, else with one that is kept. No handle, no act.
    pub(crate) fn act(&mut self, given: Option<&WebSocket>, act: Act) {
        if let Act::Kept(act) = act {
            return self.use_kept(act);
        }
        // A clone would keep a client alive whose last handle is dropped here.
        let kept = self.handles.pop();
        let dropped = kept.is_none() && !self.detached;
        match (given.or(kept.as_ref()), act) {
            // It is closed for good, whatever callbacks ask for.
            (Some(ws), Act::Reconnect | Act::ReconnectAfter(_)) if dropped => ws.reconnect(),
            (Some(ws), _) => self.act_with(ws, act),
            (None, _) => {}
        }
        match (kept, act) {
            (Some(ws), Act::Drop) => {
                if self.handles.is_empty() && !self.detached {
                    self.note_by(&ws, What::Did(Did::Close(1000)));
                }
                drop(ws);
            }
            (Some(ws), _) => self.handles.push(ws),
            (None, _) => {}
        }
    }

    fn act_with(&mut self, ws: &WebSocket, act: Act) {
        let mut did = |did| self.note_by(ws, What::Did(did));
        match act {
            Act::Send { len, binary } => {
                let id = self.number();
                let message = message(Id::Client(id), len, binary);
                let len = message.len();
                let before = look(ws);
                let result = ws.send(message.clone()).map_err(|error| {
                    assert_eq!(error.message(), &message, "S14: handed back");
                    error.kind()
                });
                self.note_seen(Some(before), What::Did(Did::Send { id, len, result }));
            }
            Act::Close(code) => {
                did(Did::Close(code));
                ws.close(code, "").unwrap();
            }
            Act::Abort => {
                did(Did::Abort);
                ws.abort();
            }
            Act::Reconnect => {
                did(Did::Reconnect(Duration::ZERO));
                ws.reconnect();
            }
            Act::ReconnectAfter(delay) => {
                did(Did::Reconnect(delay));
                ws.reconnect_after(delay);
            }
            Act::Cancel => {
                did(Did::Cancel);
                ws.cancel_reconnect();
            }
            Act::Pause => {
                did(Did::Pause(true));
                ws.pause();
            }
            Act::Resume => {
                did(Did::Pause(false));
                ws.resume();
            }
            Act::TakeUnsent => {
                let before = look(ws);
                let unsent = ws.take_unsent().iter().map(id_of).collect();
                self.note_seen(Some(before), What::Did(Did::TakeUnsent(unsent)));
            }
            Act::Flush => {
                did(Did::Flush);
                self.flushes.push(Glance::new(ws.flush()));
            }
            Act::Opened => {
                did(Did::Opened);
                self.opened.push(Glance::new(ws.opened()));
            }
            Act::Ping => {
                did(Did::Ping);
                self.pinged.push(Glance::new(ws.ping()));
            }
            Act::Clone => self.handles.push(ws.clone()),
            Act::Detach => {
                self.detached = true;
                ws.detach();
            }
            Act::Drop | Act::Kept(_) => {}
        }
    }

    pub(crate) fn peer(&mut self, ago: usize, act: PeerAct) {
        let peers = self.network.peers();
        let Some(number) = peers.len().checked_sub(ago + 1) else {
            return;
        };
        let peer = &peers[number];
        let effective = peer.is_connected();
        let mut did = |did| {
            if effective {
                self.note(What::Peer(number, did));
            }
        };
        match act {
            PeerAct::Send { number: count, len } => {
                for _ in 0..count {
                    let id = self.number();
                    let message = message(Id::Peer(id), len, false);
                    if effective {
                        self.note(What::Peer(number, PeerDid::Send { id, len: message.len() }));
                    }
                    peer.send(message);
                }
            }
            PeerAct::Close(code) => {
                did(PeerDid::Close(code));
                peer.close(code, "bye");
            }
            PeerAct::Cut => {
                did(PeerDid::Cut);
                peer.cut();
            }
            PeerAct::Violate => {
                did(PeerDid::Violate);
                peer.violate();
            }
            PeerAct::Silence(on) => {
                did(PeerDid::Silence(on));
                peer.silence(on);
            }
            PeerAct::Read(on) => {
                // Also after its Close frame.
                self.note(What::Peer(number, PeerDid::Read(on)));
                peer.read(on);
            }
            PeerAct::Echo(on) => {
                did(PeerDid::Echo);
                peer.echo(on);
            }
        }
    }

    /// What a callback does, if anything.
    pub(crate) fn reaction(&mut self, callback: Callback) -> Vec<Act> {
        let mut matching = self.reactions.iter_mut().enumerate().filter(|(_, reaction)| reaction.inside == callback);
        match matching.next() {
            Some((at, Reaction { skip: 0, .. })) => self.reactions.remove(at).acts,
            Some((_, reaction)) => {
                reaction.skip -= 1;
                Vec::new()
            }
            None => Vec::new(),
        }
    }
}
