//! What a socket has accepted and not passed on yet, in messages and bytes (S10, S15, S17).
//!
//! The machine does not use this itself. It helps transports to compute what they report.

use alloc::collections::VecDeque;

use crate::units::{Bytes, Count};

/// The capacity, in messages, that is kept when all have left.
const ROOM: usize = 64;

/// Computes how many messages a socket still holds from the number of bytes that it holds.
#[derive(Debug, Default)]
pub struct InFlight {
    /// The bytes that the socket has accepted so far.
    taken: Bytes,
    /// The end of each message that is still held, as a position in `taken`.
    ends: VecDeque<Bytes>,
}

impl InFlight {
    /// The socket accepted the last bytes of a message, or all of it.
    #[inline]
    pub fn message(&mut self, bytes: usize) {
        self.other(bytes);
        self.ends.push_back(self.taken);
    }

    /// The socket accepted bytes that end no message: the first part of one, or a control frame.
    #[inline]
    pub fn other(&mut self, bytes: usize) {
        self.taken += bytes as Bytes;
    }

    /// Returns how many messages have at least one of the `bytes` that the socket holds now.
    pub fn held(&mut self, bytes: usize) -> Count {
        let left = self.taken - (bytes as Bytes).min(self.taken);
        while self.ends.front().is_some_and(|end| *end <= left) {
            self.ends.pop_front();
        }
        if self.ends.is_empty() && self.ends.capacity() > ROOM {
            self.ends = VecDeque::new();
        }
        self.ends.len() as Count
    }

    /// The bytes that the socket has accepted so far.
    pub fn taken(&self) -> Bytes {
        self.taken
    }
}

/// Detects whether bytes still move that were accepted before a heartbeat or a Close frame. As long as they do, the heartbeat
/// has not reached the peer, and a missing answer means nothing.
///
/// Bytes behind the mark do not count: the operating system of a peer whose program hangs still acknowledges them.
#[derive(Debug, Default)]
pub struct Delivery {
    mark: Bytes,
    delivered: Bytes,
}

impl Delivery {
    /// A heartbeat or Close frame follows. The socket has `taken` so many bytes so far, and `delivered` so many of them.
    /// Returns the [progress](Self::progress) up to the previous mark.
    pub fn mark(&mut self, taken: Bytes, delivered: Bytes) -> bool {
        let progressed = self.progress(delivered);
        *self = Self { mark: taken, delivered };
        progressed
    }

    /// Returns whether bytes before the mark have moved since the last call.
    pub fn progress(&mut self, delivered: Bytes) -> bool {
        let before = core::mem::replace(&mut self.delivered, delivered);
        before < self.mark && delivered != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s15_a_message_is_held_until_its_last_byte_has_left() {
        let mut in_flight = InFlight::default();
        in_flight.message(10);
        in_flight.other(5);
        in_flight.message(10);
        in_flight.message(10);
        for (bytes, messages) in [(35, 3), (26, 3), (25, 2), (11, 2), (10, 1), (1, 1), (0, 0)] {
            assert_eq!(in_flight.held(bytes), messages, "{bytes} bytes are held");
        }
        // A browser also counts what it will never send.
        assert_eq!(in_flight.held(1000), 0);
    }

    #[test]
    fn s17_only_what_is_before_the_mark_counts() {
        let mut delivery = Delivery::default();
        assert!(!delivery.mark(100, 60), "nothing was in the way");
        assert!(!delivery.progress(60), "nothing has moved since");
        assert!(delivery.progress(70) && !delivery.progress(70));
        assert!(delivery.progress(120), "the last byte before the mark has moved");
        assert!(!delivery.progress(130), "all of it had been delivered");
        assert!(!delivery.mark(130, 120), "nothing has moved since");
        assert!(delivery.mark(130, 130), "the last bytes before the previous mark have moved");
        assert!(!delivery.progress(150), "nothing was in the way");
    }
}
