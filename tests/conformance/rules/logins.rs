//! Many reconnects to a server that wants a login first (S13, S27): nothing queued is refused, lost or doubled.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

use futures::future::join_all;
use homing::{Builder, Heartbeat, Message, Reconnect, Session, SetupError, WeakWebSocket, WebSocket};

use super::*;

/// How often the server cuts the connection. In browsers, where this takes longer, a build with `HOMING_RECONNECTS=1000` does
/// as much as natively.
const CUTS: u64 = match option_env!("HOMING_RECONNECTS") {
    Some(count) => match u64::from_str_radix(count, 10) {
        Ok(count) => count,
        Err(_) => panic!("HOMING_RECONNECTS is not a number"),
    },
    None if cfg!(target_family = "wasm") => 100,
    None => 1000,
};
/// How often the program begins anew, with what [`WebSocket::take_unsent`] returned.
const LIVES: u64 = 4;
const SENDERS: usize = 4;
/// How many messages wait to be acknowledged while senders wait.
const WINDOW: usize = 48;

/// The messages of a program that wants each to be taken exactly once.
#[derive(Clone, Default)]
struct Outbox(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ws: Option<WeakWebSocket>,
    /// The number of the last message.
    last: u64,
    /// Messages that the server has not acknowledged, in order. The last of them are still queued.
    unacknowledged: VecDeque<String>,
    attempts: u64,
    /// What must not be: closings of a server that was given anything but what it wanted.
    faults: Vec<String>,
    wakers: Vec<Waker>,
}

