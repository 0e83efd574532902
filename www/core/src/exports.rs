//! The functions that JavaScript calls. Clients are addresses, which only JavaScript keeps.

use alloc::boxed::Box;

use crate::client::Client;
use crate::settings;

// SAFETY of every function here that has an address as a parameter: it comes from `create`, and `www/src/machine/core.ts`, the only
// caller, forgets it when it calls `destroy`. Calls cannot overlap: there is one thread, and nothing
// here calls JavaScript.

/// Creates a client, which dials at once or is closed. The other parameters are its options, in the order of `setting`: one call
/// takes less time than one for each.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)]
extern "C" fn create(
    now: f64,
    dials: bool,
    min: f64,
    max: f64,
    factor: f64,
    jitter: f64,
    max_attempts: f64,
    stable_after: f64,
    open_timeout: f64,
    close_timeout: f64,
    interval: f64,
    timeout: f64,
    max_send_buffer: f64,
    has_provider: f64,
    has_predicate: f64,
    seed: f64,
    max_initial_attempts: f64,
    setup_timeout: f64,
) -> *mut Client {
    let config = settings::config([
        min,
        max,
        factor,
        jitter,
        max_attempts,
        stable_after,
        open_timeout,
        close_timeout,
        interval,
        timeout,
        max_send_buffer,
        has_provider,
        has_predicate,
        seed,
        max_initial_attempts,
        setup_timeout,
    ]);
    Box::into_raw(Box::new(Client::new(config, now, dials)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn destroy(client: *mut Client) {
    drop(unsafe { Box::from_raw(client) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn handle(client: *mut Client, now: f64, input: u32, a: f64, b: f64) {
    unsafe { &mut *client }.handle(now, input, a, b);
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
unsafe extern "C" fn stat(client: *const Client, index: u32) -> f64 {
    unsafe { &*client }.stat(index)
}
