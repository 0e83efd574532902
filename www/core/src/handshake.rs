//! The answer to the opening handshake, which stays in JavaScript.

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Handshake;
