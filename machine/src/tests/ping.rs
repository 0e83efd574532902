//! Heartbeats on request (S30).

use core::task::Poll;

use super::*;
use crate::Ping;

const LOST: Poll<Option<Duration>> = Poll::Ready(None);

fn answered(after: Duration) -> Poll<Option<Duration>> {
    Poll::Ready(Some(after))
}

impl Rig {
    /// Asks for a heartbeat of an open client.
    fn ping(&mut self) -> Ping {
        let ping = self.ask().unwrap();
        self.settle();
        ping
    }

    /// The same, before the driver gets to run.
    fn ask(&mut self) -> Option<Ping> {
        self.machine.advance(self.now);
        self.machine.ping()
    }

    fn answers(&mut self, number: impl Into<Option<u64>>) {
        self.socket(SocketEvent::Answered(number.into()));
    }
}

#[test]
fn s30_a_ping_is_a_heartbeat_now() {
    let mut rig = beating(20, 10);
    rig.after(5 * SECOND);
    let ping = rig.ping();
    assert_eq!((rig.log(), rig.machine.pong(&ping)), (["heartbeat 1".to_string()].to_vec(), Poll::Pending));
    rig.after(30 * MS);
    rig.answers(1);
    assert_eq!((rig.log(), rig.machine.pong(&ping)), (["latency 30ms".to_string()].to_vec(), answered(30 * MS)));
    assert_eq!(rig.due_in(), Some(20 * SECOND - 30 * MS), "the next heartbeat is an interval later");
    let stats = rig.machine.stats(rig.now);
    assert_eq!((stats.heartbeats, stats.last_rtt), (1, Some(30 * MS)));
}

#[test]
fn s30_an_unanswered_ping_fails_the_attempt() {
    let mut rig = beating(20, 10);
    let ping = rig.ping();
    rig.after(10 * SECOND - MS);
    assert_eq!((rig.state(), rig.machine.pong(&ping)), (State::Open, Poll::Pending));
    rig.after(MS);
    let log = ["heartbeat 1", "abort", "error HeartbeatTimeout", "close 1006 Failure, retry 1s"];
    assert_eq!((rig.log(), rig.machine.pong(&ping)), (log.map(String::from).to_vec(), LOST));
}

#[test]
fn s30_a_ping_does_not_extend_the_time_of_an_earlier_one() {
    let mut rig = beating(20, 10);
    for _ in 0..9 {
        rig.ping();
        rig.after(SECOND);
    }
    rig.after(SECOND);
    assert_eq!(rig.state(), State::Waiting);
}

#[test]
fn s30_without_a_heartbeat_a_ping_has_one_of_its_own() {
    let mut rig = Rig::open(config());
    let ping = rig.ping();
    rig.after(20 * SECOND - MS);
    assert_eq!((rig.state(), rig.machine.pong(&ping)), (State::Open, Poll::Pending));
    rig.after(MS);
    assert_eq!((rig.state(), rig.machine.pong(&ping)), (State::Waiting, LOST));

    // It stops when it is answered.
    let mut rig = Rig::open(config());
    let ping = rig.ping();
    rig.after(SECOND);
    rig.answers(1);
    assert_eq!((rig.machine.pong(&ping), rig.due_in()), (answered(SECOND), None));
    rig.after(1000 * SECOND);
    assert_eq!(rig.log(), ["heartbeat 1", "latency 1s"]);
    // And starts again.
    let ping = rig.ping();
    assert_eq!((rig.log(), rig.machine.pong(&ping)), (["heartbeat 2".to_string()].to_vec(), Poll::Pending));
    rig.after(20 * SECOND);
    assert_eq!(rig.machine.pong(&ping), LOST);
}

#[test]
fn s30_a_heartbeat_on_request_is_not_that_of_other_attempts() {
    let mut rig = Rig::open(config());
    let ping = rig.ping();
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.machine.pong(&ping), LOST);
    rig.after(SECOND);
    rig.opens();
    assert_eq!((rig.state(), rig.due_in()), (State::Open, None));
    let ping = rig.ping();
    rig.answers(1);
    assert_eq!((rig.machine.pong(&ping), rig.due_in()), (answered(Duration::ZERO), None));
}

#[test]
fn s30_a_heartbeat_on_request_continues_for_the_next_ping() {
    let mut rig = Rig::open(config());
    let first = rig.ping();
    rig.after(SECOND);
    let second = rig.ping();
    rig.answers(1);
    assert_eq!((rig.machine.pong(&first), rig.machine.pong(&second)), (answered(SECOND), Poll::Pending));
    assert_eq!(rig.due_in(), Some(20 * SECOND));
    rig.after(40 * SECOND);
    assert_eq!((rig.state(), rig.machine.pong(&second)), (State::Waiting, LOST));
}

#[test]
fn s30_traffic_is_a_sign_of_life_but_no_answer() {
    let mut rig = Rig::open(config());
    let ping = rig.ping();
    rig.after(10 * SECOND);
    rig.receives(1);
    // Heartbeats continue until one is answered, so that the peer's silence is noticed.
    rig.after(10 * SECOND);
    assert_eq!(
        (rig.log(), rig.machine.pong(&ping)),
        (["heartbeat 1", "heartbeat 2"].map(String::from).to_vec(), Poll::Pending)
    );
    rig.after(20 * SECOND);
    assert_eq!((rig.state(), rig.machine.pong(&ping)), (State::Waiting, LOST));
}

