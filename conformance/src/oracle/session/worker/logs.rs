//! Stderr, verbosity and memory: mostly observed, since upstream leaves them open.

use crate::history::Start;
use crate::oracle::finding::Findings;
use crate::oracle::{WorkerViolation, ids};
use pwp_spec::Feature;

/// What one stretch of the run, up to a quiet time, wrote to stderr.
#[derive(Debug, Default, Clone, Copy)]
struct Phase {
    requests: u64,
    stderr: u64,
    /// The lowest and the highest verbosity of the requests.
    verbosity: Option<(i32, i32)>,
}

#[derive(Debug, Default)]
pub(crate) struct Logs {
    judged: bool,
    phase: Phase,
    quiet: Option<f64>,
    verbose: Option<f64>,
    total: u64,
    /// What `total` was when the client sent something that is no request.
    before_malformed: u64,
    counted: u64,
    memory: Option<Memory>,
}

/// The first and the last measurement of a process: its resident memory in bytes, and how many requests it had been sent by then.
#[derive(Debug, Clone, Copy)]
struct Memory {
    first: (u64, u64),
    last: (u64, u64),
}

impl Logs {
    pub(super) fn new(start: &Start) -> Self {
        Self { judged: start.features.contains(&Feature::Verbosity), ..Self::default() }
    }

    pub(crate) fn request(&mut self, verbosity: i32) {
        let (lowest, highest) = self.phase.verbosity.unwrap_or((verbosity, verbosity));
        self.phase.verbosity = Some((lowest.min(verbosity), highest.max(verbosity)));
        self.counted += 1;
        self.phase.requests += 1;
    }

    pub(crate) fn malformed(&mut self) {
        self.before_malformed = self.total;
    }

    pub(super) fn stderr(&mut self, bytes: usize) {
        self.total += bytes as u64;
        self.phase.stderr += bytes as u64;
    }

    /// Anything written to stderr since something was sent that is no request.
    pub(super) fn said_something(&self) -> bool {
        self.total > self.before_malformed
    }

    pub(super) fn quiet(&mut self) {
        let Phase { requests, stderr, verbosity } = std::mem::take(&mut self.phase);
        let Some((lowest, highest)) = verbosity else { return };
        let each = stderr as f64 / requests as f64;
        if highest == 0 && lowest == 0 {
            self.quiet = Some(self.quiet.map_or(each, |before| before.min(each)));
        } else if lowest >= 10 {
            self.verbose = Some(self.verbose.map_or(each, |before| before.max(each)));
        }
    }

    pub(super) fn memory(&mut self, bytes: u64) {
        let last = (bytes, self.counted);
        let first = self.memory.map_or(last, |memory| memory.first);
        self.memory = Some(Memory { first, last });
    }

    pub(super) fn finish(&mut self, out: &mut Findings) {
        self.quiet();
        if let (true, Some(quiet), Some(verbose)) = (self.judged, self.quiet, self.verbose) {
            // W-121: "A worker that declares `verbosity` writes more to standard error for a request with `verbosity`
            // 10 than for the same request with 0."
            let wrong = WorkerViolation::VerbosityIgnored { quiet: quiet as u64, verbose: verbose as u64 };
            out.hold(ids::VERBOSITY_LOGS, (verbose <= quiet).then_some(wrong));
        }
        if self.counted > 0 {
            let what = if self.total > 0 { "writes to stderr" } else { "silent" };
            out.observe(ids::STDERR, what);
        }
        // W-065: "The resident memory of a worker after its first and after its last request." Two measurements with no request in between
        // are about equal, whatever the worker keeps of each request.
        if let Some(Memory { first: (first, before), last: (last, after) }) = self.memory
            && after > before
        {
            let grown = last.saturating_sub(first);
            let grows = grown > (8 << 20) && grown > first / 4;
            out.observe(ids::MEMORY, if grows { "grows by more than a quarter" } else { "steady" });
        }
    }
}
