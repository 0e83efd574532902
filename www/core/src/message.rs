//! A message as the machine sees it here: its length. Payloads never leave JavaScript.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(pub(crate) usize);

impl Message {
    pub(crate) fn len(&self) -> usize {
        self.0
    }
}

/// A queue of messages as the machine sees it here: how many there are. Their lengths are asked for before they are queued.
#[derive(Debug, Default)]
pub struct Messages(pub(crate) usize);

impl Messages {
    pub(crate) fn new() -> Self {
        Self(0)
    }

    pub(crate) fn len(&self) -> usize {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// No memory is to be given back.
    pub(crate) fn capacity(&self) -> usize {
        0
    }

    pub(crate) fn push_back(&mut self, _: Message) {
        self.0 += 1;
    }

    pub(crate) fn pop_front(&mut self) -> Option<Message> {
        self.0 = self.0.checked_sub(1)?;
        Some(Message(0))
    }
}
