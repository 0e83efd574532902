//! The attempts until the first one opens (S28).

use super::*;

/// Fails this many attempts, one after the other.
fn fail(rig: &mut Rig, attempts: u32) {
    for _ in 0..attempts {
        rig.after(SECOND);
        rig.fails(ErrorKind::Connect);
    }
}

fn limited(initial: u32, max_attempts: Option<u32>) -> Config {
    let backoff = Backoff { max_initial_attempts: Some(initial), max_attempts, ..fixed(SECOND) };
    Config { backoff, ..config() }
}

const EXHAUSTED: &str = "end Exhausted, 0 unsent";

#[test]
fn s28_the_attempts_until_the_first_open_run_out() {
    let mut rig = Rig::new(limited(3, None));
    fail(&mut rig, 2);
    assert_eq!(rig.state(), State::Waiting);
    fail(&mut rig, 1);
    assert_eq!(rig.log()[6..], ["dial 3", "error Connect", "close 1006 Failure, stop", EXHAUSTED]);
    assert!(rig.machine.last_error().is_some());
    // The first attempt counts.
    let mut rig = Rig::new(limited(1, None));
    fail(&mut rig, 1);
    assert_eq!(rig.log(), ["dial 1", "error Connect", "close 1006 Failure, stop", EXHAUSTED]);
}

#[test]
fn s28_a_lost_connection_is_retried_without_that_limit() {
    let mut rig = Rig::new(limited(2, None));
    fail(&mut rig, 1);
    rig.after(SECOND);
    rig.opens();
    rig.fails(ErrorKind::Io);
    fail(&mut rig, 20);
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s28_both_limits_count_apart() {
    // Before the first open, the other one does not apply.
    let mut rig = Rig::new(limited(10, Some(2)));
    fail(&mut rig, 9);
    rig.after(SECOND);
    rig.opens();
    rig.log();
    // And what failed before does not count, although it was open too briefly to be stable.
    rig.fails(ErrorKind::Io);
    fail(&mut rig, 1);
    assert_eq!(rig.state(), State::Waiting);
    fail(&mut rig, 1);
    assert_eq!(rig.log().pop().unwrap(), EXHAUSTED);

    // A client that must reach its server, but is not to reconnect.
    let mut rig = Rig::new(limited(5, Some(0)));
    fail(&mut rig, 4);
    rig.after(SECOND);
    rig.opens();
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log().pop().unwrap(), EXHAUSTED);
}

#[test]
fn s28_delays_grow_as_ever() {
    let backoff = Backoff { max_initial_attempts: Some(4), ..doubling() };
    let mut rig = Rig::new(Config { backoff, ..config() });
    for delay in [1, 2, 4] {
        rig.fails(ErrorKind::Connect);
        assert_eq!(rig.due_in(), Some(delay * SECOND));
        rig.after(delay * SECOND);
    }
    rig.is_refused(503, 60 * SECOND);
    assert_eq!(rig.log().pop().unwrap(), EXHAUSTED, "a `Retry-After` adds no attempt");
}

#[test]
fn s28_a_closed_client_begins_anew() {
    let mut rig = Rig::new(limited(2, None));
    fail(&mut rig, 2);
    assert_eq!(rig.log().pop().unwrap(), EXHAUSTED);
    for _ in 0..2 {
        rig.request(Request::Reconnect(Duration::ZERO));
        fail(&mut rig, 1);
        assert_eq!(rig.state(), State::Waiting);
        fail(&mut rig, 1);
        assert_eq!(rig.log().pop().unwrap(), EXHAUSTED);
    }
    // Also one that was open before.
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.after(SECOND);
    rig.opens();
    rig.close();
    rig.socket_ends(1000);
    rig.request(Request::Reconnect(Duration::ZERO));
    fail(&mut rig, 2);
    assert_eq!(rig.log().pop().unwrap(), EXHAUSTED);
    assert_eq!((rig.machine.has_opened(), rig.machine.ends()), (true, 5));
}

#[test]
fn s28_the_predicate_adds_no_initial_attempts() {
    for answer in [true, false] {
        let mut rig = Rig::new(Config { has_predicate: true, ..limited(2, None) });
        rig.answer = answer;
        fail(&mut rig, 1);
        let end = if answer { "close 1006 Failure, retry 1s" } else { "end Declined, 0 unsent" };
        assert_eq!(rig.log().pop().unwrap(), end);
    }
    let mut rig = Rig::new(Config { has_predicate: true, ..limited(2, None) });
    fail(&mut rig, 2);
    assert_eq!(rig.log().pop().unwrap(), EXHAUSTED);
}

#[test]
fn s28_a_fatal_failure_does_not_use_up_the_attempts() {
    let mut rig = Rig::new(limited(5, None));
    rig.is_refused(404, None);
    assert_eq!(rig.log().pop().unwrap(), "end Fatal, 0 unsent");
}

#[test]
fn s28_a_skipped_delay_is_an_attempt() {
    let mut rig = Rig::new(limited(3, None));
    rig.fails(ErrorKind::Connect);
    for _ in 0..2 {
        rig.request(Request::Reconnect(Duration::ZERO));
        fail(&mut rig, 1);
    }
    assert_eq!(rig.log().pop().unwrap(), EXHAUSTED);
}

#[test]
fn s28_no_initial_attempt_is_a_contradiction() {
    assert!(limited(0, None).backoff.check().is_err());
    assert_eq!(limited(1, None).backoff.check(), Ok(()));
    let never = |initial| Backoff { max_initial_attempts: Some(initial), ..never() };
    assert_eq!(never(1).check(), Ok(()));
    assert!(never(2).check().is_err(), "there is a retry, without a delay");
}
