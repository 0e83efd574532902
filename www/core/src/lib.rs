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

// The machine's `alloc::string::String` is the one below.
extern crate alloc as real_alloc;
extern crate self as alloc;

use real_alloc::{boxed, collections};

mod client;
#[path = "../../../src/close.rs"]
mod close;
mod codes;
mod error;
mod exports;
mod handshake;
#[path = "../../../src/machine/mod.rs"]
mod machine;
mod message;
mod settings;
#[path = "../../../src/stats.rs"]
mod stats;
mod string;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// A broken invariant traps, and JavaScript sees a `RuntimeError`.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
