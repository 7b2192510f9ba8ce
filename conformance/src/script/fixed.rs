//! The scripts that are built in: `conformance/scripts/*.json`.

use std::sync::LazyLock;

use super::{Script, parse};

macro_rules! scripts {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../scripts/", $name, ".json")))),*]
    };
}

/// Name and text of each, in the order in which they are run.
const FILES: &[(&str, &str)] = scripts![
    "first-answers",
    "first-answers-multiplex",
    "first-probe",
    "slow",
    "slow-multiplex",
    "answers",
    "silence",
    "flag-known",
    "flag-unknown",
    "one-shot",
    "one-shot-success",
    "one-shot-failure",
    "one-shot-argfile",
    "argfile",
    "sizes",
    "small-sizes",
    "single-ids",
    "five-megabytes",
    "split-bytes",
    "split-length",
    "split-halves",
    "coalesced-multiplex",
    "coalesced-cut",
    "coalesced-cancel",
    "empty",
    "empty-first",
    "unknown-fields",
    "no-arguments",
    "explicit-defaults",
    "reversed-fields",
    "pretty",
    "no-newline",
    "escapes",
    "digests",
    "non-ascii",
    "malformed",
    "malformed-first",
    "malformed-length",
    "malformed-json",
    "truncated",
    "truncated-length",
    "wrong-wire-type",
    "many",
    "work",
    "failures",
    "crash",
    "stdin",
    "pipelined",
    "zero-id",
    "high-ids",
    "negative-ids",
    "reused-ids",
    "parallel",
    "overtaken",
    "duplicate-id",
    "cancel-running",
    "cancel-prompt",
    "cancel-at-once",
    "cancel-unknown",
    "cancel-first",
    "cancel-late",
    "cancel-twice",
    "cancel-fields",
    "cancel-forgotten",
    "cancel-running-multiplex",
    "cancel-prompt-multiplex",
    "cancel-at-once-multiplex",
    "cancel-unknown-multiplex",
    "cancel-first-multiplex",
    "cancel-late-multiplex",
    "cancel-twice-multiplex",
    "cancel-fields-multiplex",
    "cancel-forgotten-multiplex",
    "cancel-neighbour",
    "cancel-undeclared",
    "eof-first",
    "eof-idle",
    "eof-open",
    "eof-open-slow",
    "eof-open-multiplex",
    "sigterm-idle",
    "sigterm-open",
    "sigterm-open-slow",
    "verbosity",
    "verbosity-logs",
];

static FIXED: LazyLock<Vec<Script>> = LazyLock::new(|| {
    // A test proves that each file parses, so none is ever left out.
    FILES.iter().filter_map(|(name, text)| parse(name, text).ok()).collect()
});

/// The built-in scripts.
pub fn fixed() -> &'static [Script] {
    &FIXED
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
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let listed: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there, listed);
    }
}
