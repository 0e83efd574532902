//! The events of a day, generated from its seed.

use std::time::Duration;

use homing::Message;
use homing::memory::Dial;

const SECOND: Duration = Duration::from_secs(1);
/// The largest message.
pub(super) const LARGE: usize = 300_000;

/// SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// As likely in each order of magnitude.
    fn between(&mut self, least: Duration, doublings: u64) -> Duration {
        let scale = least.as_millis() as u64 * (1 << self.below(doublings));
        Duration::from_millis(scale + self.below(scale))
    }
}

/// The state of the link for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Link {
    /// So many bytes a second.
    Up(Option<u64>),
    /// The connection ends, and dials meet this.
    Cut(Dial),
    /// The connection stays, nothing passes; the connection may work again afterwards.
    Still { recovers: bool },
}

/// From when on.
pub(super) type Span = (Duration, Link);

pub(super) fn spans(random: &mut Random, length: Duration) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = Duration::ZERO;
    while at < length {
        let rate = [None, None, Some(1_000_000), Some(50_000), Some(8_000)][random.below(5) as usize];
        spans.push((at, Link::Up(rate)));
        at += random.between(2 * SECOND, 8);
        let dials = [Dial::Refuse, Dial::Refuse, Dial::Stall, Dial::StallHandshake, Dial::Status(503)];
        let link = match random.below(8) {
            0..5 => Link::Cut(dials[random.below(5) as usize]),
            5 => Link::Still { recovers: true },
            _ => Link::Still { recovers: false },
        };
        spans.push((at, link));
        at += random.between(SECOND, 7);
    }
    spans
}

/// Whether an attempt that began at `dialled` has had a working link all the time until `now`.
pub(super) fn was_up(spans: &[Span], dialled: Duration, now: Duration) -> bool {
    let (since, link) = span(spans, now);
    matches!(link, Link::Up(_)) && since <= dialled
}

pub(super) fn span(spans: &[Span], at: Duration) -> Span {
    spans[spans.partition_point(|(from, _)| *from <= at) - 1]
}

/// Message `number`: every hundredth or so is large.
pub(super) fn message(number: u64) -> Message {
    let mut random = Random(number);
    if random.below(100) == 0 {
        let length = 8 + random.below(LARGE as u64 - 8) as usize;
        let mut payload = vec![number as u8; length];
        payload[..8].copy_from_slice(&number.to_be_bytes());
        Message::binary(payload)
    } else {
        Message::text(number.to_string())
    }
}
