//! How soon a reconnect by hand dials, and what it cannot undo (S8a).

use super::*;

fn in_callback() -> Request {
    Request::ReconnectInCallback(Duration::ZERO)
}

fn outside() -> Request {
    Request::Reconnect(Duration::ZERO)
}

/// Fails so many times, with a callback that always reconnects, and returns the delays in seconds.
fn delays(rig: &mut Rig, callback: &'static str, times: usize) -> Vec<u64> {
    let delay = |rig: &mut Rig| {
        rig.inside(callback, |machine, now| machine.request(now, in_callback()));
        rig.fails(ErrorKind::Connect);
        let delay = rig.due_in().expect("a retry");
        rig.after(delay);
        delay.as_secs()
    };
    (0..times).map(|_| delay(rig)).collect()
}

#[test]
fn s08a_a_callback_that_always_reconnects_keeps_to_the_policys_pace() {
    for callback in ["close", "error"] {
        let mut rig = Rig::new(Config { backoff: doubling(), ..config() });
        assert_eq!(delays(&mut rig, callback, 7), [1, 2, 4, 8, 16, 30, 30], "in {callback}");
    }
}

#[test]
fn s08a_a_callback_keeps_a_pace_where_the_policy_stops() {
    for callback in ["close", "error", "end"] {
        let mut rig = Rig::new(Config { backoff: never(), ..config() });
        assert_eq!(delays(&mut rig, callback, 5), [1; 5], "never, in {callback}");
    }
    for callback in ["close", "error"] {
        let mut rig = Rig::new(Config { backoff: Backoff { max_attempts: Some(0), ..doubling() }, ..config() });
        assert_eq!(delays(&mut rig, callback, 6), [1, 2, 4, 8, 16, 30], "exhausted, in {callback}");
    }
    // The peer refuses the client each time.
    let mut rig = Rig::open(Config { backoff: doubling(), ..config() });
    for expected in [1, 2, 4, 8] {
        rig.inside("close", |machine, now| machine.request(now, in_callback()));
        rig.peer_closes(1008);
        rig.socket_ends(1008);
        assert_eq!(rig.due_in(), Some(expected * SECOND));
        rig.after(expected * SECOND);
        rig.opens();
    }
}

#[test]
fn s08a_a_callback_may_wait_longer_than_the_policy_but_not_less() {
    for (asked, expected) in [(0, 2), (1, 2), (2, 2), (9, 9)] {
        let mut rig = Rig::new(Config { backoff: fixed(2 * SECOND), ..config() });
        let request = Request::ReconnectInCallback(asked * SECOND);
        rig.inside("close", move |machine, now| machine.request(now, request));
        rig.fails(ErrorKind::Connect);
        assert_eq!(rig.due_in(), Some(expected * SECOND), "asked for {asked} s");
    }
}

#[test]
fn s08a_a_callback_does_not_grow_the_delay_by_asking_again() {
    let mut rig = Rig::new(Config { backoff: Backoff { max_attempts: Some(0), ..doubling() }, ..config() });
    rig.inside("close", |machine, now| (0..9).for_each(|_| machine.request(now, in_callback())));
    rig.fails(ErrorKind::Connect);
    assert_eq!(rig.due_in(), Some(SECOND));
}

#[test]
fn s08a_a_callback_heeds_what_the_peer_asked_for() {
    for callback in ["close", "error"] {
        let mut rig = Rig::new(config());
        rig.inside(callback, |machine, now| machine.request(now, in_callback()));
        rig.is_refused(503, Some(7 * SECOND));
        assert_eq!(rig.due_in(), Some(7 * SECOND), "in {callback}");
    }
}

#[test]
fn s08a_a_callback_dials_at_once_after_an_attempt_that_lasted() {
    for callback in ["close", "error"] {
        let mut rig = Rig::new(Config { backoff: doubling(), ..config() });
        delays(&mut rig, callback, 3);
        rig.opens();
        rig.after(5 * SECOND);
        rig.inside(callback, |machine, now| machine.request(now, in_callback()));
        rig.fails(ErrorKind::Io);
        assert_eq!(rig.due_in(), Some(Duration::ZERO), "in {callback}");
        rig.after(Duration::ZERO);
        // What follows has the policy's pace again.
        assert!(delays(&mut rig, callback, 1)[0] <= 2, "in {callback}");
    }
}

#[test]
fn s08a_a_callback_replaces_an_open_connection_at_once() {
    let mut rig = Rig::new(config());
    for _ in 0..5 {
        rig.inside("open", |machine, now| machine.request(now, in_callback()));
        rig.opens();
        rig.socket_ends(1000);
        assert_eq!(rig.due_in(), Some(Duration::ZERO));
        rig.after(Duration::ZERO);
    }
    // But not with what it dials in on_close as well, nor what it never lets open.
    let mut rig = Rig::new(config());
    for expected in [0, 1, 1, 1] {
        rig.inside("open", |machine, now| machine.request(now, in_callback()));
        rig.inside("close", |machine, now| machine.request(now, in_callback()));
        rig.opens();
        rig.socket_ends(1000);
        assert_eq!(rig.due_in(), Some(expected * SECOND));
        rig.after(expected * SECOND);
    }
    let mut rig = Rig::new(config());
    for expected in [0, 1, 1, 1] {
        rig.inside("connect", |machine, now| machine.request(now, in_callback()));
        rig.socket(SocketEvent::Connected);
        assert_eq!(rig.due_in(), Some(expected * SECOND));
        rig.after(expected * SECOND);
    }
}

