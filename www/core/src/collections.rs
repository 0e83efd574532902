//! A queue that is made of few instructions. It is never long: JavaScript polls it empty.

use real_alloc::boxed::Box;

/// Stands for every `VecDeque` of the machine: a linked list.
#[derive(Debug)]
pub struct VecDeque<T>(Option<Box<Node<T>>>);

#[derive(Debug)]
struct Node<T> {
    value: T,
    next: Option<Box<Node<T>>>,
}

impl<T> VecDeque<T> {
    pub(crate) fn new() -> Self {
        Self(None)
    }

    pub(crate) fn push_back(&mut self, value: T) {
        let mut end = &mut self.0;
        while let Some(node) = end {
            end = &mut node.next;
        }
        *end = Some(Box::new(Node { value, next: None }));
    }

    pub(crate) fn pop_front(&mut self) -> Option<T> {
        let Node { value, next } = *self.0.take()?;
        // What it replaces is empty, and needs no drop.
        core::mem::forget(core::mem::replace(&mut self.0, next));
        Some(value)
    }

    pub(crate) fn front(&self) -> Option<&T> {
        self.0.as_ref().map(|node| &node.value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn len(&self) -> usize {
        core::iter::successors(self.0.as_ref(), |node| node.next.as_ref()).count()
    }

    /// No memory is to be given back.
    pub(crate) fn capacity(&self) -> usize {
        0
    }

    pub(crate) fn clear(&mut self) {
        // One by one: a long list that drops itself would use as much of the stack.
        while self.pop_front().is_some() {}
    }
}

impl<T> Default for VecDeque<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for VecDeque<T> {
    fn drop(&mut self) {
        self.clear();
    }
}
