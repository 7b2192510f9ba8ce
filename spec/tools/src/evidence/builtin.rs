//! What is built in: every check with what it provokes, and the kill matrix: every fault with what it breaks.

use super::Material;
use super::cell::{anchor, cell, check_anchor, fault_anchor, sentence, sentences};
use pwp_spec::{Catalogue, Role};

pub(super) fn checks(requirements: &Catalogue, material: &Material) -> String {
    let mut out = format!(
        "# The checks\n\nThe {} scripts, families of scripts and cases that `pwp check` runs. Each run is judged against every \
         requirement; the last column says what a check is made to provoke. `pwp list --scripts` prints the list.\n",
        material.checks.len()
    );
    for (role, title) in [
        (
            Role::Worker,
            "Scripts for workers\n\nA script says what is sent to a worker, and what is waited for.",
        ),
        (
            Role::Client,
            "Cases for clients\n\nA case says what a client builds, and how the worker behaves that it gets.",
        ),
    ] {
        let checks = material.checks.iter().filter(|check| check.role == role).map(|check| {
            format!(
                "| {}`{}` | {} | {} |\n",
                anchor(check_anchor(role, check.name)),
                check.name,
                cell(check.about),
                sentences(requirements, &check.exercises)
            )
        });
        out += &part(title, "| check | what it does | provokes |\n|---|---|---|\n", checks);
    }
    out
}

pub(super) fn faults(requirements: &Catalogue, material: &Material) -> String {
    let mut out = format!(
        "# The kill matrix\n\nThe {} ways in which a reference implementation can be told to misbehave. Each proves that the suite sees \
         what it is made to see: the run has to report everything in the column *breaks*, and nothing that is not in \
         this row. A test holds both. What is [not tested](traceability.md) can't be reported.\n",
        material.faults.len()
    );
    let head = "| fault | what goes wrong | breaks | may break too, and why |\n|---|---|---|---|\n";
    for (role, title) in [(Role::Worker, "The reference worker"), (Role::Client, "The reference client")] {
        let faults = material.faults.iter().filter(|fault| fault.role == role).map(|fault| {
            let consequences = fault.may_also_break.iter();
            let consequences: Vec<String> = consequences
                .map(|(id, reason)| format!("{}: {}", sentence(requirements, *id), cell(reason)))
                .collect();
            format!(
                "| {}`{}` | {} | {} | {} |\n",
                anchor(fault_anchor(role, fault.name)),
                fault.name,
                cell(fault.about),
                sentences(requirements, &fault.breaks),
                consequences.join("<br>")
            )
        });
        out += &part(title, head, faults);
    }
    out
}

/// The part of a page about one role; nothing where it has no row.
fn part(title: &str, head: &str, rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.collect();
    if rows.is_empty() { rows } else { format!("\n## {title}\n\n{head}{rows}") }
}
