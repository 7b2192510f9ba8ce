//! The faults that show in files: requests one after the other, in directories of their own, without a session.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use pwp_proto::{Input, WorkRequest};
use tempfile::TempDir;

use crate::{
    Cancellation, Request,
    faults::{Active, Start, kit::lock},
    reference::Tool,
};

pub(super) const NAMES: &[&str] = &[
    "one-shot-differs",
    "late-output",
    "missing-output",
    "write-after-response",
    "leak-after",
    "temp-elsewhere",
    "keep-open",
    "parallel-interference",
    "read-undeclared",
    "write-after-cancel",
    "absolute-under-sandbox",
    "tool-file-in-sandbox",
    "sandbox-sticks",
    "first-sandbox",
    "argfile-outside-sandbox",
];

/// A tool with a fault or without one, and a directory with `a` and `b`, which have the same files in them.
struct Bench {
    faults: Arc<Active>,
    tool: Tool,
    root: TempDir,
}

impl Bench {
    fn new(name: &str, faulty: bool) -> Self {
        let names = if faulty { vec![name.to_owned()] } else { Vec::new() };
        let faults = Arc::new(Active::named(&names).unwrap());
        let root = tempfile::tempdir().unwrap();
        for sandbox in ["a", "b"] {
            fs::create_dir_all(root.path().join(sandbox).join("in")).unwrap();
            for name in ["one", "two"] {
                fs::write(root.path().join(sandbox).join("in").join(name), format!("{name} of {sandbox}\n"))
                    .unwrap();
            }
        }
        Self { tool: Tool::with_faults(Arc::clone(&faults)), faults, root }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// A request in one of the sandboxes; with an empty name, in none.
    fn request(&self, sandbox: &str, arguments: &[&str]) -> Request {
        Request::new(self.message(sandbox, arguments), Cancellation::default())
    }

    fn message(&self, sandbox: &str, arguments: &[&str]) -> WorkRequest {
        let sandbox_dir = if sandbox.is_empty() { PathBuf::new() } else { self.path(sandbox) };
        WorkRequest {
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            sandbox_dir: sandbox_dir.to_str().unwrap().to_owned(),
            ..WorkRequest::default()
        }
    }

    /// The exit code.
    fn run(&self, sandbox: &str, arguments: &[&str]) -> i32 {
        self.tool.run(&mut self.request(sandbox, arguments))
    }

    /// What a request wrote into `out` of `a`.
    fn output(&self, arguments: &[&str]) -> String {
        assert_eq!(self.run("a", &[arguments, &["--out=out"]].concat()), 0);
        fs::read_to_string(self.path("a/out")).unwrap()
    }

    /// Waits for what is written late.
    fn join(&self) {
        for late in std::mem::take(&mut *lock(&self.faults.late)) {
            late.join().unwrap();
        }
    }
}

/// Runs a test with the fault and without it.
fn both(name: &str, test: impl Fn(&Bench, bool)) {
    for faulty in [true, false] {
        test(&Bench::new(name, faulty), faulty);
    }
}

#[test]
fn one_shot_differs() {
    both("one-shot-differs", |bench, faulty| {
        let in_worker_mode = bench.output(&[]);
        assert_eq!(bench.faults.start(false, false, &[]), Start::Once);
        assert_eq!(bench.output(&[]) != in_worker_mode, faulty);
    });
}

#[test]
fn late_outputs() {
    let write = |path: &Path, text: &[u8]| -> io::Result<()> { fs::write(path, text) };
    for (name, is_now, is_later) in
        [("late-output", false, true), ("write-after-response", true, true), ("missing-output", false, false)]
    {
        let bench = Bench::new(name, true);
        let path = bench.path("out");
        let now = bench.faults.output(&bench.request("a", &[]), path.clone(), b"x".to_vec(), write);
        assert_eq!(now.is_some(), is_now, "{name}");
        bench.join();
        assert_eq!(path.exists(), is_later, "{name}");
    }
}

#[test]
fn write_after_cancel() {
    both("write-after-cancel", |bench, faulty| {
        let cancellation = Cancellation::default();
        cancellation.raise();
        let message = bench.message("a", &["--delay-ms=3600000", "--out=out"]);
        bench.tool.run(&mut Request::new(message, cancellation));
        bench.join();
        assert_eq!(bench.path("a/out").exists(), faulty);
    });
}

#[test]
fn leak_after() {
    both("leak-after", |bench, faulty| {
        let alone = bench.output(&["--print=victim 1"]);
        assert_eq!(bench.output(&["--print=poison"]), alone);
        assert_eq!(bench.output(&["--print=another"]), alone);
        assert_eq!(bench.output(&["--print=victim 2"]) != alone, faulty);
        assert_eq!(bench.output(&["--print=victim 3"]), alone);
    });
}

#[test]
fn temp_elsewhere() {
    both("temp-elsewhere", |bench, faulty| {
        let mut request = bench.request("a", &[]);
        let visit = bench.faults.begin(&mut request).unwrap();
        assert_eq!(visit.temporary.is_some(), faulty);
        let Some(path) = visit.temporary.as_ref().map(|file| file.0.clone()) else { return };
        assert!(path.exists());
        drop(visit);
        assert!(!path.exists());
        let visit = bench.faults.begin(&mut request).unwrap();
        let path = visit.temporary.as_ref().unwrap().0.clone();
        assert!(path.exists());
        request.cancellation().raise();
        assert!(!path.exists());
    });
}

#[test]
#[cfg(target_os = "linux")]
fn keep_open() {
    both("keep-open", |bench, faulty| {
        assert_eq!(bench.run("a", &["--in=in/one"]), 0);
        let input = fs::canonicalize(bench.path("a/in/one")).unwrap();
        let mut open = fs::read_dir("/proc/self/fd").unwrap();
        let is_open = open.any(|entry| fs::read_link(entry.unwrap().path()).is_ok_and(|file| file == input));
        assert_eq!(is_open, faulty);
    });
}

#[test]
fn parallel_interference() {
    both("parallel-interference", |bench, faulty| {
        let alone = bench.output(&[]);
        let mut other = bench.request("b", &[]);
        let visit = bench.faults.begin(&mut other).unwrap();
        assert_eq!(bench.output(&[]) != alone, faulty);
        drop(visit);
        assert_eq!(bench.output(&[]), alone);
        // The one that was there first had company, too.
        let visit = bench.faults.begin(&mut other).unwrap();
        bench.output(&[]);
        let text = bench.faults.text(&bench.request("b", &[]), &visit, (&[], &[]), Vec::new());
        assert_eq!(!text.is_empty(), faulty);
    });
}

#[test]
fn read_undeclared() {
    both("read-undeclared", |bench, faulty| {
        assert_eq!(bench.output(&["--in=in/one"]).contains("two of a"), faulty);
        assert_eq!(bench.output(&["--in=in/two"]).contains("one of a"), faulty);
        assert!(!bench.output(&["--in=in/one", "--in=in/two"]).contains("two of a\ntwo of a"));
        let input = Input { path: "in/one".to_owned(), digest: Vec::new() };
        let message = bench.message("a", &["--out=out"]);
        let message = WorkRequest { inputs: vec![input], ..message };
        assert_eq!(bench.tool.run(&mut Request::new(message, Cancellation::default())), 0);
        let output = fs::read_to_string(bench.path("a/out")).unwrap();
        assert_eq!(output, if faulty { "two of a\n" } else { "" });
    });
}

#[test]
fn absolute_under_sandbox() {
    both("absolute-under-sandbox", |bench, faulty| {
        let argument = format!("--in={}", bench.path("b/in/one").display());
        assert_eq!(bench.run("a", &[&argument]), i32::from(faulty));
        assert_eq!(bench.run("", &[&argument]), 0);
    });
}

#[test]
fn tool_file_in_sandbox() {
    both("tool-file-in-sandbox", |bench, faulty| {
        // Relative to the working directory, which tests share: a file of this crate.
        let banner = Path::new("Cargo.toml");
        let tool = Tool::with_faults(Arc::clone(&bench.faults)).banner(Some(banner.to_owned()));
        let arguments = ["--in=in/one", "--out=out"];
        assert_eq!(tool.run(&mut bench.request("a", &arguments)), i32::from(faulty));
        fs::write(bench.path("a/Cargo.toml"), "sandboxed").unwrap();
        assert_eq!(tool.run(&mut bench.request("a", &arguments)), 0);
        let output = fs::read_to_string(bench.path("a/out")).unwrap();
        assert_eq!(output.starts_with("sandboxed\n# in/one "), faulty, "{output}");
        assert_eq!(output.starts_with(&fs::read_to_string(banner).unwrap()), !faulty, "{output}");
    });
}

#[test]
fn sandbox_sticks() {
    both("sandbox-sticks", |bench, faulty| {
        assert_eq!(bench.run("", &["--in=in/one"]), 1);
        assert_eq!(bench.run("a", &["--in=in/one"]), 0);
        assert_eq!(bench.run("", &["--in=in/one"]), i32::from(!faulty));
    });
}

#[test]
fn first_sandbox() {
    both("first-sandbox", |bench, faulty| {
        assert_eq!(bench.run("", &["--in=in/one"]), 1);
        assert_eq!(bench.run("a", &["--in=in/one", "--out=out"]), 0);
        assert!(bench.path("a/out").exists());
        assert_eq!(bench.run("b", &["--in=in/one", "--out=out"]), 0);
        assert_eq!(bench.path("b/out").exists(), !faulty);
        assert_eq!(bench.run("", &["--in=in/one"]), 1);
    });
}

#[test]
fn argfile_outside_sandbox() {
    both("argfile-outside-sandbox", |bench, faulty| {
        fs::write(bench.path("a/arguments"), "--print=x\n").unwrap();
        // What the session leaves to the tool.
        let begun = bench.faults.begin(&mut bench.request("a", &["@arguments"])).map(drop);
        assert_eq!(begun.is_err_and(|message| message.contains("arguments")), faulty);
        let mut request = bench.request("a", &[&format!("@{}", bench.path("a/arguments").display())]);
        drop(bench.faults.begin(&mut request).unwrap());
        assert_eq!(request.arguments() == ["--print=x"], faulty);
    });
}

#[test]
fn a_message_names_files_as_the_request_does() {
    let bench = Bench::new("keep-open", false);
    let mut request = bench.request("a", &["--in=in/missing"]);
    assert_eq!(bench.tool.run(&mut request), 1);
    let output = request.into_output();
    assert!(output.starts_with("cannot read in/missing ("), "{output}");
    File::create(bench.path("a/file")).unwrap();
    let mut request = bench.request("a", &["--out=file/out"]);
    assert_eq!(bench.tool.run(&mut request), 1);
    let output = request.into_output();
    assert!(output.starts_with("cannot write file/out ("), "{output}");
}
