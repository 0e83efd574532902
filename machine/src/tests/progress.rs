//! Progress is counted in bytes, not in messages (S10, S15, S17).

use super::*;

impl Rig {
    /// A wake-up before which the driver found that bytes have moved.
    fn wakes_and_finds_progress(&mut self) {
        assert!(self.machine.is_expiring(self.now));
        self.machine.progressed(self.now);
        self.wake();
    }

    fn says(&mut self, start: &str) -> bool {
        self.log().iter().any(|line| line.starts_with(start))
    }
}

#[test]
fn s17_parts_of_a_message_show_that_the_peer_is_alive() {
    let mut rig = beating(2, 2);
    for _ in 0..100 {
        rig.after(SECOND);
        rig.socket(SocketEvent::Received { messages: 0, bytes: 0 });
    }
    assert_eq!((rig.state(), rig.machine.stats(rig.now).messages_received), (State::Open, 0));
    rig.after(4 * SECOND);
    assert_eq!(rig.state(), State::Waiting, "no part arrives any more");
}

#[test]
fn s17_bytes_that_the_peer_accepts_show_that_it_is_alive() {
    let mut rig = beating(2, 2);
    rig.socket_bytes = 1000;
    rig.send("a large one").unwrap();
    for bytes in (500..600).rev() {
        rig.after(SECOND);
        rig.takes(1, bytes);
    }
    assert_eq!(rig.state(), State::Open);
    // The attempt fails `timeout` after the last byte that the peer accepted.
    rig.after(2 * SECOND - MS);
    assert_eq!(rig.state(), State::Open);
    rig.after(MS);
    assert_eq!((rig.state(), rig.says("error HeartbeatTimeout")), (State::Waiting, true));
}

#[test]
fn s17_bytes_that_fit_into_the_operating_system_prove_nothing() {
    let mut rig = beating(2, 2);
    for _ in 0..3 {
        rig.after(SECOND);
        rig.send("x").unwrap();
        rig.holds(0, 0);
    }
    rig.after(SECOND);
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s17_a_heartbeat_behind_bytes_that_still_move_has_not_left() {
    let mut rig = beating(20, 10);
    rig.after(30 * SECOND - MS);
    rig.now = rig.now + MS;
    rig.wakes_and_finds_progress();
    assert_eq!((rig.state(), rig.due_in()), (State::Open, Some(10 * SECOND)));
    // The next time nothing has moved.
    rig.after(10 * SECOND);
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s17_progress_before_any_heartbeat_extends_nothing() {
    let mut rig = beating(20, 10);
    rig.after(19 * SECOND);
    rig.takes(0, 0);
    assert!(!rig.machine.is_expiring(rig.now));
    rig.after(11 * SECOND);
    assert_eq!(rig.state(), State::Waiting, "ten seconds after the heartbeat at 20 s");
}

#[test]
fn s22_a_paused_client_does_not_ask_for_progress() {
    let mut rig = beating(20, 10);
    rig.after(20 * SECOND);
    rig.request(pause(true));
    rig.now = rig.now + 10 * SECOND;
    assert!(!rig.machine.is_expiring(rig.now));
}

#[test]
fn s10_a_large_message_has_as_long_as_its_bytes_move() {
    let mut rig = Rig::open(config());
    rig.socket_bytes = 6000;
    rig.send("6 MB").unwrap();
    rig.close();
    for bytes in (1..=100).rev() {
        rig.after(4 * SECOND);
        rig.takes(1, bytes * 10);
    }
    assert_eq!((rig.state(), rig.due_in()), (State::Closing, Some(5 * SECOND)));
    // The last byte has left for the operating system; what that still holds is acknowledged bit by bit.
    rig.takes(0, 0);
    for _ in 0..10 {
        rig.now = rig.now + 5 * SECOND;
        rig.wakes_and_finds_progress();
        assert_eq!((rig.state(), rig.due_in()), (State::Closing, Some(5 * SECOND)));
    }
    rig.after(5 * SECOND);
    assert!(rig.says("close 1006 Local") && rig.state() == State::Closed);
}

#[test]
fn s10_after_the_peers_close_frame_no_progress_counts() {
    let mut rig = Rig::open(config());
    rig.close();
    rig.peer_closes(1000);
    rig.after(5 * SECOND - MS);
    rig.takes(0, 0);
    rig.now = rig.now + MS;
    assert!(!rig.machine.is_expiring(rig.now));
    rig.wake();
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn s15_each_message_leaves_by_itself() {
    let mut rig = Rig::open(config());
    rig.socket_bytes = 30;
    let marks = ["a", "b", "c"].map(|text| {
        rig.send(text).unwrap();
        rig.machine.mark()
    });
    for held in (0..=3).rev() {
        rig.holds(held, held as usize);
        assert_eq!(marks.map(|mark| rig.machine.has_left(mark)), [1, 2, 3].map(|number| number + held <= 3));
    }
}

#[test]
fn s15_lost_is_every_message_of_which_a_byte_had_not_left() {
    let mut rig = Rig::open(config());
    rig.socket_bytes = 30;
    let before = rig.machine.mark();
    rig.send("a").unwrap();
    let first = rig.machine.mark();
    rig.send_all(&["b", "c"]);
    let all = rig.machine.mark();
    rig.holds(2, 11);
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.machine.last_close().map(|close| close.lost), Some(2));
    assert_eq!([before, first, all].map(|mark| rig.machine.is_lost(mark)), [false, false, true]);
    // What was sent later is not affected, nor does it affect what was sent before.
    let after = rig.machine.mark();
    rig.after(SECOND);
    rig.opens();
    rig.send("d").unwrap();
    let later = rig.machine.mark();
    assert!(!rig.machine.is_lost(later));
    rig.fails(ErrorKind::Io);
    assert_eq!([first, all, after, later].map(|mark| rig.machine.is_lost(mark)), [false, true, false, true]);
    for _ in 0..3 {
        rig.after(SECOND);
        rig.opens();
        rig.send("e").unwrap();
        rig.fails(ErrorKind::Io);
    }
    assert!(rig.machine.is_lost(first), "too long ago to be known");
    assert!(!rig.machine.is_lost(after) && rig.machine.is_lost(later));
}

#[test]
fn s17_only_the_oldest_heartbeat_is_waited_for() {
    let mut rig = beating(2, 5);
    rig.after(4 * SECOND);
    assert_eq!(rig.marks, 1, "what is sent after the first does not hold it up");
    rig.receives(1);
    rig.after(2 * SECOND);
    assert_eq!(rig.marks, 2);
}

#[test]
fn s10_a_close_is_about_what_is_on_its_way_then() {
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send("queued").unwrap();
    rig.close();
    assert_eq!(rig.marks, 1, "when it begins to wait for the queue");
    rig.room = 1;
    rig.socket(SocketEvent::Writable);
    assert!(rig.says("send close") && rig.marks == 2);
    let mut rig = Rig::open(config());
    rig.close();
    assert_eq!(rig.marks, 1, "with an empty queue the Close frame follows at once");
}
