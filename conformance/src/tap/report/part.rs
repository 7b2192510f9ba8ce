//! The counts of one tap, or of several of the same worker and client, and the report on them.

use std::io;
use std::path::Path;

use pwp_spec::{Dialect, Features, Requirement, Role};
use serde::{Deserialize, Serialize};

use crate::probe::files::digest;
use crate::report::{Gap, Report, RunFacts, RunInfo, Tallies, assemble};
use crate::tap::files::replace;

/// The number of violations of one requirement that are kept with their evidence.
pub(in crate::tap) const EVIDENCE: usize = 3;

/// A part, as JSON in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) worker: Program,
    pub(super) client: Program,
    /// The dialect that the client and the worker spoke.
    pub(super) dialect: Dialect,
    pub(super) features: Features,
    /// When the first of its workers was started, in seconds since 1970.
    pub(super) started_unix: u64,
    /// When the last of them was heard of, in milliseconds since the first one was started.
    pub(super) took_ms: u64,
    pub(super) processes: u32,
    pub(super) requests: u64,
    pub(super) answered: u64,
    /// SHA-256 over what the clients sent, in hex.
    pub(super) sent_sha256: String,
    /// Events were lost, because a judge fell behind.
    pub(super) torn: bool,
    /// The tap has ended: nothing more is added.
    pub(super) ended: bool,
    pub(super) tally: Tallies,
}

/// A program that is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program {
    pub(super) command: Vec<String>,
    pub(super) name: String,
}

impl Part {
    /// Whether both are about the same worker and the same client.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.worker, &self.client, &self.dialect) == (&other.worker, &other.client, &other.dialect)
    }

    /// The counts of both parts.
    pub(super) fn add(mut self, other: Self) -> Self {
        let end = |part: &Self| part.started_unix * 1000 + part.took_ms;
        let last = end(&self).max(end(&other));
        self.started_unix = self.started_unix.min(other.started_unix);
        self.took_ms = last - self.started_unix * 1000;
        self.features.extend(other.features);
        self.processes += other.processes;
        self.requests += other.requests;
        self.answered += other.answered;
        self.sent_sha256 = digest((self.sent_sha256 + &other.sent_sha256).as_bytes());
        self.torn |= other.torn;
        self.tally.add(other.tally, EVIDENCE);
        self
    }

    /// The report on one side.
    pub(super) fn report(&self, role: Role) -> Report {
        let program = if role == Role::Client { &self.client } else { &self.worker };
        let facts = RunFacts {
            role,
            dialect: self.dialect,
            features: &self.features,
            command: program.command.clone(),
            name: program.name.clone(),
            // The end of the worker would have to wait until the file was read.
            program: None,
            workload: None,
            run: RunInfo {
                started_unix: self.started_unix,
                took_ms: self.took_ms,
                processes: self.processes,
                sent_sha256: self.sent_sha256.clone(),
                ..RunInfo::default()
            },
            // A requirement that was not seen was not tried, so a tap makes no claim.
            partial: true,
        };
        let torn = if self.torn { ", and a judge fell behind" } else { "" };
        let gap =
            |_: &Requirement| Gap::not_exercised(format!("left out: nothing that passed shows it{torn}"));
        assemble(facts, self.tally.clone(), |_| true, gap)
    }

    /// Writes the part so that nobody ever sees half of it.
    pub(super) fn save(&self, path: &Path) -> io::Result<()> {
        replace(path, &serde_json::to_vec(self)?)
    }
}
