//! Clients in WebAssembly that count what they receive, and send what the script asks for.

#![forbid(unsafe_code)]

mod bare;
mod homing;

use std::alloc::System;
use std::cell::Cell;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wasm_bindgen::prelude::*;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Returns the number of allocations so far. Growing a buffer is as much work as allocating it.
#[wasm_bindgen]
pub fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

#[wasm_bindgen]
pub fn bytes_allocated() -> usize {
    ALLOCATOR.stats().bytes_allocated
}

/// What has arrived.
#[derive(Default)]
struct Arrived {
    messages: Cell<u32>,
    bytes: Cell<usize>,
}

impl Arrived {
    fn count(&self, bytes: usize) {
        self.messages.set(self.messages.get() + 1);
        self.bytes.set(self.bytes.get() + bytes);
    }
}
