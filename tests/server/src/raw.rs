//! The script `/raw`: bytes, pauses, and an end.

use crate::conn::Conn;
use crate::connection::End;
use crate::frame::unhex;
use crate::query::Target;
use std::time::Duration;
use tokio::time::sleep;

/// What is written, and what follows.
#[derive(Debug, PartialEq)]
pub(crate) struct Raw {
    writes: Vec<Vec<u8>>,
    pause: Duration,
    pub(crate) then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Then {
    /// Reads, and answers nothing.
    Listen,
    Echo,
    End(End),
}

impl Raw {
    /// Returns what the query says for the connection of this number, from 1, or `None` if it cannot be read.
    pub(crate) fn parse(target: &Target, connection: u64) -> Option<Self> {
        let all: Vec<&str> = target.all("hex").collect();
        let turn = connection.saturating_sub(1) % all.len().max(1) as u64;
        let text = all.get(turn as usize).copied().unwrap_or_default();
        let then = match target.get("then") {
            None => Then::Listen,
            Some("echo") => Then::Echo,
            Some("fin") => Then::End(End::Fin),
            Some("rst") => Then::End(End::Rst),
            Some(_) => return None,
        };
        let pause = Duration::from_millis(target.number("pause_ms").unwrap_or(5));
        Some(Self { writes: text.split(',').map(bytes).collect::<Option<_>>()?, pause, then })
    }

    pub(crate) async fn write(&self, conn: &mut Conn) -> Result<(), End> {
        for (number, bytes) in self.writes.iter().enumerate() {
            if number > 0 {
                sleep(self.pause).await;
            }
            conn.write(bytes).await?;
        }
        Ok(())
    }

    /// There is no WebSocket then, so that nothing is read after it.
    pub(crate) async fn in_place_of_the_response(&self, conn: &mut Conn) -> Result<End, End> {
        self.write(conn).await?;
        match self.then {
            Then::End(end) => Ok(end),
            Then::Listen | Then::Echo => Ok(conn.left().await),
        }
    }
}

/// Returns the bytes of parts such as `81 78*3`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let part = |part: &str| match part.split_once('*') {
        None => unhex(part),
        Some((digits, times)) => Some(unhex(digits)?.repeat(times.parse().ok()?)),
    };
    Some(text.split_whitespace().map(part).collect::<Option<Vec<_>>>()?.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str, connection: u64) -> Option<Raw> {
        Raw::parse(&Target::parse(&format!("/raw?{query}")), connection)
    }

    #[test]
    fn connections_take_turns() {
        let raw = |writes: &[&[u8]], millis, then| {
            let writes = writes.iter().map(|bytes| bytes.to_vec()).collect();
            Some(Raw { writes, pause: Duration::from_millis(millis), then })
        };
        let query = "hex=8100,01+78*3&hex=&hex=88&pause_ms=9&then=rst";
        let all = [&[&[0x81, 0][..], &[1, b'x', b'x', b'x']][..], &[&[]], &[&[0x88]]];
        for connection in 1..=6 {
            let writes = all[(connection - 1) % 3];
            assert_eq!(parse(query, connection as u64), raw(writes, 9, Then::End(End::Rst)));
        }
        assert_eq!(parse("", 1), raw(&[&[]], 5, Then::Listen));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for query in ["hex=1", "hex=zz", "hex=78*", "hex=78*x", "hex=7*2", "then=nothing"] {
            assert_eq!(parse(query, 1), None, "{query}");
        }
    }
}
