//! Subjects that put links, FIFOs, devices and folders where the suite has its files, and trees that can't be removed in the usual way.
//!
//! Beside the run stands a folder that nobody may touch. Whatever is done, it is afterwards as it was; no file is left in the directory for
//! temporary files; the run ends soon, with little memory, and says what is true.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pwp::report::Verdict;
use pwp_tests::watched::{Ended, Pwp};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::subject::leaves_nothing;

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// Requests with inputs and outputs, one of them with a change to an input. In one-shot mode the subject does nothing.
const WORKLOAD: &str = r#"
schema = "pwp/workload/v1"
name = "files"
one_shot = false
input = [
    { path = "in/a.txt", content = "usual" },
    { path = "in/b.txt", content = "beta" },
]
request = [
    { name = "a", kind = "success", arguments = ["--out=out/a.o"], inputs = ["in/a.txt"], outputs = [{ path = "out/a.o", content = "text\n" }] },
    { name = "b", kind = "success", arguments = ["--out=out/b.o"], inputs = ["in/b.txt"], outputs = [{ path = "out/b.o", content = "text\n" }] },
    { name = "changed", kind = "success", arguments = ["--out=out/c.o"], changes = [{ path = "in/a.txt", content = "changed" }], outputs = [{ path = "out/c.o", content = "text\n" }] },
]
"#;

/// How long a run may take: a healthy one takes a few seconds, and one time limit is two.
const TIME: Duration = Duration::from_secs(60);

/// What stands in a folder: each path with its kind, its size, its content and when it was changed.
type Seen = BTreeMap<PathBuf, (u32, u64, Vec<u8>, i64, i64)>;

fn look(folder: &Path) -> Seen {
    let mut seen = Seen::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let data = fs::symlink_metadata(&folder).unwrap();
        seen.insert(folder.clone(), (data.mode(), 0, Vec::new(), data.mtime(), data.mtime_nsec()));
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::symlink_metadata(&path).unwrap();
            if data.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path).unwrap();
                seen.insert(path, (data.mode(), data.size(), content, data.mtime(), data.mtime_nsec()));
            }
        }
    }
    seen
}

/// A folder that nobody may touch, with names in it that the suite gives to its own.
fn make_outside(out: &Path) -> PathBuf {
    let outside = out.join("outside");
    for folder in ["1/_main", "2/_main", "_main", "tmp", "filler"] {
        fs::create_dir_all(outside.join(folder)).unwrap();
        fs::write(outside.join(folder).join("precious"), "precious").unwrap();
    }
    for file in ["precious", "a.txt", "a.o", "arguments-1.txt", "000000"] {
        fs::write(outside.join(file), "precious").unwrap();
    }
    outside
}

fn check_with(behaviour: &str, only: &str) -> Ended {
    // Some need a second before their first answer; nobody has to be waited for in vain.
    let pwp = Pwp::new(PWP)
        .args(["check", "worker", "--start-limit", "20s", "--cases", "4", "--budget", "1s"])
        .with_report();
    let outside = make_outside(&pwp.out());
    let before = look(&outside);
    let workload = pwp.out().join("workload.toml");
    fs::write(&workload, WORKLOAD).unwrap();
    let began = Instant::now();
    let ended = pwp
        .args(["--only", only, "--feature", "multiplex,multiplex-sandboxing", "--workload"])
        .args([workload.as_os_str()])
        .args(["--", env!("CARGO_BIN_EXE_hostile-subject"), behaviour])
        .args([outside.as_os_str()])
        .run();
    let took = began.elapsed();
    leaves_nothing(&ended);
    assert_eq!(ended.stderr, "", "{behaviour}");
    assert_eq!(look(&outside), before, "{behaviour}: something outside was touched");
    assert!(took < TIME, "{behaviour} took {took:?}");
    ended
}

/// Scripts that use each kind of file that the suite makes: inputs, argfiles, sandboxes, fillers, and those drawn from the workload.
const SCRIPTS: &str = "first-answers,answers,argfile,digests,non-ascii,five-megabytes,drawn-*";

/// For trees that take a while to make and to remove.
const FEW: &str = "first-answers";

