//! Bad inputs of a user: words, files, the environment, the streams. Each ends at once, with the exit code that is documented for it and
//! a message of a line or two that says what to do, in which nothing is hidden; and nothing is left of it, and no file is lost.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "bad_inputs/files.rs"]
mod files;
#[path = "bad_inputs/large.rs"]
mod large;
#[path = "bad_inputs/rows.rs"]
mod rows;
#[path = "bad_inputs/shown.rs"]
mod shown;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use pwp_tests::watched::{Ended, Pwp};

use rows::ROWS;

/// `pwp`, as it was built for the tests.
const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");
/// The most characters of all that one mistake is worth.
const LONGEST: usize = 3000;
/// The most memory of a run that comes to nothing, in bytes.
const MEMORY: u64 = 100 << 20;

/// Runs a line in a shell that becomes `pwp`. `files` is `$F`.
fn run(line: &str, files: &Path) -> Ended {
    let pwp = Pwp::new("/bin/sh");
    let (files, out) = (files.display(), pwp.out());
    let script =
        format!("PWP='{PWP}' F='{files}' O='{}'\npwp() {{ exec \"$PWP\" \"$@\"; }}\n{line}", out.display());
    pwp.args(["-c", &script]).run()
}

/// The same for a line that needs no files.
fn run_alone(line: &str) -> Ended {
    run(line, Path::new("/nowhere"))
}

/// What stands in a text and can't be seen. Written from the charts, not from the code that is tested.
fn hidden(text: &str) -> Vec<char> {
    let is_hidden = |c: &char| {
        let code = u32::from(*c);
        matches!(
            code,
            0..=8 | 0xb..=0x1f | 0x7f..=0x9f | 0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
                | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff
                | 0xffa0 | 0xfff0..=0xfffb | 0xfffe | 0xffff | 0xe0000..=0xe0fff | 0xf0000..=0x0010_ffff
        )
    };
    text.chars().filter(is_hidden).collect()
}

/// All files of a folder, with what stands in them.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn every_bad_input_has_one_short_message_its_exit_code_and_no_other_trace() {
    assert!(ROWS.len() >= 120);
    let files = tempfile::tempdir().unwrap();
    let files = files.path();
    files::write_all(files);
    let before = contents(files);
    let (mut all, mut wrong) = (String::new(), String::new());
    for (line, code) in ROWS {
        let ended = run(line, files);
        let message = ended.stderr.replace(&*files.to_string_lossy(), "$F");
        let message = message.replace(&*ended.out().to_string_lossy(), "$O").replace("pwp-under-test", "pwp");
        let said =
            message.lines().filter(|line| ["error: ", "pwp: "].iter().any(|word| line.starts_with(word)));
        let problems = [
            (ended.code != Some(*code), format!("exit code {:?}, signal {:?}", ended.code, ended.signal)),
            (!ended.left.is_empty(), format!("left behind: {:?}", ended.left)),
            (ended.stderr.contains("panicked") || ended.stderr.contains("backtrace"), "it panics".into()),
            (said.count() > 1 || ended.stderr.len() > LONGEST, "it says too much".into()),
            (*code != 0 && !line.contains("2>") && message.is_empty(), "it says nothing".into()),
            (!hidden(&ended.stderr).is_empty(), format!("hidden: {:?}", hidden(&ended.stderr))),
            (
                !ended.stdout.is_empty() && !line.contains('>') && !line.contains("--only first-answers"),
                format!("it began: {}", ended.stdout),
            ),
            (ended.peak > MEMORY, format!("{} bytes of memory", ended.peak)),
        ];
        for (_, problem) in problems.iter().filter(|(is_so, _)| *is_so) {
            let _ = writeln!(wrong, "$ {line}\n{problem}\n{message}");
        }
        let _ = writeln!(all, "$ {line}\n{}\n[exit {code}]\n", message.trim_end());
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(before == contents(files), "a file of the user was changed");
    let filters = [
        (r"0{50,}", "[many zeros]"),
        (r"x{50,}", "[many x]"),
        (r"choose one of [-a-z0-9, ]+", "choose one of [faults]"),
    ];
    insta::with_settings!({ filters => filters, omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "bad_inputs" }, {
        insta::assert_snapshot!("messages", all);
    });
}

/// A reader that takes no more is no error, and what it has read is right.
#[test]
fn a_reader_may_go_away() {
    for command in ["list", "explain W-031", "faults", "--help", "list --format json"] {
        let line = format!("{{ \"$PWP\" {command}; echo \"exit $?\" >&2; }} | head -c 1 > /dev/null");
        let ended = run_alone(&line);
        assert_eq!(ended.stderr.trim(), "exit 0", "{command}");
        assert_eq!(ended.left, [""; 0]);
    }
}

/// What is odd about the environment and still right: a run passes as it does anywhere.
#[test]
fn an_odd_environment_is_no_mistake() {
    for odd in [
        "unset HOME; unset TERM; export COLUMNS=0 LC_ALL=C",
        "export COLUMNS=18446744073709551616 LINES=-1 TERM=nonsense",
        r#"mkdir "$O/two words ä"; export TMPDIR="$O/two words ä""#,
        r#"cd "$O"; mkdir relative; export TMPDIR=relative"#,
        "unset TMPDIR",
        "export TMPDIR=",
        "export RUST_BACKTRACE=full RUST_LOG=trace",
        "exec <&-",
    ] {
        let ended = run_alone(&format!("{odd}; pwp check worker --only answers,one-shot --cases 2"));
        // A selection is no claim, so it ends with 5.
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(5), ""), "{odd}: {}", ended.stdout);
        assert_eq!(ended.left, [""; 0], "{odd}");
        for name in ["two words ä", "relative"] {
            let left = fs::read_dir(ended.out().join(name)).into_iter().flatten().count();
            assert_eq!(left, 0, "{odd}");
        }
    }
}

/// Who runs it twice gets the second report in the place of the first, and no question.
#[test]
fn a_second_run_replaces_what_the_first_has_written() {
    let outputs = r#"--report "$O/r.json" --junit "$O/r.xml" --html "$O/r.html" --transcripts "$O/t""#;
    let check = format!(
        "\"$PWP\" check worker --only first-answers,answers --cases 0 {outputs} -- \"$PWP\" worker --fault=wrong-id"
    );
    let ended =
        run_alone(&format!("{check} > /dev/null; {check} > /dev/null; {check} --format github > /dev/null"));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    for name in ["r.json", "r.xml", "r.html"] {
        assert!(fs::metadata(ended.out().join(name)).unwrap().len() > 1000, "{name}");
    }
    assert!(fs::read_dir(ended.out().join("t")).unwrap().count() >= 2);
}
