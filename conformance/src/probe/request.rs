//! One request: its steps, one after the other.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pwp_proto::WorkRequest;

use crate::history::Event;

use super::files::{Job, base, write};
use super::respond::{Context, unhex};
use super::scenario::{Step, Until};
use super::shared::Shared;

/// Longest text to standard error that is written down, in bytes.
const LOGGED: usize = 256;
/// How often a mark is looked for.
const LOOK: Duration = Duration::from_millis(2);

/// What is being served.
#[derive(Debug)]
pub(super) struct Serving {
    pub(super) shared: Arc<Shared>,
    pub(super) request: WorkRequest,
    /// Which of the requests of this process that are no cancel, from 1; 0 where none is.
    pub(super) number: u32,
    pub(super) job: Job,
}

impl Serving {
    /// Does all steps.
    pub(super) fn serve(&self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&self, step: &Step) {
        let shared = &self.shared;
        let context = Context {
            dialect: shared.dialect(),
            process: shared.process,
            request_id: self.request.request_id,
            name: self.job.name.clone(),
        };
        match step {
            Step::Work => self.work(false),
            Step::HalfWork => self.work(true),
            Step::Answer(answer) => shared.write(&context.answer(answer)),
            Step::Text(text) if shared.is_one_shot => shared.print(&context.text(text)),
            Step::Text(text) => shared.write(&context.text(text)),
            Step::Hex(hex) => shared.write(&unhex(hex)),
            Step::Stderr(text) => {
                use std::io::Write as _;
                let bytes = context.text(text);
                if bytes.len() <= LOGGED {
                    shared.record.tell(Event::Stderr(bytes.clone()));
                }
                let _ = std::io::stderr().lock().write_all(&bytes);
            }
            Step::Exit(status) => shared.exit(*status, "the scenario says so"),
            Step::Crash => shared.crash(),
            Step::CloseStdout => shared.close_stdout(),
            Step::Wait(until) => self.wait(until),
            Step::Mark(name) => shared.mark(name),
            Step::Leave(path) => drop(write(&base(&self.request).join(path), b"left by the probe\n")),
            Step::Open(path) => {
                let there = std::fs::read(shared.tool_path(path)).is_ok();
                shared.record.tell(Event::Opened { path: path.clone(), there });
            }
            Step::Check => {
                for (path, kept) in self.job.kept(&base(&self.request), shared.process) {
                    shared.record.tell(Event::Kept { request: self.number, path, kept });
                }
            }
            Step::Child => shared.child(),
            Step::Memory(bytes) => shared.hog(*bytes),
        }
    }

    fn work(&self, half: bool) {
        for (path, error) in self.job.work(&base(&self.request), self.shared.process, half) {
            self.shared.record.tell(Event::Wrote { request: self.number, path, error });
        }
    }

    /// A probe is not a test: it may look at the clock.
    fn wait(&self, until: &Until) {
        let shared = &self.shared;
        let wait = |come: &dyn Fn() -> bool| {
            while !come() {
                std::thread::sleep(LOOK);
            }
        };
        match until {
            Until::Mark(name) => wait(&|| shared.mark_path(name).exists()),
            Until::Ms(time) => std::thread::sleep(Duration::from_millis(*time)),
            Until::Open(count) => wait(&|| shared.open() >= *count),
            Until::Begun(count) => wait(&|| begun(&shared.folder) >= *count),
            Until::Cancel => wait(&|| shared.is_cancelled(self.request.request_id)),
            Until::Eof => wait(&|| shared.is_at_eof()),
            Until::Forever => wait(&|| false),
        }
    }
}

/// Requests of all processes that were begun.
fn begun(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("begun")).map_or(0, |entries| entries.flatten().count())
}
