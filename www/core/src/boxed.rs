//! What the machine keeps apart in memory is kept in place here: there is room for it, and less to allocate.

/// Stands for every `Box` of the machine.
#[derive(Debug)]
pub struct Box<T>(T);

impl<T> Box<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> core::ops::Deref for Box<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
