//! The reference worker as a process: what it does to its streams, signals, exit status, and the faults that show there.
//!
//! This file has its own `main`, because it is the worker, too: it starts itself.

#![expect(clippy::unwrap_used, reason = "a test, but with its own main")]

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    os::{fd::AsRawFd, unix::process::ExitStatusExt},
    path::Path,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitCode, ExitStatus, Stdio},
};

use pwp_worker::{Framing, WorkRequest, WorkResponse, reference};
use rustix::process::{Pid, Signal, kill_process};

/// Tells this program to be the worker.
const WORKER: &str = "PWP_TEST_WORKER";

/// A request that is open until it is cancelled.
const ENDLESS: &str = "--delay-ms=3600000";

/// Without a fault, and with each of these. A test gets the name of the fault, or nothing.
type Test = fn(&Path, Option<&str>);
const TESTS: &[(&[&str], Test)] = &[
    (&["not-persistent"], persistent),
    (&["flag-must-be-last"], flag_position),
    (&["reject-unknown-flag"], unknown_flag),
    (&["always-persistent"], one_shot),
    (&["one-shot-no-argfile"], one_shot_argfile),
    (&["one-shot-exit-zero"], one_shot_status),
    (&[], both_modes_agree),
    (&[], start_up_flags),
    (&["no-argfile"], argfile),
    (&["tool-reads-stdin"], standard_input_is_kept),
    (&[], standard_output_is_kept),
    (&[], a_child_process_gets_neither),
    (&["silent-malformed"], malformed),
    (&["write-outside-sandbox"], sandbox),
    (&["ignore-eof"], end_while_idle),
    (&["eof-in-flight-hangs"], end_while_working),
    (&[], end_while_writing),
    (&["ignore-sigterm"], sigterm_while_idle),
    (&["sigterm-waits"], sigterm_while_working),
    (&["leave-child"], nothing_is_left),
    (&["ignore-verbosity"], verbosity),
    (&[], the_workload_is_true),
];

fn main() -> ExitCode {
    if env::var_os(WORKER).is_some() {
        return reference::run(env::args().skip(1).collect());
    }
    let filter = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let (mut passed, mut failed) = (0, 0);
    for (number, (faults, test)) in TESTS.iter().enumerate() {
        for fault in std::iter::once(None).chain(faults.iter().copied().map(Some)) {
            let name =
                format!("{number}: {}, {}", faults.first().unwrap_or(&"no fault"), fault.unwrap_or("clean"));
            if !name.contains(&filter) {
                continue;
            }
            let directory = tempfile::tempdir().unwrap();
            let result = std::panic::catch_unwind(|| test(directory.path(), fault));
            println!("test {name} ... {}", if result.is_ok() { "ok" } else { "FAILED" });
            if result.is_ok() { passed += 1 } else { failed += 1 }
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out"
    );
    ExitCode::from(u8::from(failed > 0))
}

/// The client's side of a worker process.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    log: BufReader<ChildStderr>,
}

impl Process {
    /// Starts the reference worker in `directory`, as it is or with a fault.
    fn start(directory: &Path, fault: Option<&str>, arguments: &[&str]) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(fault.map(|name| format!("--fault={name}")))
            .args(arguments)
            .env(WORKER, "1")
            .env("RUST_BACKTRACE", "0")
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = child.stdout.take().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, input, output, log }
    }

    fn worker(directory: &Path, fault: Option<&str>) -> Self {
        Self::start(directory, fault, &["--persistent_worker"])
    }

    fn send(&mut self, request: &WorkRequest) {
        self.send_bytes(&pwp_proto::encode(Framing::Proto, request));
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        // The worker may be gone; the test sees that in what it receives.
        let _ = self.input.as_mut().unwrap().write_all(bytes);
    }

    /// The next response; nothing at the end of standard output.
    fn recv(&mut self) -> Option<WorkResponse> {
        let mut frames = pwp_proto::FrameReader::new(Framing::Proto, 1 << 20);
        loop {
            if let Some(frame) = frames.next_frame().unwrap() {
                return Some(pwp_proto::decode::<WorkResponse>(Framing::Proto, &frame.body).unwrap().message);
            }
            let mut byte = [0];
            if self.output.read(&mut byte).unwrap() == 0 {
                return None;
            }
            frames.push(&byte);
        }
    }

    fn log_line(&mut self) -> String {
        let mut line = String::new();
        self.log.read_line(&mut line).unwrap();
        line
    }

    fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    fn close(&mut self) {
        self.input = None;
    }

    /// Ends standard input; what the process then leaves: its exit status, and the rest of what it wrote.
    fn end(mut self) -> (ExitStatus, Vec<u8>, String) {
        self.close();
        let (mut bytes, mut log) = (Vec::new(), String::new());
        self.output.read_to_end(&mut bytes).unwrap();
        self.log.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap(), bytes, log)
    }
}

