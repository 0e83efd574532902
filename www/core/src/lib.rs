//! The state machine of homing for JavaScript: the crate `homing-machine` behind a few exports that take and return numbers
//! only.
//!
//! Sockets, timers, events and payloads stay in JavaScript (`www/src`). It reports what happened and when with
//! [`handle`](exports::handle), asks what to do next with [`poll`](exports::poll), and when to call again at the latest with
//! [`deadline`](exports::deadline). [`codes`] defines the numbers, from which `www/build.js` generates TypeScript.
//! `www/src/machine/core.ts` calls the exports.

#![no_std]

extern crate alloc;

mod allocator;
mod client;
mod codes;
mod exports;
mod settings;
mod types;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator::new();

/// A panic traps, which JavaScript receives as a `RuntimeError`.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
