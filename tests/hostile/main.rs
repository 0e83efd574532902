//! Peers that attack the client, as scripts: what they cost it in memory, reads, allocations and answers, and what the
//! program sees. `HOMING_HOSTILE=write` writes the table of docs/hostile.md, beside bare tokio-tungstenite.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod bounds;
mod closes;
mod cuts;
mod failing;
mod meter;
mod peer;
mod scripts;
mod secure;
mod table;
mod victim;

use peakmem_alloc::PeakMemAlloc;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static MEMORY: PeakMemAlloc<&StatsAlloc<System>> = PeakMemAlloc::new(&INSTRUMENTED_SYSTEM);

/// Held by each test, because all of them count the same memory.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