#[test]
fn s30_only_an_answer_to_it_or_to_a_later_heartbeat_counts() {
    let mut rig = beating(20, 10);
    let first = rig.ping();
    rig.after(SECOND);
    let second = rig.ping();
    for unsolicited in [0, 3, 9] {
        rig.answers(unsolicited);
        assert_eq!(rig.machine.pong(&first), Poll::Pending);
    }
    rig.answers(1);
    assert_eq!((rig.machine.pong(&first), rig.machine.pong(&second)), (answered(SECOND), Poll::Pending));
    // RFC 6455, section 5.5.3: a peer may answer only the latest Ping.
    let third = rig.ping();
    rig.after(SECOND);
    rig.answers(3);
    assert_eq!((rig.machine.pong(&second), rig.machine.pong(&third)), (answered(SECOND), answered(SECOND)));
}

#[test]
fn s30_the_round_trip_of_a_ping_is_known_however_many_followed() {
    let mut rig = beating(20, 10);
    let ping = rig.ping();
    for _ in 0..100 {
        rig.after(10 * MS);
        rig.ping();
    }
    rig.answers(1);
    assert_eq!(rig.machine.pong(&ping), answered(SECOND));
    rig.answers(None);
    assert_eq!(rig.log().pop().unwrap(), "latency 0ns");
}

#[test]
fn s30_pings_that_have_not_left_share_one_heartbeat() {
    let mut rig = beating(20, 10);
    let pings: Vec<_> = (0..1000).map(|_| rig.ask().unwrap()).collect();
    rig.settle();
    assert_eq!(rig.log(), ["heartbeat 1"]);
    let later = rig.ping();
    rig.after(MS);
    rig.answers(1);
    assert!(pings.iter().all(|ping| rig.machine.pong(ping) == answered(MS)));
    assert_eq!(rig.machine.pong(&later), Poll::Pending);
}

#[test]
fn s30_a_client_that_is_not_open_cannot_ping() {
    let mut rig = Rig::new(config());
    assert_eq!((rig.state(), rig.ask()), (State::Connecting, None));
    rig.fails(ErrorKind::Connect);
    assert_eq!((rig.state(), rig.ask()), (State::Waiting, None));
    rig.after(SECOND);
    rig.opens();
    rig.close();
    assert_eq!((rig.state(), rig.ask()), (State::Closing, None));
    rig.socket_ends(1000);
    assert_eq!((rig.state(), rig.ask()), (State::Closed, None));
    assert!(!rig.log().iter().any(|line| line.starts_with("heartbeat")));
}

#[test]
fn s30_a_ping_fails_with_its_attempt() {
    type End = fn(&mut Rig);
    let ends: [End; 6] = [
        |rig| rig.close(),
        |rig| rig.request(Request::Abort),
        |rig| rig.request(Request::Reconnect(Duration::ZERO)),
        |rig| rig.peer_closes(1001),
        |rig| rig.fails(ErrorKind::Io),
        |rig| assert!(rig.machine.driver_gone(crate::EndReason::Shutdown)),
    ];
    for end in ends {
        let mut rig = beating(20, 10);
        let ping = rig.ping();
        end(&mut rig);
        assert_eq!(rig.machine.pong(&ping), LOST);
    }
    // Also once the next attempt is open, whose heartbeats have the same numbers.
    let mut rig = beating(20, 10);
    let ping = rig.ping();
    rig.fails(ErrorKind::Io);
    rig.after(SECOND);
    rig.opens();
    rig.ping();
    rig.answers(1);
    assert_eq!(rig.machine.pong(&ping), LOST);
}

#[test]
fn s30_a_ping_right_before_a_close_leaves_before_its_frame() {
    let mut rig = Rig::open(config());
    rig.ask();
    rig.machine.request(rig.now, close());
    rig.settle();
    assert_eq!(rig.log(), ["heartbeat 1", "send close 1000"]);
}

#[test]
fn s30_a_ping_in_a_callback_leaves_after_it() {
    let mut rig = Rig::new(config());
    rig.inside("open", |machine, _| assert!(machine.ping().is_some()));
    rig.opens();
    assert_eq!(rig.log(), ["dial 1", "open", "heartbeat 1"]);
    // There is nothing to ask any more when the attempt has ended.
    for callback in ["error", "close", "dial"] {
        rig.inside(callback, |machine, _| assert!(machine.ping().is_none()));
    }
    rig.fails(ErrorKind::Io);
    rig.after(SECOND);
    assert!(rig.reactions.is_empty());
}

#[test]
fn s30_a_paused_client_awaits_the_answer_until_it_reads_again() {
    for heartbeat in [None, every(20 * SECOND, 20 * SECOND)] {
        let mut rig = Rig::open(Config { heartbeat, ..config() });
        rig.request(pause(true));
        let ping = rig.ping();
        rig.after(100 * SECOND);
        assert_eq!((rig.state(), rig.machine.pong(&ping)), (State::Open, Poll::Pending));
        rig.request(pause(false));
        rig.answers(1);
        assert_eq!(rig.machine.pong(&ping), answered(100 * SECOND));

        // A peer that died meanwhile is noticed.
        let mut rig = Rig::open(Config { heartbeat, ..config() });
        rig.request(pause(true));
        let ping = rig.ping();
        rig.after(90 * SECOND);
        rig.request(pause(false));
        rig.after(30 * SECOND);
        assert_eq!((rig.state(), rig.machine.pong(&ping)), (State::Waiting, LOST));
    }
}

#[test]
fn s30_a_late_wake_up_does_not_fail_a_ping() {
    let mut rig = Rig::open(config());
    let ping = rig.ping();
    rig.sleep(3600 * SECOND);
    assert_eq!((rig.log(), rig.state()), (["heartbeat 1", "heartbeat 2"].map(String::from).to_vec(), State::Open));
    rig.answers(1);
    assert_eq!(rig.machine.pong(&ping), answered(3600 * SECOND));
}
