//! Imports go one way, from what decides to what knows: no circle among modules, and no import upwards.
//!
//! The test reads the paths that begin with `crate`, `super` or `self` in the source of each crate, tests left out. A path counts as an
//! import of the file that defines what it names: a re-export in a `mod.rs` is looked through.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/modules.rs"]
mod modules;
#[path = "architecture/source.rs"]
mod source;

use std::path::{Path, PathBuf};

use modules::Modules;

/// The sources of the crates that are looked at.
const CRATES: [&str; 9] = [
    "conformance/src",
    "fuzz/src",
    "proto/src",
    "reference-client/src",
    "reference-worker/src",
    "report/src",
    "spec/catalogue/src",
    "spec/preprocessor/src",
    "spec/tools/src",
];

/// The modules of `conformance/src`, from what decides to what knows. A module imports from rows below its own, and never from its
/// own row or from one above.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["builtin", "survey"],
    &["suite", "client", "tap", "call"],
    &["expect", "selection"],
    &["runner", "probe"],
    &["script"],
    &["workload", "process"],
    &["oracle"],
    &["history"],
    &["embedded", "files", "digest", "malformed"],
];

/// Circles that are still there. The list only gets shorter: an entry that no longer holds fails the test, too.
const KNOWN_CIRCLES: &[&str] = &[];

/// Upward imports that are still there, as `from -> to`. The list only gets shorter, too.
const KNOWN_UPWARDS: &[&str] = &[];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn crates() -> impl Iterator<Item = (&'static str, Modules)> {
    let there = CRATES.into_iter().filter(|folder| root().join(folder).is_dir());
    there.map(|folder| (folder, Modules::read(&root().join(folder))))
}

/// Fails on what is new, and on what is known and no longer there.
#[track_caller]
fn compare(found: &[(String, String)], known: &[&str], remedy: &str) {
    let new: Vec<&str> = found
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(new.is_empty(), "{}\n\n{remedy}", new.join("\n"));
    let gone: Vec<&&str> =
        known.iter().filter(|known| found.iter().all(|(name, _)| name != **known)).collect();
    assert!(gone.is_empty(), "no longer true, so take it out of the list of what is known: {gone:#?}");
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for (folder, modules) in crates() {
        for circle in circles::all(&modules) {
            let members: Vec<String> = circle.members.iter().map(|member| member.to_string()).collect();
            let name = format!("{folder}: {}", members.join(", "));
            let text = format!("{name} import each other:\n  {}", circle.imports.join("\n  "));
            found.push((name, text));
        }
    }
    compare(
        &found,
        KNOWN_CIRCLES,
        "Modules that import each other are one module, or both mean a third thing: find it, and move it to a module that imports neither.",
    );
}

#[test]
fn no_module_imports_from_above() {
    let layer = |module: &str| LAYERS.iter().position(|row| row.contains(&module));
    let modules = Modules::read(&root().join("conformance/src"));
    let unknown: Vec<&str> = modules.roots().filter(|name| layer(name).is_none()).collect();
    assert!(unknown.is_empty(), "no row of LAYERS has {unknown:?}: say where they belong");
    let mut found = Vec::new();
    for import in modules.imports() {
        let (from, to) = (import.from[0].as_str(), import.to[0].as_str());
        if from != to && layer(from) >= layer(to) {
            let name = format!("{from} -> {to}");
            let text = format!("{name}: {}", import.place(&modules));
            found.push((name, text));
        }
    }
    compare(
        &found,
        KNOWN_UPWARDS,
        "LAYERS in this test says who knows whom. Move what is imported to the row that knows it, or give it as an argument.",
    );
}

/// The test itself sees a circle and an upward import where there is one.
#[test]
fn a_circle_and_its_imports_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a;\nmod b;\nmod c;\n");
    // Through a re-export, in braces, over several lines, with a comment that counts for nothing.
    write("a/mod.rs", "//! See crate::c.\nmod deep;\npub use deep::Deep;\n");
    write("a/deep.rs", "use crate::{\n    b::{self, Other},\n};\npub struct Deep;\n");
    write("b.rs", "pub struct Other;\nfn f(_: crate::a::Deep) {}\n");
    write("c.rs", "use crate::a::Deep;\n#[cfg(test)]\nmod tests {\n    use crate::b::Other;\n}\n");
    let modules = Modules::read(folder.path());
    let circles = circles::all(&modules);
    assert_eq!(circles.len(), 1, "{circles:?}");
    assert_eq!(circles[0].members, ["a", "b"]);
    assert_eq!(
        circles[0].imports,
        ["a/deep.rs:1: crate::b", "a/deep.rs:1: crate::b::Other", "b.rs:2: crate::a::Deep"]
    );
    let of_c: Vec<_> =
        modules.imports().filter(|import| *import.from == ["c"]).map(|import| import.to).collect();
    assert_eq!(of_c, [["a", "deep"]]);
}
