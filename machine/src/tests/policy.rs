//! Fatal failures, the retry predicate, and `Retry-After` (S8).

use super::*;

#[test]
fn s08_1008_and_1010_of_the_peer_end_the_client_and_no_other_code_does() {
    for code in [1000, 1001, 1002, 1003, 1005, 1007, 1009, 1011, 1012, 1013, 3000, 4999] {
        let mut rig = Rig::open(config());
        rig.peer_closes(code);
        rig.socket_ends(code);
        assert_eq!(rig.log(), [format!("close {code} Remote clean, retry 1s")]);
    }
    for code in [1008, 1010] {
        let mut rig = Rig::open(config());
        rig.peer_closes(code);
        rig.socket_ends(code);
        assert_eq!(rig.log(), [format!("close {code} Remote clean, stop"), "end Fatal, 0 unsent".to_string()]);
    }
}

#[test]
fn s08_refusals_with_4xx_end_the_client_but_for_three() {
    for (status, fatal) in [
        (400, true),
        (401, true),
        (404, true),
        (499, true),
        (408, false),
        (425, false),
        (429, false),
        (301, false),
        (500, false),
        (503, false),
    ] {
        let mut rig = Rig::new(config());
        rig.is_refused(status, None);
        assert_eq!(rig.state(), if fatal { State::Closed } else { State::Waiting }, "{status}");
    }
    // Without a status it was not even HTTP.
    let mut rig = Rig::new(config());
    rig.fails(ErrorKind::Handshake { status: None });
    assert_eq!(rig.state(), State::Waiting);
    rig.after(SECOND);
    rig.fails(ErrorKind::Unsupported);
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn s08_a_provider_can_make_the_next_request_better() {
    let mut rig = Rig::new(Config { has_provider: true, ..config() });
    rig.is_refused(401, None);
    assert_eq!(rig.state(), State::Waiting);
    // But it cannot make the peer like this client.
    rig.after(SECOND);
    rig.opens();
    rig.peer_closes(1008);
    rig.socket_ends(1008);
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn s08_429_and_503_wait_as_long_as_the_server_asks() {
    for status in [429, 503] {
        let mut rig = Rig::new(config());
        rig.is_refused(status, 7 * SECOND);
        assert_eq!(rig.log().pop().unwrap(), "close 1006 Failure, retry 7s");
        assert_eq!(rig.due_in(), Some(7 * SECOND));
    }
    // At least: the policy may want to wait longer.
    let mut rig = Rig::new(Config { backoff: fixed(9 * SECOND), ..config() });
    rig.is_refused(503, 7 * SECOND);
    assert_eq!(rig.due_in(), Some(9 * SECOND));
}

#[test]
fn s08_the_wait_of_one_refusal_is_not_that_of_the_next_failure() {
    let mut rig = Rig::new(config());
    rig.is_refused(503, 60 * SECOND);
    rig.after(60 * SECOND);
    rig.fails(ErrorKind::Connect);
    assert_eq!(rig.due_in(), Some(SECOND));
}

#[test]
fn s08_max_retry_after_limits_what_the_server_asks_for() {
    let wait = |max: Duration, policy: Duration, asked: Duration| {
        let backoff = fixed(policy);
        let mut rig = Rig::new(Config { backoff, max_retry_after: max, ..config() });
        rig.is_refused(503, asked);
        let last = rig.log().pop().unwrap();
        assert!(last.ends_with(&format!("retry {:?}", rig.due_in().unwrap())), "{last}");
        rig.due_in().unwrap()
    };
    for (max, policy, asked, expected) in
        [(60, 1, 59, 59), (60, 1, 60, 60), (60, 1, 61, 60), (0, 1, 60, 1), (60, 90, 80, 90), (3600, 1, u64::MAX, 3600)]
    {
        let seconds = Duration::from_secs;
        assert_eq!(wait(seconds(max), seconds(policy), seconds(asked)), seconds(expected), "{max} {policy} {asked}");
    }
}

/// Gateways answer 404, 403 and 400 while what is behind them restarts.
#[test]
fn s08_refusals_of_a_client_that_was_open_are_retried() {
    for kind in [
        ErrorKind::Handshake { status: Some(404) },
        ErrorKind::Handshake { status: Some(401) },
        ErrorKind::Proxy { status: Some(403) },
        ErrorKind::Proxy { status: Some(407) },
    ] {
        let mut rig = Rig::new(config());
        rig.fails(kind.clone());
        assert_eq!(rig.log().pop().unwrap(), "end Fatal, 0 unsent", "{kind:?}: never open");
        let mut rig = Rig::open(config());
        rig.fails(ErrorKind::Io);
        for _ in 0..5 {
            rig.after(SECOND);
            rig.fails(kind.clone());
            assert_eq!(rig.log().pop().unwrap(), "close 1006 Failure, retry 1s", "{kind:?}");
        }
        // Nor after a new beginning, which is of the same client.
        rig.request(Request::CancelReconnect);
        rig.request(Request::Reconnect(Duration::ZERO));
        rig.wake();
        rig.fails(kind.clone());
        assert_eq!(rig.state(), State::Waiting, "{kind:?}");
    }
    // The policy has the last word, and what this build cannot do it will never be able to.
    let mut rig = Rig::open(Config { backoff: Backoff { max_attempts: Some(1), ..fixed(SECOND) }, ..config() });
    rig.fails(ErrorKind::Io);
    rig.after(SECOND);
    rig.is_refused(404, None);
    assert_eq!(rig.log().pop().unwrap(), "end Exhausted, 0 unsent");
    let mut rig = Rig::open(config());
    rig.fails(ErrorKind::Io);
    rig.after(SECOND);
    rig.fails(ErrorKind::Unsupported);
    assert_eq!(rig.log().pop().unwrap(), "end Fatal, 0 unsent");
}

#[test]
fn s08_an_absurd_wait_is_no_overflow() {
    let mut rig = Rig::new(config());
    rig.is_refused(503, Duration::MAX);
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, Some(3600 * SECOND)));
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.wake();
    // Where the user wants it so, it is longer than any clock runs.
    let mut rig = Rig::new(Config { max_retry_after: Duration::MAX, ..config() });
    rig.is_refused(503, Duration::MAX);
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, None));
    rig.request(Request::Reconnect(Duration::ZERO));
    assert_eq!(rig.due_in(), Some(Duration::ZERO));
}

