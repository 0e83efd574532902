//! `reconnect`, `reconnect_after` and `cancel_reconnect` in every state (S8a).

use super::*;

fn retry(delay: Duration) -> Request {
    Request::Reconnect(delay)
}

fn in_callback(delay: Duration) -> Request {
    Request::ReconnectInCallback(delay)
}

#[test]
fn s08a_connecting_dials_anew() {
    let mut rig = Rig::new(config());
    rig.request(retry(Duration::ZERO));
    rig.after(Duration::ZERO);
    assert_eq!(rig.log(), ["dial 1", "abort", "close 1006 Local, retry 0ns", "dial 2"]);
    rig.request(retry(3 * SECOND));
    assert_eq!(rig.log(), ["abort", "close 1006 Local, retry 3s"]);
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, Some(3 * SECOND)));
}

#[test]
fn s08a_open_closes_the_old_attempt_first() {
    let mut rig = Rig::open(config());
    rig.request(retry(2 * SECOND));
    assert_eq!((rig.state(), rig.log()), (State::Closing, ["send close 1000".to_string()].to_vec()));
    rig.peer_closes(1000);
    rig.socket_ends(1000);
    assert_eq!(rig.log(), ["close 1000 Local clean, retry 2s"]);
    rig.after(2 * SECOND);
    assert_eq!(rig.log(), ["dial 2"]);
}

#[test]
fn s08a_a_peer_that_ignores_the_close_does_not_hinder_it() {
    let mut rig = Rig::open(config());
    rig.request(retry(Duration::ZERO));
    assert_eq!(rig.due_in(), Some(5 * SECOND));
    rig.after(5 * SECOND);
    assert_eq!(rig.log(), ["send close 1000", "abort", "close 1006 Local, retry 0ns", "dial 2"]);
}

#[test]
fn s08a_what_is_queued_waits_for_the_next_attempt() {
    let mut rig = Rig::open(config());
    rig.room = 1;
    rig.send("a").unwrap();
    rig.send("b").unwrap();
    rig.request(retry(Duration::ZERO));
    // A closing that leads to another attempt is no reason to refuse.
    rig.send("c").unwrap();
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), ["write a", "write", "send close 1000"]);
    rig.socket_ends(1000);
    rig.room = usize::MAX;
    rig.after(Duration::ZERO);
    rig.opens();
    assert_eq!(rig.log(), ["close 1000 Local clean, retry 0ns", "dial 2", "open", "write b c"]);
}

#[test]
fn s08a_closing_is_followed_by_another_attempt_after_all() {
    let mut rig = Rig::open(config());
    rig.close();
    rig.request(retry(SECOND));
    rig.send("for the next").unwrap();
    rig.socket_ends(1000);
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, Some(SECOND)));
    // The last word counts.
    rig.after(SECOND);
    rig.opens();
    rig.request(retry(SECOND));
    rig.close();
    assert_eq!(rig.send("no"), Err(SendErrorKind::Closed));
    rig.socket_ends(1000);
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn s08a_a_close_of_the_peer_takes_the_delay_that_was_asked_for() {
    let mut rig = Rig::open(config());
    rig.peer_closes(1008);
    rig.request(retry(7 * SECOND));
    rig.socket_ends(1008);
    assert_eq!(rig.log(), ["close 1008 Remote clean, retry 7s"]);
}

#[test]
fn s08a_waiting_takes_the_new_delay() {
    let mut rig = Rig::new(config());
    rig.fails(ErrorKind::Connect);
    rig.log();
    rig.after(SECOND / 2);
    rig.request(retry(20 * SECOND));
    assert_eq!(rig.due_in(), Some(20 * SECOND));
    rig.request(retry(Duration::ZERO));
    rig.after(Duration::ZERO);
    assert_eq!(rig.log(), ["dial 2"]);
}

#[test]
fn s08a_closed_begins_anew_with_all_attempts() {
    let backoff = Backoff { max_attempts: Some(2), ..doubling() };
    let mut rig = Rig::new(Config { backoff, ..config() });
    for _ in 0..2 {
        rig.fails(ErrorKind::Connect);
        rig.after(2 * SECOND);
    }
    rig.fails(ErrorKind::Connect);
    assert_eq!(rig.log().pop().unwrap(), "end Exhausted, 0 unsent");
    rig.request(retry(4 * SECOND));
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, Some(4 * SECOND)));
    rig.after(4 * SECOND);
    rig.fails(ErrorKind::Connect);
    assert_eq!(rig.log(), ["dial 4", "error Connect", "close 1006 Failure, retry 1s"]);
}

