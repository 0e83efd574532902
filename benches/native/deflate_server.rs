//! A server that sends and receives compressed messages, and generates their content.

use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

use homing_test_server::frame::{TEXT, raw, text};

use crate::server::{CHUNK, accept, answer, head, job};

pub(crate) const DEFLATING: &str = "serve-deflate";

/// How many different messages are repeated: more than fit into a window.
const DIFFERENT: usize = 64 * 1024;

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A trade on a market, as JSON.
    Trade,
    /// The best prices on a market, as JSON.
    Book,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Trade => "trade",
            Self::Book => "book",
        }
    }
}

/// Pseudo-random numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Returns different messages of a kind, together at least four windows long.
pub(crate) fn messages(kind: Kind) -> Vec<Bytes> {
    let mut numbers = Numbers(1);
    let mut messages: Vec<Bytes> = Vec::new();
    while messages.iter().map(Bytes::len).sum::<usize>() < 4 * DIFFERENT {
        let number = messages.len() as u64;
        messages.push(match kind {
            Kind::Trade => trade(&mut numbers, number).into(),
            Kind::Book => book(&mut numbers, number).into(),
        });
    }
    messages
}

fn trade(numbers: &mut Numbers, number: u64) -> String {
    let symbol = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"][numbers.below(4) as usize];
    let (time, id) = (1_790_000_000_000 + number * 37, 3_456_000_000 + number * 3);
    format!(
        r#"{{"stream":"{}@trade","data":{{"e":"trade","E":{time},"s":"{symbol}","t":{id},"p":"{}.{:02}000000","q":"0.{:05}000","b":{},"a":{},"T":{},"m":{},"M":true}}}}"#,
        symbol.to_lowercase(),
        60_000 + numbers.below(500),
        numbers.below(100),
        numbers.below(100_000),
        88_000_000_000 + numbers.below(1_000_000),
        88_000_000_000 + numbers.below(1_000_000),
        time - numbers.below(5),
        numbers.below(2) == 0,
    )
}

fn book(numbers: &mut Numbers, number: u64) -> String {
    let mut side = |sign: i64| {
        let level = |step: i64| {
            let price = 6_700_000 + sign * (step * 3 + numbers.below(3) as i64);
            format!(
                r#"["{}.{:02}000000","{}.{:05}000"]"#,
                price / 100,
                price % 100,
                numbers.below(9),
                numbers.below(100_000)
            )
        };
        (1..=155).map(level).collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (side(-1), side(1));
    format!(
        r#"{{"stream":"btcusdt@depth","data":{{"lastUpdateId":{},"bids":[{bids}],"asks":[{asks}]}}}}"#,
        52_000_000_000 + number
    )
}

/// Returns all messages once, as frames. They can be repeated, as none refers to data before the first.
fn compressed(messages: &[Bytes]) -> Vec<u8> {
    let mut state = Compress::new(Compression::default(), false);
    let mut out = Vec::new();
    for message in messages {
        let mut payload = Vec::with_capacity(message.len() + 64);
        state.compress_vec(message, &mut payload, FlushCompress::Sync).expect("compressed");
        payload.truncate(payload.len() - 4);
        out.extend(raw(true, 0b100, TEXT, &payload));
    }
    out
}

pub(crate) fn deflating() {
    accept(serve);
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let request = head(&mut stream)?;
    let job = job(&request);
    let parameters =
        if job.get(1) == Some(&"alone") { "; client_no_context_takeover; server_no_context_takeover" } else { "" };
    let extension = format!("Sec-WebSocket-Extensions: permessage-deflate{parameters}\r\n");
    stream.write_all(answer(&request, &extension).as_bytes())?;
    match job[0] {
        "inflate" => {
            let messages = messages(if job[1] == "trade" { Kind::Trade } else { Kind::Book });
            let once = compressed(&messages);
            let count: usize = job[2].parse().expect("a number");
            for _ in 0..count.div_ceil(messages.len()) {
                stream.write_all(&once)?;
            }
        }
        "deflate" => {
            let sent = take(&mut stream, job[1].parse().expect("a number"))?;
            stream.write_all(&text(&sent.to_string()))?;
        }
        "hold" => stream.write_all(&compressed(&messages(Kind::Trade)[..1]))?,
        other => panic!("no such job: {other}"),
    }
    stream.read_to_end(&mut Vec::new()).map(drop)
}

/// Receives `count` frames. Returns their size in bytes.
fn take(stream: &mut TcpStream, count: usize) -> std::io::Result<usize> {
    let mut stream = std::io::BufReader::with_capacity(CHUNK, stream);
    let mut sent = 0;
    for _ in 0..count {
        let mut head = [0; 2];
        stream.read_exact(&mut head)?;
        let mut extended = [0; 8];
        let extra = match head[1] & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        stream.read_exact(&mut extended[8 - extra..])?;
        let length = if extra == 0 { u64::from(head[1] & 0x7F) } else { u64::from_be_bytes(extended) };
        std::io::copy(&mut (&mut stream).take(4 + length), &mut std::io::sink())?;
        sent += 2 + extra + 4 + length as usize;
    }
    Ok(sent)
}
