//! The heartbeat (S17), and liveness while paused (S22).

use super::*;

const DEAD: [&str; 3] = ["abort", "error HeartbeatTimeout", "close 1006 Failure, retry 1s"];

#[test]
fn s17_a_heartbeat_leaves_every_interval() {
    let mut rig = beating(20, 10);
    assert_eq!(rig.due_in(), Some(20 * SECOND));
    for number in 1..=3_u64 {
        rig.after(20 * SECOND - MS);
        assert_eq!(rig.log(), [""; 0]);
        rig.after(MS);
        assert_eq!(rig.log(), [format!("heartbeat {number}")]);
        rig.socket(SocketEvent::Answered(Some(number)));
        assert_eq!(rig.log(), ["latency 0ns"]);
    }
}

#[test]
fn s17_a_busy_connection_sends_heartbeats_as_well() {
    let mut rig = beating(20, 10);
    for _ in 0..200 {
        rig.after(300 * MS);
        rig.receives(1);
        rig.send("x").unwrap();
    }
    let beats: Vec<_> = rig.log().into_iter().filter(|line| line.starts_with("heartbeat")).collect();
    assert_eq!(beats, ["heartbeat 1", "heartbeat 2", "heartbeat 3"]);
}

#[test]
fn s17_an_unanswered_heartbeat_fails_the_attempt() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND);
    assert_eq!((rig.log(), rig.due_in()), (["heartbeat 1".to_string()].to_vec(), Some(10 * SECOND)));
    rig.after(10 * SECOND - MS);
    assert_eq!(rig.state(), State::Open);
    rig.after(MS);
    assert_eq!(rig.log(), DEAD);
    // The next attempt starts with a liveness of its own.
    rig.after(SECOND);
    rig.opens();
    assert_eq!((rig.log(), rig.due_in()), (["dial 2", "open"].map(String::from).to_vec(), Some(20 * SECOND)));
}

#[test]
fn s17_anything_that_arrives_shows_that_the_peer_is_alive() {
    let control = SocketEvent::Received { messages: 0, bytes: 0 };
    let message = SocketEvent::Received { messages: 1, bytes: 5 };
    for event in [control, message, SocketEvent::Answered(Some(1)), SocketEvent::Answered(Some(7))] {
        let mut rig = beating(20, 10);
        rig.after(30 * SECOND - MS);
        rig.socket(event);
        rig.after(10 * SECOND);
        assert_eq!((rig.state(), rig.due_in()), (State::Open, Some(MS)));
        // But only for so long.
        rig.after(MS + 10 * SECOND);
        assert_eq!(rig.state(), State::Waiting);
    }
}

