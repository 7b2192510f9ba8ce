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
fn a_folder_is_copied_with_all_that_is_below_it_and_a_file_under_another_name() {
    let place = WorkloadFolder::new(&[("src/a.c", "A"), ("src/sub/deep/b.h", "{run}"), ("other/c.c", "C")]);
    let file = "[[input]]\npath = 'x/main.c'\nfrom = 'src/a.c'\n";
    let workload = place.load(&format!("{SOURCES}{file}")).unwrap();
    assert_eq!(workload.inputs.keys().collect::<Vec<_>>(), ["in/a.c", "in/sub/deep/b.h", "x/main.c"]);
    assert_eq!(text(&workload, "in/sub/deep/b.h"), "{run}", "what is copied is no template");
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

/// Links in a circle and dangling ones end with a message. A socket is not opened, and what is too large is not read: it has no
/// blocks on the disk, and would be 64 GiB.
#[test]
fn what_can_not_be_copied_is_named() {
    type Make = fn(&Path) -> std::io::Result<()>;
    let rows: [(Make, [&str; 2]); 8] = [
        (|src| symlink("..", src.join("link")), ["src/link", "is a link to a folder"]),
        (|src| symlink("../src", src.join("link")), ["src/link", "is a link to a folder"]),
        (|src| symlink("link", src.join("link")), ["src/link", "can't read"]),
        (|src| symlink("gone", src.join("link")), ["src/link", "can't read"]),
        (|src| UnixListener::bind(src.join("s")).map(drop), ["\"src/s\"", "neither a file nor a folder"]),
        (|src| fs::write(src.join(OsStr::from_bytes(b"\xff")), ""), ["xFF", "is not UTF-8; rename it"]),
        (|src| File::create(src.join("huge"))?.set_len(64 << 30), ["src/huge", "256 MiB"]),
        (|src| fs::remove_file(src.join("a.c")), ["\"src\"", "has no files in it"]),
    ];
    for (make, parts) in rows {
        let place = WorkloadFolder::new(&[("src/a.c", "A")]);
        make(&place.path().join("src")).unwrap();
        let problem = place.mistake(SOURCES);
        assert!(parts.iter().all(|part| problem.contains(part)), "{parts:?}: {problem}");
    }
}

#[test]
fn what_contradicts_the_files_is_named() {
    let place = WorkloadFolder::new(&[("src/a.c", "A")]);
    let request = |member: &str| format!("{SOURCES}[[request]]\nname = 'r'\nkind = 'success'\n{member}\n");
    for free in ["in/a.o", "tmp", "pwp-input.txt"] {
        assert!(place.load(&request(&format!("outputs = [{{ path = '{free}' }}]"))).is_ok());
    }
    let rows = [
        (SOURCES.replace("src", "gone"), "can't read \"gone\", from which an input is copied"),
        (SOURCES.replace("src", "gone"), "`from` is relative to the workload's file"),
        (format!("{SOURCES}[[input]]\npath = 'in/a.c'\ncontent = ''\n"), "stands twice, once in a folder"),
        (request("inputs = ['in/b.c']"), "\"in/b.c\", which is not in the folder that is copied"),
        (request("outputs = [{ path = 'in' }]"), "is a file, and other files have it as their folder"),
        (request("outputs = [{ path = 'in/a.c/b' }]"), "is a file, and other files have it as their folder"),
        (request("outputs = [{ path = '__pwp' }]"), "where the suite has its own files"),
        (format!("# {}\n", "x".repeat(8 << 20)), "more than 8388608 bytes; keep large inputs in files"),
    ];
    for (lines, part) in rows {
        let problem = place.mistake(&lines);
        assert!(problem.contains(part), "{part}: {problem}");
    }
}
