//! What happens: time, the socket, the page, and the user.

use homing_machine::{CloseCode, Duration, Failure, PageEvent, PausedBy, Request, SendErrorKind, State};

use super::Broken;
use super::client::{Client, Link, Stage};
use super::config::Random;

/// Later than this the clock does not go.
const LAST: u64 = 1 << 60;

impl Client {
    pub(super) fn step(&mut self, random: &mut Random<'_, '_>) {
        match random.up_to(11) {
            0..=4 => self.event(random),
            5 | 6 => self.pass(random),
            7..=9 => {
                self.act(random, false, false);
                if random.flag() {
                    self.drain(random);
                }
            }
            10 => self.page(random),
            _ => self.look(random),
        }
    }

    fn pass(&mut self, random: &mut Random<'_, '_>) {
        let due = self.machine.due().as_micros();
        let to = match random.up_to(5) {
            0..=2 if due < LAST => due,
            3 if due < LAST => due + random.up_to(1 << 30),
            4 => self.now,
            _ => (homing_machine::Timestamp::from_micros(self.now) + random.time()).as_micros(),
        };
        self.now = self.now.max(to.min(LAST));
        self.wake(random);
        let (mut wakes, mut at) = (0, self.now);
        while self.drain(random) && self.machine.due() <= self.time() {
            // Time may pass while outputs are carried out.
            wakes = if self.now == at { wakes + 1 } else { 0 };
            assert!(wakes < 10, "the timer fires without an effect");
            at = self.now;
            self.wake(random);
        }
    }

    fn wake(&mut self, random: &mut Random<'_, '_>) {
        if self.machine.is_expiring(self.time()) && random.flag() {
            self.machine.progressed(self.time());
        }
        self.machine.advance(self.time());
        let (before, due) = (self.machine.state(), self.machine.due());
        self.machine.wake();
        self.lose();
        let after = self.machine.state();
        if before == State::Waiting && after == State::Connecting {
            self.times_out(self.config.open_timeout);
        } else if before == after && after == State::Connecting && self.machine.due() != due {
            // Late wake-ups extend it, a second each (S18).
            let is_late = self.machine.now() > due + Duration::from_millis(100);
            assert!(is_late && self.extended < 2, "S18: extended {} times, from {due:?}", self.extended);
            self.expires = self.machine.now() + Duration::from_secs(1);
            self.extended += 1;
        }
    }

    fn look(&mut self, random: &mut Random<'_, '_>) {
        match random.up_to(2) {
            0 => self.book.note(self.machine.mark()),
            1 => self.book.extend(|mark| self.machine.extend(mark)),
            // The clock goes back, for the machine only.
            _ => self.machine.advance(homing_machine::Timestamp::from_micros(random.up_to(self.now))),
        }
    }

    fn page(&mut self, random: &mut Random<'_, '_>) {
        let event = random.pick(&[PageEvent::Online, PageEvent::Visible, PageEvent::Frozen, PageEvent::Thawed]);
        self.frozen = matches!(event, PageEvent::Frozen) || (self.frozen && !matches!(event, PageEvent::Thawed));
        self.machine.advance(self.time());
        self.machine.page(event);
        self.lose();
        self.drain(random);
    }

    fn error(random: &mut Random<'_, '_>) -> Broken {
        use Failure::{Fatal, Other, RefusedForGood, Unsupported, Violation};
        let failure = random.pick(&[Other, Violation, RefusedForGood, Unsupported, Fatal]);
        let retry_after = random.one_in(4).then(|| random.time());
        Broken { retry_after, ..Broken::new(failure) }
    }