macro_rules! behaviours {
    ($scripts:ident: $($name:ident: $behaviour:literal => $code:pat, fails $fails:expr;)*) => {
        $(#[test]
        fn $name() {
            let ended = check_with($behaviour, $scripts);
            let fails: Vec<String> = ended.report().requirements.iter()
                .filter(|result| matches!(result.verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error))
                .map(|result| format!("{} {}", result.id, result.verdict))
                .collect();
            let expected: &[&str] = &$fails;
            let (may, has_to): (Vec<&str>, Vec<&str>) = expected.iter().partition(|text| text.starts_with('?'));
            let is_expected = |found: &String| {
                has_to.contains(&found.as_str()) || may.iter().any(|may| found.starts_with(&may[1..]))
            };
            let missing = has_to.iter().any(|text| fails.iter().all(|found| found != text));
            assert!(!missing && fails.iter().all(is_expected), "{fails:?} {}", ended.stdout);
            assert!(matches!(ended.code, Some($code)), "{:?} {}", ended.code, ended.stdout);
        })*
    };
}

behaviours! {
    SCRIPTS:
    // Where nothing is broken the code is 5: a run of selected scripts makes no claim.
    // It does its work and nothing else, so that the others are known to be judged for what they do.
    works: "works" => 5, fails [];

    // What a subject does to its own inputs behind its answer harms only itself: the next request finds them as they have to be.
    links_inputs: "links-inputs" => 5, fails [];
    links_inputs_nowhere: "links-inputs-nowhere" => 5, fails [];
    hard_links_inputs: "hard-links-inputs" => 5, fails [];
    zeros_inputs: "zeros-inputs" => 5, fails [];
    fifos_inputs: "fifos-inputs" => 5, fails [];
    folders_inputs: "folders-inputs" => 5, fails [];
    bloats_inputs: "bloats-inputs" => 5, fails [];
    // A link that is new in the working directory is also a file outside of the sandbox of its request.
    links_folders: "links-folders" => 1 | 5, fails ["?W-101"];

    // Nor does what it puts where the suite makes its own files.
    links_argfiles: "links-argfiles" => 5, fails [];
    fifos_argfiles: "fifos-argfiles" => 5, fails [];
    folders_argfiles: "folders-argfiles" => 5, fails [];
    links_fillers: "links-fillers" => 5, fails [];
    // It may take a sandbox away in which an argfile is already, or an output. Whether it does is a matter of moments.
    links_sandboxes: "links-sandboxes" => 1 | 5, fails ["?W-100", "?W-054"];
    links_each_sandbox: "links-each-sandbox" => 1 | 5, fails ["?W-100", "?W-054"];
    links_own_folder: "links-own-folder" => 5, fails [];
    links_temporary: "links-temporary" => 5, fails [];

    // Its own next request finds nothing where it can write, and so one harms another.
    cannot_be_changed: "cannot-be-changed" => 1, fails ["W-058 fail", "?W-061", "?W-054"];
    links_its_directory: "links-its-directory" => 1, fails ["W-054 fail", "?W-055", "?W-100"];
    moves_its_directory: "moves-its-directory" => 1, fails ["W-054 fail", "?W-055", "?W-100"];

    // An output is a file, or a link to one that is inside.
    fifos_outputs: "fifos-outputs" => 1, fails ["W-054 fail"];
    zeros_outputs: "zeros-outputs" => 1, fails ["W-054 fail"];
    folders_outputs: "folders-outputs" => 1, fails ["W-054 fail"];
    sockets_outputs: "sockets-outputs" => 1, fails ["W-054 fail"];
    bloats_outputs: "bloats-outputs" => 1, fails ["W-054 fail"];
    links_outputs_inside: "links-outputs-inside" => 5, fails [];

    // What it makes when it starts can come a moment behind the first look.
    names_without_text: "names-without-text" => 1 | 5, fails ["?W-101"];
}

