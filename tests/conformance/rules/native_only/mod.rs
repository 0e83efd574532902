//! What a browser cannot show; each body says why.

mod closing;
mod life;
mod reporting;
mod traffic;

pub use closing::*;
pub use life::*;
pub use reporting::*;
pub use traffic::*;
