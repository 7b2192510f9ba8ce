//! The checks: every script and every case that is built in, and what it provokes.

use super::Material;
use super::cell::{anchor, cell, check_anchor, sentences};
use pwp_spec::{Catalogue, Role};

pub(super) fn page(requirements: &Catalogue, material: &Material) -> String {
    let mut out = format!(
        "# The checks\n\nThe {} scripts, families of scripts and cases that `pwp check` runs. Each run is judged against every \
         requirement; the last column says what a check is made to provoke. `pwp list --scripts` prints the list.\n",
        material.checks.len()
    );
    let parts = [
        (
            Role::Worker,
            "Scripts for workers",
            "A script says what is sent to a worker, and what is waited for.",
        ),
        (
            Role::Client,
            "Cases for clients",
            "A case says what a client builds, and how the worker behaves that it gets.",
        ),
    ];
    for (role, title, about) in parts {
        let mut checks = material.checks.iter().filter(|check| check.role == role).peekable();
        if checks.peek().is_none() {
            continue;
        }
        out += &format!("\n## {title}\n\n{about}\n\n| check | what it does | provokes |\n|---|---|---|\n");
        for check in checks {
            out += &format!(
                "| {}`{}` | {} | {} |\n",
                anchor(check_anchor(role, check.name)),
                check.name,
                cell(check.about),
                sentences(requirements, &check.exercises)
            );
        }
    }
    out
}
