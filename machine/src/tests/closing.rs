//! Closing handshakes and their events (S10 to S12).

use super::*;

fn close_with(code: u16, reason: &str) -> Request {
    Request::Close { code: code.into(), reason: reason.to_string() }
}

#[test]
fn s10_what_is_queued_leaves_before_the_close_frame() {
    let mut rig = Rig::open(config());
    rig.room = 1;
    rig.send("a").unwrap();
    rig.send("b").unwrap();
    rig.request(close_with(4001, "done"));
    assert_eq!((rig.state(), rig.log()), (State::Closing, ["write a", "write"].map(String::from).to_vec()));
    assert_eq!(rig.send("no"), Err(SendErrorKind::Closed));
    rig.room = 9;
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), ["write b", "send close 4001 done"]);
    rig.peer_closes(4001);
    rig.socket_ends(4001);
    assert_eq!(rig.log(), ["close 4001 Local clean, stop", "end Closed, 0 unsent"]);
}

/// Messages are for the next connection as soon as there is to be one.
#[test]
fn s13_a_reconnect_while_the_queue_leaves_closes_at_once() {
    let mut rig = Rig::open(config());
    rig.room = 1;
    rig.send("a").unwrap();
    rig.send("b").unwrap();
    rig.request(close_with(4001, "done"));
    assert_eq!(rig.log(), ["write a", "write"]);
    rig.request(Request::Reconnect(Duration::ZERO));
    assert_eq!((rig.state(), rig.log()), (State::Closing, ["send close 4001 done"].map(String::from).to_vec()));
    rig.room = 9;
    rig.send("c").unwrap();
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), [""; 0]);
    rig.peer_closes(4001);
    rig.socket_ends(4001);
    rig.after(Duration::ZERO);
    rig.log();
    rig.opens();
    assert_eq!(rig.log(), ["open", "write b c"]);
}

#[test]
fn s10_a_message_sent_just_before_the_close_is_not_overtaken() {
    let mut rig = Rig::open(config());
    rig.machine.send_text("a").unwrap();
    rig.machine.request(rig.now, close());
    rig.settle();
    assert_eq!(rig.log(), ["write a", "send close 1000"]);
}

#[test]
fn s10_the_close_timeout_drops_the_connection() {
    let mut rig = Rig::open(config());
    rig.close();
    assert_eq!(rig.due_in(), Some(5 * SECOND));
    rig.after(5 * SECOND - MS);
    assert_eq!(rig.log(), ["send close 1000"]);
    rig.after(MS);
    assert_eq!(rig.log(), ["abort", "close 1006 Local, stop", "end Closed, 0 unsent"]);
}

#[test]
fn s10_a_socket_that_takes_nothing_more_does_not_hold_up_the_close() {
    let mut rig = Rig::open(config());
    rig.room = 1;
    rig.send("a").unwrap();
    rig.send("b").unwrap();
    rig.close();
    rig.log();
    rig.after(5 * SECOND);
    assert_eq!(rig.log(), ["abort", "close 1006 Local, stop", "end Closed, 1 unsent"]);
    assert_eq!(rig.machine.take_unsent(), ["b"]);
}

#[test]
fn s10_progress_extends_the_close_timeout() {
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send_all(&["a", "b"]);
    rig.close();
    rig.after(4 * SECOND);
    rig.room = 1;
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.due_in(), Some(5 * SECOND));
    // But only progress does.
    rig.after(4 * SECOND);
    rig.socket(SocketEvent::Writable);
    rig.receives(1);
    rig.close();
    assert_eq!(rig.due_in(), Some(SECOND));
}

#[test]
fn s10_a_socket_that_empties_extends_the_close_timeout() {
    let mut rig = Rig::open(config());
    rig.socket_bytes = 500;
    rig.send("a large one").unwrap();
    rig.close();
    rig.after(4 * SECOND);
    rig.holds(1, 100);
    assert_eq!(rig.due_in(), Some(5 * SECOND));
    rig.after(4 * SECOND);
    rig.holds(1, 100);
    assert_eq!(rig.due_in(), Some(SECOND), "nothing left meanwhile");
}

#[test]
fn s10_a_close_of_the_peer_is_waited_out() {
    let mut rig = Rig::open(config());
    rig.peer_closes(4000);
    assert_eq!((rig.state(), rig.log().len(), rig.due_in()), (State::Closing, 0, Some(5 * SECOND)));
    rig.after(5 * SECOND);
    // The peer was slow to close TCP, yet both frames were exchanged.
    assert_eq!(rig.log(), ["abort", "close 4000 Remote clean, retry 1s"]);
}

