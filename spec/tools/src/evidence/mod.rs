//! The evidence pages of the book: generated from the catalogue, the scripts, the faults and the saved reports.
//!
//! - [`Material`]: what they are made from (`material`)
//! - [`pages()`]: all of them as text; [`write()`] and [`stale()`] put and compare them on disk (`pages`)
//! - what is on them: `catalogue` (and the deprecated), `traceability`, `builtin` (checks and faults), `today`, `together`
//! - `cell`: links and escapes in the Markdown that they write

mod builtin;
mod catalogue;
mod cell;
mod material;
mod pages;
mod today;
mod together;
mod traceability;

#[cfg(test)]
mod tests;

pub use cell::{check_anchor, fault_anchor, today_in_words};
pub use material::{Material, Pair, PairState, SavedReport, Together};
pub use pages::{pages, stale, write};
pub use pwp::builtin::{Check, Fault};
