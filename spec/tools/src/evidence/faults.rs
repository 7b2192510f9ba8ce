//! The kill matrix: every fault, what it breaks, and what else it may break.

use super::Material;
use super::cell::{anchor, cell, fault_anchor, sentence, sentences};
use pwp_spec::{Catalogue, Role};

pub(super) fn page(requirements: &Catalogue, material: &Material) -> String {
    let mut out = format!(
        "# The kill matrix\n\nThe {} ways in which a reference implementation can be told to misbehave. Each proves that the suite sees \
         what it is made to see: the run has to report everything in the column *breaks*, and nothing that is not in \
         this row. A test holds both. What is [not tested](traceability.md) can't be reported.\n",
        material.faults.len()
    );
    for (role, title) in [(Role::Worker, "The reference worker"), (Role::Client, "The reference client")] {
        let mut faults = material.faults.iter().filter(|fault| fault.role == role).peekable();
        if faults.peek().is_none() {
            continue;
        }
        out += &format!(
            "\n## {title}\n\n| fault | what goes wrong | breaks | may break too, and why |\n|---|---|---|---|\n"
        );
        for fault in faults {
            let consequences: Vec<String> = fault
                .may_also_break
                .iter()
                .map(|(id, reason)| format!("{}: {}", sentence(requirements, *id), cell(reason)))
                .collect();
            out += &format!(
                "| {}`{}` | {} | {} | {} |\n",
                anchor(fault_anchor(role, fault.name)),
                fault.name,
                cell(fault.about),
                sentences(requirements, &fault.breaks),
                consequences.join("<br>")
            );
        }
    }
    out
}
