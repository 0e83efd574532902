//! States, order and end (S2 to S5).

use super::*;
use crate::AttemptId;
use crate::{EndReason, Initiator, Messages};

#[test]
fn s02_the_states_from_start_to_end() {
    let mut rig = Rig::new(config());
    assert_eq!(rig.state(), State::Connecting);
    rig.opens();
    assert_eq!(rig.state(), State::Open);
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.state(), State::Waiting);
    rig.after(SECOND);
    assert_eq!(rig.state(), State::Connecting);
    rig.opens();
    rig.close();
    assert_eq!(rig.state(), State::Closing);
    rig.socket_ends(1000);
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.due_in(), None);
}

#[test]
fn s02_callbacks_see_the_state_that_they_report() {
    let mut rig = Rig::new(config());
    rig.inside("open", |machine, _| assert_eq!(machine.state(), State::Open));
    rig.inside("error", |machine, _| assert_eq!(machine.state(), State::Closing));
    rig.inside("close", |machine, _| assert_eq!(machine.state(), State::Waiting));
    rig.opens();
    rig.fails(ErrorKind::Io);
    rig.inside("close", |machine, _| assert_eq!(machine.state(), State::Closed));
    rig.inside("end", |machine, _| assert_eq!(machine.state(), State::Closed));
    rig.after(SECOND);
    rig.request(Request::Abort);
    assert_eq!(rig.reactions.len(), 0);
}

#[test]
fn s03_a_clean_attempt_in_order() {
    let mut rig = Rig::new(config());
    rig.send("queued").unwrap();
    rig.inside("open", |machine, _| machine.send_text("from on_open").unwrap());
    rig.socket(SocketEvent::Connected);
    rig.opens();
    rig.peer_closes(1001);
    rig.socket_ends(1001);
    assert_eq!(
        rig.log(),
        ["dial 1", "connect", "open", "write queued from on_open", "close 1001 Remote clean, retry 1s"]
    );
}

#[test]
fn s03_failures_report_the_cause_then_the_close() {
    let mut rig = Rig::new(config());
    rig.fails(ErrorKind::Dns);
    assert_eq!(rig.log(), ["dial 1", "error Dns", "close 1006 Failure, retry 1s"]);
    rig.after(SECOND);
    rig.opens();
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log(), ["dial 2", "open", "error Io", "close 1006 Failure, retry 1s"]);
}

#[test]
fn s03_errors_contain_the_url_and_whether_it_was_open() {
    let place = |rig: &Rig| rig.machine.last_error().unwrap().place.clone();
    let url = "ws://example.com/".to_string();
    let mut rig = Rig::new(Config { backoff: never(), ..config() });
    rig.fails(ErrorKind::Dns);
    assert_eq!(place(&rig), Some((url.clone(), false)));
    let mut rig = Rig::open(Config { backoff: never(), ..config() });
    rig.fails(ErrorKind::Io);
    assert_eq!(place(&rig), Some((url, true)));
}

#[test]
fn s03_a_socket_that_ends_without_a_closing_handshake_has_failed() {
    let mut rig = Rig::open(config());
    rig.socket(SocketEvent::Closed { code: CloseCode::ABNORMAL, reason: String::new(), clean: false });
    assert_eq!(rig.log(), ["error Opaque", "close 1006 Failure, retry 1s"]);
    // The code shows that the peer's Close frame arrived, but TCP ended too early: no failure, but not clean.
    rig.after(SECOND);
    rig.opens();
    rig.log();
    rig.socket(SocketEvent::Closed { code: 4000.into(), reason: String::new(), clean: false });
    assert_eq!(rig.log(), ["close 4000 Remote, retry 1s"]);
    // A close before the handshake is a failure.
    rig.after(SECOND);
    rig.log();
    rig.socket_ends(1000);
    assert_eq!(rig.log(), ["error Opaque", "close 1006 Failure, retry 1s"]);
}

#[test]
fn s03_events_of_a_replaced_attempt_are_ignored() {
    let mut rig = Rig::open(config());
    rig.fails(ErrorKind::Io);
    rig.after(SECOND);
    rig.log();
    let stale = |event| Input::Socket(AttemptId(1), event);
    let closed = || SocketEvent::Closed { code: 1000.into(), reason: String::new(), clean: true };
    let news = || {
        [
            SocketEvent::Connected,
            SocketEvent::Opened,
            SocketEvent::Received { messages: 1, bytes: 1 },
            SocketEvent::Answered(Some(1)),
            SocketEvent::Left { held: Buffered { messages: 1, bytes: 10_000 }, was_full: true },
            SocketEvent::Closing { code: 1000.into(), reason: String::new() },
            closed(),
            SocketEvent::Failed(Error::new(ErrorKind::Io)),
        ]
    };
    news().into_iter().for_each(|event| rig.input(stale(event)));
    assert_eq!(rig.state(), State::Connecting);
    rig.opens();
    assert_eq!(rig.log(), ["open"]);
    news().into_iter().for_each(|event| rig.input(stale(event)));
    assert_eq!((rig.state(), rig.log().len(), rig.machine.buffered()), (State::Open, 0, 0));
    assert_eq!(rig.machine.stats(rig.now).messages_received, 0);
    // Events of a socket that is gone are ignored as well.
    rig.fails(ErrorKind::Io);
    rig.log();
    rig.fails(ErrorKind::Io);
    rig.socket(closed());
    assert_eq!((rig.state(), rig.log().len()), (State::Waiting, 0));
}

