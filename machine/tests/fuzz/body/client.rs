//! A client: its machine, a driver, and what is known of both.

use std::collections::VecDeque;

use homing_machine::{AttemptId, Config, Duration, Machine, Ping, State, Timestamp};

use super::book::Book;
use super::config::Random;
use super::{Fuzzed, Letter};

/// What the transport has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    None,
    Dialling,
    /// The opening handshake is done.
    SettingUp,
    Up,
}

/// Where the callbacks of the present attempt are (S3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Nothing, or its close.
    Closed,
    Dialled,
    Connected,
    SetUp,
    Opened,
    Failed,
}

pub(super) struct Client {
    pub(super) machine: Machine<Fuzzed>,
    pub(super) config: Config<&'static str>,
    pub(super) now: u64,
    pub(super) link: Link,
    pub(super) stage: Stage,
    pub(super) attempts: Vec<AttemptId>,
    pub(super) batch: VecDeque<Letter>,
    pub(super) book: Book,
    /// When the present attempt must be open, or set up, and how often that was extended.
    pub(super) expires: Timestamp,
    pub(super) extended: u8,
    /// A Close frame was sent.
    pub(super) is_closing: bool,
    /// The heartbeats of the present attempt.
    pub(super) heartbeats: u64,
    pub(super) answered: bool,
    pub(super) pings: VecDeque<(Ping, u64, usize)>,
    pub(super) full: bool,
    /// Messages were taken back, so that notifications on their way about the limit may be late.
    pub(super) is_unsure: bool,
    /// The retry predicate was asked about the present attempt.
    pub(super) is_asked: bool,
    /// How many messages were lost with its socket.
    pub(super) lost: u64,
    pub(super) frozen: bool,
    /// Closed by the user, who has not reconnected since from outside of callbacks.
    pub(super) closed: bool,
    pub(super) ends: u64,
    /// Handles have asked for something since the outputs were last all carried out.
    pub(super) asked: bool,
}

impl Client {
    pub(super) fn new(random: &mut Random<'_, '_>) -> Self {
        let config = random.config();
        let now = random.pick(&[0, 1_000_000_000, 1 << 52]);
        let expires = config.open_timeout.map_or(Timestamp::NEVER, |timeout| Timestamp::from_micros(now) + timeout);
        let machine = Machine::new(config.clone(), Timestamp::from_micros(now));
        Self {
            machine,
            config,
            now,
            link: Link::None,
            stage: Stage::Closed,
            attempts: Vec::new(),
            batch: VecDeque::new(),
            book: Book::default(),
            expires,
            extended: 0,
            is_closing: false,
            heartbeats: 0,
            answered: false,
            pings: VecDeque::new(),
            full: false,
            is_unsure: false,
            is_asked: false,
            lost: 0,
            frozen: false,
            closed: false,
            ends: 0,
            asked: false,
        }
    }

    pub(super) fn time(&self) -> Timestamp {
        Timestamp::from_micros(self.now)
    }

    /// A timeout of the attempt begins.
    pub(super) fn times_out(&mut self, timeout: Option<Duration>) {
        self.expires = timeout.map_or(Timestamp::NEVER, |timeout| self.machine.now() + timeout);
        self.extended = 0;
    }

    /// All outputs are carried out.
    pub(super) fn settled(&mut self) {
        let machine = &self.machine;
        assert!(!machine.has_output(), "a driver would never sleep");
        assert_eq!(machine.unsent(), self.book.queued().len(), "S15: unsent");
        assert_eq!(machine.buffered(), self.book.queued_bytes() + self.book.reported.bytes, "S14: buffered");
        let stats = machine.stats(self.time());
        assert_eq!((stats.messages_sent, stats.messages_lost), (self.book.sent, self.book.lost), "S25");
        assert_eq!(stats.attempts, self.attempts.len() as u64, "S25");
        assert_eq!(machine.ends(), self.ends, "S4");
        self.book.balances();
        self.book.marks(|mark| machine.has_left(mark), |mark| machine.is_lost(mark));
        let load = self.book.load(false);
        if std::mem::take(&mut self.is_unsure) {
            self.full = machine.is_full();
        }
        assert_eq!(machine.is_full(), self.full, "S14: not notified");
        let limit = self.config.max_send_buffer;
        assert!(if self.full { load > limit / 2 } else { load < limit }, "S14: {load} of {limit}, full: {}", self.full);
        self.asked = false;
        self.pongs();
        self.state();
        self.deadline();
    }

