//! An allocator of little code: a freed block is reused for the next allocation of about the same size.
//!
//! Only clients and their queued outputs are allocated. These are two sizes, so that blocks need not be split or merged.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::Cell;
use core::ptr::null_mut;

const PAGE: usize = 65_536;
/// The alignment of the start of the heap, and so the strictest alignment that is possible.
const ALIGN: usize = 16;

/// Free blocks, in one list for each power of two. Each free block starts with the address of the next one.
pub(crate) struct Allocator {
    free: [Cell<*mut u8>; usize::BITS as usize],
    /// The start of the memory that was never used.
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
        // The index is in range, as a power of two has fewer zeros than bits.
        (&self.free[(usize::BITS - 1).min(size.trailing_zeros()) as usize], size)
    }
}

unsafe extern "C" {
    /// The start of the heap, defined by the linker. Only its address has a meaning.
    static __heap_base: u8;
}

// SAFETY: a block is either in a list or in use. It has the size of its list, and the alignment of the start of the heap, as
// all sizes are multiples of that.
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
