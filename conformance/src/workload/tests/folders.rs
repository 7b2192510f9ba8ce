//! What inputs are copied from: files, folders, links, and what is too much.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::WorkloadFolder;

const SOURCES: &str = "[[input]]\npath = \"in\"\nfrom = \"src\"\n";

fn text(workload: &super::Workload, path: &str) -> String {
    let bytes = workload.inputs[path].bytes_in("/run".as_ref()).into_owned();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_folder_is_copied_with_all_that_is_below_it() {
    let place = WorkloadFolder::new(&[("src/a.c", "A"), ("src/sub/deep/b.h", "{run}"), ("other/c.c", "C")]);
    let workload = place.load(SOURCES).unwrap();
    assert_eq!(workload.inputs.keys().collect::<Vec<_>>(), ["in/a.c", "in/sub/deep/b.h"]);
    assert_eq!(text(&workload, "in/sub/deep/b.h"), "{run}", "what is copied is no template");
}

#[test]
fn a_file_is_copied_under_another_name() {
    let place = WorkloadFolder::new(&[("src/a.c", "A")]);
    let workload = place.load("[[input]]\npath = \"x/main.c\"\nfrom = \"src/a.c\"\n").unwrap();
    assert_eq!(text(&workload, "x/main.c"), "A");
}

#[test]
fn what_can_be_executed_stays_so_or_is_made_so() {
    let place = WorkloadFolder::new(&[("src/tool", "#!/bin/sh\n"), ("src/data", "")]);
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.path().join("src/tool"), mode).unwrap();
    let executable = |lines: &str| {
        let workload = place.load(lines).unwrap();
        workload.inputs.into_values().map(|content| content.executable).collect::<Vec<_>>()
    };
    assert_eq!(executable(SOURCES), [false, true]);
    assert_eq!(executable(&format!("{SOURCES}executable = true\n")), [true, true]);
    assert_eq!(executable("[[input]]\npath = \"t\"\ncontent = \"\"\nexecutable = true\n"), [true]);
}

#[test]
fn what_is_missing_or_empty_is_named() {
    let place = WorkloadFolder::new(&[("a.c", "")]);
    let missing = place.mistake(SOURCES);
    assert!(missing.contains("\"src\"") && missing.contains("relative to the workload's file"), "{missing}");
    fs::create_dir(place.path().join("src")).unwrap();
    assert!(place.mistake(SOURCES).contains("has no files in it"));
}

#[test]
fn a_workload_without_a_folder_copies_nothing() {
    let text = format!("schema = \"pwp/workload/v1\"\nname = \"a tool\"\n{SOURCES}");
    let error = super::super::parse("built in", &text).unwrap_err().to_string();
    assert!(error.starts_with("built in: ") && error.contains("write `content`"), "{error}");
}

#[test]
fn links_are_followed_inside_and_never_out_of_the_folder() {
    let outside = WorkloadFolder::new(&[("secret", "S")]);
    let place = WorkloadFolder::new(&[("src/a.c", "A"), ("lib/b.h", "B")]);
    symlink("../lib/b.h", place.path().join("src/b.h")).unwrap();
    assert_eq!(text(&place.load(SOURCES).unwrap(), "in/b.h"), "B");

    let outside = outside.path();
    for target in [outside.join("secret"), outside.to_owned(), "../../".into(), "/etc/passwd".into()] {
        let link = place.path().join("src/link");
        symlink(&target, &link).unwrap();
        let problem = place.mistake(SOURCES);
        assert!(problem.contains("leads out of the workload's folder"), "{target:?}: {problem}");
        fs::remove_file(link).unwrap();
    }
    // The path to what is copied may itself be one.
    symlink(outside, place.path().join("out")).unwrap();
    let problem = place.mistake("[[input]]\npath = \"s\"\nfrom = \"out/secret\"\n");
    assert!(problem.contains("leads out of the workload's folder"), "{problem}");
}

#[test]
fn links_in_a_circle_and_dangling_ones_end_with_a_message() {
    let place = WorkloadFolder::new(&[("src/sub/a.c", "A")]);
    let is_folder = "is a link to a folder";
    for (target, part) in
        [("..", is_folder), ("../sub", is_folder), ("link", "can't read"), ("gone", "can't read")]
    {
        let link = place.path().join("src/sub/link");
        symlink(target, &link).unwrap();
        let problem = place.mistake(SOURCES);
        assert!(problem.contains(part) && problem.contains("src/sub/link"), "{target}: {problem}");
        fs::remove_file(link).unwrap();
    }
}

/// A socket is not opened, and what is too large is not read: it has no blocks on the disk, and would be 64 GiB.
#[test]
fn what_can_not_be_copied_is_named() {
    type Make = fn(&Path) -> std::io::Result<()>;
    let rows: [(Make, [&str; 2]); 3] = [
        (|src| UnixListener::bind(src.join("s")).map(drop), ["\"src/s\"", "neither a file nor a folder"]),
        (|src| fs::write(src.join(OsStr::from_bytes(b"\xff")), ""), ["xFF", "is not UTF-8; rename it"]),
        (|src| File::create(src.join("huge"))?.set_len(64 << 30), ["src/huge", "256 MiB"]),
    ];
    for (make, parts) in rows {
        let place = WorkloadFolder::new(&[("src/a.c", "A")]);
        make(&place.path().join("src")).unwrap();
        let problem = place.mistake(SOURCES);
        assert!(parts.iter().all(|part| problem.contains(part)), "{parts:?}: {problem}");
    }
}

#[test]
fn a_path_that_is_a_file_and_a_folder_is_refused() {
    let place = WorkloadFolder::new(&[("src/a.c", "A")]);
    let request = "[[request]]\nname = 'r'\nkind = 'success'\n";
    let output = |path: &str| format!("{SOURCES}{request}outputs = [{{ path = '{path}' }}]\n");
    assert!(place.load(&output("in/a.o")).is_ok());
    for path in ["in", "in/a.c/b.o"] {
        let problem = place.mistake(&output(path));
        assert!(problem.contains("is a file, and other files have it as their folder"), "{path}: {problem}");
    }
    assert!(place.mistake(&output("tmp")).contains("folder for temporary files"));
    let twice = format!("{SOURCES}[[input]]\npath = \"in/a.c\"\ncontent = \"\"\n");
    assert!(place.mistake(&twice).contains("stands twice, once in a folder"));
}
