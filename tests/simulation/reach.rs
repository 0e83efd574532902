//! Checks that the cases reach every situation that the model knows.

use std::collections::BTreeMap;

use homing::{EndReason, ErrorKind, Initiator, SendErrorKind};
use proptest::strategy::{Strategy, ValueTree};

use crate::plan::plan;
use crate::run::run;
use crate::trace::{Did, Id, Notified, What};

fn name(what: &What) -> Option<&'static str> {
    Some(match what {
        What::Notified(Notified::Message(Id::Peer(_))) => "message",
        What::Notified(Notified::Message(Id::Client(_))) => "echo",
        What::Notified(Notified::Full) => "full",
        What::Notified(Notified::Drain) => "drain",
        What::Notified(Notified::Latency) => "latency",
        What::Notified(Notified::Error(kind)) => match kind {
            ErrorKind::Connect => "refused",
            ErrorKind::Handshake { .. } => "status",
            ErrorKind::OpenTimeout => "open timeout",
            ErrorKind::HeartbeatTimeout => "heartbeat timeout",
            ErrorKind::Protocol => "protocol error",
            ErrorKind::MessageTooLarge => "too large",
            _ => "broken",
        },
        What::Notified(Notified::Close(event)) => match (event.initiator, event.clean) {
            (Initiator::Local, true) => "closed here",
            (Initiator::Local, false) => "dropped here",
            (Initiator::Remote, _) => "closed there",
            (Initiator::Failure, _) => "failed",
        },
        What::Notified(Notified::End(end)) => match end.reason {
            _ if end.unsent > 0 => "end with unsent",
            EndReason::Fatal => "fatal",
            EndReason::Exhausted => "exhausted",
            EndReason::Declined => "declined",
            _ => "end",
        },
        What::Did(Did::Send { result: Err(SendErrorKind::Full), .. }) => "refused as full",
        What::Did(Did::Send { result: Err(SendErrorKind::Closed), .. }) => "refused as closed",
        What::Did(Did::TakeUnsent(unsent)) if !unsent.is_empty() => "handed back",
        _ => return None,
    })
}

#[test]
fn every_kind_of_event_comes_up() {
    let mut seen = BTreeMap::<_, usize>::new();
    for seed in 0..500 {
        let plan = plan().new_tree(&mut crate::runner(seed)).unwrap().current();
        let names = run(&plan).trace.iter().filter_map(|entry| name(&entry.what)).collect::<Vec<_>>();
        names.into_iter().for_each(|name| *seen.entry(name).or_default() += 1);
    }
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < 5).collect();
    assert!(seen.len() == 24 && rare.is_empty(), "{} kinds, of these rare: {rare:?}\n{seen:#?}", seen.len());
}
