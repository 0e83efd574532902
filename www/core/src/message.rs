//! A message as the machine sees it here: its length. Payloads never leave JavaScript.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(pub(crate) usize);

impl Message {
    pub(crate) fn len(&self) -> usize {
        self.0
    }
}
