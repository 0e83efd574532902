//! The driver: carries out what the machine asks for, and checks that it fits.

use homing_machine::{Initiator, Notify, Output, State};

use super::client::{Client, Link, Stage};
use super::config::Random;

impl Client {
    /// Carries out all outputs. Returns whether none is left: like the pump, it may leave a batch for later.
    pub(super) fn drain(&mut self, random: &mut Random<'_, '_>) -> bool {
        let mut outputs = 0;
        while let Some(output) = self.machine.poll() {
            if output == Output::Transmit && random.one_in(8) {
                return false;
            }
            outputs = if self.acts(random) { 0 } else { outputs + 1 };
            assert!(outputs < 100, "the outputs do not end: {output:?}");
            self.carry_out(output, random);
        }
        self.settled();
        true
    }

    fn carry_out(&mut self, output: Output, random: &mut Random<'_, '_>) {
        // What handles asked for before the socket was gone comes out behind that.
        let has_socket = self.link == Link::Up || (self.link == Link::None && self.asked);
        match output {
            Output::Notify(event) => {
                self.notified(event);
                self.acts_in_callback(random, event == Notify::Open);
            }
            Output::AskRetry => {
                assert!(self.link == Link::None && self.stage != Stage::Closed && self.config.has_predicate, "S7");
                assert!(!std::mem::replace(&mut self.is_asked, true), "S7: asked twice");
                assert!(self.machine.last_close().is_some());
                self.acts_in_callback(random, false);
                self.machine.retry_answer(random.flag());
            }
            Output::Dial(attempt) => {
                assert!(self.link == Link::None && self.stage == Stage::Closed, "S3: dialled during an attempt");
                assert!(!self.closed || self.asked, "S10: dialled after a close");
                self.attempts.push(attempt);
                assert_eq!(attempt.get(), self.attempts.len() as u64);
                (self.link, self.stage) = (Link::Dialling, Stage::Dialled);
                [self.is_closing, self.answered, self.is_asked] = [false; 3];
                self.heartbeats = 0;
            }
            Output::SetUp => {
                assert!(self.link == Link::SettingUp && self.stage < Stage::SetUp, "S27");
                self.stage = Stage::SetUp;
            }
            Output::Transmit => self.transmit(random),
            Output::Heartbeat(number) => {
                assert!(has_socket, "S17: {:?}", self.link);
                self.heartbeats += 1;
                assert_eq!(number, self.heartbeats, "S17");
            }
            Output::Mark | Output::Read(_) => assert!(has_socket, "{output:?}: {:?}", self.link),
            Output::Close => {
                assert!(has_socket && !self.is_closing, "S10: {:?}", self.link);
                self.is_closing = true;
            }
            Output::Fail => {
                assert_eq!(self.link, Link::SettingUp, "S27");
                self.link = Link::None;
            }
            Output::Abort => {
                assert!(self.link != Link::None || self.asked, "S3: aborted what is gone");
                self.link = Link::None;
            }
        }
    }

    /// What the socket holds is lost when its attempt ends, though it may be dropped a moment later.
    pub(super) fn lose(&mut self) {
        if self.attempts.last().is_some_and(|attempt| !self.machine.is_current(*attempt)) {
            self.lost += self.book.socket_gone();
        }
    }

    fn notified(&mut self, event: Notify) {
        let before = self.stage;
        match event {
            Notify::Connect => {
                assert_eq!((self.link, before), (Link::Dialling, Stage::Dialled), "S3");
                self.stage = Stage::Connected;
            }
            Notify::Open => {
                let has_set_up = self.config.setup_timeout.is_some();
                let fits = if has_set_up { before == Stage::SetUp } else { before < Stage::SetUp };
                assert!(fits && before != Stage::Closed && self.link == Link::Up, "S3: opened after {before:?}");
                assert_eq!(self.machine.take_handshake(), self.attempts.len() as u64, "S24");
                self.stage = Stage::Opened;
            }
            Notify::Error => {
                assert!(!matches!(before, Stage::Closed | Stage::Failed), "S3: an error after {before:?}");
                assert_eq!(self.link, Link::None, "S3: an error of a socket that lives");
                assert!(self.machine.last_error().is_some_and(|error| error.is_located), "S23");
                self.stage = Stage::Failed;
            }
            Notify::Close => self.notified_close(),
            Notify::BufferFull => assert!(!std::mem::replace(&mut self.full, true) || self.is_unsure, "S14: twice"),
            Notify::BufferDrain => assert!(std::mem::take(&mut self.full) || self.is_unsure, "S14: twice"),
            Notify::Latency(_) => assert!(before == Stage::Opened && self.answered, "S17: a latency after {before:?}"),
            Notify::End => {
                assert_eq!((self.link, before), (Link::None, Stage::Closed), "S4");
                assert!(self.machine.state() == State::Closed || self.asked, "S4");
                self.ends += 1;
            }
        }
    }

    fn notified_close(&mut self) {
        assert!(self.stage != Stage::Closed, "S3: closed twice");
        assert_eq!(self.link, Link::None, "S3: closed, but the socket lives");
        let close = self.machine.last_close().expect("the close event");
        assert_eq!(close.initiator == Initiator::Failure, self.stage == Stage::Failed, "S3");
        assert!(!close.clean || close.code != 1006, "S12: {close:?}");
        assert_eq!(close.lost, self.lost, "S15: lost");
        let state = if close.retry_in.is_some() { State::Waiting } else { State::Closed };
        assert!(self.machine.state() == state || self.asked, "S7: {close:?} in {:?}", self.machine.state());
        self.stage = Stage::Closed;
        self.lost = 0;
    }

    fn transmit(&mut self, random: &mut Random<'_, '_>) {
        assert_eq!((self.link, self.stage, self.is_closing), (Link::Up, Stage::Opened, false), "S13");
        let (offered, offered_bytes) = self.machine.offer(&mut self.batch);
        let queued = self.book.queued();
        assert_eq!(self.batch, queued, "S13: what is offered");
        assert_eq!((offered, offered_bytes), (queued.len(), self.book.queued_bytes()));
        assert!(offered > 0, "nothing to send");
        self.acts(random);
        let taken = random.up_to(offered as u64) as usize;
        let bytes = self.book.takes(&queued[..taken]);
        self.batch.drain(..taken);
        self.book.reported = self.book.leaves(random.up_to(self.book.holds() as u64) as usize);
        self.machine.restore(&mut self.batch, taken as u64, bytes, self.book.reported);
        self.lose();
        assert!(self.batch.is_empty());
    }
}