#[test]
fn s04_one_end_for_each_time_the_client_is_closed() {
    let mut rig = Rig::open(config());
    rig.request(Request::Abort);
    assert_eq!(rig.log(), ["abort", "close 1006 Local, stop", "end Closed, 0 unsent"]);
    rig.request(Request::Abort);
    rig.close();
    rig.wake();
    assert_eq!((rig.log().len(), rig.machine.ends()), (0, 1));
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.after(Duration::ZERO);
    rig.close();
    assert_eq!(rig.log(), ["dial 2", "abort", "close 1006 Local, stop", "end Closed, 0 unsent"]);
    assert_eq!(rig.machine.ends(), 2);
}

#[test]
fn s04_the_end_contains_the_last_attempt() {
    let mut rig = Rig::new(config());
    rig.is_refused(401, None);
    assert_eq!(rig.log(), ["dial 1", "error status 401", "close 1006 Failure, stop", "end Fatal, 0 unsent"]);
    assert_eq!(rig.machine.last_error().and_then(Error::status), Some(401));
    assert_eq!(rig.machine.last_close().map(|close| close.code), Some(CloseCode::ABNORMAL));
    // An error of an earlier attempt is not the last one's.
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.after(Duration::ZERO);
    rig.opens();
    rig.peer_closes(1008);
    rig.socket_ends(1008);
    assert_eq!((rig.machine.end_reason(), rig.machine.last_error().is_none()), (EndReason::Fatal, true));
    assert_eq!(rig.machine.last_close().map(|close| close.code), Some(CloseCode::POLICY_VIOLATION));
}

#[test]
fn s04_a_driver_that_is_dropped_ends_the_client_without_notification() {
    let mut rig = Rig::open(config());
    rig.send("gone").unwrap();
    rig.room = 0;
    rig.send("left").unwrap();
    rig.log();
    assert!(rig.machine.driver_gone(EndReason::Panicked));
    rig.settle();
    assert_eq!(rig.log(), [""; 0]);
    let machine = &rig.machine;
    assert_eq!((machine.ends(), machine.end_reason(), machine.unsent()), (1, EndReason::Panicked, 1));
    assert_eq!((rig.machine.take_unsent().len(), rig.machine.stats(rig.now).open_for), (1, None));
    assert!(!rig.machine.driver_gone(EndReason::Shutdown));
    assert_eq!(rig.machine.ends(), 1);
    // There is no driver that could dial.
    rig.request(Request::Reconnect(Duration::ZERO));
    assert_eq!((rig.state(), rig.due_in()), (State::Closed, None));
}

/// Not those of the attempt before.
#[test]
fn s04_a_driver_that_is_dropped_ends_the_attempt_that_was_under_way() {
    let mut rig = Rig::new(config());
    rig.fails(ErrorKind::Dns);
    rig.after(SECOND);
    rig.opens();
    rig.socket_bytes = 4;
    rig.socket_messages = 1;
    rig.send("held").unwrap();
    assert!(rig.machine.driver_gone(EndReason::Shutdown));
    let machine = &rig.machine;
    assert_eq!((machine.last_error().is_none(), machine.buffered(), machine.unsent()), (true, 0, 0));
    let close = machine.last_close().unwrap();
    assert_eq!((close.code, close.initiator, close.lost), (CloseCode::ABNORMAL, Initiator::Local, 1));
    assert_eq!(rig.machine.stats(rig.now).messages_lost, 1);
    // While it waits for the next one, it is that of the last.
    let mut rig = Rig::new(config());
    rig.fails(ErrorKind::Dns);
    assert!(rig.machine.driver_gone(EndReason::Shutdown));
    assert!(rig.machine.last_error().is_some());
}

/// As when the user's code panics inside the socket.
#[test]
fn s15_what_a_driver_held_when_it_was_dropped_is_unsent_or_lost() {
    let mut rig = Rig::open(config());
    let mut batch = Messages::new();
    for text in ["taken", "left", "also left"] {
        rig.machine.enqueue(text, text.len(), false).unwrap();
    }
    assert_eq!(rig.machine.offer(&mut batch), (3, 18));
    batch.pop_front();
    rig.machine.enqueue("later", 5, false).unwrap();
    rig.machine.reclaim(&mut batch, 13);
    assert!(rig.machine.driver_gone(EndReason::Panicked));
    assert_eq!((rig.machine.unsent(), rig.machine.buffered()), (3, 18));
    assert_eq!(rig.machine.stats(rig.now).messages_lost, 1);
    let unsent = rig.machine.take_unsent();
    assert_eq!(unsent.iter().map(|text| &**text).collect::<Vec<_>>(), ["left", "also left", "later"]);
}

#[test]
fn s05_requests_are_accepted_before_the_driver_runs() {
    let mut machine = Machine::new(config(), Timestamp::default());
    machine.send_text("left").unwrap();
    machine.request(Timestamp::default(), close());
    assert!(machine.has_output());
    let outputs: Vec<_> = core::iter::from_fn(|| machine.poll()).collect();
    assert!(matches!(
        outputs[..],
        [Output::Dial(_), Output::Abort, Output::Notify(Notify::Close), Output::Notify(Notify::End)]
    ));
    assert_eq!(machine.take_unsent().len(), 1);
}

#[test]
fn s05_what_a_callback_causes_comes_after_it() {
    let mut rig = Rig::new(config());
    rig.inside("open", |machine, now| {
        machine.request(now, close());
        machine.send_text("too late").unwrap_err();
        assert_eq!(machine.state(), State::Closing);
    });
    rig.opens();
    assert_eq!(rig.log(), ["dial 1", "open", "send close 1000"]);
    rig.inside("close", |machine, now| machine.request(now, Request::Reconnect(SECOND)));
    rig.socket_ends(1000);
    assert_eq!(rig.log(), ["close 1000 Local clean, stop"]);
    assert_eq!((rig.state(), rig.due_in()), (State::Waiting, Some(SECOND)));
}
