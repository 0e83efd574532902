//! Checks that the cases reach every situation that the model knows.

use std::collections::BTreeMap;

use homing::{EndReason, ErrorKind, Initiator, PingError, SendErrorKind};
use proptest::strategy::{Strategy, ValueTree};

use crate::plan::{Ending, plan};
use crate::run::run;
use crate::trace::{Did, Entry, Id, Notified, PeerDid, SessionDid, What};

/// How many names there are.
const KINDS: usize = 60;

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
            ErrorKind::Setup => return None,
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
        What::Settled { pinged, .. } => match pinged.last()?.as_ref()? {
            Ok(_) => "pinged",
            Err(PingError::Lost) => "ping lost",
            Err(_) => "ping not sent",
        },
        _ => return None,
    })
}

/// Where in a trace it is: what depends on that has a name of its own.
#[derive(Default)]
struct Place {
    /// `on_open` is running.
    opening: bool,
    /// The set-up is running, and continues at this moment.
    sets_up: bool,
    polled: bool,
    returned: Option<Ending>,
    /// It has received less than was sent to it.
    unread: usize,
}

impl Place {
    fn name(&mut self, what: &What) -> Option<&'static str> {
        Some(match what {
            What::Session(_, did) => return self.session(did),
            What::Notified(Notified::Open) => {
                self.opening = true;
                *self = Self { opening: true, unread: self.unread, ..Self::default() };
                return None;
            }
            What::Returned if std::mem::take(&mut self.opening) => return None,
            What::Notified(Notified::Message(_)) if self.unread > 0 => {
                self.unread -= 1;
                "not received by the set-up"
            }
            What::Notified(Notified::Error(ErrorKind::Setup)) => match self.returned {
                Some(Ending::Fails { is_fatal: true, .. }) => "set-up failed for good",
                Some(Ending::Fails { code: Some(_), .. }) => "set-up failed with a code",
                Some(Ending::Fails { .. }) => "set-up failed",
                _ => "set-up timeout",
            },
            What::Notified(Notified::Close(_)) => {
                *self = Self::default();
                return None;
            }
            What::Peer(_, did) if self.sets_up => match did {
                PeerDid::Send { .. } => {
                    self.unread += 1;
                    "sent to a set-up"
                }
                PeerDid::Close(_) => "closed by the peer during a set-up",
                PeerDid::Cut => "cut during a set-up",
                PeerDid::Violate => "violation during a set-up",
                PeerDid::Silence(_) | PeerDid::Read(_) | PeerDid::Echo => return None,
            },
            What::Did(did) if self.opening => match did {
                Did::Send { result: Ok(()), .. } => "sent ahead",
                Did::Send { .. } => "refused ahead",
                Did::Flush => "flush in on_open",
                _ => return None,
            },
            What::Did(did) if self.sets_up => match (did, self.polled) {
                (Did::Send { .. }, true) => "queued inside a set-up",
                (Did::Close(_) | Did::Abort, true) => "closed inside a set-up",
                (Did::Reconnect(_), true) => "reconnected inside a set-up",
                (Did::Pause(true), true) => "paused inside a set-up",
                (Did::Flush, true) => "flush inside a set-up",
                (Did::Send { .. }, false) => "queued during a set-up",
                (Did::Close(_) | Did::Abort, false) => "closed during a set-up",
                (Did::Reconnect(_), false) => "reconnected during a set-up",
                (Did::Pause(true), false) => "paused during a set-up",
                _ => return None,
            },
            _ => return None,
        })
    }

    fn session(&mut self, did: &SessionDid) -> Option<&'static str> {
        Some(match did {
            SessionDid::Starts => {
                *self = Self { sets_up: true, ..Self::default() };
                "set-up"
            }
            SessionDid::Polled => {
                self.polled = true;
                return None;
            }
            SessionDid::Returned => {
                self.polled = false;
                return None;
            }
            SessionDid::Sends { result, .. } => match result {
                Ok(()) if self.polled => "set-up sends",
                Ok(()) => "kept session sends",
                Err(SendErrorKind::Full) => "session is full",
                Err(_) => "session is over",
            },
            SessionDid::Receives(_) => {
                self.unread = self.unread.saturating_sub(1);
                "set-up receives"
            }
            SessionDid::Flushed(_) => "set-up flushes",
            SessionDid::Returns(ending) => {
                self.returned = Some(*ending);
                if *ending == Ending::Done { "set-up done" } else { return None }
            }
            SessionDid::Dropped => "set-up dropped",
            SessionDid::Glances(Some(Some(_))) => "kept session receives",
            SessionDid::Glances(Some(None)) => "kept session is over",
            SessionDid::GlancesFlush(Some(true)) => "kept session flushes",
            _ => return None,
        })
    }
}

fn names(trace: &[Entry]) -> Vec<&'static str> {
    let mut place = Place::default();
    trace.iter().flat_map(|entry| [name(&entry.what), place.name(&entry.what)]).flatten().collect()
}

#[test]
fn every_kind_of_event_comes_up() {
    let mut seen = BTreeMap::<_, usize>::new();
    for seed in 0..3000 {
        let plan = plan().new_tree(&mut crate::runner(seed)).unwrap().current();
        names(&run(&plan).trace).into_iter().for_each(|name| *seen.entry(name).or_default() += 1);
    }
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < 3).collect();
    assert!(seen.len() == KINDS && rare.is_empty(), "{} kinds, of these rare: {rare:?}\n{seen:#?}", seen.len());
}
