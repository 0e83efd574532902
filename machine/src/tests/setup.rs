//! The set-up of connections, and what `on_open` sends (S13, S27).

use super::*;
use crate::EndReason;

/// A client with a set-up of at most 10 s.
fn with_setup() -> Config {
    Config { setup_timeout: Some(10 * SECOND), ..config() }
}

/// The set-up runs, and the log is empty.
fn setting_up(config: Config) -> Rig {
    let mut rig = Rig::open(config);
    assert!(rig.machine.is_setting_up());
    rig.log();
    rig
}

impl Rig {
    fn set_up(&mut self) {
        self.machine.advance(self.now);
        self.machine.set_up();
        self.settle();
    }

    fn set_up_fails(&mut self, is_fatal: bool) {
        self.machine.advance(self.now);
        self.machine.set_up_failed(Error::new(ErrorKind::Setup { is_fatal }), 4401.into(), "who?".to_string());
        self.settle();
    }

    fn send_ahead(&mut self, text: &'static str) -> Result<(), SendErrorKind> {
        self.machine.send_ahead(text).map_err(|refused| refused.kind)
    }
}

impl Machine {
    /// What `on_open` sends.
    fn send_ahead(&mut self, text: &'static str) -> Result<(), SendError<&'static str>> {
        self.enqueue(text, text.len(), true)
    }
}

#[test]
fn s27_the_client_opens_when_its_set_up_is_done() {
    let mut rig = Rig::new(with_setup());
    rig.send("queued").unwrap();
    rig.socket(SocketEvent::Connected);
    rig.opens();
    assert_eq!(rig.log(), ["dial 1", "connect", "set up"]);
    assert_eq!((rig.state(), rig.machine.delivers()), (State::Connecting, false));
    rig.send("queued as well").unwrap();
    rig.receives(5);
    assert_eq!(rig.log(), [""; 0], "nothing queued leaves");
    rig.set_up();
    assert_eq!((rig.state(), rig.machine.delivers()), (State::Open, true));
    assert_eq!(rig.log(), ["open", "write queued queued as well"]);
    rig.set_up();
    rig.set_up_fails(true);
    assert_eq!((rig.state(), rig.log()), (State::Open, Vec::new()), "a set-up ends once");
}

#[test]
fn s27_a_failed_set_up_fails_the_attempt() {
    let mut rig = setting_up(with_setup());
    rig.set_up_fails(false);
    let failed = "error Setup { is_fatal: false }";
    assert_eq!(rig.log(), ["fail 4401 who?", failed, "close 1006 Failure, retry 1s"]);
    let is_open = rig.machine.last_error().unwrap().place.clone().unwrap().1;
    assert!(!is_open, "it failed before it was open");
    rig.after(SECOND);
    rig.opens();
    assert_eq!(rig.log(), ["dial 2", "set up"]);
    rig.set_up();
    assert_eq!(rig.machine.stats(rig.now).reconnects, 0, "it was never open");
}

#[test]
fn s27_a_fatal_failure_ends_the_client_also_after_it_was_open() {
    for (has_provider, was_open) in [(false, false), (false, true), (true, false)] {
        let mut rig = setting_up(Config { has_provider, ..with_setup() });
        if was_open {
            rig.set_up();
            rig.fails(ErrorKind::Io);
            rig.after(SECOND);
            rig.opens();
        }
        rig.log();
        rig.set_up_fails(true);
        let log = rig.log();
        assert_eq!(log[2..], ["close 1006 Failure, stop", "end Fatal, 0 unsent"]);
        assert_eq!(rig.machine.end_reason(), EndReason::Fatal);
    }
}

#[test]
fn s27_the_predicate_decides_about_a_fatal_failure_too() {
    let mut rig = setting_up(Config { has_predicate: true, ..with_setup() });
    rig.set_up_fails(true);
    assert_eq!(rig.log()[2..], ["ask retry 1006", "close 1006 Failure, retry 1s"]);
}

#[test]
fn s27_the_timeout_counts_from_the_handshake() {
    let mut rig = Rig::new(with_setup());
    rig.after(9 * SECOND);
    rig.opens();
    rig.log();
    assert_eq!(rig.due_in(), Some(10 * SECOND));
    rig.after(10 * SECOND - MS);
    rig.receives(1);
    assert_eq!(rig.log(), [""; 0]);
    rig.after(MS);
    assert_eq!(rig.log(), ["fail 1000", "error Setup { is_fatal: false }", "close 1006 Failure, retry 1s"]);
}

#[test]
fn s27_requests_drop_the_set_up() {
    let mut rig = setting_up(with_setup());
    rig.close();
    assert_eq!(rig.log(), ["abort", "close 1006 Local, stop", "end Closed, 0 unsent"]);
    let mut rig = setting_up(with_setup());
    rig.request(Request::Abort);
    assert_eq!(rig.log(), ["abort", "close 1006 Local, stop", "end Closed, 0 unsent"]);
    let mut rig = setting_up(with_setup());
    rig.request(Request::Reconnect(Duration::ZERO));
    assert!(!rig.machine.is_setting_up());
    assert_eq!(rig.log(), ["abort", "close 1006 Local, retry 0ns"]);
    rig.after(Duration::ZERO);
    rig.opens();
    assert_eq!(rig.log(), ["dial 2", "set up"]);
}

#[test]
fn s27_a_socket_that_ends_drops_the_set_up() {
    let mut rig = setting_up(with_setup());
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log(), ["error Io", "close 1006 Failure, retry 1s"]);
    let mut rig = setting_up(with_setup());
    rig.peer_closes(4401);
    assert!(!rig.machine.is_setting_up());
    rig.socket_ends(4401);
    assert_eq!(rig.log(), ["close 4401 Remote clean, retry 1s"]);
    // As browsers report it, and final by its code.
    let mut rig = setting_up(with_setup());
    rig.socket_ends(1008);
    assert_eq!(rig.log(), ["close 1008 Remote clean, stop", "end Fatal, 0 unsent"]);
}

