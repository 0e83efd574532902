//! The messages of a job, numbered so that a missing, repeated or reordered one is noticed.

use bytes::Bytes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Binary,
    Text,
    /// Texts that compress like the trades of a market, whatever their length is said to be.
    Json,
}

impl Kind {
    pub fn parse(name: &str) -> Self {
        match name {
            "binary" => Self::Binary,
            "text" => Self::Text,
            "json" => Self::Json,
            _ => panic!("unknown kind: {name}"),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// Different messages, which are repeated in this order.
pub struct Messages {
    pub kind: Kind,
    pub all: Vec<Bytes>,
}

impl Messages {
    pub fn new(kind: Kind, length: usize) -> Self {
        // A power of two, so that positions are cheap to compute; at most what two bytes of a text distinguish.
        let count = ((512 << 10) / length.max(1)).next_power_of_two().clamp(4, 1 << 14);
        let message = |number| if kind == Kind::Json { trade(number) } else { plain(number, length) };
        let all: Vec<Bytes> = (0..count).map(message).collect();
        // The first clone of each allocates, which is no part of what is measured.
        drop(all.clone());
        Self { kind, all }
    }

    pub fn nth(&self, number: usize) -> &Bytes {
        &self.all[number & (self.all.len() - 1)]
    }

    /// Compares a message with the one that is due: its kind, length and number, or the whole of it.
    #[inline]
    pub fn is_nth(&self, number: usize, text: bool, payload: &[u8], whole: bool) -> bool {
        let due = self.nth(number);
        let number_matches = payload.len() == due.len() && payload.first_chunk::<2>() == due.first_chunk::<2>();
        number_matches && text == (self.kind != Kind::Binary) && (!whole || payload == due)
    }
}

fn number(number: usize) -> [u8; 2] {
    [(number & 0x7f) as u8, (number >> 7 & 0x7f) as u8]
}

fn plain(at: usize, length: usize) -> Bytes {
    let pattern = (0..).map(|position: usize| b'a' + ((position + at) % 26) as u8);
    number(at).into_iter().chain(pattern).take(length).collect()
}

fn trade(at: usize) -> Bytes {
    let random = |salt: u64| (at as u64 + 1).wrapping_mul(salt).wrapping_mul(6_364_136_223_846_793_005) >> 40;
    let symbol = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"][random(3) as usize % 4];
    let time = 1_790_000_000_000 + at as u64 * 37;
    let text = format!(
        r#"{{"stream":"{}@trade","data":{{"e":"trade","E":{time},"s":"{symbol}","t":{},"p":"{}.{:02}000000","q":"0.{:05}000","b":{},"T":{},"m":{}}}}}"#,
        symbol.to_lowercase(),
        3_456_000_000 + at * 3,
        60_000 + random(5) % 500,
        random(7) % 100,
        random(11) % 100_000,
        88_000_000_000 + random(13) % 1_000_000,
        time - random(17) % 5,
        random(19) % 2 == 0,
    );
    number(at).into_iter().chain(text.into_bytes()).collect()
}
