//! The worker that the tests start: each request says in its first argument what is to become of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::Duration;

use pwp_proto::{FrameReader, Framing, WorkRequest, WorkResponse, decode, encode};

/// The first argument of this program when it is the worker.
pub(crate) const NAME: &str = "worker";

/// Works until standard input ends. Without `--persistent_worker` it does what its arguments say, once.
pub(crate) fn run(arguments: Vec<String>) -> ExitCode {
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    if flag("--dies-at-start") {
        return ExitCode::from(9);
    }
    if !flag("--persistent_worker") {
        return once(&arguments);
    }
    let dialect = if flag("--json") { Framing::Json } else { Framing::Proto };
    let mut worker = Worker { dialect, held: BTreeMap::new(), cancels: Vec::new(), children: Vec::new() };
    let mut frames = FrameReader::new(dialect, 1 << 28);
    let mut buffer = vec![0; 1 << 16];
    loop {
        while let Some(frame) = frames.next_frame().unwrap() {
            let request = decode::<WorkRequest>(dialect, &frame.body).unwrap().message;
            if let Some(code) = worker.handle(request) {
                return code;
            }
        }
        let count = std::io::stdin().read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        if flag("--records") {
            let mut wire = fs::File::options().create(true).append(true).open("wire").unwrap();
            wire.write_all(&buffer[..count]).unwrap();
        }
        frames.push(&buffer[..count]);
    }
    if flag("--tidies-up") {
        // What a signal would cut short.
        std::thread::sleep(Duration::from_millis(20));
        fs::write("tidy", "done").unwrap();
    }
    while flag("--stays") {
        std::thread::sleep(Duration::from_secs(1000));
    }
    ExitCode::SUCCESS
}