#[test]
fn s27_heartbeats_wait_for_the_set_up() {
    let mut rig = setting_up(Config { heartbeat: every(SECOND, SECOND), ..with_setup() });
    rig.after(5 * SECOND);
    rig.machine.page(crate::PageEvent::Online);
    rig.settle();
    assert_eq!(rig.log(), [""; 0]);
    rig.set_up();
    rig.after(SECOND);
    assert_eq!(rig.log(), ["open", "heartbeat 1"]);
}

#[test]
fn s22_a_paused_client_is_read_during_its_set_up() {
    let mut rig = Rig::new(with_setup());
    rig.request(pause(true));
    rig.opens();
    assert_eq!(rig.log(), ["dial 1", "set up"]);
    rig.set_up();
    assert_eq!(rig.log(), ["read false", "open"]);
}

#[test]
fn s15_messages_of_the_set_up_are_not_those_of_the_queue() {
    let mut rig = setting_up(with_setup());
    let before = rig.machine.mark();
    rig.machine.set_up_sent(2, 20, Buffered { messages: 2, bytes: 20 });
    assert_eq!((rig.machine.buffered(), rig.machine.stats(rig.now).messages_sent), (20, 2));
    assert!(rig.machine.has_left(before));
    rig.socket_bytes = 21;
    rig.socket_messages = 2;
    rig.set_up();
    rig.send("a").unwrap();
    let after = rig.machine.mark();
    assert!(!rig.machine.has_left(after));
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.machine.last_close().map(|close| close.lost), Some(1), "the next set-up sends the others again");
    assert!(!rig.machine.is_lost(before) && rig.machine.is_lost(after));
}

#[test]
fn s14_a_socket_that_a_request_has_dropped_holds_nothing() {
    let mut rig = setting_up(Config { max_send_buffer: 4, ..with_setup() });
    rig.machine.request(rig.now, Request::Reconnect(Duration::ZERO));
    rig.machine.set_up_sent(2, 20, Buffered { messages: 2, bytes: 20 });
    rig.settle();
    assert_eq!((rig.machine.buffered(), rig.machine.stats(rig.now).messages_sent), (0, 2));
    assert_eq!(rig.log(), ["abort", "close 1006 Local, retry 0ns"]);
}

