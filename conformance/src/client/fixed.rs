//! The cases that are built in: `conformance/cases/*.json`.

use std::sync::LazyLock;

use pwp_spec::RequirementId;

use super::{Case, parse};

macro_rules! cases {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../cases/", $name, ".json")))),*]
    };
}

/// Name and text of each, in the order in which they are run.
const FILES: &[(&str, &str)] = cases![
    "plain",
    "multiplex",
    "unknown-id",
    "unknown-id-multiplex",
    "surplus",
    "surplus-begun",
    "malformed",
    "malformed-json",
    "stray-text",
    "huge-length",
    "large-answer",
    "output",
    "exit-codes",
    "no-output",
    "unknown-fields",
    "no-newline",
    "silent",
    "truncated",
    "interrupted",
    "crash-first",
    "crash-multiplex",
    "crash-start",
    "no-program",
    "closes-stdout",
    "answers-and-ends",
    "ends-idle",
    "message",
    "was-cancelled",
    "log-flood",
    "keys",
    "tool-changed",
    "tool-data-changed",
    "input-tool",
    "undeclared-worker",
    "limit",
    "limit-multiplex",
    "places",
    "extra-flags",
    "argfile-lines",
    "flagfile",
    "at-signs",
    "at-arguments",
    "argfile-cycle",
    "argfile-undeclared",
    "no-argfile",
    "large-request",
    "sandbox",
    "sandbox-multiplex",
    "tidies-up",
    "ignores-term",
    "ignores-all",
    "client-killed",
    "quit-after-build",
    "clean",
    "modes",
    "interrupted-silent",
    "cancelled",
    "cancelled-and-done",
    "sandbox-each",
    "both-ways",
    "tool-changed-meanwhile",
    "idle",
    "memory",
    "given-up-writing",
    "given-up-working",
    "given-up-one",
    "again",
    "late-tool-file",
    "race-lost",
    "race-won",
    "race-close",
    "race-cancelled",
    "logs",
    "dialects",
    "input-changed",
    "large-number",
];

static FIXED: LazyLock<Vec<Case>> = LazyLock::new(|| {
    // A test proves that each file parses, so none is ever left out.
    FILES.iter().filter_map(|(name, text)| parse(name, text).ok()).collect()
});

/// The built-in cases.
pub fn fixed_cases() -> &'static [Case] {
    &FIXED
}

/// The built-in cases that exercise a requirement.
pub(super) fn cases_for(id: RequirementId) -> Vec<&'static Case> {
    fixed_cases().iter().filter(|case| case.exercises.contains(&id)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_file_parses_and_has_its_own_name() {
        for (name, text) in FILES {
            assert_eq!(&parse(name, text).unwrap().name, name);
        }
    }

    #[test]
    fn no_file_is_left_out() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let listed: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there, listed);
    }
}
