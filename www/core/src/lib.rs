//! The rules of homing for JavaScript: the machine of the Rust crate, compiled alone, behind a few exports that take
//! and give numbers only.
//!
//! Sockets, timers, events and payloads stay on the JavaScript side (`www/src`). What crosses is: what
//! happened and when ([`handle`](exports::handle)), what is to be done next ([`poll`](exports::poll)), and until when
//! nothing has to be ([`deadline`](exports::deadline)). [`codes`] has the numbers, of which `www/build.js` makes
//! TypeScript; `www/src/core.ts` calls the exports.

#![no_std]
// The modules below are the crate's, with more in them than is used here.
#![allow(dead_code, unused_imports)]
// A constant of the machine that is more elsewhere is 1 here.
#![allow(clippy::modulo_one)]

// What the machine takes from `alloc` are the modules below.
extern crate alloc as real_alloc;
extern crate self as alloc;

mod allocator;
mod boxed;
mod client;
#[path = "../../../src/close.rs"]
mod close;
mod codes;
mod collections;
mod error;
mod exports;
mod handshake;
#[path = "../../../src/machine/mod.rs"]
mod machine;
mod message;
mod paused;
mod settings;
#[path = "../../../src/stats.rs"]
mod stats;
mod string;
mod units;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator::new();

/// A broken invariant traps, and JavaScript sees a `RuntimeError`.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
