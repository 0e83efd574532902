//! The reconnect policy (S7), and what ends a client instead (S8).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use homing::{EndReason, Initiator, Reconnect, WebSocket};

use super::*;

/// Returns `retry_in` of the first close events.
async fn delays(log: &Log, count: usize) -> Vec<Option<Duration>> {
    let mut delays = Vec::new();
    for number in 1..=count {
        delays.push(log.closed(number).await.retry_in);
    }
    delays
}

pub async fn s07_reconnects_by_default(env: Env) {
    let log = env.log();
    let _ws = WebSocket::builder(env.url("/echo")).handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().cut_all().await;
    let delay = log.closed(1).await.retry_in.expect("a retry");
    assert!(delay <= Duration::from_secs(1), "{delay:?}");
    log.opened(2).await;
    assert_eq!(log.summary(), "open, error, close 1006, open");
}

pub async fn s07_never_does_not_reconnect(env: Env) {
    let log = env.log().greet_on_open();
    let _ws = env.once("/drop?after=1").handler(log.handler()).connect().unwrap();
    assert_eq!(log.ended(1).await.reason, EndReason::Exhausted);
    assert_eq!(log.closed(1).await.retry_in, None);
    env.sleep(A_WHILE).await;
    assert_eq!(env.server().wait_for_requests(1).await.len(), 1);
}

pub async fn s07_fixed_delay(env: Env) {
    let log = env.log().greet_on_open();
    let _ws =
        env.client("/drop?after=1").reconnect(Reconnect::fixed(ms(120))).handler(log.handler()).connect().unwrap();
    assert_eq!(delays(&log, 3).await, [Some(ms(120)); 3]);
    let journal = env.server().journal().await;
    let dialled: Vec<_> = journal.iter().filter(|(.., wire)| *wire == Wire::Accepted).map(|(_, at, _)| *at).collect();
    assert!(dialled.len() >= 3 && dialled.windows(2).all(|pair| pair[1] - pair[0] >= ms(119)), "{dialled:?}");
}

pub async fn s07_exponential_delays_double_up_to_the_maximum(env: Env) {
    let log = env.log();
    let policy = Reconnect::exponential(ms(10), ms(50)).jitter(0.0);
    let _ws = env.client("/http?status=503").reconnect(policy).handler(log.handler()).connect().unwrap();
    let expected = [10, 20, 40, 50, 50].map(|delay| Some(ms(delay)));
    assert_eq!(delays(&log, 5).await, expected);
}

pub async fn s07_jitter_is_repeatable_by_seed(env: Env) {
    let mut drawn = Vec::new();
    for seed in [7, 7, 8] {
        let log = env.log();
        let policy = Reconnect::exponential(ms(20), ms(20));
        let builder = env.client("/http?status=503").reconnect(policy).jitter_seed(seed);
        let _ws = builder.handler(log.handler()).connect().unwrap();
        drawn.push(delays(&log, 4).await);
    }
    assert!(drawn.iter().flatten().all(|delay| delay.is_some_and(|delay| delay <= ms(20))), "{drawn:?}");
    assert_eq!(drawn[0], drawn[1]);
    assert_ne!(drawn[0], drawn[2]);
}

pub async fn s07_max_attempts_ends_the_client(env: Env) {
    let log = env.log().greet_on_open();
    let policy = Reconnect::fixed(ms(10)).max_attempts(2);
    let _ws = env.client("/drop?after=1").reconnect(policy).handler(log.handler()).connect().unwrap();
    assert_eq!(log.ended(1).await.reason, EndReason::Exhausted);
    assert_eq!(delays(&log, 3).await, [Some(ms(10)), Some(ms(10)), None]);
    env.sleep(A_WHILE).await;
    assert_eq!(env.server().wait_for_requests(3).await.len(), 3);
}

pub async fn s07_stable_after_resets_the_count(env: Env) {
    let log = env.log();
    let policy = Reconnect::fixed(ms(10)).max_attempts(1);
    let builder = env.client("/echo").reconnect(policy).stable_after(ms(100));
    let _ws = builder.handler(log.handler()).connect().unwrap();
    for attempt in 1..=3 {
        log.opened(attempt).await;
        env.sleep(ms(110)).await;
        env.server().cut_all().await;
        assert!(log.closed(attempt).await.retry_in.is_some(), "attempt {attempt} had lasted");
    }
    // The next attempts fail: the first is retried, the second is not.
    env.server().stop().await;
    assert_eq!(log.ended(1).await.reason, EndReason::Exhausted);
}

