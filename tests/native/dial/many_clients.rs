//! Many clients of one server that fails.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use homing::native::BuilderExt;
use homing::{Reconnect, WebSocket};

use crate::support::{PATIENCE, server};

const CLIENTS: usize = 300;

/// Once with a name that the system resolves, once with a resolver function.
#[tokio::test]
async fn s07_clients_that_fail_together_reconnect_spread_out() {
    let server = server();
    let delays = Arc::new(Mutex::new(Vec::<Duration>::new()));
    let dials = Arc::new(Mutex::new(Vec::<Instant>::new()));
    let connect = |number: usize| {
        let (delays, dials) = (delays.clone(), dials.clone());
        let host = if number % 2 == 0 { "localhost" } else { "name.example" };
        let builder =
            WebSocket::builder(server.url("/echo").replace("127.0.0.1", host)).reconnect(Reconnect::default());
        let builder = builder.on_connect({
            let dials = dials.clone();
            move |_| {
                if number % 2 == 0 {
                    dials.lock().unwrap().push(Instant::now())
                }
            }
        });
        let builder = builder.on_close(move |_, close| delays.lock().unwrap().extend(close.retry_in));
        let builder = if number % 2 == 0 {
            builder
        } else {
            builder.resolver(move |_| {
                dials.lock().unwrap().push(Instant::now());
                async { Ok(vec![[127, 0, 0, 1].into()]) }
            })
        };
        builder.connect().unwrap()
    };
    let clients: Vec<_> = (0..CLIENTS).map(connect).collect();
    let opened = async |attempts: u64| {
        let all = async {
            while !clients.iter().all(|ws| ws.stats().attempts >= attempts && ws.stats().open_for.is_some()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, all).await.expect("all are open");
    };
    opened(1).await;
    dials.lock().unwrap().clear();
    delays.lock().unwrap().clear();
    let cut = Instant::now();
    server.cut_all();
    opened(2).await;

    // Each client has its own seed, so 300 delays spread evenly over ten parts of a second (chi-square with 9 degrees of
    // freedom exceeds 60 once in a billion times).
    let mut delays = delays.lock().unwrap()[..CLIENTS].to_vec();
    let counts: Vec<_> =
        (0..10).map(|part| delays.iter().filter(|delay| delay.as_millis() / 100 == part).count()).collect();
    let expected = CLIENTS as f64 / 10.0;
    let chi_square: f64 = counts.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum();
    assert!(delays.iter().all(|delay| *delay <= Duration::from_secs(1)) && chi_square < 60.0, "{counts:?}");

    // No client dials too early: the dials in their order, beside the delays in theirs.
    let mut dials = dials.lock().unwrap().clone();
    dials.sort();
    delays.sort();
    for (dial, delay) in dials.iter().zip(&delays) {
        assert!(*dial >= cut + *delay, "{:?} after the cut, due after {delay:?}", *dial - cut);
    }
}
