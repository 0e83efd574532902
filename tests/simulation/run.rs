//! Carries out a plan and returns its outcome.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use homing::driver::PageEvent;
use homing::memory::{Network, Peer};
use homing::{Builder, CloseEvent, Heartbeat, Reconnect, WebSocket};

use crate::actor::Actor;
use crate::plan::{Act, Finale, MAX_MESSAGE, Page, Plan, Predicate, Setup, Step};
use crate::stage::{Stage, id_of, lock, set_up};
use crate::trace::{Entry, Id, What};

/// The outcome of a case.
pub(crate) struct Outcome {
    pub(crate) trace: Vec<Entry>,
    /// What each peer received, and the Close frame that it saw.
    pub(crate) received: Vec<(Vec<Id>, Option<u16>)>,
    /// A callback began before another had returned.
    pub(crate) nested: bool,
}

pub(crate) fn run(plan: &Plan) -> Outcome {
    let network = Network::new();
    network.set_latency(plan.setup.latency);
    network.set_rate(plan.setup.rate);
    network.set_capacity(plan.setup.capacity);
    network.script(plan.setup.dials.iter().copied());
    let sessions = plan.setup.sessions.as_ref();
    let scripts = sessions.map(|sessions| sessions.scripts.clone()).unwrap_or_default();
    let stage = Arc::new(Mutex::new(Stage::new(network.clone(), plan.reactions.clone(), scripts)));
    let mut builder = builder(&plan.setup).handler(Actor(Arc::downgrade(&stage)));
    if let Some(sessions) = sessions {
        let stage = Arc::downgrade(&stage);
        builder = builder
            .setup(move |session| set_up(stage.clone(), session))
            .setup_timeout(sessions.timeout)
            .max_receive_buffer(sessions.receive_limit);
    }
    let ws = network.connect(builder).unwrap();
    lock(&stage).begin(ws);
    // The client dials when it is created, but the network processes that only now.
    network.advance(Duration::ZERO);
    plan.steps.iter().for_each(|step| take(&stage, &network, step));
    finish(&stage, &network, plan.finale);
    let received = network.peers().iter().map(received).collect();
    let mut stage = lock(&stage);
    Outcome { trace: std::mem::take(&mut stage.trace), received, nested: stage.nested }
}

fn builder(setup: &Setup) -> Builder {
    let policy = setup.policy;
    let mut reconnect = Reconnect::exponential(policy.first, policy.max).jitter(if policy.jitter { 1.0 } else { 0.0 });
    if let Some(attempts) = policy.max_attempts {
        reconnect = reconnect.max_attempts(attempts);
    }
    if let Some(attempts) = policy.max_initial_attempts {
        reconnect = reconnect.max_initial_attempts(attempts);
    }
    let heartbeat = setup.heartbeat.map(|beat| match beat.message {
        true => Heartbeat::message(beat.interval, beat.timeout, "beat"),
        false => Heartbeat::ping(beat.interval, beat.timeout),
    });
    let mut builder = WebSocket::builder("ws://example.com")
        .reconnect(reconnect)
        .heartbeat(heartbeat)
        .open_timeout(setup.open_timeout)
        .close_timeout(setup.close_timeout)
        .stable_after(setup.stable_after)
        .max_send_buffer(setup.limit)
        .max_message_size(MAX_MESSAGE)
        .jitter_seed(1);
    if setup.heartbeat.is_some_and(|beat| beat.message) {
        builder = builder.heartbeat_reply(|message| message.as_text() == Some("beat"));
    }
    if let Some(predicate) = setup.predicate {
        builder = builder.retry_if(move |event| retries(predicate, event));
    }
    builder
}

pub(crate) fn retries(predicate: Predicate, event: &CloseEvent) -> bool {
    match predicate {
        Predicate::Always => true,
        Predicate::Never => false,
        Predicate::IfClean => event.clean,
    }
}

fn take(stage: &Mutex<Stage>, network: &Network, step: &Step) {
    match step {
        Step::User(acts) => acts.iter().for_each(|act| lock(stage).act(None, *act)),
        Step::Peer(ago, act) => lock(stage).peer(*ago, *act),
        Step::Dials(dials) => {
            lock(stage).note(What::Dials(dials.clone()));
            network.script(dials.iter().copied());
        }
        Step::Latency(latency) => {
            lock(stage).note(What::Latency(*latency));
            network.set_latency(*latency);
        }
        Step::Capacity(bytes) => network.set_capacity(*bytes),
        Step::Page(page) => {
            lock(stage).note(What::Page(*page));
            network.page(match page {
                Page::Online => PageEvent::Online,
                Page::Visible => PageEvent::Visible,
                Page::Frozen => PageEvent::Frozen,
                Page::Thawed => PageEvent::Thawed,
            });
        }
        Step::Advance(duration) => {
            advance(stage, network, *duration);
            lock(stage).settled();
        }
        Step::Sleep(duration) => {
            network.advance(Duration::ZERO);
            lock(stage).note(What::Sleep(network.now() + *duration));
            network.sleep(*duration);
            // The machine may have to be woken for what follows from what was late.
            network.advance(Duration::ZERO);
            lock(stage).settled();
        }
    }
}

/// How late set-ups go on that wait for a time, at most.
const TICK: Duration = Duration::from_millis(50);

/// Lets time pass, and wakes the set-ups that wait for it.
fn advance(stage: &Mutex<Stage>, network: &Network, duration: Duration) {
    let until = network.now() + duration;
    network.advance(Duration::ZERO);
    loop {
        let next = lock(stage).ring();
        let left = until - network.now();
        let step = if lock(stage).waits() { next.unwrap_or(TICK).min(TICK).min(left) } else { left };
        network.advance(step);
        if step == left {
            break;
        }
    }
    lock(stage).ring();
    network.advance(Duration::ZERO);
}

/// Ends the client, unless it was detached without a handle, and collects the outcome.
fn finish(stage: &Mutex<Stage>, network: &Network, finale: Finale) {
    network.advance(Duration::ZERO);
    match finale {
        Finale::Abort => lock(stage).act(None, Act::Abort),
        Finale::Close => lock(stage).act(None, Act::Close(1000)),
        Finale::DropAll => {
            while lock(stage).has_handles() {
                lock(stage).act(None, Act::Drop);
            }
        }
    }
    lock(stage).calm();
    network.advance(Duration::from_secs(600));
    lock(stage).settled();
    lock(stage).act(None, Act::TakeUnsent);
    lock(stage).settled();
}

fn received(peer: &Peer) -> (Vec<Id>, Option<u16>) {
    let messages = peer.received().iter().map(id_of).filter(|id| *id != Id::Heartbeat).collect();
    (messages, peer.close_received().map(|(code, _)| code.get()))
}