#[test]
fn s08a_inside_on_close_it_replaces_what_the_policy_chose() {
    let mut rig = Rig::new(config());
    rig.inside("close", |machine, now| machine.request(now, in_callback(20 * SECOND)));
    rig.fails(ErrorKind::Connect);
    assert_eq!(rig.log().pop().unwrap(), "close 1006 Failure, retry 1s");
    assert_eq!(rig.due_in(), Some(20 * SECOND));
    // Also where it chose to stop: there is no end then.
    let mut rig = Rig::new(config());
    rig.inside("close", |machine, now| machine.request(now, in_callback(20 * SECOND)));
    rig.is_refused(404, None);
    rig.after(20 * SECOND);
    assert_eq!(rig.log(), ["dial 1", "error status 404", "close 1006 Failure, stop", "dial 2"]);
    assert_eq!(rig.machine.ends(), 0);
}

#[test]
fn s08a_inside_on_end_it_begins_anew() {
    let mut rig = Rig::new(Config { backoff: never(), ..config() });
    rig.inside("end", |machine, now| machine.request(now, in_callback(3 * SECOND)));
    rig.fails(ErrorKind::Io);
    rig.after(3 * SECOND);
    let expected = ["dial 1", "error Io", "close 1006 Failure, stop", "end Exhausted, 0 unsent", "dial 2"];
    assert_eq!(rig.log(), expected);
    assert_eq!(rig.machine.ends(), 1);
}

#[test]
fn s08a_between_error_and_close_it_is_what_on_close_reports() {
    let mut rig = Rig::new(config());
    rig.inside("error", |machine, now| {
        machine.request(now, in_callback(3 * SECOND));
        machine.send_text("for the next").unwrap();
    });
    rig.is_refused(404, None);
    assert_eq!(rig.log().pop().unwrap(), "close 1006 Failure, retry 3s");
    rig.after(3 * SECOND);
    rig.inside("error", |machine, now| {
        machine.request(now, close());
        assert_eq!(machine.send_text("no").unwrap_err().kind, SendErrorKind::Closed);
    });
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log(), ["dial 2", "error Io", "close 1006 Failure, stop", "end Closed, 1 unsent"]);
}

#[test]
fn s08a_cancel_ends_a_client_that_waits() {
    let mut rig = Rig::new(config());
    rig.fails(ErrorKind::Connect);
    rig.log();
    rig.request(Request::CancelReconnect);
    assert_eq!((rig.state(), rig.log()), (State::Closed, ["end Closed, 0 unsent".to_string()].to_vec()));
    // In on_close it already waits.
    let mut rig = Rig::new(config());
    rig.inside("close", |machine, now| machine.request(now, Request::CancelReconnect));
    rig.fails(ErrorKind::Connect);
    assert_eq!(rig.log(), ["dial 1", "error Connect", "close 1006 Failure, retry 1s", "end Closed, 0 unsent"]);
}

#[test]
fn s08a_cancel_takes_back_a_reconnect_that_is_under_way() {
    let mut rig = Rig::open(config());
    rig.request(retry(SECOND));
    rig.request(Request::CancelReconnect);
    rig.socket_ends(1000);
    assert_eq!(rig.log(), ["send close 1000", "close 1000 Local clean, stop", "end Closed, 0 unsent"]);
}

#[test]
fn s08a_cancel_does_nothing_while_connected_or_closed() {
    let mut rig = Rig::new(config());
    rig.request(Request::CancelReconnect);
    assert_eq!(rig.state(), State::Connecting);
    rig.opens();
    rig.request(Request::CancelReconnect);
    assert_eq!(rig.state(), State::Open);
    rig.peer_closes(1001);
    rig.request(Request::CancelReconnect);
    rig.socket_ends(1001);
    assert_eq!(rig.state(), State::Waiting);
    rig.request(Request::CancelReconnect);
    rig.log();
    rig.request(Request::CancelReconnect);
    assert_eq!((rig.state(), rig.log().len()), (State::Closed, 0));
}

#[test]
fn s08a_a_cancel_stays_although_the_policy_stops_as_well() {
    let mut rig = Rig::open(Config { backoff: never(), ..config() });
    rig.inside("error", |machine, now| machine.request(now, Request::CancelReconnect));
    rig.inside("close", |machine, now| machine.request(now, in_callback(SECOND)));
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log(), ["error Io", "close 1006 Failure, stop", "end Closed, 0 unsent"]);
    assert_eq!(rig.state(), State::Closed);
}
