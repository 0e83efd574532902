//! The functions that JavaScript calls. Configurations and clients are addresses, which only JavaScript keeps.

use alloc::boxed::Box;

use crate::client::{Client, Config};
use crate::settings;

// SAFETY of every function here that has an address as a parameter: it comes from `configure` or `create`, and `www/src/machine/core.ts`,
// the only caller, forgets it when it calls `create` or `destroy`. Calls cannot overlap: there is one thread, and nothing
// here calls JavaScript.

/// Creates a configuration. Every option has to be set.
#[unsafe(no_mangle)]
extern "C" fn configure() -> *mut Config {
    Box::into_raw(Box::new(settings::none()))
}

/// Sets an option, by its number in `setting`.
#[unsafe(no_mangle)]
unsafe extern "C" fn set(config: *mut Config, setting: u32, value: f64) {
    settings::set(unsafe { &mut *config }, setting, value);
}

/// Creates a client, which takes over the configuration. It dials at once, or is closed.
#[unsafe(no_mangle)]
unsafe extern "C" fn create(config: *mut Config, now: f64, dials: bool) -> *mut Client {
    let config = *unsafe { Box::from_raw(config) };
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
