//! What a tool author pays: the number of crates in the default build.

use std::{collections::BTreeSet, env, process::Command};

/// This crate and everything that it links, macros included.
const CEILING: usize = 25;

#[test]
fn the_default_build_is_small() {
    let output = Command::new(env::var_os("CARGO").unwrap())
        .args([
            "tree",
            "--locked",
            "--offline",
            "--package",
            "pwp-worker",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    assert!(output.status.success() && crates.len() > 1, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(crates.len() <= CEILING, "{} crates: {crates:#?}", crates.len());
    assert!(!crates.iter().any(|name| name.starts_with("tokio ")), "{crates:#?}");
}
