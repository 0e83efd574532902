//! A server that wants a login first, and takes each message exactly once.

use crate::conn::Conn;
use crate::connection::End;
use crate::journal::What;
use crate::query::Target;
use crate::sessions::{refuse, say, text};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a server remembers of the clients of this script, by name.
#[derive(Default)]
pub(crate) struct Ledgers(Mutex<HashMap<String, Ledger>>);

#[derive(Default)]
struct Ledger {
    /// The number of the last message.
    last: u64,
    /// The latest connection that logged in. Those before may take nothing any more.
    connection: u64,
}

impl Ledgers {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Ledger>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of the last message.
    fn login(&self, name: &str, connection: u64) -> u64 {
        let mut ledgers = self.lock();
        let ledger = ledgers.entry(name.to_owned()).or_default();
        ledger.connection = connection;
        ledger.last
    }

    /// Takes the next number. Returns the last one before that, or `None` if another connection has logged in since.
    fn next(&self, name: &str, connection: u64, number: Option<u64>) -> Option<u64> {
        let mut ledgers = self.lock();
        let ledger = ledgers.get_mut(name).filter(|ledger| ledger.connection == connection)?;
        let before = ledger.last;
        if number == Some(before + 1) {
            ledger.last += 1;
        }
        Some(before)
    }
}

/// When and how a connection ends.
struct Cut {
    /// After so many messages, that of the login included.
    after: u64,
    /// Whether the last of them is taken.
    takes_last: bool,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum How {
    Fin,
    Rst,
    Close,
    Silence,
}

impl Cut {
    /// The cut of this connection, repeatable by its number.
    fn of(connection: u64, within: u64) -> Cut {
        // SplitMix64.
        let mut mixed = connection.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let how = match (mixed >> 32) % 100 {
            0 => How::Silence,
            other => [How::Fin, How::Rst, How::Close][(other % 3) as usize],
        };
        // At least the login arrives: a client that is cut off before has not opened.
        Cut { after: 1 + mixed % within.max(1), takes_last: mixed >> 63 == 1, how }
    }
}

pub(crate) async fn run(conn: &mut Conn, target: &Target) -> Result<End, End> {
    conn.quiet = true;
    let cuts = target.number("cuts").unwrap_or(0);
    let cut = (conn.id() <= cuts).then(|| Cut::of(conn.id(), target.number("within").unwrap_or(8)));
    let repeats = target.flag("repeats");
    let mut left = cut.as_ref().map(|cut| cut.after);
    let mut client = None::<String>;
    loop {
        if let Some(cut) = cut.as_ref().filter(|_| left == Some(0)) {
            // So that the client may know that its last message was taken.
            conn.flush().await?;
            return Ok(end(conn, cut.how).await);
        }
        let message = text(conn).await?;
        if message == "beat" {
            say(conn, "beat");
            continue;
        }
        left = left.map(|left| left - 1);
        if let Some(cut) = cut.as_ref().filter(|cut| left == Some(0) && !cut.takes_last) {
            return Ok(end(conn, cut.how).await);
        }
        match (&client, message.strip_prefix("login ")) {
            (None, Some(name)) => {
                let last = conn.ledgers().login(name, conn.id());
                say(conn, &format!("have {last}"));
                client = Some(name.to_owned());
            }
            (None, None) => return Ok(refuse(conn, 4401, "login required").await),
            (Some(_), Some(_)) => return Ok(refuse(conn, 4409, "second login").await),
            (Some(name), None) => {
                let number = message.split(' ').next().and_then(|number| number.parse::<u64>().ok());
                let Some(last) = conn.ledgers().next(name, conn.id(), number) else {
                    return Ok(refuse(conn, 4408, "replaced by another connection").await);
                };
                match number {
                    Some(number) if number == last + 1 => conn.record(What::Text(message)),
                    Some(number) if number <= last && repeats => {}
                    _ => return Ok(refuse(conn, 4409, &format!("number {} is expected", last + 1)).await),
                }
                say(conn, &format!("ack {}", number.unwrap_or(0)));
            }
        }
    }
}

async fn end(conn: &mut Conn, how: How) -> End {
    match how {
        How::Fin => End::Fin,
        How::Rst => End::Rst,
        How::Close => refuse(conn, 1012, "restart").await,
        How::Silence => conn.left().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn connections_end_in_every_way() {
        let cuts: Vec<Cut> = (1..=1000).map(|connection| Cut::of(connection, 8)).collect();
        assert_eq!(cuts.iter().map(|cut| cut.how).collect::<HashSet<_>>().len(), 4);
        assert_eq!(cuts.iter().map(|cut| (cut.after, cut.takes_last)).collect::<HashSet<_>>().len(), 16);
        assert!(cuts.iter().all(|cut| (1..=8).contains(&cut.after)));
    }
}
