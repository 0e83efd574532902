//! Tests of what a browser cannot do or cannot show. Each says why.

mod closing;
mod life;
mod reporting;
mod traffic;

pub use closing::*;
pub use life::*;
pub use reporting::*;
pub use traffic::*;
