//! What a socket has taken and not passed on yet, counted in messages and bytes (S10, S15, S17).
//!
//! The machine does not use this itself: it helps transports to report what the machine asks for.

use alloc::collections::VecDeque;

use crate::units::{Bytes, Count};

/// For how many messages room is kept once they have left.
const ROOM: usize = 64;

/// Finds out which messages a socket still holds, from the number of bytes that it holds.
#[derive(Debug, Default)]
pub struct InFlight {
    /// Bytes ever taken.
    taken: Bytes,
    /// Where each message that is still held ends, counted in bytes ever taken.
    ends: VecDeque<Bytes>,
}

impl InFlight {
    /// The socket took the last bytes of a message, or all of it.
    #[inline]
    pub fn message(&mut self, bytes: usize) {
        self.other(bytes);
        self.ends.push_back(self.taken);
    }

    /// The socket took bytes that end no message: the first part of one, or a control frame.
    #[inline]
    pub fn other(&mut self, bytes: usize) {
        self.taken += bytes as Bytes;
    }

    /// Returns of how many messages the socket holds a byte, now that it holds so many bytes.
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

    /// Bytes ever taken.
    pub fn taken(&self) -> Bytes {
        self.taken
    }
}

/// Whether bytes are still moving that were taken before a heartbeat or a Close frame. For as long as they are, the
/// heartbeat has not reached the peer, and silence proves nothing.
///
/// What moves behind the mark proves nothing either: the operating system of a peer whose program hangs goes on
/// acknowledging.
#[derive(Debug, Default)]
pub struct Delivery {
    mark: Bytes,
    delivered: Bytes,
}

impl Delivery {
    /// A heartbeat or Close frame follows what was `taken` so far, of which so much was `delivered`.
    pub fn mark(&mut self, taken: Bytes, delivered: Bytes) {
        *self = Self { mark: taken, delivered };
    }

    /// Whether bytes before the mark have moved since this was asked last.
    pub fn progress(&mut self, delivered: Bytes) -> bool {
        let before = core::mem::replace(&mut self.delivered, delivered);
        // Less than before where an encrypted stream has passed on what the operating system counts with its overhead.
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
        // A browser counts what goes nowhere.
        assert_eq!(in_flight.held(1000), 0);
    }

    #[test]
    fn s17_only_what_is_before_the_mark_counts() {
        let mut delivery = Delivery::default();
        delivery.mark(100, 60);
        assert!(!delivery.progress(60), "nothing has moved since");
        assert!(delivery.progress(70) && !delivery.progress(70));
        assert!(delivery.progress(120), "the last byte before the mark has moved");
        assert!(!delivery.progress(130), "all of it had been delivered");
        delivery.mark(130, 130);
        assert!(!delivery.progress(150), "nothing was in the way");
    }
}