pub async fn s07_retry_if_decides_on_each_close(env: Env) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let theirs = asked.clone();
    let retry_if = move |event: &homing::CloseEvent| {
        let mut asked = theirs.lock().unwrap();
        asked.push((event.code.get(), event.reason.clone(), event.initiator));
        asked.len() < 3
    };
    let log = env.log();
    let builder = env.client("/close?code=4001&reason=bye").retry_if(retry_if);
    let _ws = builder.handler(log.handler()).connect().unwrap();
    assert_eq!(log.ended(1).await.reason, EndReason::Declined);
    assert_eq!(*asked.lock().unwrap(), vec![(4001, "bye".to_owned(), Initiator::Remote); 3]);
    assert_eq!(log.closed(3).await.retry_in, None);
    assert_eq!(env.server().seen().await.iter().filter(|wire| matches!(wire, Wire::Request(_))).count(), 3);
}

pub async fn s08_fatal_close_codes_end_the_client(env: Env) {
    for code in [1008, 1010] {
        let log = env.log();
        let _ws = env.client(&format!("/close?code={code}")).handler(log.handler()).connect().unwrap();
        assert_eq!(log.ended(1).await.reason, EndReason::Fatal, "{code}");
        env.sleep(A_WHILE).await;
        assert_eq!(log.summary(), format!("open, close {code}, end"));
    }
}

pub async fn s08_other_close_codes_are_retried(env: Env) {
    // WebKit does not accept the codes that were added to the registry later.
    let newer: &[u16] = if env.has_own_protocol() { &[1012, 1013] } else { &[] };
    for code in [1000, 1001, 1003, 1009, 1011, 3000, 4999].iter().chain(newer) {
        let log = env.log();
        let _ws = env.client(&format!("/close?code={code}")).handler(log.handler()).connect().unwrap();
        log.opened(2).await;
        assert!(log.summary().starts_with(&format!("open, close {code}, open")), "{}", log.summary());
    }
    let log = env.log();
    let _ws = env.client("/close").handler(log.handler()).connect().unwrap();
    log.opened(2).await;
    assert!(log.summary().starts_with("open, close 1005, open"), "{}", log.summary());
}

pub async fn s08_no_retry_after_a_local_close(env: Env) {
    let log = env.log();
    let builder = env.client("/echo").retry_if(|_| panic!("called after a local close"));
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.close(4000, "enough").unwrap();
    assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    assert_eq!(log.closed(1).await.retry_in, None);
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, close 4000, end");
}

pub async fn s08_retry_if_overrides_fatal_codes(env: Env) {
    let log = env.log();
    let builder = env.client("/close?code=1008").retry_if(|event| event.code == 1008);
    let _ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(2).await;
    assert!(log.summary().starts_with("open, close 1008, open"), "{}", log.summary());
}

pub async fn s08_reconnects_to_a_restarted_server(env: Env) {
    let log = env.log();
    let ws = env.client("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().stop().await;
    log.failed(3).await;
    ws.send("meanwhile").unwrap();
    env.server().refuse_next(2).await;
    env.server().restart().await;
    assert_eq!(log.texts(1).await, ["meanwhile"]);
    assert!(log.failed(5).await.is_before_open(), "the two connections that were reset");
    assert!(log.summary().ends_with("error, close 1006, open, meanwhile"), "{}", log.summary());
}

pub async fn s07_maximal_durations_are_accepted(env: Env) {
    for policy in [Reconnect::fixed(Duration::MAX), Reconnect::exponential(Duration::MAX, Duration::MAX)] {
        let log = env.log();
        let builder = env.client("/echo").reconnect(policy).stable_after(Duration::MAX).open_timeout(Duration::MAX);
        let ws = builder.close_timeout(Duration::MAX).handler(log.handler()).connect().unwrap();
        log.opened(1).await;
        env.server().cut_all().await;
        assert!(log.closed(1).await.retry_in.is_some());
        ws.reconnect_after(Duration::MAX);
        ws.reconnect();
        log.opened(2).await;
        ws.close(1000, "").unwrap();
        assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    }
}
