//! The checks: every script that is built in, and what it provokes.

use super::Material;
use super::cell::{anchor, cell, sentences};
use crate::requirement::Catalogue;

pub(super) fn page(requirements: &Catalogue, material: &Material) -> String {
    let mut out = format!(
        "# The checks\n\nThe {} scripts and families of scripts that `pwp check` runs. Each run is judged against every \
         requirement; the last column says what a check is made to provoke. `pwp list --scripts` prints the list.\n\n\
         | check | what it does | provokes |\n|---|---|---|\n",
        material.checks.len()
    );
    for check in &material.checks {
        out += &format!(
            "| {}`{}` | {} | {} |\n",
            anchor(format_args!("check-{}", check.name)),
            check.name,
            cell(&check.about),
            sentences(requirements, &check.exercises)
        );
    }
    out
}
