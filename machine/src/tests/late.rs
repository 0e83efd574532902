//! Late wake-ups alone never fail an attempt (S18).

use super::*;
use crate::PageEvent;

#[test]
fn s18_after_sleep_a_heartbeat_is_sent_before_the_attempt_fails() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND);
    rig.log();
    rig.sleep(3600 * SECOND);
    assert_eq!((rig.log(), rig.due_in()), (["heartbeat 2".to_string()].to_vec(), Some(10 * SECOND)));
    rig.after(10 * SECOND - MS);
    rig.receives(1);
    rig.after(3600 * SECOND - 10 * SECOND);
    assert!(rig.log().contains(&"error HeartbeatTimeout".to_string()), "dead after all, and on time");
}

#[test]
fn s18_the_full_timeout_is_allowed_again() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND);
    rig.sleep(60 * SECOND);
    rig.after(10 * SECOND - MS);
    assert_eq!(rig.state(), State::Open);
    rig.after(MS);
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s18_two_late_wakeups_in_a_row_extend_the_deadline_and_the_third_does_not() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND);
    rig.sleep(60 * SECOND);
    assert_eq!(rig.state(), State::Open);
    rig.sleep(60 * SECOND);
    assert_eq!(
        (rig.state(), rig.log()),
        (State::Open, ["heartbeat 1", "heartbeat 2", "heartbeat 3"].map(String::from).to_vec())
    );
    rig.sleep(60 * SECOND);
    assert_eq!(rig.log(), ["abort", "error HeartbeatTimeout", "close 1006 Failure, retry 1s"]);
}

#[test]
fn s18_what_arrives_in_between_resets_the_count_of_late_wakeups() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND);
    for _ in 0..10 {
        rig.sleep(60 * SECOND);
        rig.sleep(60 * SECOND);
        assert_eq!(rig.state(), State::Open);
        rig.receives(1);
        rig.after(20 * SECOND);
    }
}

#[test]
fn s18_what_arrived_during_sleep_is_processed_first() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND);
    rig.log();
    rig.now = rig.now + 3600 * SECOND;
    rig.receives(1);
    rig.wake();
    assert_eq!((rig.state(), rig.log()), (State::Open, ["heartbeat 2".to_string()].to_vec()));
}

#[test]
fn s18_a_wakeup_within_the_slack_is_on_time() {
    // Timers are never exact: half of the timeout, at most a tenth of a second.
    for (timeout, slack) in [(10 * SECOND, 100 * MS), (100 * MS, 50 * MS)] {
        let heartbeat = every(20 * SECOND, timeout);
        let mut rig = Rig::open(Config { heartbeat, ..config() });
        rig.after(20 * SECOND);
        rig.sleep(timeout + slack);
        assert_eq!(rig.state(), State::Waiting);
        let mut rig = Rig::open(Config { heartbeat: every(20 * SECOND, timeout), ..config() });
        rig.after(20 * SECOND);
        rig.sleep(timeout + slack + MS);
        assert_eq!(rig.state(), State::Open);
    }
}

#[test]
fn s18_missed_heartbeats_are_not_made_up_for() {
    let mut rig = beating(20, 10);
    rig.sleep(3600 * SECOND);
    assert_eq!((rig.log(), rig.due_in()), (["heartbeat 1".to_string()].to_vec(), Some(10 * SECOND)));
    rig.receives(1);
    assert_eq!(rig.due_in(), Some(20 * SECOND));
}

#[test]
fn s18_a_page_that_becomes_visible_after_sleep_stays_connected() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND);
    rig.now = rig.now + 3600 * SECOND;
    rig.input(Input::Page(PageEvent::Visible));
    rig.wake();
    assert_eq!((rig.state(), rig.due_in()), (State::Open, Some(10 * SECOND)));
}

#[test]
fn s18_other_deadlines_pass_soon_after_a_late_wakeup() {
    let mut rig = Rig::new(config());
    rig.sleep(3600 * SECOND);
    rig.after(SECOND);
    assert_eq!(rig.state(), State::Waiting, "open timeout");
    rig.sleep(3600 * SECOND);
    assert_eq!(rig.state(), State::Connecting, "retry");
    rig.opens();
    rig.close();
    rig.sleep(3600 * SECOND);
    rig.after(SECOND);
    assert_eq!(rig.state(), State::Closed, "close timeout");
}

#[test]
fn s18_a_clock_that_goes_back_is_ignored() {
    let mut rig = Rig::new(config());
    rig.after(5 * SECOND);
    let earlier = Timestamp::from_micros(rig.now.as_micros() - 3_000_000);
    Input::Wake.apply(&mut rig.machine, earlier);
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.due_in(), Some(SECOND));
}

#[test]
fn s08d_s18_what_opened_while_the_program_was_blocked_is_open() {
    let mut rig = Rig::new(config());
    rig.sleep(60 * SECOND);
    assert_eq!((rig.state(), rig.due_in()), (State::Connecting, Some(SECOND)));
    rig.opens();
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn s18_s27_a_set_up_that_was_answered_while_the_program_was_blocked_succeeds() {
    let mut rig = Rig::new(Config { setup_timeout: Some(10 * SECOND), ..config() });
    rig.opens();
    rig.sleep(60 * SECOND);
    assert_eq!((rig.state(), rig.due_in()), (State::Connecting, Some(SECOND)));
    rig.machine.set_up();
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn s08d_s18_what_does_not_open_after_a_late_wakeup_fails() {
    let mut rig = Rig::new(config());
    rig.sleep(60 * SECOND);
    rig.after(SECOND - MS);
    assert_eq!(rig.state(), State::Connecting);
    rig.after(MS);
    assert!(rig.log().contains(&"error OpenTimeout".to_string()));
    // Nor do late wake-ups extend it for ever.
    let mut rig = Rig::new(config());
    rig.sleep(60 * SECOND);
    rig.sleep(60 * SECOND);
    assert_eq!(rig.state(), State::Connecting);
    rig.sleep(60 * SECOND);
    assert!(rig.log().contains(&"error OpenTimeout".to_string()));
}

#[test]
fn s10_s18_a_close_that_was_answered_while_the_program_was_blocked_is_clean() {
    let mut rig = Rig::open(config());
    rig.close();
    rig.log();
    rig.sleep(60 * SECOND);
    assert_eq!((rig.state(), rig.due_in()), (State::Closing, Some(SECOND)));
    rig.peer_closes(1000);
    rig.socket_ends(1000);
    assert_eq!(rig.log(), ["close 1000 Local clean, stop", "end Closed, 0 unsent"]);
}