    /// An event of the socket, or of one that was replaced.
    fn event(&mut self, random: &mut Random<'_, '_>) {
        let ago = if random.one_in(8) { 1 } else { 0 };
        let Some(attempt) = self.attempts.iter().rev().nth(ago).copied() else { return };
        self.machine.advance(self.time());
        if !self.machine.is_current(attempt) {
            return;
        }
        assert!(ago == 0 && self.link != Link::None, "an event of another attempt counts");
        let code = CloseCode::new(random.pick(&[1000, 1001, 1005, 1008, 1010, 4000]));
        match random.up_to(15) {
            0..=3 => {
                self.machine.opened(self.attempts.len() as u64);
                if self.link == Link::Dialling {
                    self.times_out(self.config.setup_timeout);
                    self.link = if self.config.setup_timeout.is_some() { Link::SettingUp } else { Link::Up };
                }
            }
            4 if (self.link, self.stage) != (Link::Dialling, Stage::Connected) => self.machine.connected(),
            5 => {
                if self.machine.is_setting_up() {
                    self.link = Link::Up;
                }
                self.machine.set_up();
            }
            6 if self.link == Link::SettingUp => {
                let bytes = random.up_to(20) as usize;
                self.book.takes_of_set_up(bytes);
                let held = self.book.leaves(random.up_to(self.book.holds() as u64) as usize);
                if self.machine.is_setting_up() {
                    self.book.reported = held;
                }
                self.machine.set_up_sent(1, bytes, held);
            }
            7 => self.machine.set_up_failed(Self::error(random), code, "set-up"),
            8 => self.machine.received(random.up_to(3), random.up_to(1 << 32)),
            9 => {
                self.answered |= self.machine.state() == State::Open;
                let number = random.pick(&[None, Some(self.heartbeats), Some(1), Some(0), Some(u64::MAX)]);
                self.machine.answered(number);
            }
            10 => self.machine.writable(),
            11 => {
                self.book.reported = self.book.leaves(random.up_to(self.book.holds() as u64) as usize);
                self.machine.left(self.book.reported, random.flag());
            }
            12 => self.machine.peer_closing(code, "bye"),
            13 => {
                self.link = Link::None;
                let code = if random.flag() { code } else { CloseCode::ABNORMAL };
                self.machine.socket_closed(code, "bye", code != CloseCode::ABNORMAL && random.flag());
            }
            14 => {
                self.link = Link::None;
                self.machine.socket_failed(Self::error(random));
            }
            _ => self.machine.held(random.up_to(100)),
        }
        self.lose();
        self.drain(random);
    }

    /// What other threads do. Returns whether they did something.
    pub(super) fn acts(&mut self, random: &mut Random<'_, '_>) -> bool {
        let acts = random.one_in(6);
        if acts {
            self.act(random, false, false);
        }
        acts
    }

    pub(super) fn acts_in_callback(&mut self, random: &mut Random<'_, '_>, opens: bool) {
        while random.one_in(3) {
            self.act(random, true, opens);
        }
    }

    /// What the user asks for: inside a callback, or on another thread at any time.
    fn act(&mut self, random: &mut Random<'_, '_>, inside: bool, opens: bool) {
        if random.one_in(4) {
            self.now = (self.now + random.up_to(1 << 22)).min(LAST);
        }
        let code = CloseCode::NORMAL;
        let request = match random.up_to(15) {
            0..=5 => return self.send(random, opens),
            6 | 7 => return self.ping(),
            8 => {
                let unsent: Vec<_> = self.machine.take_unsent().into();
                if self.machine.state() == State::Closed {
                    self.book.taken_back(&unsent);
                    (self.full, self.is_unsure) = (false, true);
                } else {
                    assert_eq!(unsent, []);
                }
                return;
            }
            9 => Request::Close { code, reason: "done" },
            10 => Request::Abort,
            11 | 12 => {
                let delay = if random.flag() { random.time() } else { Default::default() };
                if inside { Request::ReconnectInCallback(delay) } else { Request::Reconnect(delay) }
            }
            13 => Request::CancelReconnect,
            14 => Request::Pause(random.pick(&[PausedBy::User, PausedBy::Stream]), true),
            _ => Request::Pause(random.pick(&[PausedBy::User, PausedBy::Stream]), false),
        };
        self.asked = true;
        self.closed |= matches!(request, Request::Close { .. } | Request::Abort);
        self.closed &= !matches!(request, Request::Reconnect(_));
        self.machine.request(self.time(), request);
        self.lose();
    }

    fn send(&mut self, random: &mut Random<'_, '_>, ahead: bool) {
        let letter = self.book.letter(ahead, random.pick(&[0, 1, 3, 40]));
        let (load, state) = (self.book.load(ahead), self.machine.state());
        let room = load < self.config.max_send_buffer;
        match self.machine.enqueue(letter, letter.bytes, ahead) {
            Ok(()) => {
                assert!(room && state != State::Closed, "S14: accepted in {state:?} beyond {load}");
                self.book.accepted(letter);
            }
            Err(error) => {
                assert_eq!(error.message, letter, "S14: handed back");
                match error.kind {
                    SendErrorKind::Full => assert!(!room && state != State::Closed, "S14: refused as full at {load}"),
                    SendErrorKind::Closed => assert!(matches!(state, State::Closing | State::Closed), "S13: {state:?}"),
                }
            }
        }
    }

    fn ping(&mut self) {
        self.machine.advance(self.time());
        let state = self.machine.state();
        let ping = self.machine.ping();
        assert_eq!(ping.is_some(), state == State::Open, "S30");
        if let Some(ping) = ping {
            self.pings.push_back((ping, self.now, self.attempts.len()));
            self.asked = true;
        }
    }
}
