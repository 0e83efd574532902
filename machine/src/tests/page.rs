//! Network and page (S8c).

use super::*;
use crate::PageEvent;

const SPREAD: Duration = Duration::from_millis(500);

fn waiting() -> Rig {
    let mut rig = Rig::new(Config { backoff: fixed(60 * SECOND), ..config() });
    rig.fails(ErrorKind::Connect);
    rig.log();
    rig
}

fn beating(interval: u32, timeout: u32) -> Config {
    Config { heartbeat: every(interval * SECOND, timeout * SECOND), ..config() }
}

#[test]
fn s08c_online_and_visible_dial_soon() {
    for event in [PageEvent::Online, PageEvent::Visible] {
        let mut rig = waiting();
        rig.input(Input::Page(event));
        assert!(rig.due_in().unwrap() <= SPREAD);
        rig.after(SPREAD);
        assert_eq!(rig.log(), ["dial 2"]);
    }
}

#[test]
fn s08c_clients_that_notice_the_network_together_do_not_dial_together() {
    let due = |seed| {
        let mut rig = Rig::new(Config { seed, backoff: fixed(60 * SECOND), ..config() });
        rig.fails(ErrorKind::Connect);
        rig.input(Input::Page(PageEvent::Online));
        rig.due_in().unwrap()
    };
    let early = (0..100).filter(|seed| due(*seed) < SPREAD / 2).count();
    assert!((25..75).contains(&early), "{early} of 100");
}

#[test]
fn s08c_what_would_dial_sooner_is_not_put_off() {
    let mut rig = waiting();
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.input(Input::Page(PageEvent::Online));
    assert_eq!(rig.due_in(), Some(Duration::ZERO));
}

#[test]
fn s08c_an_open_client_is_probed() {
    let mut rig = Rig::open(beating(20, 10));
    rig.after(3 * SECOND);
    rig.input(Input::Page(PageEvent::Visible));
    assert_eq!((rig.log(), rig.due_in()), (["heartbeat 1".to_string()].to_vec(), Some(10 * SECOND)));
    rig.after(10 * SECOND);
    assert_eq!(rig.log(), ["abort", "error HeartbeatTimeout", "close 1006 Failure, retry 1s"]);
    // And is left alone if it answers.
    let mut rig = Rig::open(beating(20, 10));
    rig.input(Input::Page(PageEvent::Online));
    rig.socket(SocketEvent::Answered(Some(1)));
    assert_eq!((rig.state(), rig.due_in()), (State::Open, Some(20 * SECOND)));
}

#[test]
fn s08c_a_network_that_flaps_does_not_delay_the_heartbeat_timeout() {
    let mut rig = Rig::open(beating(20, 10));
    for _ in 0..20 {
        rig.input(Input::Page(PageEvent::Online));
        rig.after(SECOND);
    }
    assert!(rig.log().contains(&"error HeartbeatTimeout".to_string()));
}

#[test]
fn s08c_nothing_to_hurry() {
    let mut rig = Rig::open(config());
    rig.input(Input::Page(PageEvent::Online));
    assert_eq!((rig.state(), rig.log().len()), (State::Open, 0), "there is no heartbeat to probe with");
    let mut rig = Rig::new(config());
    rig.input(Input::Page(PageEvent::Online));
    assert_eq!((rig.state(), rig.due_in()), (State::Connecting, Some(10 * SECOND)));
    rig.request(Request::Abort);
    rig.log();
    for event in [PageEvent::Online, PageEvent::Visible, PageEvent::Frozen, PageEvent::Thawed] {
        rig.input(Input::Page(event));
    }
    rig.after(100 * SECOND);
    assert_eq!((rig.state(), rig.log().len()), (State::Closed, 0), "closed on purpose");
}

