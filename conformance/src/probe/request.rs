//! One request: its steps, one after the other, and the bytes of its responses.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pwp_proto::{EncodeOptions, WorkRequest, WorkResponse, encode_with};

use crate::files::open_regular;
use crate::history::Event;

use super::files::{Job, base, write};
use super::scenario::{Answer, AnswerId, Step, Text, Until};
use super::shared::{Shared, lock};

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
        match step {
            Step::Work => self.work(false),
            Step::HalfWork => self.work(true),
            Step::Answer(answer) => shared.write(&self.answer(answer)),
            Step::Text(text) if shared.is_one_shot => shared.print(&self.text(text)),
            Step::Text(text) => shared.write(&self.text(text)),
            Step::Hex(hex) => shared.write(&unhex(hex)),
            Step::Stderr(text) => {
                let bytes = self.text(text);
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
            Step::Leave(path) => {
                drop(write(shared.within.as_ref(), &base(&self.request).join(path), b"left by the probe\n"));
            }
            Step::Open(path) => {
                let there = open_regular(&shared.tool_path(path)).is_ok();
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
        for (path, error) in
            self.job.work(self.shared.within.as_ref(), &base(&self.request), self.shared.process, half)
        {
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
            Until::Mark(name) => wait(&|| shared.is_marked(name)),
            Until::Ms(time) => std::thread::sleep(Duration::from_millis(*time)),
            Until::Open(count) => wait(&|| shared.open.load(Ordering::SeqCst) >= *count),
            Until::Begun(count) => wait(&|| shared.begun_by_all() >= *count),
            Until::Cancel => wait(&|| lock(&shared.cancelled).contains(&self.request.request_id)),
            Until::Eof => wait(&|| shared.eof.load(Ordering::SeqCst)),
            Until::Forever => wait(&|| false),
        }
    }

    /// The bytes of a response.
    fn answer(&self, answer: &Answer) -> Vec<u8> {
        let mut output = self.fill(&answer.output);
        output.extend(std::iter::repeat_n('.', answer.padding as usize));
        let own_id = self.request.request_id;
        let response = WorkResponse {
            exit_code: answer.exit_code,
            output,
            request_id: match answer.id {
                AnswerId::Own => own_id,
                AnswerId::Off(by) => own_id.wrapping_add(by),
                AnswerId::Exactly(id) => id,
            },
            was_cancelled: answer.was_cancelled,
        };
        let options = EncodeOptions {
            unknown_fields: answer.unknown_fields,
            newline: !answer.no_newline,
            ..EncodeOptions::default()
        };
        let mut bytes = encode_with(self.shared.dialect(), &response, &options);
        bytes.truncate(answer.cut.unwrap_or(usize::MAX));
        bytes.drain(..answer.skip.min(bytes.len()));
        bytes
    }

    fn text(&self, text: &Text) -> Vec<u8> {
        self.fill(&text.text).repeat(text.times as usize).into_bytes()
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{name}", &self.job.name).replace("{process}", &self.shared.process.to_string())
    }
}

/// Bytes from hex; what is no hex is left out.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
