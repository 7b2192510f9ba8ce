//! What a tap costs: one round trip to the reference worker, with `pwp tap` before it and without, in the same run.
//!
//! ```text
//! cargo build --release -p pwp && cargo run --release -p pwp --example tap_cost
//! ```
//!
//! Batches of both kinds take turns, so that what else the machine does falls on both.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use pwp_proto::{FrameReader, Framing, WorkRequest, encode};

const ROUNDS: usize = 20;
const BATCH: usize = 200;

struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    frames: FrameReader,
    times: Vec<Duration>,
}

impl Worker {
    fn start(command: &[&str]) -> anyhow::Result<Self> {
        let mut child = Command::new(command[0])
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start {}; build pwp first", command[0]))?;
        let stdin = child.stdin.take().context("stdin is a pipe")?;
        let stdout = child.stdout.take().context("stdout is a pipe")?;
        Ok(Self {
            child,
            stdin,
            stdout,
            frames: FrameReader::new(Framing::Proto, 1 << 20),
            times: Vec::new(),
        })
    }

    fn round_trip(&mut self, request: &[u8]) -> anyhow::Result<()> {
        let began = Instant::now();
        self.stdin.write_all(request)?;
        let mut chunk = [0; 65536];
        while self.frames.next_frame()?.is_none() {
            let count = self.stdout.read(&mut chunk)?;
            anyhow::ensure!(count > 0, "the worker has ended");
            self.frames.push(&chunk[..count]);
        }
        self.times.push(began.elapsed());
        Ok(())
    }

    fn end(mut self) -> anyhow::Result<[Duration; 2]> {
        drop(self.stdin);
        self.child.wait()?;
        self.times.sort();
        Ok([50, 99].map(|percent| self.times[self.times.len() * percent / 100]))
    }
}

fn main() -> anyhow::Result<()> {
    let here = std::env::current_exe()?;
    let beside = here.ancestors().nth(2).map(|folder| folder.join("pwp"));
    let program: PathBuf = std::env::args_os().nth(1).map(PathBuf::from).or(beside).context("name pwp")?;
    let program = Path::new(&program).to_str().context("its path is UTF-8")?;
    let direct = [program, "worker", "--persistent_worker"];
    let tapped = [&[program, "tap", "--"], direct.as_slice()].concat();
    let mut workers = [Worker::start(&direct)?, Worker::start(&tapped)?];
    let request = WorkRequest { arguments: vec!["--print=done".into()], ..WorkRequest::default() };
    let request = encode(Framing::Proto, &request);
    for _ in 0..ROUNDS {
        for worker in &mut workers {
            for _ in 0..BATCH {
                worker.round_trip(&request)?;
            }
        }
    }
    let [direct, tapped] = workers;
    let (direct, tapped) = (direct.end()?, tapped.end()?);
    for (name, [p50, p99]) in [("direct", direct), ("tapped", tapped)] {
        println!("{name}  p50 {p50:>9.1?}  p99 {p99:>9.1?}");
    }
    let more = tapped[0].saturating_sub(direct[0]);
    println!(
        "ratio   {:.2} at p50; {more:.1?} more for each request",
        tapped[0].as_secs_f64() / direct[0].as_secs_f64()
    );
    Ok(())
}
