//! The evidence pages of the book: generated from the catalogue, the scripts, the faults and the saved reports.
//!
//! - [`Material`]: what they are made from (`material`, `saved`)
//! - [`pages()`]: all of them as text; [`write()`] and [`stale()`] put and compare them on disk (`pages`)
//! - one file for each page: `catalogue`, `traceability`, `checks`, `faults`, `today`, `together`, `deprecated`
//! - `cell`: links and escapes in the Markdown that they write

mod catalogue;
mod cell;
mod checks;
mod deprecated;
mod error;
mod faults;
mod material;
mod pages;
mod saved;
mod today;
mod together;
mod traceability;

#[cfg(test)]
mod tests;

pub use cell::{check_anchor, fault_anchor, today_in_words};
pub use error::MaterialError;
pub use material::Material;
pub use pages::{pages, stale, write};
pub use pwp::builtin::{Check, Fault};
pub use saved::{SavedReport, SavedResult};
pub use together::{Pair, PairState, Together};
