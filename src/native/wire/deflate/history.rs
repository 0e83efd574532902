//! The latest data of one direction of a connection.

use std::collections::VecDeque;

/// The latest data of one direction. A zlib state that was returned to its pool is set up again from it.
pub(super) struct History {
    data: VecDeque<u8>,
    /// The size of the window in bytes.
    window: usize,
}

impl History {
    pub(super) fn new(bits: u8) -> Self {
        Self { data: VecDeque::new(), window: 1 << bits }
    }

    pub(super) fn push(&mut self, data: &[u8]) {
        let data = &data[data.len().saturating_sub(self.window)..];
        let excess = (self.data.len() + data.len()).saturating_sub(self.window);
        self.data.drain(..excess);
        self.data.extend(data);
    }

    /// Frees the memory that has no data.
    pub(super) fn shrink(&mut self) {
        self.data.shrink_to_fit();
    }

    /// Returns the data, oldest first.
    pub(super) fn data(&mut self) -> &[u8] {
        self.data.make_contiguous()
    }
}
