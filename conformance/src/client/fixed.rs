//! The cases that are built in: `conformance/cases/*.json`.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use pwp_spec::RequirementId;

use super::{Case, parse};
use crate::embedded;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/cases");

/// The built-in cases, in the order in which they are run.
pub fn fixed_cases() -> &'static [Case] {
    static FIXED: LazyLock<Vec<Case>> = LazyLock::new(|| {
        // Tests prove that each file parses, so none is ever left out.
        embedded::files(&FOLDER).into_iter().filter_map(|(name, text)| parse(name, text).ok()).collect()
    });
    &FIXED
}

/// The built-in cases that exercise a requirement.
pub(super) fn cases_for(id: RequirementId) -> Vec<&'static Case> {
    fixed_cases().iter().filter(|case| case.exercises.contains(&id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_parses_and_has_the_name_of_its_case() {
        for (name, text) in embedded::files(&FOLDER) {
            assert_eq!(parse(name, text).unwrap().name, name);
        }
    }
}