/// One-shot mode: `@file` arguments are expanded, and the first is what to do.
fn once(arguments: &[String]) -> ExitCode {
    let mut lines = Vec::new();
    for argument in arguments {
        if let Some(path) = argument.strip_prefix('@') {
            lines.extend(fs::read_to_string(path).unwrap().lines().map(str::to_owned));
        }
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    match *lines {
        ["write", path, text] => write(Path::new(path), text),
        ["wait", path] => wait_for(Path::new(path)),
        _ => println!("once: {lines:?}"),
    }
    ExitCode::SUCCESS
}

struct Worker {
    dialect: Framing,
    /// Requests that are answered when someone says `release`, or cancels them.
    held: BTreeMap<i32, String>,
    /// The cancel requests that came, without their ids.
    cancels: Vec<String>,
    /// Processes that it leaves behind.
    children: Vec<Child>,
}

impl Worker {
    fn answer(&self, request_id: i32, output: impl Into<String>) {
        self.send(&WorkResponse { request_id, output: output.into(), ..WorkResponse::default() });
    }

    fn send(&self, response: &WorkResponse) {
        raw(&encode(self.dialect, response));
    }

    /// Does what a request says. An exit code if the process is to end.
    fn handle(&mut self, request: WorkRequest) -> Option<ExitCode> {
        let id = request.request_id;
        if request.cancel {
            self.cancels.push(format!("{:?}", WorkRequest { request_id: 0, ..request.clone() }));
            if self.held.remove(&id).is_some() {
                self.send(&WorkResponse { request_id: id, was_cancelled: true, ..WorkResponse::default() });
            }
            return None;
        }
        let root = PathBuf::from(&request.sandbox_dir);
        let arguments: Vec<&str> = request.arguments.iter().map(String::as_str).collect();
        match *arguments {
            ["pid"] => self.answer(id, std::process::id().to_string()),
            ["say", text] => self.answer(id, text),
            ["request"] => self.answer(id, format!("{request:?}")),
            ["environment"] => {
                let all: BTreeMap<String, String> = std::env::vars().collect();
                self.answer(id, format!("{all:?} {:?}", std::env::args().skip(2).collect::<Vec<_>>()));
            }
            ["fail", code] => self.send(&WorkResponse {
                request_id: id,
                exit_code: code.parse().unwrap(),
                output: "failed".into(),
                ..WorkResponse::default()
            }),
            ["write", path, text] => {
                write(&root.join(path), text);
                self.answer(id, "written");
            }
            ["litter", path, text] => {
                write(&root.join(path), text);
                write(&root.join("litter"), text);
                self.answer(id, "written");
            }
            ["list"] => self.answer(id, listing(&root)),
            ["wait", path] => {
                wait_for(&root.join(path));
                self.answer(id, "waited");
            }
            // Tells that it was read, and is answered later.
            ["hold", started] => {
                write(&root.join(started), "");
                self.held.insert(id, started.to_owned());
            }
            // Answered when so many are open.
            ["keep", count] => {
                self.held.insert(id, String::new());
                if self.held.len() == count.parse::<usize>().unwrap() {
                    for (id, name) in std::mem::take(&mut self.held).into_iter().rev() {
                        self.answer(id, name);
                    }
                }
            }
            ["release"] => {
                for (id, name) in std::mem::take(&mut self.held).into_iter().rev() {
                    self.answer(id, name);
                }
                self.answer(id, "released");
            }
            ["exit"] => {
                eprintln!("the last words");
                return Some(ExitCode::from(7));
            }
            ["exit-once", path] => {
                if !Path::new(path).exists() {
                    write(Path::new(path), "");
                    return Some(ExitCode::from(7));
                }
                self.answer(id, "second");
            }
            ["answer-and-exit"] => {
                self.answer(id, "last");
                return Some(ExitCode::SUCCESS);
            }
            ["answer-then-exit-when", path] => {
                self.answer(id, std::process::id().to_string());
                wait_for(Path::new(path));
                return Some(ExitCode::SUCCESS);
            }
            // As many bytes as its first one announces as a length, and more.
            ["text"] => raw(format!("Hello on standard output{}\n", ", once more".repeat(8)).as_bytes()),
            ["twice"] => {
                let bytes = |output: &str| {
                    let output = output.to_owned();
                    encode(self.dialect, &WorkResponse { request_id: id, output, ..WorkResponse::default() })
                };
                // In one write: the client can't have sent another request in between.
                raw(&[bytes("first"), bytes("second")].concat());
            }
            ["wrong-id"] => self.answer(id + 1000, "to whom"),
            ["cancelled"] => {
                self.send(&WorkResponse { request_id: id, was_cancelled: true, ..WorkResponse::default() });
            }
            ["half"] => {
                let bytes = encode(
                    self.dialect,
                    &WorkResponse { request_id: id, output: "x".repeat(100), ..Default::default() },
                );
                raw(&bytes[..50]);
            }
            ["two-gigabytes"] => raw(b"\xff\xff\xff\xff\x07xx"),
            ["large-number"] => raw(b"{\"exitCode\":4294967296}"),
            ["close-output"] => {
                rustix::stdio::dup2_stdout(fs::File::open("/dev/null").unwrap()).unwrap();
            }
            ["megabyte-log"] => {
                eprintln!("{}", "log ".repeat(1 << 18));
                self.answer(id, "logged");
            }
            // Writes a response that does not fit into the pipe before it reads on.
            ["large-answer"] => self.answer(id, "y".repeat(1 << 20)),
            ["child"] => {
                let child = Command::new("sh").args(["-c", "trap '' TERM; exec sleep 1000"]).spawn();
                self.children.push(child.unwrap());
                self.answer(id, self.children[0].id().to_string());
            }
            ["silent"] => {}
            ["where"] => self.answer(id, std::env::current_dir().unwrap().to_string_lossy()),
            ["read", path] => self.answer(id, fs::read_to_string(root.join(path)).unwrap_or_default()),
            ["cancels"] => self.answer(id, format!("{:?}", self.cancels)),
            ["log", text] => {
                eprintln!("{text}");
                self.answer(id, "logged");
            }
            // A whole frame, with a text that is not UTF-8.
            ["bad-frame"] => raw(b"\x03\x12\x01\xff"),
            // A field that no revision has.
            ["unknown-field"] => raw(b"\x02\x78\x01"),
            ["many", ..] => self.answer(id, format!("{arguments:?}")),
            ["half-output-once", path] => {
                if !Path::new("marker").exists() {
                    write(Path::new("marker"), "");
                    write(&root.join(path), "half");
                    return Some(ExitCode::from(7));
                }
                self.answer(id, "second");
            }
            _ => self.send(&WorkResponse {
                request_id: id,
                exit_code: 2,
                output: format!("what? {arguments:?}"),
                ..WorkResponse::default()
            }),
        }
        None
    }
}

fn raw(bytes: &[u8]) {
    let mut output = std::io::stdout().lock();
    // A client that has gone away is no reason to panic.
    let _ = output.write_all(bytes).and_then(|()| output.flush());
}

fn write(path: &Path, text: &str) {
    path.parent().map_or(Ok(()), fs::create_dir_all).unwrap();
    fs::write(path, text).unwrap();
}

/// Waits for a file of the test.
fn wait_for(path: &Path) {
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// All files below a directory, by their paths.
fn listing(root: &Path) -> String {
    fn walk(root: &Path, below: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(root.join(below)).unwrap().flatten() {
            let path = below.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                walk(root, &path, found);
            } else {
                found.push(path.display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    walk(root, Path::new(""), &mut found);
    found.sort();
    found.join(" ")
}
