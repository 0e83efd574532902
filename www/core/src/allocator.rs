//! The smallest allocator that gives memory back: what is freed serves the next request of about its size.
//!
//! Only clients and what they are about to do are ever allocated, so there are two sizes, and nothing to be merged.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::Cell;
use core::ptr::null_mut;

const PAGE: usize = 65_536;
/// What the linker aligns the start of the heap to, and so the strictest alignment.
const ALIGN: usize = 16;

/// All that is free, by size: lists of blocks of a power of two, each of which begins with the address of the next.
pub(crate) struct Allocator {
    free: [Cell<*mut u8>; usize::BITS as usize],
    /// The rest of the memory was never used.
    unused: Cell<usize>,
}

// SAFETY: there is one thread.
unsafe impl Sync for Allocator {}

impl Allocator {
    pub(crate) const fn new() -> Self {
        Self { free: [const { Cell::new(null_mut()) }; usize::BITS as usize], unused: Cell::new(0) }
    }

    fn list(&self, layout: Layout) -> (&Cell<*mut u8>, usize) {
        let size = layout.size().max(ALIGN).next_power_of_two();
        // Never beyond: a power of two has fewer zeros than bits.
        (&self.free[(usize::BITS - 1).min(size.trailing_zeros()) as usize], size)
    }
}

unsafe extern "C" {
    /// Where the linker lets the heap begin. It has no value, only an address.
    static __heap_base: u8;
}

// SAFETY: a block is in a list or in use. It is as large as its list says, and aligned as the heap's start is, as all
// sizes are multiples of that.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (list, size) = self.list(layout);
        let block = list.get();
        if !block.is_null() {
            list.set(unsafe { block.cast::<*mut u8>().read() });
            return block;
        }
        let start = self.unused.get().max(&raw const __heap_base as usize);
        let end = start + size;
        if end > memory_size(0) * PAGE && memory_grow(0, size.div_ceil(PAGE)) == usize::MAX {
            return null_mut();
        }
        self.unused.set(end);
        start as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (list, _) = self.list(layout);
        unsafe { block.cast::<*mut u8>().write(list.get()) };
        list.set(block);
    }
}
