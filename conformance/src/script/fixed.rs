//! The scripts that are built in: `conformance/scripts/*.json`.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};

use super::{Script, parse};
use crate::embedded;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scripts");

static FIXED: LazyLock<Vec<Script>> = LazyLock::new(|| {
    // Tests prove that each file parses, so none is ever left out.
    embedded::files(&FOLDER).into_iter().filter_map(|(name, text)| parse(name, text).ok()).collect()
});

/// The built-in scripts, in the order in which they are run.
pub fn fixed() -> &'static [Script] {
    &FIXED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_parses_and_has_the_name_of_its_script() {
        for (name, text) in embedded::files(&FOLDER) {
            assert_eq!(parse(name, text).unwrap().name, name);
        }
    }
}