#[test]
fn s08c_a_frozen_page_ends_the_attempt_and_dials_when_it_is_back() {
    for opens in [false, true] {
        let mut rig = Rig::new(config());
        if opens {
            rig.opens();
        }
        rig.log();
        rig.input(Input::Page(PageEvent::Frozen));
        assert_eq!(rig.log(), ["abort", "close 1006 Local, retry 0ns"]);
        assert_eq!((rig.state(), rig.due_in()), (State::Waiting, None));
        rig.after(100 * SECOND);
        rig.input(Input::Page(PageEvent::Online));
        rig.after(100 * SECOND);
        assert_eq!(rig.log(), [""; 0], "a frozen page dials nothing");
        rig.input(Input::Page(PageEvent::Thawed));
        rig.after(Duration::ZERO);
        assert_eq!(rig.log(), ["dial 2"]);
    }
}

#[test]
fn s08c_a_client_that_shall_never_reconnect_ends_with_its_attempt() {
    for opens in [false, true] {
        let mut rig = Rig::new(Config { backoff: never(), ..config() });
        if opens {
            rig.opens();
        }
        rig.log();
        rig.input(Input::Page(PageEvent::Frozen));
        assert_eq!(rig.log(), ["abort", "close 1006 Local, stop", "end Exhausted, 0 unsent"]);
        rig.input(Input::Page(PageEvent::Thawed));
        rig.after(100 * SECOND);
        assert_eq!(rig.log(), [""; 0]);
    }
}

#[test]
fn s08c_a_frozen_page_that_waited_dials_when_it_is_back() {
    let mut rig = waiting();
    rig.input(Input::Page(PageEvent::Frozen));
    rig.after(600 * SECOND);
    assert_eq!(rig.log(), [""; 0]);
    // What is asked for meanwhile waits as well.
    rig.request(Request::Reconnect(SECOND));
    rig.after(600 * SECOND);
    assert_eq!((rig.log().len(), rig.due_in()), (0, None));
    rig.input(Input::Page(PageEvent::Thawed));
    rig.after(Duration::ZERO);
    assert_eq!(rig.log(), ["dial 2"]);
}

#[test]
fn s08c_a_client_that_was_closing_is_not_revived() {
    let mut rig = Rig::open(config());
    rig.close();
    rig.input(Input::Page(PageEvent::Frozen));
    assert_eq!(rig.log(), ["send close 1000", "abort", "close 1006 Local, stop", "end Closed, 0 unsent"]);
    rig.input(Input::Page(PageEvent::Thawed));
    rig.after(100 * SECOND);
    assert_eq!(rig.log(), [""; 0]);
}

#[test]
fn s08c_a_client_that_is_closed_while_frozen_stays_closed() {
    let mut rig = Rig::open(config());
    rig.input(Input::Page(PageEvent::Frozen));
    rig.close();
    rig.input(Input::Page(PageEvent::Thawed));
    rig.after(100 * SECOND);
    assert_eq!(rig.log(), ["abort", "close 1006 Local, retry 0ns", "end Closed, 0 unsent"]);
    // Unless it is asked to begin anew, which then waits for the page.
    rig.input(Input::Page(PageEvent::Frozen));
    rig.request(Request::Reconnect(SECOND));
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, None));
    rig.input(Input::Page(PageEvent::Thawed));
    assert_eq!(rig.due_in(), Some(Duration::ZERO));
}

#[test]
fn s08c_an_attempt_that_had_just_ended_waits_for_the_page_too() {
    let mut rig = Rig::open(config());
    rig.inside("error", |machine, now| Input::Page(PageEvent::Frozen).apply(machine, now));
    rig.fails(ErrorKind::Io);
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, None));
    rig.input(Input::Page(PageEvent::Thawed));
    assert_eq!(rig.due_in(), Some(Duration::ZERO));
}

#[test]
fn s08c_queued_messages_outlive_the_freeze() {
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send("kept").unwrap();
    rig.input(Input::Page(PageEvent::Frozen));
    rig.input(Input::Page(PageEvent::Thawed));
    rig.after(Duration::ZERO);
    rig.room = usize::MAX;
    rig.opens();
    assert_eq!(rig.log().pop().unwrap(), "write kept");
}
