//! What is counted (S25).

use super::*;

#[test]
fn s25_messages_and_bytes_each_way() {
    let mut rig = Rig::open(config());
    rig.room = 2;
    rig.queue(&["a", "bcd", "not yet"]);
    rig.settle();
    rig.socket(SocketEvent::Received { messages: 3, bytes: 10 });
    rig.socket(SocketEvent::Received { messages: 0, bytes: 0 });
    rig.receives(5);
    let stats = rig.machine.stats(rig.now);
    assert_eq!((stats.messages_sent, stats.bytes_sent), (2, 4));
    assert_eq!((stats.messages_received, stats.bytes_received), (4, 15));
}

#[test]
fn s25_attempts_are_dials_and_reconnects_are_opens() {
    let mut rig = Rig::new(config());
    let counts = |rig: &Rig| {
        let stats = rig.machine.stats(rig.now);
        (stats.attempts, stats.reconnects)
    };
    assert_eq!(counts(&rig), (1, 0));
    rig.fails(ErrorKind::Connect);
    rig.after(SECOND);
    rig.opens();
    assert_eq!(counts(&rig), (2, 0), "the first open is none");
    rig.fails(ErrorKind::Io);
    rig.after(SECOND);
    assert_eq!(counts(&rig), (3, 0));
    rig.opens();
    assert_eq!(counts(&rig), (3, 1));
    rig.request(Request::Abort);
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.after(Duration::ZERO);
    rig.opens();
    assert_eq!(counts(&rig), (4, 2));
}

#[test]
fn s25_heartbeats_and_round_trips() {
    let mut rig = Rig::open(Config { heartbeat: every(20 * SECOND, 10 * SECOND), ..config() });
    rig.after(20 * SECOND);
    let stats = rig.machine.stats(rig.now);
    assert_eq!((stats.heartbeats, stats.last_rtt, stats.smoothed_rtt), (1, None, None));
    rig.after(80 * MS);
    rig.socket(SocketEvent::Answered(Some(1)));
    let stats = rig.machine.stats(rig.now);
    assert_eq!((stats.last_rtt, stats.smoothed_rtt), (Some(80 * MS), Some(80 * MS)));
    rig.after(20 * SECOND - 80 * MS + 160 * MS);
    rig.socket(SocketEvent::Answered(Some(2)));
    let stats = rig.machine.stats(rig.now);
    assert_eq!((stats.heartbeats, stats.last_rtt, stats.smoothed_rtt), (2, Some(160 * MS), Some(90 * MS)));
}

#[test]
fn s25_open_for_is_the_present_attempt() {
    let mut rig = Rig::new(config());
    assert_eq!(rig.machine.stats(rig.now).open_for, None);
    rig.opens();
    rig.after(3 * SECOND);
    assert_eq!(rig.machine.stats(rig.now).open_for, Some(3 * SECOND));
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.machine.stats(rig.now).open_for, None);
    rig.after(SECOND);
    rig.opens();
    assert_eq!(rig.machine.stats(rig.now).open_for, Some(Duration::ZERO));
    rig.close();
    assert_eq!((rig.state(), rig.machine.stats(rig.now).open_for), (State::Closing, None));
}
