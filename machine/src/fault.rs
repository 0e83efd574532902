//! Invalid values of options.

/// What is wrong with the value of an option.
pub type Fault = &'static str;

/// The fault of a duration or limit of zero.
pub const ZERO: Fault = "is zero";
