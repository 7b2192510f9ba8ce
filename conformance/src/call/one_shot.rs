//! The work of a request without `--persistent_worker`, and what differs from the worker's: the exit status, the output, and the files that
//! were written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;
use std::time::{Duration, Instant};

use pwp_proto::WorkRequest;

use crate::digest::sha256;
use crate::files::{Beyond, Folder, Kind, ReadError};
use crate::history::{Event, ExitStatus};
use crate::process::interrupted;
use crate::report::micros;

use super::model::{Answer, CallOptions, FLAG, OneShot};
use super::pipes::Pipes;

/// Bytes of output that are kept.
const OUTPUT: usize = 16 << 20;
/// Differences that are told.
const TOLD: usize = 50;
/// Bytes of an output in which it is looked for the first difference.
const LOOKED_INTO: usize = 1 << 20;
/// Characters of a text that are told.
const TEXT: usize = 120;
/// How far apart two writes to a file have to be for their times to differ.
const COARSE: Duration = Duration::from_millis(20);
/// No wait is longer without a look whether the process still lives.
const SLICE: Duration = Duration::from_millis(20);

/// Bytes of a file that are compared.
const COMPARED: u64 = 256 << 20;
/// A folder that no tool of a build writes to, and that has many files.
const PASSED_OVER: &str = ".git";

/// The files below a folder at one moment: when each was last changed, in a way that no tool can set, and how long it is.
pub(super) type Snapshot = BTreeMap<PathBuf, (i64, i64, u64)>;

/// What was written, by path, each with a digest or, for what is no file, in words; [`None`] in place of it for what is gone.
type Written = BTreeMap<PathBuf, Option<String>>;

/// The files that are there now, or what there is too much of to look at.
pub(super) fn snapshot(folder: &Folder) -> Result<Snapshot, Beyond> {
    let mut files = Snapshot::new();
    let skip = |path: &Path, is_folder: bool| is_folder && path.ends_with(PASSED_OVER);
    let beyond = folder.walk("", skip, |path, entry| {
        files.extend(entry.stamp().map(|stamp| (path, stamp)));
    });
    beyond.map_or(Ok(files), Err)
}

/// What is in a file, in few characters.
fn content(folder: &Folder, path: &Path) -> Option<String> {
    match folder.open_file(path).and_then(|file| Ok(sha256(file, COMPARED)?)) {
        Ok(digest) => Some(digest),
        // Of a link, it counts where it leads.
        Err(ReadError::NotAFile(Kind::Link)) => {
            let target = std::fs::read_link(folder.path().join(path)).ok()?;
            Some(format!("a link to {}", target.display()))
        }
        Err(ReadError::NotAFile(kind)) => Some(kind.to_string()),
        Err(_) => None,
    }
}

/// What was written between two moments.
fn written(folder: &Folder, before: &Snapshot, after: &Snapshot) -> Written {
    let content = |path: &PathBuf| content(folder, path);
    let new = after.iter().filter(|(path, stamp)| before.get(*path) != Some(stamp));
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    new.map(|(path, _)| (path.clone(), content(path))).chain(gone.map(|path| (path.clone(), None))).collect()
}

/// Does the work of a request again, in one-shot mode. `before`: the files as they were before the worker did it.
pub(super) fn run(
    options: &CallOptions,
    request: &WorkRequest,
    answer: &Answer,
    before: Option<Result<Snapshot, Beyond>>,
) -> OneShot {
    let between = snapshot(&options.folder);
    // Before one-shot mode writes over it.
    let by_worker = before.unwrap_or(Err(Beyond::Entries)).and_then(|before| {
        between.as_ref().map(|now| written(&options.folder, &before, now)).map_err(|beyond| *beyond)
    });
    std::thread::sleep(COARSE);
    let began = Instant::now();
    let ran = once(options, request);
    let took_us = micros(began.elapsed());
    let after = snapshot(&options.folder);
    let (status, stdout, stderr) = match ran {
        Ok(ran) => ran,
        Err(NoEnd::NotTried(reason)) => {
            return OneShot { not_tried: Some(reason), took_us, ..OneShot::default() };
        }
        Err(NoEnd::Problem(problem)) => {
            let differences = vec![problem.clone()];
            return OneShot { ended: problem, took_us, differences, ..OneShot::default() };
        }
    };
    let mut differences = Vec::new();
    if status != ExitStatus::Code(answer.exit_code) {
        differences
            .push(format!("exit_code {} from the worker, {status} in one-shot mode", answer.exit_code));
    }
    differences.extend(compare_texts(&answer.output, &stdout, &stderr));
    let by_run = between.and_then(|before| Ok(written(&options.folder, &before, &after?)));
    let compared = by_worker.and_then(|by_worker| Ok(compare_files(&by_worker, &by_run?)));
    let (files_compared, beyond) = (compared.is_ok(), compared.as_ref().err().copied());
    differences.extend(compared.unwrap_or_default());
    let (ended, output) = (status.to_string(), stdout + &stderr);
    OneShot { not_tried: None, ended, output, took_us, differences, files_compared, beyond }
}

/// Why a run in one-shot mode has no end.
enum NoEnd {
    /// No program can be given the arguments of the request, in words.
    NotTried(String),
    /// It could not be started, or did not end, in words.
    Problem(String),
}

