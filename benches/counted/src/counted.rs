//! The part of the program that is counted.
//!
//! Callgrind counts between the start and the end of the functions whose name contains `toggles_count`: within
//! [`toggles_count`], except for [`turns::toggles_count`](crate::turns::toggles_count) within it. The log of strace has
//! [`MARK`] at both ends.

use std::fs::File;
use std::hint::black_box;

use stats_alloc::Region;

/// A file that does not exist.
const MARK: &str = "/counted between these";

/// Runs this and prints what it allocated.
pub(crate) fn count(operations: usize, run: &mut dyn FnMut()) {
    let before = Region::new(crate::ALLOCATOR);
    let _ = File::open(MARK);
    toggles_count(run);
    let _ = File::open(MARK);
    let used = before.change();
    // Growing a buffer is as much work as allocating it.
    let allocations = used.allocations + used.reallocations;
    println!("COUNTED {operations} {allocations} {}", used.bytes_allocated);
}

#[inline(never)]
fn toggles_count(run: &mut dyn FnMut()) {
    run();
    // So that the call above is no jump, and this function has an end of its own.
    black_box(());
}
