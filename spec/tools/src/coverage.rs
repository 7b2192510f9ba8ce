//! Which requirements have a check and a fault, which have a reason instead, and which have neither.

use super::{LintError, ParsedBlock, Problem};
use strum::{IntoStaticStr, VariantArray};

use pwp_spec::{Catalogue, Evidence, Level, Requirement, Status};

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
        let mut report = |rule, message: String| {
            errors.push(Problem::new(rule, format_args!("{id} {message}")).at(&block.file, block.line));
        };
        let or_reason = "or say why it cannot be observed in a line `> *Untested:* …`";
        if checks == 0 && requirement.needs_check() {
            let remedy = "add it to the `exercises` list of a script";
            report("no-check", format!("is exercised by no check: {remedy}, {or_reason}"));
        }
        if faults == 0 && requirement.needs_fault() {
            let remedy = "add it to the `breaks` list of a fault";
            let why = "so nothing proves that its check can fail";
            report("no-fault", format!("is violated by no fault, {why}: {remedy}, {or_reason}"));
        }
        if checks > 0 && requirement.untested.is_some() {
            let checks = evidence.checks_of(id).join(", ");
            let remedy = "remove the one that is not true";
            let message = format!("says why it is untested and is exercised by {checks}: {remedy}");
            report("tested-and-untested", message);
        }
    }
    for (kind, of_kind) in [("check", &evidence.checks), ("fault", &evidence.faults)] {
        for (id, names) in of_kind.iter().filter(|(id, _)| catalogue.get(**id).is_none()) {
            let message = format!(
                "{kind} {} names {id}, which the book does not have: correct the ID, or write the requirement",
                names.join(", ")
            );
            errors.push(Problem::new("unknown-id", message).at(super::book::REQUIREMENTS, 0));
        }
    }
}
