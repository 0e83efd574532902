//! Backoff, its count, and the open timeout (S7, S8d).

use super::*;

/// Fails until the delay is as long as this.
fn delays(rig: &mut Rig, number: usize) -> Vec<u64> {
    let delay = |rig: &mut Rig| {
        rig.fails(ErrorKind::Connect);
        let delay = rig.due_in().unwrap();
        rig.after(delay);
        delay.as_secs()
    };
    (0..number).map(|_| delay(rig)).collect()
}

#[test]
fn s07_delays_double_without_end() {
    let mut rig = Rig::new(Config { backoff: doubling(), ..config() });
    assert_eq!(delays(&mut rig, 8), [1, 2, 4, 8, 16, 30, 30, 30]);
    delays(&mut rig, 1000);
    assert_eq!(rig.state(), State::Connecting);
}

/// `stable_after` is as long as the close timeout here, as by default.
#[test]
fn s07_a_closing_handshake_is_no_time_of_being_open() {
    let by_peer: fn(&mut Rig) = |rig| rig.peer_closes(1013);
    let by_hand: fn(&mut Rig) = |rig| rig.request(Request::Reconnect(Duration::ZERO));
    for (closes, retry) in [(by_peer, 8 * SECOND), (by_hand, Duration::ZERO)] {
        let mut rig = Rig::new(Config { backoff: doubling(), ..config() });
        assert_eq!(delays(&mut rig, 3), [1, 2, 4]);
        rig.opens();
        rig.after(SECOND);
        closes(&mut rig);
        assert_eq!((rig.state(), rig.due_in()), (State::Closing, Some(5 * SECOND)));
        rig.after(5 * SECOND);
        assert!(!rig.machine.was_stable());
        assert_eq!(rig.machine.last_close().unwrap().retry_in, Some(retry));
    }
}

