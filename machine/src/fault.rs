//! Why the value of an option cannot work.

/// What is wrong with an option's value.
pub type Fault = &'static str;

/// The fault of a duration or limit that is zero.
pub const ZERO: Fault = "is zero";
