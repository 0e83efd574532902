//! Scripts of servers that know their clients across connections: logins, subscriptions, sequence numbers, requests and
//! limits. Messages are text; [`scripts`](crate::scripts) has the list.

use crate::conn::{Conn, Event};
use crate::connection::End;
use crate::frame;
use crate::ledger;
use crate::query::Target;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// What a server remembers after a connection has ended.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// How often each token was used.
    tokens: HashMap<String, usize>,
    /// The number of the last message of each client of `/inbox`.
    inbox: HashMap<String, u64>,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the script of this path. Returns `None` if it is of another module.
pub(crate) async fn run(conn: &mut Conn, target: &Target) -> Option<Result<End, End>> {
    Some(match target.path.as_str() {
        "/login" => login(conn, target).await,
        "/topics" => topics(conn).await,
        "/events" => events(conn, target).await,
        "/inbox" => inbox(conn, target).await,
        "/calls" => calls(conn).await,
        "/ledger" => ledger::run(conn, target).await,
        "/limited" => limited(conn, target).await,
        _ => return None,
    })
}

/// Returns the next text message; the end after a Close frame, or after a binary message, which is refused with 1003.
pub(crate) async fn text(conn: &mut Conn) -> Result<String, End> {
    match conn.next().await? {
        Event::Message { opcode: frame::TEXT, payload, .. } => Ok(String::from_utf8_lossy(&payload).into_owned()),
        Event::Message { .. } => Err(refuse(conn, 1003, "text is expected").await),
        Event::Close(code) => {
            conn.send_close(code, "");
            Err(End::Shut)
        }
    }
}

/// Sends Close and waits for the client's answer.
pub(crate) async fn refuse(conn: &mut Conn, code: u16, reason: &str) -> End {
    conn.send_close(Some(code), reason);
    loop {
        match conn.next().await {
            Ok(Event::Message { .. }) => {}
            Ok(Event::Close(_)) => return End::Shut,
            Err(end) => return end,
        }
    }
}

pub(crate) fn say(conn: &mut Conn, text: &str) {
    conn.queue(&frame::text(text));
}

async fn login(conn: &mut Conn, target: &Target) -> Result<End, End> {
    let first = text(conn).await?;
    let Some(token) = first.strip_prefix("login ") else {
        return Ok(refuse(conn, 4401, "login required").await);
    };
    let used = {
        let mut known = conn.sessions().lock();
        let used = known.tokens.entry(token.to_owned()).or_default();
        *used += 1;
        *used
    };
    if target.number("uses").is_some_and(|uses| used > uses) {
        return Ok(refuse(conn, 4401, "token expired").await);
    }
    say(conn, "welcome");
    loop {
        let message = text(conn).await?;
        say(conn, &message);
    }
}

async fn topics(conn: &mut Conn) -> Result<End, End> {
    let mut topics = BTreeSet::new();
    loop {
        let message = text(conn).await?;
        let mut words = message.splitn(3, ' ');
        let (command, topic) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_owned());
        match command {
            "subscribe" => {
                say(conn, &format!("subscribed {topic}"));
                topics.insert(topic);
            }
            "unsubscribe" => {
                topics.remove(&topic);
            }
            "publish" if topics.contains(&topic) => {
                say(conn, &format!("{topic} {}", words.next().unwrap_or_default()));
            }
            _ => return Ok(refuse(conn, 4404, "not subscribed").await),
        }
    }
}

async fn events(conn: &mut Conn, target: &Target) -> Result<End, End> {
    let first = text(conn).await?;
    let Some(after) = first.strip_prefix("resume ").and_then(|number| number.parse::<u64>().ok()) else {
        return Ok(refuse(conn, 4400, "resume is expected").await);
    };
    let last = target.number("n").unwrap_or(10);
    let end = target.number("cut").map_or(last, |cut: u64| last.min(after + cut));
    for number in after + 1..=end {
        say(conn, &format!("{number} event"));
    }
    conn.flush().await?;
    if end < last {
        return Ok(End::Fin);
    }
    loop {
        text(conn).await?;
    }
}

async fn inbox(conn: &mut Conn, target: &Target) -> Result<End, End> {
    let first = text(conn).await?;
    let Some(client) = first.strip_prefix("hello ") else {
        return Ok(refuse(conn, 4400, "hello is expected").await);
    };
    let mut last = conn.sessions().lock().inbox.get(client).copied().unwrap_or(0);
    let mut left = target.number::<u64>("cut");
    say(conn, &format!("have {last}"));
    loop {
        let message = text(conn).await?;
        let number = message.split(' ').next().and_then(|number| number.parse::<u64>().ok());
        if number != Some(last + 1) {
            return Ok(refuse(conn, 4409, &format!("number {} is expected", last + 1)).await);
        }
        last += 1;
        conn.sessions().lock().inbox.insert(client.to_owned(), last);
        // The message before the cut is not acknowledged.
        left = left.map(|left| left.saturating_sub(1));
        if left == Some(0) {
            return Ok(End::Fin);
        }
        say(conn, &format!("ack {last}"));
    }
}

async fn calls(conn: &mut Conn) -> Result<End, End> {
    let mut held = None;
    loop {
        let message = text(conn).await?;
        let mut words = message.splitn(3, ' ');
        let (id, method) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let answer = format!("{id} {}", words.next().unwrap_or_default());
        match method {
            "never" => {}
            "hold" => held = Some(answer),
            "cut" => return Ok(End::Fin),
            _ => {
                say(conn, &answer);
                if let Some(held) = held.take() {
                    say(conn, &held);
                }
            }
        }
    }
}

async fn limited(conn: &mut Conn, target: &Target) -> Result<End, End> {
    let burst = target.number("burst").unwrap_or(5.0_f64);
    let rate = target.number("per_second").unwrap_or(50.0_f64);
    let (mut tokens, mut counted) = (burst, Instant::now());
    let mut left = target.number::<u64>("cut");
    loop {
        let message = text(conn).await?;
        tokens = burst.min(tokens + counted.elapsed().as_secs_f64() * rate);
        counted = Instant::now();
        if tokens < 1.0 {
            return Ok(refuse(conn, 4429, "too many messages").await);
        }
        tokens -= 1.0;
        left = left.map(|left| left.saturating_sub(1));
        if left == Some(0) {
            return Ok(End::Fin);
        }
        say(conn, &message);
    }
}