impl State {
    /// The server has all messages up to this one.
    fn acknowledge(&mut self, answer: &str) {
        let Some(number) = answer.strip_prefix("have ").or(answer.strip_prefix("ack ")) else { return };
        let number: u64 = number.parse().expect("a number");
        let first = self.last - self.unacknowledged.len() as u64;
        self.unacknowledged.drain(..number.saturating_sub(first) as usize);
        self.wakers.drain(..).for_each(Waker::wake);
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Sends the next message. Does not hold the lock meanwhile, as callbacks may be called.
    fn send(&self, ws: &WebSocket) {
        let text = {
            let mut state = self.lock();
            state.last += 1;
            let text = format!("{} {}", state.last, "x".repeat(state.last as usize % 100));
            state.unacknowledged.push_back(text.clone());
            text
        };
        ws.send(text).expect("the queue has room");
    }

    /// Returns the number of the last message that a socket was given: those behind it are still queued. Called while the
    /// present socket has no messages.
    fn last_given(&self) -> u64 {
        let ws = self.lock().ws.as_ref().and_then(WeakWebSocket::upgrade).expect("the program has a handle");
        let (mut left, state) = (ws.buffered_amount(), self.lock());
        let mut last = state.last;
        for text in state.unacknowledged.iter().rev() {
            if left == 0 {
                break;
            }
            last -= 1;
            left = left.checked_sub(text.len()).expect("whole messages are queued");
        }
        last
    }

    /// Returns the messages up to this one that the server may not have.
    fn missing(&self, last: u64) -> Vec<String> {
        let state = self.lock();
        let queued = (state.last - last) as usize;
        state.unacknowledged.iter().take(state.unacknowledged.len().saturating_sub(queued)).cloned().collect()
    }

    async fn until(&self, mut met: impl FnMut(&State) -> bool) {
        poll_fn(|cx| {
            let mut state = self.lock();
            if met(&state) {
                return Poll::Ready(());
            }
            state.wakers.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// A client that notices each end of a connection soon.
    fn client(&self, env: &Env, path: &str) -> Builder {
        let [message, close] = [(); 2].map(|()| self.clone());
        let counts = env.has_own_protocol();
        env.client(path)
            .reconnect(Reconnect::fixed(ms(1)))
            .heartbeat(Heartbeat::ping(ms(100), ms(200)).or_message("beat"))
            .on_message(move |_, text: Message| message.lock().acknowledge(text.as_text().expect("text")))
            .on_close(move |ws, event| {
                // Besides those, the login. Browsers count a few too many.
                let is_closed = ws.state() == homing::State::Closed;
                let missing = if is_closed { usize::MAX } else { close.missing(close.last_given()).len() + 1 };
                let mut state = close.lock();
                state.attempts += 1;
                if !matches!(event.code.get(), 1000 | 1006 | 1012) {
                    state.faults.push(format!("closed with {}: {}", event.code, event.reason));
                }
                if counts && event.lost as usize > missing {
                    state.faults.push(format!("{} messages lost, of which {missing} are missing", event.lost));
                }
                state.wakers.drain(..).for_each(Waker::wake);
            })
    }

    /// Sends while the server cuts the connection, and begins anew a few times. `client` returns a configured client.
    async fn deliver(&self, env: &Env, client: impl Fn() -> Builder) {
        let mut unsent: Vec<Message> = Vec::new();
        for life in 1..=LIVES {
            let ws = client().connect().unwrap();
            self.lock().ws = Some(ws.downgrade());
            for message in unsent.drain(..) {
                ws.send(message).unwrap();
            }
            let is_last = life == LIVES;
            let enough = move |state: &State| state.attempts >= if is_last { CUTS } else { CUTS * life / LIVES };
            let senders = join_all((0..SENDERS).map(|sender| self.send_until(&ws, sender + 1, enough)));
            env.timeout(4 * crate::PATIENCE, senders)
                .await
                .unwrap_or_else(|| panic!("stuck: {:?}", self.lock().faults));
            if is_last {
                env.soon("all to be acknowledged", self.until(|state| state.unacknowledged.is_empty())).await;
                ws.close(1000, "").unwrap();
            } else {
                ws.abort();
            }
            let end = env.soon("the end", ws.closed()).await;
            unsent = ws.take_unsent();
            assert_eq!(unsent.len(), end.unsent);
            let state = self.lock();
            let queued = state.unacknowledged.len() - unsent.len();
            let expected = state.unacknowledged.iter().skip(queued).map(|text| Message::text(text.clone()));
            assert!(unsent.iter().cloned().eq(expected), "what was not sent is not the last that was");
        }
        let faults = std::mem::take(&mut self.lock().faults);
        assert!(faults.is_empty(), "{faults:?}");
        let last = self.lock().last;
        let numbers = |seen: &[Wire]| {
            let number = |text: &String| text.split(' ').next().and_then(|number| number.parse().ok());
            texts(seen).iter().filter_map(number).collect::<Vec<u64>>()
        };
        let seen = env.server().seen().await;
        assert!(numbers(&seen).into_iter().eq(1..=last), "not each of {last} messages exactly once, in order");
        let requests = seen.iter().filter(|wire| matches!(wire, Wire::Request(_))).count() as u64;
        // The program counts those that it aborts itself as well, which may still be dialling.
        assert!(requests > CUTS - (LIVES - 1), "{requests} connections");
    }

    /// Sends a few messages at a time.
    async fn send_until(&self, ws: &WebSocket, burst: usize, enough: impl Fn(&State) -> bool) {
        loop {
            self.until(|state| enough(state) || state.unacknowledged.len() < WINDOW).await;
            if enough(&self.lock()) {
                return;
            }
            (0..burst).for_each(|_| self.send(ws));
        }
    }
}

/// Logs in, and sends again what was given to a socket and did not arrive.
async fn resume(outbox: Outbox, mut session: Session) -> Result<(), SetupError> {
    let last_given = outbox.last_given();
    session.send("login me")?;
    let answer = session.receive().await?;
    outbox.lock().acknowledge(answer.as_text().ok_or_else(|| SetupError::new("text is expected"))?);
    for text in outbox.missing(last_given) {
        session.send(text)?;
    }
    Ok(())
}

pub async fn s27_set_up_sessions_deliver_each_message_once_over_many_reconnects(env: Env) {
    let outbox = Outbox::default();
    let path = format!("/ledger?cuts={CUTS}");
    let client = || {
        let resuming = outbox.clone();
        let builder = outbox.client(&env, &path).setup_timeout(ms(200));
        builder.setup(move |session| resume(resuming.clone(), session))
    };
    outbox.deliver(&env, client).await;
}

/// Without a set-up the program does not know what arrived, so it sends too much, and the server ignores repetitions.
pub async fn s13_a_login_in_on_open_is_first_over_many_reconnects(env: Env) {
    let outbox = Outbox::default();
    let path = format!("/ledger?cuts={CUTS}&repeats=1");
    let client = || {
        let opening = outbox.clone();
        outbox.client(&env, &path).on_open(move |ws, _| {
            let missing = opening.missing(opening.last_given());
            ws.send("login me").unwrap();
            missing.into_iter().for_each(|text| ws.send(text).unwrap());
        })
    };
    outbox.deliver(&env, client).await;
}