/// Runs the command with the request's arguments; how it ended, stdout and stderr.
fn once(options: &CallOptions, request: &WorkRequest) -> Result<(ExitStatus, String, String), NoEnd> {
    let words = options.command.iter().filter(|word| *word != FLAG).chain(&request.arguments);
    let argv: Vec<String> = words.cloned().collect();
    let mut pipes = Pipes::start(&argv, &options.folder.path().join(&request.sandbox_dir)).map_err(
        |error| match error.is_of_arguments() {
            true => NoEnd::NotTried(error.to_string()),
            false => NoEnd::Problem(format!("can't be started: {}", error.source)),
        },
    )?;
    pipes.close_stdin();
    let until = Instant::now() + options.timeout;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut status = None;
    loop {
        let room = OUTPUT.saturating_sub(stdout.len() + stderr.len());
        match pipes.next(until.min(Instant::now() + SLICE)) {
            Some(Event::Received(bytes)) => stdout.extend_from_slice(&bytes[..bytes.len().min(room)]),
            Some(Event::Stderr(bytes)) => stderr.extend_from_slice(&bytes[..bytes.len().min(room)]),
            Some(_) => {}
            // Nothing came although it had ended before this wait: that was all.
            None if status.is_some() => break,
            None => status = pipes.process.exit_status(),
        }
        if interrupted() {
            return Err(NoEnd::Problem("the call was interrupted".into()));
        }
        if Instant::now() >= until {
            return Err(NoEnd::Problem(format!(
                "it did not end within {:.1?}; if its work takes longer, give it more with --timeout",
                options.timeout
            )));
        }
    }
    let lossy = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_else(lossy);
    let status = status.unwrap_or(ExitStatus::Code(-1));
    Ok((status, text(stdout), text(stderr)))
}

/// In one-shot mode a tool may write to both streams, in whatever order.
fn compare_texts(output: &str, stdout: &str, stderr: &str) -> Option<String> {
    if is_joined(output, stdout, stderr) || is_joined(output, stderr, stdout) {
        return None;
    }
    if output.len().max(stdout.len() + stderr.len()) > LOOKED_INTO {
        let run = stdout.len() + stderr.len();
        return Some(format!(
            "output: the worker's has {} bytes and differs from that of one-shot mode, which has {run}",
            output.len()
        ));
    }
    let joined = format!("{stdout}{stderr}");
    let (by_worker, by_run) = (lines(output), lines(&joined));
    let mut places = 0..by_worker.len().max(by_run.len());
    let Some(place) = places.find(|place| by_worker.get(*place) != by_run.get(*place)) else {
        return Some("output: its lines are in another order".into());
    };
    let show = |lines: &[&str]| {
        lines.get(place).map_or_else(|| "no more".into(), |line| format!("{:?}", clip(line)))
    };
    Some(format!("output: the worker says {}, one-shot mode {}", show(&by_worker), show(&by_run)))
}

/// Whether a text is these two, one behind the other, but for white space at the end. Nothing is copied: they may be long.
fn is_joined(text: &str, first: &str, second: &str) -> bool {
    let (text, second) = (text.trim_end(), second.trim_end());
    let first = if second.is_empty() { first.trim_end() } else { first };
    text.strip_prefix(first) == Some(second)
}

fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().collect()
}

fn clip(line: &str) -> String {
    match line.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

fn compare_files(by_worker: &Written, by_run: &Written) -> Vec<String> {
    let paths: BTreeSet<&PathBuf> = by_worker.keys().chain(by_run.keys()).collect();
    let mut differences: Vec<String> = Vec::new();
    for path in paths {
        let what = match (by_worker.get(path), by_run.get(path)) {
            (Some(_), None) => "only the worker wrote it",
            (None, Some(_)) => "only one-shot mode wrote it",
            (one, two) if one != two => "its content is not the same",
            _ => continue,
        };
        differences.push(format!("{}: {what}", path.display()));
    }
    let more = differences.len().saturating_sub(TOLD);
    if more > 0 {
        differences.truncate(TOLD);
        differences.push(format!("and {more} files more"));
    }
    differences
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_order_of_the_streams_does_not_matter() {
        assert_eq!(compare_texts("a\nb\n", "a\n", "b"), None);
        assert_eq!(compare_texts("b\na\n", "a\n", "b\n"), None);
        let told = compare_texts("a\nx\n", "a\n", "b\n").unwrap();
        assert_eq!(told, "output: the worker says \"x\", one-shot mode \"b\"");
        let long = "a\n".repeat(LOOKED_INTO);
        assert_eq!(compare_texts(&long, &long, ""), None);
        let told = compare_texts(&long, "b", "").unwrap();
        assert_eq!(
            told,
            "output: the worker's has 2097152 bytes and differs from that of one-shot mode, which has 1"
        );
        let told = compare_texts("a\n", "", "").unwrap();
        assert_eq!(told, "output: the worker says \"a\", one-shot mode no more");
    }

    #[test]
    fn files_are_told_by_path() {
        let files = |names: &str| -> Written {
            names.split(' ').map(|file| (file[..1].into(), Some(file[1..].to_owned()))).collect()
        };
        let told = compare_files(&files("a1 b1 c1"), &files("b1 c2 d1"));
        let expected = [
            "a: only the worker wrote it",
            "c: its content is not the same",
            "d: only one-shot mode wrote it",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn new_changed_and_gone_files_are_seen() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("below")).unwrap();
        for name in ["same", "changed", "gone"] {
            fs::write(path(name), "1").unwrap();
        }
        let before = snapshot(&folder).unwrap();
        fs::write(path("changed"), "22").unwrap();
        fs::write(path("below/new"), "3").unwrap();
        fs::remove_file(path("gone")).unwrap();
        let after = snapshot(&folder).unwrap();
        let written = written(&folder, &before, &after);
        let names: Vec<_> =
            written.iter().map(|(path, digest)| (path.to_str().unwrap(), digest.is_some())).collect();
        assert_eq!(names, [("below/new", true), ("changed", true), ("gone", false)]);
    }
}
