//! What a simulation does: a configuration, a script, and what callbacks do.

mod session;

use std::time::Duration;

use homing::memory::Dial;
use proptest::prelude::*;

pub(crate) use session::{Ending, KeptAct, Script, SessionStep, Sessions};

/// A whole case.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) setup: Setup,
    pub(crate) reactions: Vec<Reaction>,
    pub(crate) steps: Vec<Step>,
    pub(crate) finale: Finale,
}

#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) policy: Policy,
    pub(crate) heartbeat: Option<Beat>,
    pub(crate) sessions: Option<Sessions>,
    pub(crate) open_timeout: Option<Duration>,
    pub(crate) close_timeout: Duration,
    pub(crate) stable_after: Duration,
    pub(crate) limit: usize,
    pub(crate) predicate: Option<Predicate>,
    pub(crate) latency: Duration,
    /// Bytes a second in each direction.
    pub(crate) rate: Option<u64>,
    pub(crate) capacity: usize,
    pub(crate) dials: Vec<Dial>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) first: Duration,
    pub(crate) max: Duration,
    /// Exponential with full jitter, or else without any.
    pub(crate) jitter: bool,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) max_initial_attempts: Option<u32>,
}

impl Policy {
    /// The longest delay after so many retries.
    pub(crate) fn bound(self, retries: u32) -> Duration {
        (self.first * (1 << retries.min(20))).min(self.max)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Beat {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    /// A message in place of a Ping.
    pub(crate) message: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Predicate {
    Always,
    Never,
    IfClean,
}

/// A callback that does something, once.
#[derive(Debug, Clone)]
pub(crate) struct Reaction {
    pub(crate) inside: Callback,
    pub(crate) skip: u8,
    pub(crate) acts: Vec<Act>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callback {
    Connect,
    Open,
    Message,
    Error,
    Close,
    Full,
    Drain,
    Latency,
    End,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    User(Vec<Act>),
    /// The latest peer, or one this many dials ago.
    Peer(usize, PeerAct),
    Dials(Vec<Dial>),
    Latency(Duration),
    Capacity(usize),
    Page(Page),
    Advance(Duration),
    Sleep(Duration),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Send { len: usize, binary: bool },
    Close(u16),
    Abort,
    Reconnect,
    ReconnectAfter(Duration),
    Cancel,
    Pause,
    Resume,
    Clone,
    Drop,
    Detach,
    TakeUnsent,
    Flush,
    Opened,
    Ping,
    Kept(KeptAct),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum PeerAct {
    Send { number: usize, len: usize },
    Close(u16),
    Cut,
    Violate,
    Silence(bool),
    Read(bool),
    Echo(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Online,
    Visible,
    Frozen,
    Thawed,
}

/// How a case ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Finale {
    Abort,
    Close,
    DropAll,
}

/// The largest message that clients take.
pub(crate) const MAX_MESSAGE: usize = 1000;

fn ms(range: std::ops::RangeInclusive<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

/// Round numbers coincide at the same instant, odd ones do not.
fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        2 => Just(Duration::ZERO),
        3 => ms(1..=50),
        4 => (1..=10_u64).prop_map(|n| Duration::from_millis(100 * n)),
        3 => ms(1..=3000),
        2 => (1..=12_u64).prop_map(Duration::from_secs),
        1 => (12..=90_u64).prop_map(Duration::from_secs),
    ]
}

/// Neither zero nor so short that virtual time hardly passes.
fn timeout() -> impl Strategy<Value = Duration> {
    prop_oneof![ms(200..=3000), (1..=10_u64).prop_map(Duration::from_secs)]
}

fn dial() -> impl Strategy<Value = Dial> {
    prop_oneof![
        6 => Just(Dial::Accept),
        2 => Just(Dial::Refuse),
        1 => Just(Dial::Stall),
        1 => Just(Dial::StallHandshake),
        1 => prop_oneof![Just(401), Just(404), Just(429), Just(503)].prop_map(Dial::Status),
    ]
}

fn latency() -> impl Strategy<Value = Duration> {
    prop_oneof![3 => Just(Duration::ZERO), 4 => ms(1..=80), 1 => ms(100..=4000)]
}

fn policy() -> impl Strategy<Value = Policy> {
    let max_attempts = prop_oneof![3 => Just(None), 2 => (0..=4_u32).prop_map(Some)];
    let max_initial_attempts = prop::option::weighted(0.3, 1..=4_u32);
    let delays = (timeout(), 1..=8_u32, any::<bool>(), max_attempts, max_initial_attempts);
    delays.prop_map(|(first, factor, jitter, max_attempts, max_initial_attempts)| Policy {
        first,
        max: first * factor,
        jitter,
        max_attempts,
        max_initial_attempts,
    })
}

pub(crate) fn setup() -> impl Strategy<Value = Setup> {
    let beat = (timeout(), timeout(), prop::bool::weighted(0.2)).prop_map(|(interval, timeout, message)| Beat {
        interval,
        timeout,
        message,
    });
    let predicate = prop_oneof![Just(Predicate::Always), Just(Predicate::Never), Just(Predicate::IfClean)];
    let times = (prop::option::weighted(0.8, timeout()), timeout(), timeout());
    let sizes = (prop_oneof![1..=60_usize, 60..=600_usize], prop_oneof![Just(0), 1..=300_usize, Just(65_536)]);
    let rate = prop_oneof![3 => Just(None), 1 => (100..=5000_u64).prop_map(Some)];
    let world = (latency(), rate, prop::collection::vec(dial(), 0..4));
    let sessions = prop::option::of(session::sessions());
    (policy(), prop::option::of(beat), sessions, times, prop::option::weighted(0.3, predicate), sizes, world).prop_map(
        |(
            policy,
            heartbeat,
            sessions,
            (open_timeout, close_timeout, stable_after),
            predicate,
            (limit, capacity),
            (latency, rate, dials),
        )| {
            Setup {
                policy,
                heartbeat,
                sessions,
                open_timeout,
                close_timeout,
                stable_after,
                limit,
                predicate,
                latency,
                rate,
                capacity,
                dials,
            }
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    let code = prop_oneof![Just(1000), Just(3000), Just(4999)];
    prop_oneof![
        16 => (1..=120_usize, any::<bool>()).prop_map(|(len, binary)| Act::Send { len, binary }),
        2 => code.prop_map(Act::Close),
        1 => Just(Act::Abort),
        3 => Just(Act::Reconnect),
        2 => duration().prop_map(Act::ReconnectAfter),
        1 => Just(Act::Cancel),
        2 => Just(Act::Pause),
        3 => Just(Act::Resume),
        1 => Just(Act::Clone),
        1 => Just(Act::Drop),
        1 => prop_oneof![9 => Just(Act::Clone), 1 => Just(Act::Detach)],
        2 => Just(Act::TakeUnsent),
        2 => Just(Act::Flush),
        1 => Just(Act::Opened),
        2 => Just(Act::Ping),
        2 => session::kept_act().prop_map(Act::Kept),
    ]
}

fn peer_act() -> impl Strategy<Value = PeerAct> {
    let code = prop_oneof![
        3 => Just(1000),
        3 => Just(1001),
        1 => Just(1005),
        2 => Just(1008),
        2 => Just(1010),
        1 => Just(1011),
        1 => Just(4000)
    ];
    let len = prop_oneof![20 => 1..=200_usize, 1 => 1001..=1200_usize];
    prop_oneof![
        8 => (1..=4_usize, len).prop_map(|(number, len)| PeerAct::Send { number, len }),
        4 => code.prop_map(PeerAct::Close),
        2 => Just(PeerAct::Cut),
        1 => Just(PeerAct::Violate),
        3 => any::<bool>().prop_map(PeerAct::Silence),
        4 => any::<bool>().prop_map(PeerAct::Read),
        3 => prop::bool::weighted(0.8).prop_map(PeerAct::Echo),
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let page = prop_oneof![Just(Page::Online), Just(Page::Visible), Just(Page::Frozen), Just(Page::Thawed)];
    prop_oneof![
        10 => prop::collection::vec(act(), 1..4).prop_map(Step::User),
        3 => session::kept_act().prop_map(|act| Step::User(vec![Act::Kept(act)])),
        8 => (prop_oneof![9 => Just(0), 1 => 1..3_usize], peer_act()).prop_map(|(ago, act)| Step::Peer(ago, act)),
        1 => prop::collection::vec(dial(), 1..4).prop_map(Step::Dials),
        1 => latency().prop_map(Step::Latency),
        1 => prop_oneof![Just(0), 1..=300_usize].prop_map(Step::Capacity),
        1 => page.prop_map(Step::Page),
        14 => duration().prop_map(Step::Advance),
        1 => duration().prop_map(Step::Sleep),
    ]
}

pub(crate) fn reaction() -> impl Strategy<Value = Reaction> {
    let callback = prop_oneof![
        1 => Just(Callback::Connect),
        4 => Just(Callback::Open),
        2 => Just(Callback::Message),
        3 => Just(Callback::Error),
        4 => Just(Callback::Close),
        2 => Just(Callback::Full),
        2 => Just(Callback::Drain),
        1 => Just(Callback::Latency),
        2 => Just(Callback::End),
    ];
    (callback, 0..3_u8, prop::collection::vec(act(), 1..4)).prop_map(|(inside, skip, acts)| Reaction {
        inside,
        skip,
        acts,
    })
}

pub(crate) fn finale() -> impl Strategy<Value = Finale> {
    prop_oneof![2 => Just(Finale::Abort), 2 => Just(Finale::Close), 1 => Just(Finale::DropAll)]
}

/// Any case at all.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    (setup(), prop::collection::vec(reaction(), 0..6), prop::collection::vec(step(), 1..40), finale())
        .prop_map(|(setup, reactions, steps, finale)| Plan { setup, reactions, steps, finale })
}
