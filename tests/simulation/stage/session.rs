//! Set-ups as planned, and the sessions that they keep.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use homing::{Session, SetupError};

use super::{Stage, id_of, lock, message};
use crate::plan::{Ending, KeptAct, PeerAct, Script, SessionStep};
use crate::trace::{Id, SessionDid, What};

/// The sessions of a case.
#[derive(Default)]
pub(crate) struct Sessions {
    scripts: Vec<Script>,
    started: usize,
    /// When set-ups go on that wait.
    alarms: Vec<(Duration, Waker)>,
    /// With the number of its dial.
    kept: Option<(usize, Session)>,
}

impl Sessions {
    pub(crate) fn new(scripts: Vec<Script>) -> Self {
        Self { scripts, ..Self::default() }
    }
}

type Shared = Weak<Mutex<Stage>>;

/// Runs a function with the stage, unless the case is over.
fn with<T>(stage: &Shared, run: impl FnOnce(&mut Stage) -> T) -> Option<T> {
    let stage: Arc<_> = stage.upgrade()?;
    let result = run(&mut lock(&stage));
    Some(result)
}

/// Notes that the set-up was dropped before it returned.
struct Guard {
    stage: Shared,
    dial: usize,
    returned: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.returned {
            with(&self.stage, |stage| stage.session(self.dial, SessionDid::Dropped));
        }
    }
}

/// The set-up of a connection: records what it does, and when it is polled.
pub(crate) fn set_up(stage: Shared, session: Session) -> impl Future<Output = Result<(), SetupError>> + Send + 'static {
    let started = with(&stage, |stage| stage.starts());
    let guard = started.as_ref().map(|(dial, _)| Guard { stage: stage.clone(), dial: *dial, returned: false });
    let dial = started.as_ref().map_or(0, |(dial, _)| *dial);
    let mut future = Box::pin(run(stage.clone(), session, guard, started.map(|(_, script)| script)));
    poll_fn(move |cx| {
        with(&stage, |stage| stage.polls(dial, true));
        let result = future.as_mut().poll(cx);
        with(&stage, |stage| stage.polls(dial, false));
        result
    })
}

async fn run(stage: Shared, session: Session, guard: Option<Guard>, script: Option<Script>) -> Result<(), SetupError> {
    let (Some(mut guard), Some(script)) = (guard, script) else { return Ok(()) };
    let dial = guard.dial;
    let mut session = Some(session);
    for step in script.steps {
        take(&stage, dial, &mut session, step).await?;
    }
    let result = match script.result {
        Ending::Never => pending().await,
        Ending::Done => Ok(()),
        Ending::Fails { code, is_fatal } => {
            let mut error = SetupError::new("planned");
            if let Some(code) = code {
                error = error.close(code, "set-up")?;
            }
            Err(if is_fatal { error.fatal() } else { error })
        }
    };
    guard.returned = true;
    with(&stage, |stage| stage.session(dial, SessionDid::Returns(script.result)));
    result
}

async fn take(stage: &Shared, dial: usize, session: &mut Option<Session>, step: SessionStep) -> Result<(), SetupError> {
    let note = |did| with(stage, |stage| stage.session(dial, did));
    match step {
        SessionStep::Act(act) => {
            with(stage, |stage| stage.act(None, act));
        }
        SessionStep::Peer(act) => {
            with(stage, |stage| stage.peer(0, act));
        }
        SessionStep::Wait(duration) => wait(stage, duration).await,
        SessionStep::Keep(duration) => {
            if let Some(session) = session.take() {
                with(stage, |stage| stage.sessions.kept = Some((dial, session)));
                wait(stage, duration).await;
            }
        }
        SessionStep::Drop => *session = None,
        SessionStep::Send { len, binary } => {
            if let Some(session) = session {
                with(stage, |stage| stage.session_send(dial, session, len, binary));
            }
        }
        SessionStep::Receive | SessionStep::Ask { .. } => {
            if let SessionStep::Ask { number, len } = step {
                with(stage, |stage| stage.peer(0, PeerAct::Send { number, len }));
            }
            let Some(session) = session else { return Ok(()) };
            note(SessionDid::Waits);
            let received = session.receive().await;
            note(SessionDid::Receives(received.as_ref().map(id_of).ok()));
            received?;
        }
        SessionStep::Flush => {
            let Some(session) = session else { return Ok(()) };
            note(SessionDid::Flushes);
            let flushed = session.flush().await;
            note(SessionDid::Flushed(flushed.is_ok()));
            flushed?;
        }
    }
    Ok(())
}