fn work(request_id: i32, arguments: &[&str]) -> WorkRequest {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    WorkRequest { request_id, arguments, ..WorkRequest::default() }
}

fn is_served(mut process: Process) -> bool {
    process.send(&work(1, &["--print=x"]));
    let response = process.recv();
    process.end();
    response.is_some_and(|response| response.output == "x\n")
}

fn persistent(directory: &Path, fault: Option<&str>) {
    assert_eq!(is_served(Process::worker(directory, fault)), fault.is_none());
}

fn flag_position(directory: &Path, fault: Option<&str>) {
    assert!(is_served(Process::start(directory, fault, &["--jobs=2", "--persistent_worker"])));
    let process = Process::start(directory, fault, &["--persistent_worker", "--jobs=2"]);
    assert_eq!(is_served(process), fault.is_none());
}

fn unknown_flag(directory: &Path, fault: Option<&str>) {
    assert!(is_served(Process::worker(directory, fault)));
    let process = Process::start(directory, fault, &["--persistent_worker", "--new-flag"]);
    assert_eq!(is_served(process), fault.is_none());
}

fn one_shot(directory: &Path, fault: Option<&str>) {
    let process = Process::start(directory, fault, &["--print=once"]);
    assert_eq!(is_served(process), fault.is_some());
    let (status, bytes, log) = Process::start(directory, fault, &["--print=once"]).end();
    assert!(status.success() && bytes.is_empty());
    assert_eq!(log == "once\n", fault.is_none(), "{log}");
}

fn one_shot_argfile(directory: &Path, fault: Option<&str>) {
    fs::write(directory.join("arguments"), "--print=x\n--fail=0\n").unwrap();
    let (status, ..) = Process::start(directory, fault, &["@arguments"]).end();
    assert_eq!(status.code(), Some(if fault.is_none() { 0 } else { 2 }));
}

fn one_shot_status(directory: &Path, fault: Option<&str>) {
    let (status, ..) = Process::start(directory, fault, &["--fail=7"]).end();
    assert_eq!(status.code(), Some(if fault.is_none() { 7 } else { 0 }));
}

/// Whatever way the work goes, the exit status is the exit code.
fn both_modes_agree(directory: &Path, _fault: Option<&str>) {
    for argument in ["--print=x", "--fail=7", "--in=missing", "--unknown", "--panic"] {
        let mut process = Process::worker(directory, None);
        process.send(&work(1, &[argument]));
        let exit_code = process.recv().unwrap().exit_code;
        process.end();
        let (status, ..) = Process::start(directory, None, &[argument]).end();
        assert_eq!(status.code(), Some(exit_code), "{argument}");
    }
}

/// What a worker says that was told at its start not to take any `sandbox_dir`, and where its banner comes from.
fn start_up_flags(directory: &Path, _fault: Option<&str>) {
    let flags = ["--no-multiplex-sandboxing", "--persistent_worker", "--banner=banner"];
    let mut process = Process::start(directory, None, &flags);
    process.send(&WorkRequest { sandbox_dir: "sandbox/1".to_owned(), ..work(1, &["--print=x"]) });
    let response = process.recv().unwrap();
    assert!(response.exit_code == 1 && response.output.contains("sandbox_dir"), "{response:?}");
    process.send(&work(2, &["--out=out"]));
    assert!(process.recv().unwrap().output.contains("banner"));
    for banner in ["first", "second"] {
        fs::write(directory.join("banner"), banner).unwrap();
        process.send(&work(3, &["--out=out"]));
        assert_eq!(process.recv().unwrap().exit_code, 0);
        assert_eq!(fs::read_to_string(directory.join("out")).unwrap(), format!("{banner}\n"));
    }
    process.end();
}

fn argfile(directory: &Path, fault: Option<&str>) {
    fs::write(directory.join("arguments"), "--print=x\n").unwrap();
    let mut process = Process::worker(directory, fault);
    process.send(&work(1, &["@arguments"]));
    assert_eq!(process.recv().unwrap().exit_code, if fault.is_none() { 0 } else { 2 });
    process.end();
}