#[test]
fn s07_jitter_is_drawn_anew_and_repeats_by_seed() {
    let drawn = |seed| {
        let mut rig = Rig::new(Config { backoff: standard(), seed, ..config() });
        let delay = |rig: &mut Rig| {
            rig.fails(ErrorKind::Connect);
            let delay = rig.due_in().unwrap();
            rig.after(delay);
            delay
        };
        (0..20).map(|_| delay(&mut rig)).collect::<Vec<_>>()
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    for (retry, delay) in drawn(3).into_iter().enumerate() {
        assert!(delay <= SECOND * (1 << retry.min(5)).min(30), "{delay:?} before retry {retry}");
    }
}

/// Seeds that are close to each other are the worst case.
#[test]
fn s07_clients_with_different_seeds_spread_evenly() {
    for first_seed in [0, 1 << 31, u32::MAX - 300] {
        let delay = |seed| {
            let mut rig = Rig::open(Config { backoff: standard(), seed, ..config() });
            rig.after(10 * SECOND);
            rig.fails(ErrorKind::Io);
            rig.due_in().unwrap()
        };
        let delays: Vec<_> = (0..300).map(|number| delay(first_seed + number)).collect();
        let mut counts = [0_i32; 10];
        for delay in &delays {
            counts[(delay.as_millis() / 100).min(9) as usize] += 1;
        }
        // Chi-square with 9 degrees of freedom, for 30 in each tenth of a second: 99.9 % are below 27.9.
        let chi_square = counts.iter().map(|count| (count - 30).pow(2)).sum::<i32>() / 30;
        assert!(chi_square < 28, "{counts:?} from seed {first_seed}");
    }
}

#[test]
fn s07_the_count_starts_over_after_an_attempt_that_lasted() {
    let mut rig = Rig::new(Config { backoff: doubling(), ..config() });
    delays(&mut rig, 3);
    rig.opens();
    rig.after(5 * SECOND - MS);
    assert_eq!(delays(&mut rig, 1), [8], "a moment too early");
    assert!(!rig.machine.was_stable());
    rig.opens();
    rig.after(5 * SECOND);
    assert_eq!(delays(&mut rig, 1), [1]);
    assert!(rig.machine.was_stable());
    assert_eq!(delays(&mut rig, 1), [2]);
    assert!(!rig.machine.was_stable());
    // Long dialling is not being open.
    rig.after(9 * SECOND);
    assert_eq!(delays(&mut rig, 1), [4]);
}

#[test]
fn s07_every_kind_of_end_of_a_lasting_attempt_starts_the_count_over() {
    let mut rig = Rig::new(Config { backoff: doubling(), ..config() });
    delays(&mut rig, 3);
    rig.opens();
    rig.after(5 * SECOND);
    rig.peer_closes(1001);
    rig.socket_ends(1001);
    assert_eq!(rig.due_in(), Some(SECOND));
}

#[test]
fn s07_the_attempts_run_out() {
    let mut rig = Rig::new(Config { backoff: Backoff { max_attempts: Some(2), ..doubling() }, ..config() });
    assert_eq!(delays(&mut rig, 2), [1, 2]);
    rig.log();
    rig.fails(ErrorKind::Connect);
    assert_eq!(rig.log(), ["error Connect", "close 1006 Failure, stop", "end Exhausted, 0 unsent"]);
    assert_eq!((rig.state(), rig.due_in()), (State::Closed, None));
}

#[test]
fn s07_never_is_one_attempt() {
    let mut rig = Rig::open(Config { backoff: never(), ..config() });
    rig.peer_closes(1000);
    rig.socket_ends(1000);
    assert_eq!(rig.log(), ["close 1000 Remote clean, stop", "end Exhausted, 0 unsent"]);
}

#[test]
fn s07_retry_in_is_when_it_dials() {
    let mut rig = Rig::new(Config { backoff: fixed(1500 * MS), ..config() });
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log().pop().unwrap(), "close 1006 Failure, retry 1.5s");
    rig.after(1500 * MS - Duration::from_micros(1));
    assert_eq!((rig.state(), rig.log().len()), (State::Waiting, 0));
    rig.after(Duration::from_micros(1));
    assert_eq!((rig.state(), rig.log()), (State::Connecting, ["dial 2".to_string()].to_vec()));
}

#[test]
fn s07_a_timer_that_fires_early_dials_nothing() {
    let mut rig = Rig::new(config());
    rig.fails(ErrorKind::Io);
    rig.log();
    rig.wake();
    rig.wake();
    assert_eq!((rig.log().len(), rig.due_in()), (0, Some(SECOND)));
}

#[test]
fn s08d_a_stalled_attempt_is_abandoned_and_retried() {
    let mut rig = Rig::new(config());
    assert_eq!(rig.due_in(), Some(10 * SECOND));
    rig.after(9 * SECOND);
    // Dialling and handshake share the time.
    rig.socket(SocketEvent::Connected);
    assert_eq!(rig.due_in(), Some(SECOND));
    rig.after(SECOND - MS);
    assert_eq!(rig.log(), ["dial 1", "connect"]);
    rig.after(MS);
    assert_eq!(rig.log(), ["abort", "error OpenTimeout", "close 1006 Failure, retry 1s"]);
    rig.after(SECOND);
    assert_eq!((rig.log(), rig.due_in()), (["dial 2".to_string()].to_vec(), Some(10 * SECOND)));
}

#[test]
fn s08d_what_opened_in_time_is_not_timed_out() {
    let mut rig = Rig::new(config());
    rig.after(10 * SECOND - MS);
    rig.opens();
    rig.after(1000 * SECOND);
    assert_eq!((rig.state(), rig.due_in()), (State::Open, None));
}

#[test]
fn s08d_none_waits_for_ever() {
    let mut rig = Rig::new(Config { open_timeout: None, ..config() });
    rig.after(1_000_000 * SECOND);
    assert_eq!((rig.state(), rig.due_in()), (State::Connecting, None));
    rig.opens();
    assert_eq!(rig.state(), State::Open);
}
