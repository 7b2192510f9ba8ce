//! Which requirements have a check and a fault, which have a reason instead, and which have neither.

use super::{LintError, ParsedBlock, Problem};
use strum::{IntoStaticStr, VariantArray};

use pwp_spec::{Catalogue, Evidence, Level, Requirement, RequirementId, Status};

/// The table of `pwp-spec coverage`: a line for each requirement, and the sums by level. Ends with a newline.
pub fn coverage(catalogue: &Catalogue, evidence: &Evidence) -> String {
    let mut out = format!("{:<7}{:<10}{:>6}  {:>6}  state\n", "ID", "level", "checks", "faults");
    for requirement in catalogue.iter() {
        let (checks, faults) = counts(requirement, evidence);
        let (id, level) = (requirement.id, requirement.level);
        out.push_str(&format!(
            "{id:<7}{level:<10}{checks:>6}  {faults:>6}  {}\n",
            State::of(requirement, evidence).as_str()
        ));
    }
    out.push_str(&format!("\n{:<10}{:>6}", "level", "total"));
    for state in State::VARIANTS {
        out.push_str(&format!("  {:>w$}", state.as_str(), w = state.as_str().len()));
    }
    out.push('\n');
    for level in Level::ALL {
        let of_level: Vec<&Requirement> = catalogue.iter().filter(|r| r.level == *level).collect();
        out.push_str(&format!("{level:<10}{:>6}", of_level.len()));
        for state in State::VARIANTS {
            let count =
                of_level.iter().filter(|requirement| State::of(requirement, evidence) == *state).count();
            out.push_str(&format!("  {count:>w$}", w = state.as_str().len()));
        }
        out.push('\n');
    }
    out
}

fn counts(requirement: &Requirement, evidence: &Evidence) -> (usize, usize) {
    (evidence.checks_of(requirement.id).len(), evidence.faults_of(requirement.id).len())
}

/// How well a requirement is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub(super) enum State {
    /// The requirement has a check, and a fault where the level asks for one.
    #[strum(serialize = "covered")]
    Covered,
    /// The requirement has no check, and a reason.
    #[strum(serialize = "reason given")]
    Reason,
    /// The requirement binds nobody.
    #[strum(serialize = "deprecated")]
    Withdrawn,
    /// The requirement has a check without a fault.
    #[strum(serialize = "no fault")]
    NoFault,
    /// The requirement has no check and no reason.
    #[strum(serialize = "no check")]
    NoCheck,
}

impl State {
    pub(super) fn of(requirement: &Requirement, evidence: &Evidence) -> Self {
        let (checks, faults) = counts(requirement, evidence);
        match () {
            () if requirement.status == Status::Deprecated => Self::Withdrawn,
            () if requirement.untested.is_some() => Self::Reason,
            () if checks == 0 => Self::NoCheck,
            () if faults == 0 && requirement.needs_fault() => Self::NoFault,
            () => Self::Covered,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The rule: a check and a fault for each requirement, or a reason; and none for what does not exist.
pub(super) fn check(
    catalogue: &Catalogue,
    blocks: &[ParsedBlock],
    evidence: &Evidence,
    errors: &mut Vec<LintError>,
) {
    for block in blocks {
        let requirement = &block.requirement;
        let id = requirement.id;
        let (checks, faults) = counts(requirement, evidence);
        let mut report = |problem| errors.push(LintError::new(&block.file, block.line, problem));
        if checks == 0 && requirement.needs_check() {
            report(Problem::NoCheck(id));
        }
        if faults == 0 && requirement.needs_fault() {
            report(Problem::NoFault(id));
        }
        if checks > 0 && requirement.untested.is_some() {
            report(Problem::TestedAndUntested { id, checks: evidence.checks_of(id).join(", ") });
        }
    }
    let mut unknown = |id: RequirementId, kind: &str, names: &[String]| {
        if catalogue.get(id).is_none() {
            let user = format!("{kind} {}", names.join(", "));
            errors.push(LintError::new(
                super::book::REQUIREMENTS,
                0,
                Problem::EvidenceForNothing { id, user },
            ));
        }
    };
    evidence.checks.iter().for_each(|(id, names)| unknown(*id, "check", names));
    evidence.faults.iter().for_each(|(id, names)| unknown(*id, "fault", names));
}
