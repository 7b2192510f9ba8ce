//! `pwp-spec lint` as a command: it ends with 0 on the book of this repository, and with 1 on each kind of mistake, which it names.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

const BLOCK: &str = "\
> **W-031** · MUST · proto, json · since 1.0
> A worker writes one response.
>
> *Why:* a missing response hangs the build.
> *Sources:* example/build#1.
> *Untested:* this is a test.
";

/// The exit code and the output of `pwp-spec lint`.
fn lint(root: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pwp-spec"));
    let output = command.args(["lint", "--root"]).arg(root).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn the_book_passes() {
    let (code, text) = lint(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_folder_without_a_book_is_a_mistake_on_the_command_line() {
    let (code, text) = lint(Path::new("nowhere"));
    assert_eq!(code, Some(2));
    assert_eq!(
        text,
        "pwp-spec: cannot read nowhere/spec/src: No such file or directory (os error 2); run the command in the root of the pwp repository\n"
    );
}

#[test]
fn each_kind_of_mistake_fails() {
    // 300 has no check and no fault in this build, nor a reason without this line.
    let bare = &BLOCK.replace("031", "300").replace("> *Untested:* this is a test.\n", "");
    let cases = [
        (&format!("{BLOCK}\n{BLOCK}"), "output.md:8: duplicate-id: W-031"),
        (&BLOCK.replace("writes", "must write"), "output.md:1: keyword-in-text: W-031"),
        (&format!("A worker should answer.\n\n{BLOCK}"), "output.md:1: keyword-outside-block: "),
        (&format!("{BLOCK}\n[x](none.md)\n"), "output.md:8: dead-link: "),
        (&format!("{BLOCK}\n[x](#W-032)\n"), "output.md:8: dead-link: "),
        (bare, "output.md:1: no-check: W-300"),
        (bare, "output.md:1: no-fault: W-300"),
        (&BLOCK.replace("json", "xml"), "output.md:1: unknown-dialect: "),
        (&BLOCK.replace("example/build#1", "a book"), "output.md:1: source: W-031"),
    ];
    for (chapter, expected) in cases {
        let dir = tempfile::TempDir::new().unwrap();
        fs::create_dir_all(dir.path().join("spec/src")).unwrap();
        fs::write(dir.path().join("spec/src/SUMMARY.md"), "- [Output](output.md)\n").unwrap();
        fs::write(dir.path().join("spec/CHANGELOG.md"), "## 2026-12 (draft)\n").unwrap();
        fs::write(dir.path().join("spec/src/output.md"), chapter).unwrap();
        let (code, text) = lint(dir.path());
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains(&format!("spec/src/{expected}")), "{expected} is not in:\n{text}");
    }
}