#[test]
fn s08_the_predicate_decides_over_code_and_status() {
    let mut rig = Rig::open(Config { has_predicate: true, ..config() });
    rig.peer_closes(1008);
    rig.socket_ends(1008);
    assert_eq!(rig.log(), ["ask retry 1008", "close 1008 Remote clean, retry 1s"]);
    rig.after(SECOND);
    rig.is_refused(404, None);
    assert_eq!(rig.log(), ["dial 2", "error status 404", "ask retry 1006", "close 1006 Failure, retry 1s"]);
    rig.answer = false;
    rig.after(SECOND);
    rig.fails(ErrorKind::Io);
    assert_eq!(
        rig.log(),
        ["dial 3", "error Io", "ask retry 1006", "close 1006 Failure, stop", "end Declined, 0 unsent"]
    );
}

#[test]
fn s08_the_predicate_adds_no_attempts() {
    let backoff = Backoff { max_attempts: Some(1), ..fixed(SECOND) };
    let mut rig = Rig::new(Config { has_predicate: true, backoff, ..config() });
    rig.fails(ErrorKind::Io);
    rig.after(SECOND);
    rig.log();
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log(), ["error Io", "ask retry 1006", "close 1006 Failure, stop", "end Exhausted, 0 unsent"]);
}

#[test]
fn s08_the_predicate_is_not_asked_about_what_was_asked_for() {
    let mut rig = Rig::open(Config { has_predicate: true, ..config() });
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.socket_ends(1000);
    rig.after(Duration::ZERO);
    rig.opens();
    rig.close();
    rig.socket_ends(1000);
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.after(Duration::ZERO);
    rig.request(Request::Abort);
    assert!(!rig.log().iter().any(|line| line.starts_with("ask retry")));
    // Nor if a request was made between the error and the question.
    for request in [Request::Abort, close(), Request::CancelReconnect, Request::Reconnect(3 * SECOND)] {
        let mut rig = Rig::open(Config { has_predicate: true, ..config() });
        let retries = matches!(request, Request::Reconnect(_));
        rig.inside("error", |machine, now| machine.request(now, request));
        rig.fails(ErrorKind::Io);
        match retries {
            true => assert_eq!(rig.log(), ["error Io", "close 1006 Failure, retry 3s"]),
            false => assert_eq!(rig.log(), ["error Io", "close 1006 Failure, stop", "end Closed, 0 unsent"]),
        }
    }
}

#[test]
fn s08_a_request_made_by_the_predicate_wins_over_its_answer() {
    for answer in [true, false] {
        let mut rig = Rig::open(Config { has_predicate: true, ..config() });
        rig.answer = answer;
        rig.inside("ask retry", |machine, now| machine.request(now, Request::Abort));
        rig.fails(ErrorKind::Io);
        assert_eq!(rig.log(), ["error Io", "ask retry 1006", "close 1006 Failure, stop", "end Closed, 0 unsent"]);
        let mut rig = Rig::open(Config { has_predicate: true, ..config() });
        rig.answer = answer;
        rig.inside("ask retry", |machine, now| machine.request(now, Request::Reconnect(2 * SECOND)));
        rig.fails(ErrorKind::Io);
        assert_eq!(rig.log(), ["error Io", "ask retry 1006", "close 1006 Failure, retry 2s"]);
    }
}

#[test]
fn s08_an_answer_without_a_question_is_ignored() {
    let mut rig = Rig::open(config());
    rig.input(Input::RetryAnswer(false));
    rig.fails(ErrorKind::Io);
    rig.input(Input::RetryAnswer(false));
    assert_eq!(rig.state(), State::Waiting);
    // Nor does the answer to one question count for the next.
    let mut rig = Rig::open(Config { has_predicate: true, ..config() });
    rig.fails(ErrorKind::Io);
    rig.answer = false;
    rig.after(SECOND);
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.state(), State::Closed);
}