fn standard_input_is_kept(directory: &Path, fault: Option<&str>) {
    let mut process = Process::worker(directory, fault);
    process.send(&WorkRequest { verbosity: 1, ..work(1, &["--read-stdin"]) });
    if fault.is_some() {
        // The request has been read; the tool reads this, and goes on until the end.
        assert!(process.log_line().contains("1 arguments"));
        process.send_bytes(b"123");
        process.close();
    }
    let output = process.recv().unwrap().output;
    assert_eq!(output == "0 bytes\n", fault.is_none(), "{output}");
    process.end();
}

fn standard_output_is_kept(directory: &Path, _fault: Option<&str>) {
    let mut process = Process::worker(directory, None);
    process.send(&work(1, &["--stdout=careless", "--print=x"]));
    assert_eq!(process.recv().unwrap().output, "x\n");
    let (status, bytes, log) = process.end();
    assert!(status.success() && bytes.is_empty() && log == "careless\n", "{bytes:?} {log}");
}

/// Descriptors 0 and 1 are not the protocol's, and those that are do not outlive an exec.
fn a_child_process_gets_neither(directory: &Path, _fault: Option<&str>) {
    let mut process = Process::worker(directory, None);
    process.send(&work(1, &[]));
    assert!(process.recv().is_some());
    let ends = [process.input.as_ref().unwrap().as_raw_fd(), process.output.as_raw_fd()];
    let pipes = ends.map(|end| fs::read_link(format!("/proc/self/fd/{end}")).unwrap());
    let mut found = 0;
    for entry in fs::read_dir(format!("/proc/{}/fd", process.child.id())).unwrap() {
        let path = entry.unwrap().path();
        if !pipes.contains(&fs::read_link(&path).unwrap()) {
            continue;
        }
        found += 1;
        let number = path.file_name().unwrap().to_str().unwrap();
        assert!(number.parse::<u32>().unwrap() > 2, "descriptor {number} is the protocol's");
        let info = fs::read_to_string(format!("/proc/{}/fdinfo/{number}", process.child.id())).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
        assert_ne!(
            u32::from_str_radix(flags, 8).unwrap() & 0o2_000_000,
            0,
            "descriptor {number} is inherited"
        );
    }
    assert_eq!(found, 2);
    process.end();
}

fn malformed(directory: &Path, fault: Option<&str>) {
    let mut process = Process::worker(directory, fault);
    process.send_bytes(b"\x02\x0f\x0f");
    let (status, bytes, log) = process.end();
    assert_eq!((status.code(), bytes.len()), (Some(1), 0));
    assert_eq!(log.contains("malformed"), fault.is_none(), "{log}");
}

fn sandbox(directory: &Path, fault: Option<&str>) {
    let mut process = Process::worker(directory, fault);
    let request = WorkRequest { sandbox_dir: "sandbox/1".to_owned(), ..work(1, &["--out=out/file"]) };
    process.send(&request);
    assert_eq!(process.recv().unwrap().exit_code, 0);
    process.end();
    assert_eq!(directory.join("sandbox/1/out/file").exists(), fault.is_none());
    assert_eq!(directory.join("out/file").exists(), fault.is_some());
}

fn end_while_idle(directory: &Path, fault: Option<&str>) {
    let mut process = Process::worker(directory, fault);
    process.send(&work(1, &[]));
    assert!(process.recv().is_some());
    process.close();
    let line = process.log_line();
    assert_eq!(line.starts_with("fault ignore-eof"), fault.is_some(), "{line}");
    if fault.is_some() {
        process.terminate();
    }
    let (status, ..) = process.end();
    assert_eq!(
        (status.code(), status.signal()),
        if fault.is_none() { (Some(0), None) } else { (None, Some(15)) }
    );
}

fn end_while_working(directory: &Path, fault: Option<&str>) {
    let mut process = Process::worker(directory, fault);
    process.send(&work(1, &[ENDLESS]));
    process.close();
    let line = process.log_line();
    assert_eq!(line.starts_with("fault eof-in-flight-hangs"), fault.is_some(), "{line}");
    if fault.is_some() {
        process.terminate();
    }
    let (status, bytes, _) = process.end();
    assert!(bytes.is_empty(), "{bytes:?}");
    assert_eq!(
        (status.code(), status.signal()),
        if fault.is_none() { (Some(0), None) } else { (None, Some(15)) }
    );
}