#[test]
fn s10_after_the_peers_close_nothing_more_is_written() {
    let mut rig = Rig::open(config());
    rig.peer_closes(1001);
    rig.send("for the next").unwrap();
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), [""; 0]);
    rig.socket_ends(1001);
    rig.after(SECOND);
    rig.opens();
    assert_eq!(rig.log(), ["close 1001 Remote clean, retry 1s", "dial 2", "open", "write for the next"]);
}

#[test]
fn s10_tcp_that_breaks_during_the_handshake_is_no_error() {
    // After our frame, before the peer's.
    let mut rig = Rig::open(config());
    rig.close();
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log(), ["send close 1000", "close 1006 Local, stop", "end Closed, 0 unsent"]);
    // After both.
    let mut rig = Rig::open(config());
    rig.peer_closes(1001);
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log(), ["close 1001 Remote clean, retry 1s"]);
}

#[test]
fn s10_a_violation_while_closing_is_still_reported() {
    for kind in [ErrorKind::Protocol, ErrorKind::MessageTooLarge] {
        let mut rig = Rig::open(config());
        rig.close();
        rig.log();
        rig.fails(kind.clone());
        let error = format!("error {kind:?}");
        assert_eq!(rig.log(), [&error, "close 1006 Failure, stop", "end Closed, 0 unsent"]);
    }
}

#[test]
fn s10_abort_is_immediate() {
    for closing in [false, true] {
        let mut rig = Rig::open(config());
        rig.room = 0;
        rig.send("left").unwrap();
        if closing {
            rig.close();
        }
        rig.log();
        rig.request(Request::Abort);
        assert_eq!(rig.log(), ["abort", "close 1006 Local, stop", "end Closed, 1 unsent"]);
    }
    // The peer's code and reason are still reported.
    let mut rig = Rig::open(config());
    rig.peer_closes(4000);
    rig.request(Request::Abort);
    assert_eq!(rig.log(), ["abort", "close 4000 Remote clean, stop", "end Closed, 0 unsent"]);
}

#[test]
fn s10_the_first_close_frame_counts() {
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send("a").unwrap();
    rig.request(close_with(4001, "first"));
    rig.request(close_with(4002, "second"));
    rig.room = 1;
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), ["write", "write a", "send close 4001 first"]);
}

#[test]
fn s10_messages_that_arrive_while_closing_are_not_wanted() {
    let mut rig = Rig::open(config());
    assert!(rig.machine.delivers());
    rig.close();
    assert!(!rig.machine.delivers());
}

#[test]
fn s11_connecting_is_abandoned() {
    let mut rig = Rig::new(config());
    rig.socket(SocketEvent::Connected);
    rig.close();
    assert_eq!(rig.log(), ["dial 1", "connect", "abort", "close 1006 Local, stop", "end Closed, 0 unsent"]);
}

#[test]
fn s11_waiting_has_no_second_close() {
    for request in [close(), Request::Abort] {
        let mut rig = Rig::new(config());
        rig.fails(ErrorKind::Connect);
        rig.log();
        rig.request(request);
        assert_eq!(rig.log(), ["end Closed, 0 unsent"]);
        assert_eq!(rig.due_in(), None);
    }
}

#[test]
fn s12_who_closed_when_both_did() {
    // The peer's frame overtakes our queue.
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send("left").unwrap();
    rig.close();
    rig.peer_closes(4000);
    rig.socket_ends(4000);
    assert_eq!(rig.log(), ["write", "close 4000 Remote clean, stop", "end Closed, 1 unsent"]);
    // Ours was on its way.
    let mut rig = Rig::open(config());
    rig.request(close_with(4001, ""));
    rig.peer_closes(4000);
    rig.socket_ends(4000);
    assert_eq!(rig.log(), ["send close 4001", "close 4000 Local clean, stop", "end Closed, 0 unsent"]);
    // The peer's Close frame came first: the local close only prevents another attempt.
    let mut rig = Rig::open(config());
    rig.peer_closes(4000);
    rig.close();
    rig.socket_ends(4000);
    assert_eq!(rig.log(), ["close 4000 Remote clean, stop", "end Closed, 0 unsent"]);
}

#[test]
fn s12_a_platform_may_report_both_at_once() {
    let mut rig = Rig::open(config());
    rig.socket_ends(4000);
    assert_eq!(rig.log(), ["close 4000 Remote clean, retry 1s"]);
    let mut rig = Rig::open(config());
    rig.close();
    rig.socket_ends(1000);
    assert_eq!(rig.log(), ["send close 1000", "close 1000 Local clean, stop", "end Closed, 0 unsent"]);
    // Our frame had not left yet.
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send("left").unwrap();
    rig.close();
    rig.socket_ends(4000);
    assert_eq!(rig.log(), ["write", "close 4000 Remote clean, stop", "end Closed, 1 unsent"]);
}