    /// The state fits what was called.
    fn state(&self) {
        let state = self.machine.state();
        let fits = match (self.link, self.stage) {
            (Link::None, Stage::Closed) => matches!(state, State::Waiting | State::Closed),
            (Link::Dialling, Stage::Dialled | Stage::Connected) => state == State::Connecting,
            (Link::SettingUp, Stage::SetUp) => matches!(state, State::Connecting | State::Closing),
            (Link::Up, Stage::Opened) => matches!(state, State::Open | State::Closing),
            _ => false,
        };
        assert!(fits, "S2: {state:?} while {:?}, {:?}", self.link, self.stage);
        assert_eq!(self.machine.is_over(), state == State::Closed, "S4");
        let goes_on = matches!(state, State::Connecting | State::Open | State::Waiting);
        assert!(!(self.closed && goes_on), "S10: {state:?} after a close");
    }

    fn deadline(&self) {
        let now = self.machine.now();
        let within = |most: Duration| {
            let most = now + most;
            let due = self.machine.due();
            assert!(due <= most, "late: {due:?} of {most:?}");
            assert!(due != Timestamp::NEVER || most == Timestamp::NEVER, "lost");
            assert_eq!(self.machine.deadline(), Some(due).filter(|due| *due != Timestamp::NEVER));
        };
        let config = &self.config;
        match self.machine.state() {
            State::Connecting => assert_eq!(self.machine.due(), self.expires, "S8d, S27"),
            State::Open => match &config.heartbeat {
                Some(heartbeat) => within(heartbeat.interval),
                None if !self.pings.is_empty() => within(Duration::from_secs(20)),
                None => assert_eq!(self.machine.deadline(), None, "S30"),
            },
            State::Closing => within(config.close_timeout.max(Duration::from_secs(1))),
            State::Waiting if self.frozen => assert_eq!(self.machine.deadline(), None, "S8c"),
            // How long is up to the policy, the peer, and the user.
            State::Waiting => {}
            State::Closed => assert_eq!(self.machine.deadline(), None),
        }
    }

    /// The machine is asked for the oldest ping after each input.
    fn pongs(&mut self) {
        while let Some((ping, at, attempt)) = self.pings.front().copied() {
            let is_open = self.machine.state() == State::Open && self.attempts.len() == attempt;
            match self.machine.pong(&ping) {
                std::task::Poll::Pending => return assert!(is_open, "S30: it waits though its attempt is over"),
                std::task::Poll::Ready(None) => assert!(!is_open, "S30: lost though its attempt is open"),
                std::task::Poll::Ready(Some(round_trip)) => {
                    assert!(is_open && self.answered, "S30: no answer has arrived");
                    assert!(round_trip <= self.machine.now() - Timestamp::from_micros(at), "S30: {round_trip:?}");
                }
            }
            self.pings.pop_front();
        }
    }

    /// Ends the client, and then there is nothing left of it.
    pub(super) fn finish(&mut self, random: &mut Random<'_, '_>) {
        self.drain(random);
        self.machine.request(self.time(), homing_machine::Request::Abort);
        (self.closed, self.asked) = (true, true);
        self.lose();
        self.drain(random);
        assert_eq!((self.link, self.machine.state()), (Link::None, State::Closed));
        let unsent: Vec<_> = self.machine.take_unsent().into();
        self.book.taken_back(&unsent);
        self.full = false;
        self.settled();
        assert!(!self.machine.driver_gone(homing_machine::EndReason::Shutdown));
        self.machine.request(self.time(), homing_machine::Request::Reconnect(Duration::ZERO));
        assert_eq!((self.machine.poll(), self.machine.state()), (None, State::Closed));
    }
}
