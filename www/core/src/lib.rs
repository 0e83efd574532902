//! The rules of homing for JavaScript: the crate `homing-machine` behind a few exports that take
//! and give numbers only.
//!
//! Sockets, timers, events and payloads stay on the JavaScript side (`www/src`). What crosses is: what
//! happened and when ([`handle`](exports::handle)), what is to be done next ([`poll`](exports::poll)), and until when
//! nothing has to be ([`deadline`](exports::deadline)). [`codes`] has the numbers, of which `www/build.js` makes
//! TypeScript; `www/src/machine/core.ts` calls the exports.

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

/// A broken invariant traps, and JavaScript sees a `RuntimeError`.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
