//! What JavaScript calls. A client is its address, which only JavaScript keeps.

use alloc::string::String;
use real_alloc::boxed::Box;

use crate::client::Client;
use crate::machine::{Config, Heartbeat, Reconnect};
use crate::units::{Duration, from_millis as duration, whole};

// SAFETY, of every function here but `create`: the address comes from `create`, and `www/src/core.ts`, the only caller,
// forgets it when it calls `destroy`. Calls cannot overlap: there is one thread, and nothing here calls JavaScript.

/// Durations are in milliseconds; a negative one, or a negative number of attempts, means none.
#[unsafe(no_mangle)]
extern "C" fn create(
    now: f64,
    seed: f64,
    first: f64,
    max: f64,
    factor: f64,
    jitter: f64,
    max_attempts: f64,
    stable_after: f64,
    open_timeout: f64,
    close_timeout: f64,
    beat_interval: f64,
    beat_timeout: f64,
    max_send_buffer: f64,
    has_provider: bool,
    has_predicate: bool,
) -> *mut Client {
    let some = |number: f64| (number >= 0.0).then_some(number);
    let config = Config {
        reconnect: Reconnect {
            first: duration(first),
            max: duration(max),
            factor,
            jitter,
            max_attempts: some(max_attempts).map(whole),
        },
        heartbeat: some(beat_interval).map(|interval| Heartbeat {
            interval: duration(interval),
            timeout: duration(beat_timeout),
            ping: false,
            message: None,
        }),
        open_timeout: some(open_timeout).map(duration),
        close_timeout: duration(close_timeout),
        stable_after: duration(stable_after),
        // Browsers hide the header that could ask for more.
        max_retry_after: Duration::ZERO,
        max_send_buffer: whole(max_send_buffer) as usize,
        has_provider,
        has_predicate,
        seed: whole(seed * 4e9),
        url: String::new(),
    };
    Box::into_raw(Box::new(Client::new(config, now)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn destroy(client: *mut Client) {
    drop(unsafe { Box::from_raw(client) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn handle(client: *mut Client, now: f64, what: u32, a: f64, b: f64) {
    unsafe { &mut *client }.handle(now, what, a, b);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn poll(client: *mut Client) -> u32 {
    unsafe { &mut *client }.poll()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn value(client: *const Client, index: u32) -> f64 {
    unsafe { &*client }.value(index as usize)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn deadline(client: *const Client) -> f64 {
    unsafe { &*client }.deadline()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn send(client: *mut Client, bytes: f64) -> u32 {
    unsafe { &mut *client }.send(bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn state(client: *const Client) -> u32 {
    unsafe { &*client }.state()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn take_unsent(client: *mut Client) {
    unsafe { &mut *client }.take_unsent();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn stat(client: *const Client, index: u32) -> f64 {
    unsafe { &*client }.stat(index)
}