#[test]
fn s13_what_on_open_sends_leaves_first() {
    let mut rig = Rig::new(config());
    rig.send_all(&["1", "2"]);
    let queued = rig.machine.mark();
    rig.inside("open", |machine, _| {
        for text in ["login", "subscribe"] {
            machine.send_ahead(text).unwrap();
        }
    });
    rig.room = 3;
    rig.opens();
    assert_eq!(rig.log(), ["dial 1", "open", "write login subscribe 1"]);
    assert!(!rig.machine.has_left(queued));
    rig.send("3").unwrap();
    rig.room = 9;
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), ["write 2 3"]);
    assert!(rig.machine.has_left(queued));
}

#[test]
fn s13_what_on_open_sent_survives_a_reconnect_and_stays_ahead() {
    let mut rig = Rig::new(config());
    rig.send("1").unwrap();
    rig.room = 1;
    rig.inside("open", |machine, _| {
        machine.send_ahead("a").unwrap();
        machine.send_ahead("b").unwrap();
    });
    rig.opens();
    let all = rig.machine.mark();
    rig.fails(ErrorKind::Io);
    rig.room = 9;
    rig.after(SECOND);
    rig.inside("open", |machine, _| machine.send_ahead("c").unwrap());
    rig.opens();
    assert_eq!(
        rig.log(),
        ["dial 1", "open", "write a", "error Io", "close 1006 Failure, retry 1s", "dial 2", "open", "write b c 1"]
    );
    assert!(rig.machine.has_left(all));
    assert!(rig.machine.take_unsent().is_empty());
}

#[test]
fn s13_a_full_queue_does_not_refuse_what_on_open_sends() {
    let mut rig = Rig::new(Config { max_send_buffer: 4, ..config() });
    rig.send("1234").unwrap();
    assert_eq!(rig.send("5"), Err(SendErrorKind::Full));
    rig.send_ahead("abc").unwrap();
    rig.send_ahead("de").unwrap();
    assert_eq!(rig.send_ahead("f"), Err(SendErrorKind::Full), "these alone exceed the limit");
    assert_eq!(rig.machine.buffered(), 9);
    rig.room = 1;
    rig.opens();
    rig.send_ahead("gh").unwrap();
    assert_eq!(rig.send_ahead("i"), Err(SendErrorKind::Full));
    rig.room = 9;
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), ["dial 1", "full", "open", "write abc", "write de gh 1234", "drain"]);
    rig.send_ahead("jklm").unwrap();
    rig.request(Request::Abort);
    assert_eq!(rig.machine.take_unsent(), ["jklm"]);
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.send_ahead("no").unwrap();
}

#[test]
fn s15_lost_messages_of_on_open_do_not_concern_earlier_ones() {
    let mut rig = Rig::new(config());
    rig.send("1").unwrap();
    let queued = rig.machine.mark();
    rig.room = 1;
    rig.socket_bytes = 5;
    rig.inside("open", |machine, _| machine.send_ahead("login").unwrap());
    rig.opens();
    let all = rig.machine.mark();
    rig.holds(1, 3);
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.machine.last_close().map(|close| close.lost), Some(1));
    assert!(!rig.machine.is_lost(queued) && rig.machine.is_lost(all));
    (rig.room, rig.socket_bytes) = (9, 0);
    rig.after(SECOND);
    rig.opens();
    assert!(rig.machine.has_left(queued));
}

#[test]
fn s15_many_lost_messages_of_on_open_do_not_concern_earlier_ones() {
    let mut rig = Rig::new(config());
    rig.send("1").unwrap();
    let queued = rig.machine.mark();
    for attempt in 0..5 {
        rig.room = 1;
        rig.socket_bytes = 5;
        rig.inside("open", |machine, _| machine.send_ahead("login").unwrap());
        rig.opens();
        rig.holds(1, 3);
        rig.fails(ErrorKind::Io);
        assert_eq!(rig.machine.last_close().map(|close| close.lost), Some(1));
        assert!(!rig.machine.is_lost(queued), "{attempt}");
        rig.after(SECOND * 40);
    }
}