/// A client that goes away without reading its response: more than a pipe holds, so the worker cannot write it.
fn end_while_writing(directory: &Path, _fault: Option<&str>) {
    let mut process = Process::worker(directory, None);
    process.send(&work(1, &[&format!("--print={}", "x".repeat(200_000))]));
    process.close();
    assert!(process.child.wait().unwrap().success());
}

fn sigterm_while_idle(directory: &Path, fault: Option<&str>) {
    let mut process = Process::worker(directory, fault);
    process.send(&work(1, &[]));
    assert!(process.recv().is_some());
    process.terminate();
    process.send(&work(2, &["--print=alive"]));
    if fault.is_some() {
        assert_eq!(process.recv().unwrap().output, "alive\n");
    }
    let (status, ..) = process.end();
    assert_eq!(status.signal(), if fault.is_none() { Some(15) } else { None });
}

fn sigterm_while_working(directory: &Path, fault: Option<&str>) {
    let mut process = Process::worker(directory, fault);
    process.send(&WorkRequest { verbosity: 1, ..work(1, &[ENDLESS]) });
    // The work has begun.
    assert!(process.log_line().contains("1 arguments"));
    process.terminate();
    if fault.is_some() {
        process.send(&WorkRequest { cancel: true, ..work(1, &[]) });
        assert!(process.recv().unwrap().was_cancelled);
        process.terminate();
    }
    let (status, ..) = process.end();
    assert_eq!(status.signal(), Some(15));
}

fn nothing_is_left(directory: &Path, fault: Option<&str>) {
    let mut process = Process::worker(directory, fault);
    process.send(&work(1, &[]));
    assert!(process.recv().is_some());
    process.close();
    let line = process.log_line();
    assert!(process.child.wait().unwrap().success());
    assert_eq!(line.is_empty(), fault.is_none(), "{line}");
    if fault.is_some() {
        let pid: i32 = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        // It is there to be killed.
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }
}

fn verbosity(directory: &Path, fault: Option<&str>) {
    fs::write(directory.join("in"), "x").unwrap();
    let log = |verbosity| {
        let mut process = Process::worker(directory, fault);
        process.send(&WorkRequest { verbosity, ..work(1, &["--in=in"]) });
        assert_eq!(process.recv().unwrap().exit_code, 0);
        process.end().2.len()
    };
    let lengths = [0, 1, 10].map(log);
    assert_eq!(lengths.is_sorted_by(|less, more| less < more), fault.is_none(), "{lengths:?}");
}

/// What workload.toml promises. Its form is the suite's matter; here only what the tool has to do with it.
fn the_workload_is_true(directory: &Path, _fault: Option<&str>) {
    let workload: toml::Table = reference::REFERENCE_WORKLOAD.parse().unwrap();
    for input in workload["input"].as_array().unwrap() {
        let path = directory.join(input["path"].as_str().unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, input["content"].as_str().unwrap()).unwrap();
    }
    let mut process =
        Process::start(directory, None, &["--persistent_worker", workload["startup_flag"].as_str().unwrap()]);
    let in_run = |text: &str| text.replace("{run}", directory.to_str().unwrap());
    for request in workload["request"].as_array().unwrap() {
        let array = |key: &str| {
            request.get(key).and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default()
        };
        let arguments: Vec<String> =
            array("arguments").iter().map(|value| in_run(value.as_str().unwrap())).collect();
        let changed = array("changes").iter().map(|change| {
            let path = directory.join(change["path"].as_str().unwrap());
            let before = fs::read(&path).unwrap();
            fs::write(&path, change["content"].as_str().unwrap()).unwrap();
            (path, before)
        });
        let changed: Vec<_> = changed.collect();
        process.send(&work(1, &arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        let response = process.recv().unwrap();
        let succeeds = !["failure", "crash"].contains(&request["kind"].as_str().unwrap());
        assert_eq!(response.exit_code == 0, succeeds, "{request}: {response:?}");
        if let Some(code) = request.get("exit_code") {
            assert_eq!(i64::from(response.exit_code), code.as_integer().unwrap(), "{request}");
        }
        assert!(response.output.contains(request["output"].as_str().unwrap()), "{request}: {response:?}");
        for output in array("outputs") {
            let content = fs::read_to_string(directory.join(output["path"].as_str().unwrap())).unwrap();
            if let Some(expected) = output.get("content") {
                assert_eq!(content, in_run(expected.as_str().unwrap()));
            }
        }
        for (path, before) in changed {
            fs::write(path, before).unwrap();
        }
    }
    assert!(process.end().0.success());
}
