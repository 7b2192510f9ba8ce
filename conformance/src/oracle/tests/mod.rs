//! Histories written by hand, and what the oracle has to say of them.
//!
//! A history reads as a dialogue (`run`), the violation that it shows stands next to it (`case`), and every
//! case is judged alone: exactly this violation, with these suspects and these events, and no other one.
//!
//! - `form`, `answers`, `cancel`, `life`, `files_logs`, `results`, `sandboxes`: one file per family of
//!   violations
//! - `input_traits`: every trait of a request as the only suspect, and upheld
//! - `resolve`: the requirement behind several suspects; `stray`: what stray bytes look like
//! - `book`: the oracle's IDs against the standard; `sentences`: every violation in words
//! - `other_dialect`: a dialect that is no stream of bytes; `across`: clients, by cases of several processes
//! - `properties`: what holds for histories that nobody wrote

mod across;
mod answers;
mod book;
mod cancel;
mod case;
mod files_logs;
mod form;
mod input_traits;
mod life;
mod other_dialect;
mod properties;
mod resolve;
mod results;
mod run;
mod sandboxes;
mod sentences;
mod stray;

use case::{Case, case, check};
use run::*;

use std::collections::BTreeSet;

use super::*;
use crate::history::*;
use pwp_spec::{Feature, RequirementId};

/// The histories of all families that show a violation, and the violation.
fn all_cases() -> Vec<(Case, WorkerViolation)> {
    let all = [
        form::cases(),
        answers::cases(),
        cancel::cases(),
        life::cases(),
        files_logs::cases(),
        results::cases(),
        sandboxes::cases(),
    ];
    let with_violation = |case: Case| case.violation.clone().map(|violation| (case, violation));
    all.into_iter().flatten().filter_map(with_violation).collect()
}
