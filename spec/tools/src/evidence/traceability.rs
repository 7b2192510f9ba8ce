//! Traceability: from each requirement to its sentence, checks, faults, sources and today's results.

use super::Material;
use super::cell::{anchor, by_chapter, check, fault, list, of_block, sentence, today_in_words};
use pwp_spec::{Catalogue, Evidence, Requirement};

pub(super) fn page(requirements: &Catalogue, material: &Material) -> String {
    let evidence = material.evidence();
    let mut out = "# What stands behind each requirement\n\nFor each requirement: the checks that provoke it, the faults of \
                   the reference implementations that break it on purpose, or the reason why it is not tested; its sources; \
                   and what [real systems](today.md) do today.\n"
        .to_owned();
    for (file, members) in by_chapter(requirements) {
        out += &format!("\n## {}\n", file.trim_end_matches(".md"));
        for requirement in members {
            out += &entry(requirements, material, &evidence, requirement);
        }
    }
    out
}

fn entry(
    requirements: &Catalogue,
    material: &Material,
    evidence: &Evidence,
    requirement: &Requirement,
) -> String {
    let id = requirement.id;
    let status = requirement.status.in_block();
    let dot = if status.is_empty() { "" } else { " · " };
    let mut out = format!(
        "\n{}**{}** · {}{dot}{status}\n\n",
        anchor(id),
        sentence(requirements, id),
        requirement.level
    );
    let checks = evidence.checks_of(id);
    if !checks.is_empty() {
        out += &format!("- Checks: {}\n", list(checks.iter().map(|name| check(id.role(), name))));
    }
    let faults = evidence.faults_of(id);
    if !faults.is_empty() {
        out += &format!("- Faults: {}\n", list(faults.iter().map(|name| fault(id.role(), name))));
    }
    if let Some(reason) = &requirement.untested {
        out += &format!("- Not tested: {}\n", of_block(requirement, reason));
    }
    let sources = requirement.sources.iter().map(|source| material.sources.markdown(source));
    out += &format!("- Sources: {}\n", sources.collect::<Vec<_>>().join("; "));
    let today = today_in_words(&material.reports, id);
    if !today.is_empty() {
        out += &format!("- Today: [{today}](today.md#{id})\n");
    }
    out
}
