//! The register of deprecated requirements.

use super::cell::{of_block, sentence};
use pwp_spec::{Catalogue, Status};

pub(super) fn page(requirements: &Catalogue) -> String {
    let mut out = "# Deprecated requirements\n\nA requirement that is withdrawn keeps its ID, its block and its sentence, with the status \
                   `deprecated`. It binds nobody, the suite gives it no verdict, and its number is never used again. Its *why* says \
                   what was wrong with it and what stands in its place. This register is made from the blocks.\n\n"
        .to_owned();
    let members: Vec<_> =
        requirements.iter().filter(|requirement| requirement.status == Status::Deprecated).collect();
    if members.is_empty() {
        return out + "None so far.\n";
    }
    out += "| requirement | since | sentence | why it was withdrawn |\n|---|---|---|---|\n";
    for requirement in members {
        out += &format!(
            "| {} | {} | {} | {} |\n",
            sentence(requirements, requirement.id),
            requirement.since,
            of_block(requirement, &requirement.text),
            of_block(requirement, &requirement.why)
        );
    }
    out
}