async fn wait(stage: &Shared, duration: Duration) {
    let Some(until) = with(stage, |stage| stage.network.now() + duration) else { return };
    poll_fn(|cx| {
        let is_due = with(stage, |stage| {
            stage.sessions.alarms.push((until, cx.waker().clone()));
            stage.network.now() >= until
        });
        if is_due == Some(false) { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}

impl Stage {
    fn session(&mut self, dial: usize, did: SessionDid) {
        self.note(What::Session(dial, did));
    }

    fn starts(&mut self) -> (usize, Script) {
        let dial = self.network.dials() - 1;
        self.session(dial, SessionDid::Starts);
        let scripts = &self.sessions.scripts;
        let script = scripts[self.sessions.started % scripts.len()].clone();
        self.sessions.started += 1;
        (dial, script)
    }

    fn polls(&mut self, dial: usize, begins: bool) {
        if begins {
            self.nested |= std::mem::replace(&mut self.inside, true);
            self.session(dial, SessionDid::Polled);
        } else {
            self.session(dial, SessionDid::Returned);
            self.inside = false;
        }
    }

    fn session_send(&mut self, dial: usize, session: &Session, len: usize, binary: bool) {
        let id = self.number();
        let message = message(Id::Session(id), len, binary);
        let len = message.len();
        let result = session.send(message.clone()).map_err(|error| {
            assert_eq!(error.message(), &message, "S27: handed back");
            error.kind()
        });
        self.session(dial, SessionDid::Sends { id, len, result });
    }

    /// Wakes what waits until now. Returns how long it takes until the next is due, if there is any.
    pub(crate) fn ring(&mut self) -> Option<Duration> {
        let now = self.network.now();
        let alarms = std::mem::take(&mut self.sessions.alarms);
        let (due, later): (Vec<_>, _) = alarms.into_iter().partition(|(due, _)| *due <= now);
        self.sessions.alarms = later;
        due.into_iter().for_each(|(_, waker)| waker.wake());
        self.sessions.alarms.iter().map(|(due, _)| *due - now).min()
    }

    /// Whether a set-up may wait for a time.
    pub(crate) fn waits(&self) -> bool {
        let mut steps = self.sessions.scripts.iter().flat_map(|script| &script.steps);
        steps.any(|step| matches!(step, SessionStep::Wait(_) | SessionStep::Keep(_)))
    }

    /// Nothing that waits goes on.
    pub(super) fn silence_alarms(&mut self) {
        self.sessions.alarms.clear();
    }

    /// Uses the session that was kept, from outside of its set-up.
    pub(super) fn use_kept(&mut self, act: KeptAct) {
        let Some((dial, mut session)) = self.sessions.kept.take() else { return };
        let mut cx = Context::from_waker(Waker::noop());
        match act {
            KeptAct::Send { len } => self.session_send(dial, &session, len, false),
            KeptAct::Receive => {
                let received = match pin!(session.receive()).poll(&mut cx) {
                    Poll::Ready(received) => Some(received.as_ref().map(id_of).ok()),
                    Poll::Pending => None,
                };
                self.session(dial, SessionDid::Glances(received));
            }
            KeptAct::Flush => {
                let flushed = match pin!(session.flush()).poll(&mut cx) {
                    Poll::Ready(flushed) => Some(flushed.is_ok()),
                    Poll::Pending => None,
                };
                self.session(dial, SessionDid::GlancesFlush(flushed));
            }
            KeptAct::Drop => return,
        }
        self.sessions.kept = Some((dial, session));
    }
}
