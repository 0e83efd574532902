//! The set-ups of a client's connections (S27).

use std::time::Duration;

use proptest::prelude::*;

use super::{Act, PeerAct, act, duration, ms, peer_act, timeout};

#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    pub(crate) timeout: Duration,
    pub(crate) receive_limit: usize,
    /// Of one connection after another, then from the start again.
    pub(crate) scripts: Vec<Script>,
}

/// What a set-up does.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) steps: Vec<SessionStep>,
    pub(crate) result: Ending,
}

#[derive(Debug, Clone)]
pub(crate) enum SessionStep {
    Send {
        len: usize,
        binary: bool,
    },
    Receive,
    /// The peer sends so many messages, and the first is received.
    Ask {
        number: usize,
        len: usize,
    },
    Flush,
    Wait(Duration),
    Act(Act),
    Peer(PeerAct),
    /// The session is kept for later, and the set-up goes on without it, after a while.
    Keep(Duration),
    Drop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    Fails { code: Option<u16>, is_fatal: bool },
    Never,
}

/// What is done with a session that was kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeptAct {
    Send { len: usize },
    Receive,
    Flush,
    Drop,
}

fn step() -> impl Strategy<Value = SessionStep> {
    prop_oneof![
        8 => (1..=120_usize, any::<bool>()).prop_map(|(len, binary)| SessionStep::Send { len, binary }),
        2 => Just(SessionStep::Receive),
        5 => (1..=3_usize, 1..=200_usize).prop_map(|(number, len)| SessionStep::Ask { number, len }),
        2 => Just(SessionStep::Flush),
        4 => prop_oneof![3 => ms(1..=300), 1 => duration()].prop_map(SessionStep::Wait),
        3 => act().prop_map(SessionStep::Act),
        6 => peer_act().prop_map(SessionStep::Peer),
        2 => timeout().prop_map(SessionStep::Keep),
        1 => Just(SessionStep::Drop),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let code = prop_oneof![3 => Just(None), 1 => Just(Some(1000)), 3 => (3000..=4999_u16).prop_map(Some)];
    let fails = (code, prop::bool::weighted(0.3)).prop_map(|(code, is_fatal)| Ending::Fails { code, is_fatal });
    let result = prop_oneof![9 => Just(Ending::Done), 3 => fails, 1 => Just(Ending::Never)];
    (prop::collection::vec(step(), 0..6), result).prop_map(|(steps, result)| Script { steps, result })
}

pub(super) fn sessions() -> impl Strategy<Value = Sessions> {
    let limit = prop_oneof![3 => Just(1 << 20), 1 => 1..=400_usize];
    (timeout(), limit, prop::collection::vec(script(), 1..5)).prop_map(|(timeout, receive_limit, scripts)| Sessions {
        timeout,
        receive_limit,
        scripts,
    })
}

pub(super) fn kept_act() -> impl Strategy<Value = KeptAct> {
    prop_oneof![
        3 => (1..=120_usize).prop_map(|len| KeptAct::Send { len }),
        2 => Just(KeptAct::Receive),
        1 => Just(KeptAct::Flush),
        1 => Just(KeptAct::Drop),
    ]
}