behaviours! {
    FEW:
    nests: "nests" => 5, fails [];
    scatters: "scatters" => 5, fails [];
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// A file that the user names is read within a limit, and nothing but a file or a pipe is read.
#[test]
fn named_files_that_are_no_files_are_refused() {
    let kinds = ["zero", "fifo", "folder", "sparse"];
    let commands = |path: &str| {
        vec![
            vec!["check".into(), "worker".into(), "--expect".into(), path.to_owned()],
            vec!["check".into(), "worker".into(), "--workload".into(), path.to_owned()],
            vec!["replay".into(), path.to_owned()],
            vec!["workload".into(), "check".into(), path.to_owned()],
            vec!["call".into(), "--request".into(), format!("@{path}"), "--".into(), "true".into()],
        ]
    };
    for kind in kinds {
        for number in 0..commands("").len() {
            // Nobody writes to a FIFO; a pipe may take a minute, so it is tried once.
            if kind == "fifo" && number > 0 {
                continue;
            }
            let pwp = Pwp::new(PWP);
            let path = pwp.out().join(kind);
            match kind {
                "zero" => symlink("/dev/zero", &path).unwrap(),
                "fifo" => fifo(&path),
                "folder" => fs::create_dir(&path).unwrap(),
                _ => fs::File::create(&path).unwrap().set_len(1 << 30).unwrap(),
            }
            let arguments = &commands(&path.to_string_lossy())[number];
            let ended = pwp.args(arguments).run();
            leaves_nothing(&ended);
            assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
            let lines = ended.stderr.trim_end().lines().count();
            assert!(ended.stderr.starts_with("pwp: ") && lines == 1, "{arguments:?}: {}", ended.stderr);
        }
    }
}

/// A client that takes plans, as a shell script with the folder outside as `$1`, the plan as `$2` and the outcomes as `$3`.
fn check_client(script: &str) -> (Ended, bool) {
    let pwp = Pwp::new(PWP);
    let outside = make_outside(&pwp.out());
    let before = look(&outside);
    let ended = pwp
        .args(["check", "client", "command", "--only", "plain", "--repeat", "0"])
        .with_report()
        .args(["--", "sh", "-c", script, "sh"])
        .args([outside.as_os_str()])
        .args(["{plan}", "{outcomes}"])
        .run();
    leaves_nothing(&ended);
    let untouched = look(&outside) == before;
    (ended, untouched)
}

#[test]
fn outcomes_that_are_no_file_are_an_error_with_their_name() {
    for (script, words) in [
        (r#"mkfifo "$3""#, "it is a FIFO and not a regular file"),
        (r#"ln -s /dev/zero "$3""#, "it is a link and not a regular file"),
        (r#"ln -s "$1/precious" "$3""#, "it is a link and not a regular file"),
        (r#"mkdir "$3""#, "it is a folder and not a regular file"),
        (r#"truncate -s 1G "$3""#, "it has more than 16 MiB"),
        (r#"head -c 1000 /dev/urandom > "$3""#, "no outcomes that can be read"),
    ] {
        let (ended, untouched) = check_client(script);
        assert!(untouched, "{script}");
        assert!(ended.stderr.contains(words), "{script}: {}", ended.stderr);
        assert_eq!(ended.code, Some(4), "{script}: {}", ended.stderr);
    }
}

/// What stands in place of the files of a case, and of the folders above them, is not followed.
#[test]
fn links_in_place_of_the_files_of_a_case_are_not_followed() {
    for script in [
        r#"rm -rf record; ln -s "$1" record"#,
        r#"rm -rf record/marks; ln -s "$1" record/marks"#,
        r#"rm -rf client.log; ln -s "$1/precious" client.log"#,
        r#"ln -s "$1" state; ln -s /dev/zero record/process-1.jsonl"#,
        r#"mkfifo record/process-1.jsonl"#,
        r#"rm -rf exec; ln -s "$1" exec"#,
        r#"rm -rf "$PWD"; ln -s "$1" "$PWD""#,
        r#"cd ../..; rm -rf "$PWD"; ln -s "$1" "$PWD""#,
        r#"cd ../../..; rm -rf "$PWD"; ln -s "$1" "$PWD""#,
    ] {
        let (ended, untouched) = check_client(script);
        assert!(untouched, "{script}: something outside was touched");
        assert!(ended.code.is_some_and(|code| code != 0), "{script}: {}", ended.stdout);
    }
}

/// Where this user can mount something of its own: a disk of 16 MB that the subject fills to the last inode.
#[test]
fn a_full_disk_is_the_doing_of_the_subject() {
    let run = |behaviour: &str| {
        let pwp = Pwp::new("unshare");
        let workload = pwp.out().join("workload.toml");
        fs::write(&workload, WORKLOAD).unwrap();
        let mount = r#"mount -t tmpfs -o size=16m,nr_inodes=4000 tmpfs "$TMPDIR" || exit 77; exec "$@""#;
        let arguments = ["--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"];
        pwp.args(arguments)
            .args([PWP])
            .args([
                "check",
                "worker",
                "--start-limit",
                "2s",
                "--cases",
                "4",
                "--budget",
                "1s",
                "--only",
                SCRIPTS,
            ])
            .args(["--workload".as_ref(), workload.as_os_str()])
            .with_report()
            .args(["--", env!("CARGO_BIN_EXE_hostile-subject"), behaviour])
            .run()
    };
    let healthy = run("works");
    if healthy.code != Some(5) {
        eprintln!("left out, since nothing can be mounted here: {}", healthy.stderr);
        return;
    }
    let ended = run("fills-the-disk");
    assert!(ended.code == Some(5) || ended.code == Some(1), "{:?}: {}", ended.code, ended.stderr);
    assert_eq!(ended.stderr, "");
    let errors = ended.report().requirements.iter().filter(|result| result.verdict == Verdict::Error).count();
    assert_eq!(errors, 0, "{}", ended.stdout);
}
