//! Commands that cannot be started: exit code 3, one line that names the program and what to do.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use pwp_tests::watched::Ended;

use super::subject::{leaves_nothing, quick};

/// A file in the folder of a run: name, content, rights.
const FILES: [(&str, &str, u32); 4] = [
    ("not-executable", "#!/bin/sh\n", 0o644),
    ("empty", "", 0o755),
    ("no-interpreter-line", "echo hello; exec sleep 1000\n", 0o755),
    ("missing-interpreter", "#!/nowhere/at-all\n", 0o755),
];

/// Checks one of the files, by its absolute path.
fn run(name: &str) -> Ended {
    let pwp = quick();
    let out = pwp.out();
    for (file, content, rights) in FILES {
        fs::write(out.join(file), content).unwrap();
        fs::set_permissions(out.join(file), fs::Permissions::from_mode(rights)).unwrap();
    }
    fs::create_dir(out.join("a-folder")).unwrap();
    let ended = pwp.args([OsStr::new("--"), out.join(name).as_os_str()]).run();
    leaves_nothing(&ended);
    ended
}

#[test]
fn a_command_that_cannot_be_started_is_named_with_a_remedy() {
    let mut messages = String::new();
    for name in ["missing", "not-executable", "a-folder", "missing-interpreter"] {
        let ended = run(name);
        let message = ended.stderr.replace(&ended.out().display().to_string(), "");
        assert_eq!(ended.code, Some(3), "{name}: {message}");
        assert!(message.starts_with("pwp: ") && message.trim_end().lines().count() == 1, "{name}: {message}");
        assert!(message.contains(name), "{name}: {message}");
        messages += &format!("{name}:\n  {message}");
    }
    insta::with_settings!({ omit_expression => true, snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("unstartable", messages);
    });
}

/// `execvp`, like every shell, gives a file without interpreter line to `sh`.
#[test]
fn a_file_without_interpreter_line_is_a_shell_script() {
    for (name, broken, seen) in
        [("empty", "W-001", "exit status 0"), ("no-interpreter-line", "W-030", "line of text")]
    {
        let ended = run(name);
        assert_eq!(ended.code, Some(1), "{name}: {}", ended.stderr);
        let fails: Vec<String> = ended.report().violated().map(|result| result.id.to_string()).collect();
        assert_eq!(fails, [broken], "{name}");
        assert!(ended.stdout.contains(seen), "{name}: {}", ended.stdout);
    }
}

#[test]
fn a_program_that_is_not_in_path_is_named() {
    let ended = quick().args(["--", "pwp-no-such-program"]).run();
    leaves_nothing(&ended);
    assert_eq!(ended.code, Some(3));
    assert!(
        ended.stderr.contains("\"pwp-no-such-program\"") && ended.stderr.contains("PATH"),
        "{}",
        ended.stderr
    );
}