#[test]
fn s17_what_came_before_a_heartbeat_does_not_answer_it() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND - MS);
    rig.receives(1);
    rig.after(MS + 10 * SECOND);
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s17_an_interval_shorter_than_the_timeout() {
    let mut rig = beating(2, 5);
    rig.after(7 * SECOND - MS);
    assert_eq!(rig.log(), ["heartbeat 1", "heartbeat 2", "heartbeat 3"]);
    rig.after(MS);
    // Five seconds after the first unanswered one, however many followed.
    assert_eq!(rig.log(), DEAD);
    let mut rig = beating(2, 5);
    rig.after(3 * SECOND);
    rig.receives(1);
    rig.after(6 * SECOND - MS);
    assert_eq!(rig.state(), State::Open, "heartbeat 2 left at 4 s");
    rig.after(MS);
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s17_an_interval_equal_to_the_timeout() {
    let mut rig = beating(20, 20);
    rig.after(40 * SECOND);
    let mut log = rig.log();
    assert_eq!(log.remove(0), "heartbeat 1");
    assert_eq!(log, DEAD);
}

#[test]
fn s17_it_does_not_wait_for_a_closing_handshake() {
    let mut rig = beating(20, 10);
    rig.after(30 * SECOND);
    assert!(rig.log().contains(&"abort".to_string()));
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s17_the_round_trip_is_that_of_the_matching_answer() {
    let mut rig = beating(20, 10);
    rig.socket(SocketEvent::Answered(Some(0)));
    rig.socket(SocketEvent::Answered(Some(1)));
    rig.socket(SocketEvent::Answered(None));
    assert_eq!(rig.log(), [""; 0], "nothing was asked yet");
    rig.after(20 * SECOND + 30 * MS);
    rig.socket(SocketEvent::Answered(Some(9)));
    assert_eq!(rig.log(), ["heartbeat 1"]);
    rig.socket(SocketEvent::Answered(Some(1)));
    assert_eq!(rig.log(), ["latency 30ms"]);
    // Where answers bear no number it is the last one's.
    rig.after(20 * SECOND);
    rig.socket(SocketEvent::Answered(None));
    assert_eq!(rig.log(), ["heartbeat 2", "latency 30ms"]);
}

#[test]
fn s17_a_round_trip_may_be_longer_than_the_interval() {
    let mut rig = beating(20, 60);
    rig.after(65 * SECOND);
    assert_eq!(rig.log(), ["heartbeat 1", "heartbeat 2", "heartbeat 3"]);
    rig.socket(SocketEvent::Answered(Some(1)));
    assert_eq!(rig.log(), ["latency 45s"]);
    rig.socket(SocketEvent::Answered(Some(2)));
    assert_eq!(rig.log(), ["latency 25s"]);
}

#[test]
fn s17_without_a_heartbeat_there_is_no_deadline() {
    let mut rig = Rig::open(config());
    rig.after(1_000_000 * SECOND);
    rig.socket(SocketEvent::Answered(None));
    assert_eq!((rig.state(), rig.log().len(), rig.due_in()), (State::Open, 0, None));
}

#[test]
fn s17_no_heartbeats_while_closing() {
    let mut rig = beating(2, 60);
    rig.close();
    rig.log();
    rig.after(5 * SECOND - MS);
    assert_eq!(rig.log(), [""; 0]);
}

#[test]
fn s22_reading_stops_while_paused() {
    let mut rig = Rig::open(config());
    rig.request(pause(true));
    rig.request(pause(true));
    assert!(!rig.machine.delivers());
    rig.request(pause(false));
    rig.request(pause(false));
    assert!(rig.machine.delivers());
    assert_eq!(rig.log(), ["read false", "read true"]);
}

#[test]
fn s22_two_who_pause_must_both_resume() {
    let mut rig = Rig::open(config());
    rig.request(pause(true));
    rig.request(Request::Pause(PausedBy::Stream, true));
    rig.request(pause(false));
    assert_eq!((rig.log(), rig.machine.delivers()), (["read false".to_string()].to_vec(), false));
    rig.request(Request::Pause(PausedBy::Stream, false));
    assert_eq!((rig.log(), rig.machine.delivers()), (["read true".to_string()].to_vec(), true));
}

#[test]
fn s22_an_attempt_opens_paused_and_connects_all_the_same() {
    let mut rig = Rig::new(config());
    rig.request(pause(true));
    assert_eq!(rig.log(), ["dial 1"], "the handshake has to be read");
    rig.opens();
    assert_eq!(rig.log(), ["read false", "open"]);
    rig.fails(ErrorKind::Io);
    rig.request(pause(false));
    rig.request(pause(true));
    rig.after(SECOND);
    rig.log();
    rig.opens();
    assert_eq!((rig.log(), rig.machine.delivers()), (["read false", "open"].map(String::from).to_vec(), false));
}

#[test]
fn s22_a_paused_client_reads_again_to_close() {
    for request in [close(), Request::Reconnect(Duration::ZERO)] {
        let mut rig = Rig::open(config());
        rig.request(pause(true));
        rig.log();
        rig.request(request);
        assert_eq!(rig.log(), ["read true", "send close 1000"]);
        rig.request(pause(false));
        rig.request(pause(true));
        assert_eq!(rig.log(), [""; 0]);
    }
}

#[test]
fn s22_no_heartbeat_timeout_while_paused() {
    let mut rig = beating(20, 10);
    rig.request(pause(true));
    rig.after(100 * SECOND);
    assert_eq!(rig.log(), ["read false", "heartbeat 1", "heartbeat 2", "heartbeat 3", "heartbeat 4", "heartbeat 5"]);
    assert_eq!(rig.state(), State::Open);
    // Nor for what was owed before, once it is resumed.
    rig.after(8 * SECOND);
    rig.request(pause(false));
    rig.after(12 * SECOND);
    assert_eq!(rig.log(), ["read true", "heartbeat 6"]);
    rig.after(10 * SECOND);
    assert_eq!(rig.log(), DEAD);
}

#[test]
fn s22_a_pause_after_the_heartbeat_counts_too() {
    let mut rig = beating(20, 10);
    rig.after(25 * SECOND);
    rig.request(pause(true));
    rig.after(SECOND);
    rig.request(pause(false));
    rig.after(14 * SECOND - MS);
    assert_eq!(rig.state(), State::Open);
}
