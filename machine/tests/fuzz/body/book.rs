//! Where each message is. The machine's counters must say the same.

use std::collections::VecDeque;

use homing_machine::{Buffered, Mark};

use super::Letter;

/// How many losses of a lane a mark knows of.
const REMEMBERED: u64 = 4;

/// One lane: messages that leave in their order.
#[derive(Debug, Default, Clone)]
pub(super) struct Lane {
    accepted: u64,
    pub(super) queued: VecDeque<Letter>,
    /// The number of the first message of each loss.
    losses: Vec<u64>,
}

#[derive(Default)]
pub(super) struct Book {
    /// What `on_open` sent, and the rest.
    lanes: [Lane; 2],
    /// What the present socket has taken and still holds; `None` for a message of the set-up.
    socket: VecDeque<(Option<Letter>, usize)>,
    /// What the machine knows of that.
    pub(super) reported: Buffered,
    pub(super) sent: u64,
    pub(super) lost: u64,
    left: u64,
    taken_back: u64,
    /// Of set-ups: those that sockets took, and those that have left or were lost.
    set_up: u64,
    notes: Vec<Note>,
}

/// A mark, and what is known of it.
struct Note {
    mark: Mark,
    lanes: [Place; 2],
}

#[derive(Clone, Copy)]
struct Place {
    last: u64,
    losses: usize,
    had_left: bool,
}

impl Book {
    /// The next message of a lane.
    pub(super) fn letter(&self, ahead: bool, bytes: usize) -> Letter {
        Letter { ahead, number: self.lanes[usize::from(!ahead)].accepted + 1, bytes }
    }

    pub(super) fn accepted(&mut self, letter: Letter) {
        let lane = &mut self.lanes[usize::from(!letter.ahead)];
        lane.accepted += 1;
        lane.queued.push_back(letter);
    }

    /// What is queued, in the order in which it leaves.
    pub(super) fn queued(&self) -> Vec<Letter> {
        self.lanes.iter().flat_map(|lane| &lane.queued).copied().collect()
    }

    pub(super) fn queued_bytes(&self) -> usize {
        self.lanes.iter().flat_map(|lane| &lane.queued).map(|letter| letter.bytes).sum()
    }

    /// The load that decides whether a message of this lane is accepted.
    pub(super) fn load(&self, ahead: bool) -> usize {
        if ahead {
            let own = &self.lanes[0].queued;
            return own.iter().map(|letter| letter.bytes).sum::<usize>().max(own.len());
        }
        let queued: usize = self.lanes.iter().map(|lane| lane.queued.len()).sum();
        (self.queued_bytes() + self.reported.bytes).max(queued)
    }

    /// The socket takes so many of what is queued. Returns their bytes.
    pub(super) fn takes(&mut self, letters: &[Letter]) -> usize {
        for letter in letters {
            let taken = self.lanes[usize::from(!letter.ahead)].queued.pop_front();
            assert_eq!(taken, Some(*letter), "S13: out of order");
            self.socket.push_back((Some(*letter), letter.bytes));
        }
        self.sent += letters.len() as u64;
        letters.iter().map(|letter| letter.bytes).sum()
    }

    pub(super) fn takes_of_set_up(&mut self, bytes: usize) {
        self.socket.push_back((None, bytes));
        self.sent += 1;
        self.set_up += 1;
    }

    /// So many of the socket's messages leave. Returns what it still holds.
    pub(super) fn leaves(&mut self, count: usize) -> Buffered {
        for _ in 0..count.min(self.socket.len()) {
            match self.socket.pop_front() {
                Some((Some(_), _)) => self.left += 1,
                _ => self.set_up -= 1,
            }
        }
        let bytes = self.socket.iter().map(|(_, bytes)| *bytes).sum();
        Buffered { messages: self.socket.len() as u64, bytes }
    }

    pub(super) fn holds(&self) -> usize {
        self.socket.len()
    }

    /// The socket is gone with what it held. Returns how many messages were lost. Those of a set-up are not counted.
    pub(super) fn socket_gone(&mut self) -> u64 {
        let mut lost = 0;
        for ahead in [true, false] {
            let letters = self.socket.iter().filter_map(|(letter, _)| letter.as_ref());
            let mut own = letters.filter(|letter| letter.ahead == ahead);
            if let Some(first) = own.next() {
                lost += 1 + own.count() as u64;
                self.lanes[usize::from(!ahead)].losses.push(first.number);
            }
        }
        self.set_up -= self.socket.iter().filter(|(letter, _)| letter.is_none()).count() as u64;
        self.socket.clear();
        self.reported = Buffered::default();
        self.lost += lost;
        lost
    }

    pub(super) fn taken_back(&mut self, letters: &[Letter]) {
        assert_eq!(letters, self.queued(), "S15: handed back");
        self.taken_back += letters.len() as u64;
        for lane in &mut self.lanes {
            if let Some(first) = lane.queued.front() {
                lane.losses.push(first.number);
            }
            lane.queued.clear();
        }
    }

    /// Every message is somewhere.
    pub(super) fn balances(&self) {
        let accepted: u64 = self.lanes.iter().map(|lane| lane.accepted).sum();
        let queued = self.queued().len() as u64;
        let socket = self.socket.len() as u64 - self.set_up;
        assert_eq!(accepted, self.left + self.lost + self.taken_back + socket + queued);
    }

    pub(super) fn note(&mut self, mark: Mark) {
        let place = |lane: &Lane, book: &Self| Place {
            last: lane.accepted,
            losses: lane.losses.len(),
            had_left: !book.waits(lane, lane.accepted),
        };
        let lanes = [place(&self.lanes[0], self), place(&self.lanes[1], self)];
        self.notes.push(Note { mark, lanes });
        if self.notes.len() > 8 {
            self.notes.remove(0);
        }
    }

    /// Moves the latest mark behind what was accepted since.
    pub(super) fn extend(&mut self, extend: impl FnOnce(&mut Mark)) {
        if let Some(note) = self.notes.last_mut() {
            extend(&mut note.mark);
            for (place, lane) in note.lanes.iter_mut().zip(&self.lanes) {
                place.had_left &= place.last == lane.accepted;
                place.last = lane.accepted;
            }
        }
    }

    /// Whether a message of the lane up to this number is queued or held by the socket.
    fn waits(&self, lane: &Lane, last: u64) -> bool {
        let is_ahead = std::ptr::eq(lane, &self.lanes[0]);
        let mut held = self.socket.iter().filter_map(|(letter, _)| letter.as_ref());
        held.any(|letter| letter.ahead == is_ahead && letter.number <= last)
            || lane.queued.front().is_some_and(|letter| letter.number <= last)
    }

    pub(super) fn marks(&self, has_left: impl Fn(Mark) -> bool, is_lost: impl Fn(Mark) -> bool) {
        for Note { mark, lanes } in &self.notes {
            let both = || lanes.iter().zip(&self.lanes);
            let left = both().all(|(place, lane)| !self.waits(lane, place.last));
            assert_eq!(has_left(*mark), left, "S15: has left");
            let since = |(place, lane): &(&Place, &Lane)| lane.losses.len() as u64 - place.losses as u64;
            let is_known = both().all(|both| since(&both) <= REMEMBERED);
            let lost = both().any(|(place, lane)| {
                !place.had_left && lane.losses.get(place.losses).is_some_and(|first| *first <= place.last)
            });
            assert!(is_lost(*mark) == lost || (!is_known && is_lost(*mark)), "S15: lost: {lost}");
        }
    }
}
