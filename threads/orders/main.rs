//! Handles of a client in several threads, and the client's task in one more, in many orders of their steps. Each order in
//! which a thread waits for ever is a failure, as is each panic.
//!
//! ```text
//! HOMING_ORDERS=100000 cargo xtask sanitize shuttle
//! ```
//!
//! Shuttle prints the failing order as a string; `shuttle::replay` repeats it.

mod ends;
mod events;
mod sends;
mod socket;

/// Runs a test in orders drawn at random, and in those that PCT chooses (few changes of thread, at the worst moments).
fn orders(test: impl Fn() + Send + Sync + Clone + 'static) {
    let count = std::env::var("HOMING_ORDERS").map_or(2000, |text| text.parse().unwrap());
    shuttle::check_random(test.clone(), count);
    shuttle::check_pct(test, count, 3);
}