#[test]
fn s08a_outside_it_dials_at_once_but_not_in_a_loop() {
    let mut rig = Rig::new(Config { backoff: fixed(3600 * SECOND), ..config() });
    rig.fails(ErrorKind::Connect);
    for expected in [0, 1, 1] {
        rig.request(outside());
        assert_eq!(rig.due_in(), Some(expected * SECOND));
        rig.after(expected * SECOND);
        rig.fails(ErrorKind::Connect);
    }
    // A later request is not delayed.
    rig.after(SECOND);
    rig.request(outside());
    assert_eq!(rig.due_in(), Some(Duration::ZERO));
    // Twice is once.
    rig.request(outside());
    assert_eq!(rig.due_in(), Some(Duration::ZERO));
    // No policy that is faster than that is slowed down.
    let mut rig = Rig::new(Config { backoff: fixed(10 * MS), ..config() });
    for expected in [0, 10, 10] {
        rig.fails(ErrorKind::Connect);
        rig.request(outside());
        assert_eq!(rig.due_in(), Some(expected * MS));
        rig.after(expected * MS);
    }
}

#[test]
fn s08a_outside_it_waits_if_what_a_callback_dialled_has_failed() {
    let mut rig = Rig::open(Config { backoff: fixed(10 * SECOND), ..config() });
    rig.after(5 * SECOND);
    rig.inside("close", |machine, now| machine.request(now, in_callback()));
    rig.peer_closes(1000);
    rig.socket_ends(1000);
    rig.after(Duration::ZERO);
    rig.fails(ErrorKind::Connect);
    rig.request(outside());
    assert_eq!(rig.due_in(), Some(SECOND));
}

#[test]
fn s08a_outside_the_end_is_no_way_around_the_pace() {
    let mut rig = Rig::new(Config { backoff: never(), ..config() });
    for expected in [0, 1, 1] {
        rig.fails(ErrorKind::Connect);
        assert_eq!(rig.state(), State::Closed);
        rig.request(outside());
        assert_eq!(rig.due_in(), Some(expected * SECOND));
        rig.after(expected * SECOND);
    }
}

#[test]
fn s08a_outside_what_was_closed_here_was_no_failure() {
    let mut rig = Rig::new(config());
    for _ in 0..5 {
        rig.request(Request::Abort);
        rig.request(outside());
        assert_eq!(rig.due_in(), Some(Duration::ZERO));
        rig.after(Duration::ZERO);
        rig.opens();
        rig.request(outside());
        rig.socket_ends(1000);
        assert_eq!(rig.due_in(), Some(Duration::ZERO));
        rig.after(Duration::ZERO);
    }
}

fn always_reconnects(rig: &mut Rig) {
    for callback in ["connect", "open", "error", "close", "end", "full", "drain"] {
        rig.inside(callback, |machine, now| machine.request(now, in_callback()));
    }
}

#[test]
fn s08a_no_callback_undoes_a_close() {
    for request in [close(), Request::Abort] {
        // While connecting, open, waiting, and between two attempts.
        let mut rig = Rig::new(config());
        always_reconnects(&mut rig);
        rig.request(request.clone());
        assert_eq!((rig.state(), rig.due_in()), (State::Closed, None), "while connecting");

        let mut rig = Rig::open(config());
        always_reconnects(&mut rig);
        rig.request(request.clone());
        rig.socket_ends(1000);
        assert_eq!((rig.state(), rig.due_in()), (State::Closed, None), "while open");

        let mut rig = Rig::open(config());
        always_reconnects(&mut rig);
        rig.fails(ErrorKind::Io);
        always_reconnects(&mut rig);
        rig.request(request.clone());
        assert_eq!((rig.state(), rig.due_in()), (State::Closed, None), "while waiting");

        let mut rig = Rig::open(config());
        rig.inside("error", move |machine, now| {
            machine.request(now, request);
            machine.request(now, in_callback());
        });
        always_reconnects(&mut rig);
        rig.fails(ErrorKind::Io);
        assert_eq!((rig.state(), rig.due_in()), (State::Closed, None), "in the same callback");
    }
}

#[test]
fn s08a_no_callback_undoes_a_cancelled_reconnect() {
    let mut rig = Rig::open(config());
    always_reconnects(&mut rig);
    rig.fails(ErrorKind::Io);
    rig.request(Request::CancelReconnect);
    assert_eq!(rig.state(), State::Closed);
    // One that had nothing to cancel forbids nothing.
    let mut rig = Rig::open(config());
    rig.request(Request::CancelReconnect);
    rig.inside("close", |machine, now| machine.request(now, in_callback()));
    rig.peer_closes(1008);
    rig.socket_ends(1008);
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s08a_outside_a_close_can_be_undone() {
    let mut rig = Rig::open(config());
    rig.close();
    rig.request(outside());
    rig.inside("close", |machine, now| machine.request(now, Request::ReconnectInCallback(4 * SECOND)));
    rig.socket_ends(1000);
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, Some(4 * SECOND)));
    rig.request(Request::Abort);
    assert_eq!(rig.state(), State::Closed);
    rig.request(outside());
    rig.after(Duration::ZERO);
    // From now on callbacks count again.
    rig.inside("close", |machine, now| machine.request(now, in_callback()));
    rig.is_refused(404, None);
    assert_eq!(rig.state(), State::Waiting);
}
