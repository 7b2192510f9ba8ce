//! How much of a round trip is the worker's own: the hello worker against a process that only reads and writes.
//!
//! `cargo run --release -p pwp-worker --example pingpong` (Linux). The parent starts both children, exchanges the same
//! numbers of bytes with them in turns, and prints the 50th and 99th percentile of the round trip and the
//! ratio of the two. First with all processes pinned to one core, then where the scheduler puts them: the two modes
//! differ tenfold, so a number without its mode says nothing.

use std::{
    env,
    error::Error,
    io::{self, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    time::Instant,
};

use pwp_worker::{Request, WorkRequest, WorkResponse, Worker};

const ROUND_TRIPS: usize = 20_000;
const ROUNDS: usize = 5;
const NAME: &str = "a name of an ordinary length, so that the messages are of an ordinary size";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--echo") => report(echo(&arguments)),
        Some("--hello") => hello(&arguments),
        _ => report(measure()),
    }
}

fn report(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pingpong: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The worker: examples/hello.rs with the features to measure.
fn hello(arguments: &[String]) -> ExitCode {
    let full = arguments.iter().any(|argument| argument == "--full");
    Worker::new().multiplex(full).cancellation(full).run(|request: &mut Request| {
        for name in request.arguments() {
            let _ = writeln!(request.output(), "hello, {name}");
        }
        0
    })
}

/// The floor: reads as many bytes as a request has, writes as many as a response has.
fn echo(sizes: &[String]) -> Result<(), Box<dyn Error>> {
    let mut request = vec![0; sizes.get(1).ok_or("--echo needs two sizes")?.parse()?];
    let response = vec![b'x'; sizes.get(2).ok_or("--echo needs two sizes")?.parse()?];
    let (mut input, mut output) = (io::stdin().lock(), raw_stdout()?);
    while input.read_exact(&mut request).is_ok() {
        output.write_all(&response)?;
    }
    Ok(())
}

/// Standard output without the line buffer of `std`.
#[cfg(unix)]
fn raw_stdout() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

struct Subject {
    name: &'static str,
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    nanoseconds: Vec<u64>,
}

impl Subject {
    fn start(name: &'static str, arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let output = child.stdout.take().ok_or("no standard output")?;
        Ok(Self { name, child, input, output, nanoseconds: Vec::new() })
    }

    fn round(&mut self, request: &[u8], response: &mut [u8]) -> io::Result<()> {
        for _ in 0..ROUND_TRIPS {
            let begin = Instant::now();
            self.input.write_all(request)?;
            self.output.read_exact(response)?;
            self.nanoseconds.push(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    fn percentile(&mut self, percent: usize) -> f64 {
        self.nanoseconds.sort_unstable();
        self.nanoseconds[self.nanoseconds.len() * percent / 100] as f64 / 1000.0
    }

    fn end(self) -> io::Result<()> {
        let Self { mut child, input, .. } = self;
        drop(input);
        child.wait().map(drop)
    }
}

fn measure() -> Result<(), Box<dyn Error>> {
    let request = WorkRequest { arguments: vec![NAME.to_owned()], request_id: 1, ..WorkRequest::default() };
    let response =
        WorkResponse { output: format!("hello, {NAME}\n"), request_id: 1, ..WorkResponse::default() };
    let request = pwp_proto::encode(pwp_worker::Framing::Proto, &request);
    let response = pwp_proto::encode(pwp_worker::Framing::Proto, &response);
    println!(
        "request {} bytes, response {} bytes, {ROUNDS} rounds of {ROUND_TRIPS} round trips each",
        request.len(),
        response.len()
    );
    for pinned in [true, false] {
        if pinned {
            pin()?;
        } else {
            unpin()?;
        }
        println!("{}:", if pinned { "pinned to one core" } else { "not pinned" });
        let sizes = [request.len().to_string(), response.len().to_string()];
        let mut subjects = [
            Subject::start("raw pipe", &["--echo", &sizes[0], &sizes[1]])?,
            Subject::start("worker, one at a time", &["--hello", "--persistent_worker"])?,
            Subject::start(
                "worker, multiplex and cancellation",
                &["--hello", "--full", "--persistent_worker"],
            )?,
        ];
        let mut received = vec![0; response.len()];
        for _ in 0..ROUNDS {
            for subject in &mut subjects {
                subject.round(&request, &mut received)?;
            }
        }
        let floor = (subjects[0].percentile(50), subjects[0].percentile(99));
        for subject in &mut subjects {
            let (p50, p99) = (subject.percentile(50), subject.percentile(99));
            println!(
                "  {:<36} p50 {p50:7.2} us ({:.2}x)   p99 {p99:7.2} us ({:.2}x)",
                subject.name,
                p50 / floor.0,
                p99 / floor.1
            );
        }
        for subject in subjects {
            subject.end()?;
        }
    }
    Ok(())
}

/// Keeps this process, and those that it starts from now on, on core 0.
fn pin() -> io::Result<()> {
    let mut cores = rustix::thread::CpuSet::new();
    cores.set(0);
    Ok(rustix::thread::sched_setaffinity(None, &cores)?)
}

fn unpin() -> io::Result<()> {
    let mut cores = rustix::thread::CpuSet::new();
    (0..rustix::thread::CpuSet::MAX_CPU).for_each(|core| cores.set(core));
    Ok(rustix::thread::sched_setaffinity(None, &cores)?)
}
