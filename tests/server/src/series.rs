//! Scripts of benchmarks: series of numbered messages, of which a missing, repeated or changed one is noticed.

use crate::conn::{Conn, Event};
use crate::connection::End;
use crate::frame;
use crate::query::Target;
use crate::scripts::{answer_close, send_all};

/// The answer to a series that is complete.
const COMPLETE: &str = "+";

struct Series {
    count: usize,
    /// After so many the same ones come again.
    distinct: usize,
    size: usize,
    opcode: u8,
}

impl Series {
    fn new(target: &Target) -> Self {
        let count = target.number("n").unwrap_or(10);
        Self {
            count,
            distinct: target.number("distinct").unwrap_or(count),
            size: target.number("size").unwrap_or(16),
            opcode: if target.flag("binary") { frame::BINARY } else { frame::TEXT },
        }
    }

    /// The number in two bytes, and letters, of which the first depends on it.
    fn message(&self, number: usize) -> Vec<u8> {
        let number = number % self.distinct;
        let number_in_two = [(number & 0x7f) as u8, (number >> 7 & 0x7f) as u8];
        let letters = (number..).map(|letter| b'a' + (letter % 26) as u8);
        number_in_two.into_iter().chain(letters).take(self.size).collect()
    }
}

/// Sends the series each time that a message comes.
pub(crate) async fn send(conn: &mut Conn, target: &Target) -> Result<End, End> {
    let series = Series::new(target);
    let frames: Vec<_> =
        (0..series.count).map(|number| frame::raw(true, 0, series.opcode, &series.message(number))).collect();
    loop {
        match conn.next().await? {
            Event::Message { .. } => send_all(conn, frames.iter()).await?,
            Event::Close(code) => return Ok(answer_close(conn, code)),
        }
    }
}

/// Answers each series that comes, and the first message that is none of it with what is wrong.
pub(crate) async fn check(conn: &mut Conn, target: &Target) -> Result<End, End> {
    let series = Series::new(target);
    let due: Vec<_> = (0..series.count).map(|number| series.message(number)).collect();
    let mut number = 0;
    loop {
        match conn.next().await? {
            Event::Message { opcode, payload, .. } => {
                if opcode != series.opcode || payload != due[number] {
                    conn.queue(&frame::text(&format!("message {number} of {} is wrong", series.count)));
                } else if number + 1 == series.count {
                    conn.queue(&frame::text(COMPLETE));
                }
                number = (number + 1) % series.count;
            }
            Event::Close(code) => return Ok(answer_close(conn, code)),
        }
    }
}
