//! What a tap says: on stderr, which is the worker's log, and in a file of its own. Never on stdout.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::oracle::{Breach, Finding, Verdict};
use crate::report::visible;
use crate::requirement::{Catalogue, Level, RequirementId};

/// Times that the violation of one requirement is told in full; the others are counted.
const TOLD: u64 = 3;
/// Possible causes that are named.
const SUSPECTS: usize = 8;
/// Characters of one line.
const LINE: usize = 2000;

/// Says what was found, and counts it.
#[derive(Debug)]
pub(super) struct Notes {
    log: Option<File>,
    /// What this worker is called where several write to one log.
    worker: String,
    violated: BTreeMap<RequirementId, u64>,
    upheld: BTreeMap<RequirementId, u64>,
}

/// Opens a log to write at its end.
pub(super) fn open_log(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

impl Notes {
    pub(super) fn new(log: Option<File>, pid: u32) -> Self {
        let worker = format!("worker {pid}");
        Self { log, worker, violated: BTreeMap::new(), upheld: BTreeMap::new() }
    }

    /// Takes a finding; tells it if it is a violation.
    pub(super) fn found(&mut self, finding: &Finding, at: Duration) {
        match &finding.verdict {
            Verdict::Upheld(id) => *self.upheld.entry(*id).or_default() += 1,
            Verdict::Observed(..) => {}
            Verdict::Violated(breach) => self.violated(breach, at),
        }
    }

    fn violated(&mut self, breach: &Breach, at: Duration) {
        let id = breach.violation.requirement();
        let count = self.violated.entry(id).or_default();
        *count += 1;
        let count = *count;
        if count > TOLD {
            return;
        }
        let ms = at.as_secs_f64() * 1000.0;
        let level = Catalogue::standard().get(id).map_or(Level::Must, |requirement| requirement.level);
        self.say(&format!("{id} ({level}) is broken at {ms:.1} ms: {}", breach.violation));
        let suspects = self.suspects(breach);
        if !suspects.is_empty() {
            self.say(&format!("  the cause may be one of these, which it has not kept before: {suspects}"));
        }
        if count == 1
            && let Some(remedy) = breach.violation.remedy()
        {
            self.say(&format!("  remedy: {remedy}"));
        }
        if count == TOLD {
            self.say(&format!("  {id} is counted from here on, and told no more"));
        }
    }

    /// What was unusual and has not gone well before, so that it may be the cause.
    fn suspects(&self, breach: &Breach) -> String {
        let cleared = |id: &&RequirementId| !self.upheld.contains_key(*id);
        let names: BTreeSet<String> =
            breach.suspects.iter().filter(cleared).map(ToString::to_string).collect();
        names.into_iter().take(SUSPECTS).collect::<Vec<_>>().join(", ")
    }

    /// Says one line on stderr and in the log.
    pub(super) fn say(&mut self, text: &str) {
        self.write(text, true);
    }

    /// Says one line in the log only.
    pub(super) fn log(&mut self, text: &str) {
        self.write(text, false);
    }

    fn write(&mut self, text: &str, aloud: bool) {
        let text = visible(text).replace('\n', " ");
        let end = text.char_indices().nth(LINE).map_or(text.len(), |(end, _)| end);
        // One write for each line, so that those of several processes do not mix.
        if aloud {
            let _ = std::io::stderr().write_all(format!("pwp tap: {}\n", &text[..end]).as_bytes());
        }
        if let Some(log) = &mut self.log {
            let _ = log.write_all(format!("{}: {}\n", self.worker, &text[..end]).as_bytes());
        }
    }

    /// What was violated, each with the number of times; empty if nothing was.
    pub(super) fn sum(&self) -> String {
        let counts = self.violated.iter().map(|(id, count)| match count {
            1 => id.to_string(),
            count => format!("{id} ({count} times)"),
        });
        counts.collect::<Vec<_>>().join(", ")
    }

    /// How many requirements were exercised and kept all the time.
    pub(super) fn kept(&self) -> usize {
        self.upheld.keys().filter(|id| !self.violated.contains_key(id)).count()
    }
}
