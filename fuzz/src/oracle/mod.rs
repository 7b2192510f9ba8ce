//! The judge: any history may come, in any order, and for ever.
//!
//! - `history`: bytes as a history
//! - [`check`]: one history: no panic, the same findings again, evidence that is there, memory (`judge`)
//! - [`soak`]: a history over and over: memory is bounded by what is in flight (`soak`)

mod history;
mod judge;
mod soak;

pub use history::{Builder, Op};
pub use judge::check;
pub use soak::soak;
