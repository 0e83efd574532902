//! The content of messages, which follows from the seed, the sender and the number of the message.

use bytes::Bytes;
use homing::Message;

/// The size of the largest message.
const LARGEST: usize = 4 << 20;

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, who: u64, number: u64) -> Self {
        let mut random = Self(seed ^ who.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        random.0 = random.next().wrapping_add(number);
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Long random data, of which every message is a part at a random place. Lost, repeated, reordered and damaged messages differ
/// from the expected one, and the comparison is cheap.
pub(crate) struct Contents {
    seed: u64,
    binary: Vec<u8>,
    text: String,
}

impl Contents {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed, u64::MAX, 0);
        let binary: Vec<u8> = (0..LARGEST / 4).flat_map(|_| random.next().to_le_bytes()).collect();
        let text = binary.iter().map(|byte| char::from(b' ' + byte % 95)).collect();
        Self { seed, binary, text }
    }

    /// Returns kind and place of a message. Most are small; a few have every order of magnitude up to `largest`, a power of two.
    fn place(&self, who: u64, number: u64, largest: usize) -> (bool, std::ops::Range<usize>) {
        let mut random = Random::new(self.seed, who, number);
        let largest = random.below(u64::from(largest.ilog2())) + 1;
        let scale = 1_u64 << random.below(largest);
        let length = (scale + random.below(scale)) as usize;
        let start = random.below((self.binary.len() - length) as u64) as usize;
        (random.below(2) == 0, start..start + length)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns message `number` of a sender.
    pub(crate) fn message(&self, who: u64, number: u64, largest: usize) -> Message {
        let (is_text, place) = self.place(who, number, largest);
        if is_text {
            Message::text(self.text[place].to_owned())
        } else {
            Message::binary(Bytes::copy_from_slice(&self.binary[place]))
        }
    }

    /// Returns whether this is message `number` of a sender.
    pub(crate) fn is(&self, who: u64, number: u64, largest: usize, is_text: bool, payload: &[u8]) -> bool {
        let (text, place) = self.place(who, number, largest);
        let pool = if text { self.text.as_bytes() } else { &self.binary };
        text == is_text && pool[place] == *payload
    }

    pub(crate) fn len(&self, who: u64, number: u64, largest: usize) -> usize {
        self.place(who, number, largest).1.len()
    }
}

/// The sizes of the largest message of a client, and of the server.
pub(crate) const UP: usize = LARGEST;
pub(crate) const DOWN: usize = 256 << 10;

/// Returns the number of the server as a sender on one connection.
pub(crate) fn server(client: u64, attempt: u64) -> u64 {
    client << 40 | attempt
}

/// Returns the number of a client as a sender.
pub(crate) fn client(client: u64) -> u64 {
    1 << 63 | client
}
