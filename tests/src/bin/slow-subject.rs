//! A worker that answers as it should, and takes its time in the way that its first argument names.
//!
//! `slow-subject BEHAVIOUR [--ms=N] [--marker=PATH] [--json]`. Started without `--persistent_worker` it ends at once.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use pwp_proto::frame::FrameReader;
use pwp_proto::{Framing, WorkRequest, WorkResponse, decode, encode};
use rustix::process::{Signal, getpid, kill_process};

/// Between two bytes that trickle.
const TRICKLE: Duration = Duration::from_millis(50);
/// Bytes of one read of a subject that reads slowly, and the time between two of them: 20 KiB a second.
const SIP: usize = 1024;
const BETWEEN_SIPS: Duration = Duration::from_millis(50);
/// A request with more bytes than this is large.
const LARGE: usize = 32 << 10;

struct Subject {
    behaviour: String,
    framing: Framing,
    /// How long what is slow takes.
    time: Duration,
    /// A file that says that it was slow once.
    marker: Option<PathBuf>,
    /// Requests that have come.
    requests: u32,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let value = |flag: &str| arguments.iter().find_map(|argument| argument.strip_prefix(flag));
    if !has("--persistent_worker") {
        return ExitCode::SUCCESS;
    }
    let mut subject = Subject {
        behaviour: arguments.first().cloned().unwrap_or_default(),
        framing: if has("--json") { Framing::Json } else { Framing::Proto },
        time: Duration::from_millis(value("--ms=").and_then(|text| text.parse().ok()).unwrap_or(0)),
        marker: value("--marker=").map(PathBuf::from),
        requests: 0,
    };
    match subject.serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("slow-subject: {reason}");
            ExitCode::FAILURE
        }
    }
}

impl Subject {
    /// Answers requests until the end of standard input, or says why that is not possible.
    fn serve(&mut self) -> Result<(), String> {
        // Not the one of the standard library, which reads ahead.
        let mut stdin = File::open("/dev/stdin").map_err(|error| error.to_string())?;
        let mut reader = FrameReader::new(self.framing, 256 << 20);
        let mut bytes = vec![0; 1 << 16];
        let room = match self.behaviour.as_str() {
            "reads-bytes" => 1,
            "reads-slowly" => SIP,
            _ => bytes.len(),
        };
        loop {
            while let Some(frame) = reader.next_frame().map_err(|error| error.to_string())? {
                let request = decode::<WorkRequest>(self.framing, &frame.body);
                let request = request.map_err(|error| error.to_string())?.message;
                if !request.cancel {
                    self.requests += 1;
                    self.take_time(frame.body.len())?;
                    self.answer(request.request_id)?;
                }
            }
            let count = stdin.read(&mut bytes[..room]).map_err(|error| error.to_string())?;
            if count == 0 {
                self.end();
                return reader.finish().map_err(|error| error.to_string());
            }
            reader.push(&bytes[..count]);
            if self.behaviour == "reads-slowly" {
                std::thread::sleep(BETWEEN_SIPS);
            }
        }
    }

    /// What comes before an answer.
    fn take_time(&self, size: usize) -> Result<(), String> {
        let is_slow = match self.behaviour.as_str() {
            "first" | "first-then-never" => self.requests == 1,
            "second" => self.requests == 2,
            "every" => true,
            "large" => size > LARGE,
            "once" => self.requests == 2 && self.marker.as_ref().is_some_and(|path| !path.exists()),
            _ => false,
        };
        if is_slow {
            if let Some(marker) = &self.marker {
                File::create(marker).map_err(|error| error.to_string())?;
            }
            std::thread::sleep(self.time);
        }
        if self.requests == 1 {
            return Ok(());
        }
        match self.behaviour.as_str() {
            "first-then-never" => for_ever(|| true),
            "floods-stderr" => for_ever(|| std::io::stderr().write_all(&[b'x'; 4096]).is_ok()),
            "stops" => {
                let _ = kill_process(getpid(), Signal::STOP);
            }
            _ => {}
        }
        Ok(())
    }

    fn answer(&self, request_id: i32) -> Result<(), String> {
        let trickles = match self.behaviour.as_str() {
            "trickles-first" => true,
            "trickles" | "blanks" | "blanks-inside" => self.requests > 1,
            _ => false,
        };
        let output = if trickles { "long ".repeat(2000) } else { "done".to_owned() };
        let bytes = encode(self.framing, &WorkResponse { request_id, output, ..WorkResponse::default() });
        if !trickles {
            return write(&bytes).map_err(|error| error.to_string());
        }
        match self.behaviour.as_str() {
            "blanks" => trickle(std::iter::repeat(b' ')),
            "blanks-inside" => trickle(std::iter::once(b'{').chain(std::iter::repeat(b' '))),
            _ => trickle(bytes.into_iter()),
        }
        Ok(())
    }

    /// The end of standard input has come.
    fn end(&self) {
        match self.behaviour.as_str() {
            "ends-slowly" => std::thread::sleep(self.time),
            "blanks-at-the-end" => trickle(std::iter::repeat(b' ')),
            _ => {}
        }
    }
}

fn write(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

/// One byte after the other, as long as there is somebody who could read them.
fn trickle(bytes: impl Iterator<Item = u8>) {
    for byte in bytes {
        if write(&[byte]).is_err() {
            return;
        }
        std::thread::sleep(TRICKLE);
    }
}

/// Does something again and again, as long as that works.
fn for_ever(mut what: impl FnMut() -> bool) {
    while what() {
        std::thread::sleep(TRICKLE);
    }
}
