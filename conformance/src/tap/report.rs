//! Makes reports (`schema/report/v1`) of what passes: one about the worker, one about its client.
//!
//! A tap writes its part when a requirement is broken for the first time and when it ends. Then it makes the reports anew, and puts the
//! parts of ended taps together: what is read stays as small as the number of different workers.
//!
//! ```text
//! tap.json            about the worker; tap-2.json about the next one, with another command or another client
//! tap.client.json     about its client; tap-2.client.json
//! tap.json.parts/     what taps have counted; not needed any more when the build is over
//! ```

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pwp_proto::Framing;
use pwp_spec::{Dialect, Features, Requirement, Role};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::files::Folder;
use crate::probe::files::digest;
use crate::process::started_by;
use crate::report::{
    CutShort, Form, Gap, Report, RunFacts, RunInfo, Tallies, assemble, may_replace, millis, to_json,
};
use crate::runner;
use crate::tap::files::{self, Series, lock, no_room, read_parts};

/// The number of violations of one requirement that are kept with their evidence.
pub(super) const EVIDENCE: usize = 3;

/// The places of the reports, and of the parts beside them.
#[derive(Debug)]
pub(super) struct Place {
    reports: Series,
    /// The folder of all that taps have counted.
    parts: Folder,
    /// The program that started this process.
    client: Program,
}

impl Place {
    /// The places for the report `path`; makes the folder.
    pub(super) fn new(path: &Path) -> Result<Self, String> {
        let reports = Series::of(path, "json", "report")?;
        may_be_report(path)?;
        Ok(Self { parts: reports.make_folder(".json.parts")?, reports, client: parent() })
    }
}

/// Collects the part of one tap.
#[derive(Debug)]
pub(super) struct Reporter {
    place: Place,
    sent: Sha256,
    part: Part,
    file: PathBuf,
    problem: Option<String>,
}

impl Reporter {
    /// Begins the part, since the dialect is known. The command is without `--persistent_worker`.
    pub(super) fn begin(
        place: Place,
        command: &[String],
        dialect: Framing,
        features: Features,
        began: SystemTime,
    ) -> Self {
        let resolved = runner::Command::resolve(command, Path::new("."));
        let name = resolved.map(|command| name_of(command.program())).unwrap_or_default();
        Self {
            file: files::part(began, "json"),
            sent: Sha256::new(),
            part: Part {
                worker: Program { command: command.to_vec(), name },
                client: place.client.clone(),
                dialect: dialect.into(),
                features,
                started_unix: began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs(),
                took_ms: 0,
                processes: 1,
                requests: 0,
                answered: 0,
                sent_sha256: String::new(),
                torn: false,
                ended: false,
                tally: Tallies::default(),
            },
            problem: None,
            place,
        }
    }

    /// Takes bytes that the client wrote.
    pub(super) fn sent(&mut self, bytes: &[u8]) {
        self.sent.update(bytes);
    }

    /// Keeps all that is known by now, so that it is not lost with this process.
    pub(super) fn keep(&mut self, tally: &Tallies, at: Duration, [sent, open]: [u64; 2]) {
        let part = &mut self.part;
        part.took_ms = millis(at);
        (part.requests, part.answered) = (sent, sent.saturating_sub(open));
        part.sent_sha256 = hex::encode(self.sent.clone().finalize());
        part.tally = tally.clone();
        if let Err(error) = part.save(&self.place.parts, &self.file) {
            let path = self.place.parts.path().join(&self.file);
            self.problem.get_or_insert_with(|| no_room(&path)(error));
        }
    }

    /// Makes the reports when the worker has ended. Events were lost if the record is `torn`. A problem is returned in words.
    pub(super) fn finish(
        mut self,
        tally: &Tallies,
        took: Duration,
        requests: [u64; 2],
        torn: bool,
    ) -> Option<String> {
        (self.part.ended, self.part.torn) = (true, torn);
        self.keep(tally, took, requests);
        let merged = merge(&self.place).err();
        self.problem.or(merged)
    }
}

/// A part, as JSON in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Part {
    worker: Program,
    client: Program,
    /// The dialect that the client and the worker spoke.
    dialect: Dialect,
    features: Features,
    /// When the first of its workers was started, in seconds since 1970.
    started_unix: u64,
    /// When the last of them was heard of, in milliseconds since the first one was started.
    took_ms: u64,
    processes: u32,
    requests: u64,
    answered: u64,
    /// SHA-256 over what the clients sent, in hex.
    sent_sha256: String,
    /// Events were lost, because a judge fell behind.
    torn: bool,
    /// The tap has ended: nothing more is added.
    ended: bool,
    tally: Tallies,
}

/// A program that is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Program {
    command: Vec<String>,
    name: String,
}

impl Part {
    /// Whether both are about the same worker and the same client.
    fn is_like(&self, other: &Self) -> bool {
        (&self.worker, &self.client, &self.dialect) == (&other.worker, &other.client, &other.dialect)
    }

    /// The counts of both parts.
    fn add(mut self, other: Self) -> Self {
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
    fn report(&self, role: Role) -> Report {
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
            cut: BTreeSet::from([CutShort::Live]),
            problem: None,
        };
        let torn = if self.torn { ", and a judge fell behind" } else { "" };
        let gap =
            |_: &Requirement| Gap::not_exercised(format!("left out: nothing that passed shows it{torn}"));
        assemble(facts, self.tally.clone(), |_| true, gap)
    }

    /// Writes the part so that nobody ever sees half of it.
    fn save(&self, parts: &Folder, name: &Path) -> io::Result<()> {
        parts.replace(name, &serde_json::to_vec(self)?)
    }
}

/// Makes the reports anew.
fn merge(Place { reports, parts, .. }: &Place) -> Result<(), String> {
    let failed = |error| format!("can't make a report of {}: {error}; look into it", parts.path().display());
    let _lock = lock(parts).map_err(failed)?;
    // The parts about one worker and one client.
    let mut groups: Vec<Vec<(PathBuf, Part)>> = Vec::new();
    for (path, part) in read_parts(parts, "json", |text| serde_json::from_slice(text).ok()).map_err(failed)? {
        match groups.iter_mut().find(|group| group[0].1.is_like(&part)) {
            Some(group) => group.push((path, part)),
            None => groups.push(vec![(path, part)]),
        }
    }
    groups.iter().try_for_each(|group| put_together(parts, group)).map_err(failed)?;
    let whole = |group: Vec<(PathBuf, Part)>| group.into_iter().map(|(_, part)| part).reduce(Part::add);
    let mut wholes: Vec<Part> = groups.into_iter().filter_map(whole).collect();
    wholes.sort_by_key(|whole| Reverse(whole.requests));
    for (number, whole) in wholes.iter().enumerate() {
        for (role, end) in [(Role::Worker, ".json"), (Role::Client, ".client.json")] {
            may_be_report(&reports.file(number, end))?;
            let text = to_json(&whole.report(role)) + "\n";
            reports.replace(number, end, text.as_bytes())?;
        }
    }
    Ok(())
}

/// Whether nothing stands at a path but an earlier report.
fn may_be_report(path: &Path) -> Result<(), String> {
    match path.metadata() {
        // It is replaced by another file, which a stream can't be.
        Ok(there) if !there.is_file() => Err(format!(
            "{} is no file, so no report can take its place; choose another name",
            path.display()
        )),
        _ => may_replace(path, Form::Report)
            .map_err(|error| format!("can't write the report {}: {error}", path.display())),
    }
}

/// Makes one file of the parts of ended taps. If this ends half-way, some are counted twice, and none is lost.
fn put_together(parts: &Folder, group: &[(PathBuf, Part)]) -> io::Result<()> {
    let ended: Vec<&(PathBuf, Part)> = group.iter().filter(|(_, part)| part.ended).collect();
    let [(first, _), _, ..] = ended.as_slice() else { return Ok(()) };
    let whole = ended.iter().map(|(_, part)| part.clone()).reduce(Part::add);
    whole.map_or(Ok(()), |whole| whole.save(parts, first))?;
    ended[1..].iter().try_for_each(|(name, _)| Ok(parts.remove(name)?))
}

/// The client, as far as the system tells: the program that started this process.
fn parent() -> Program {
    let parent = started_by();
    // Its arguments may hold secrets, so only its name is taken.
    let words = std::fs::read(format!("/proc/{parent}/cmdline")).unwrap_or_default();
    let first =
        String::from_utf8_lossy(words.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned();
    let name = name_of(Path::new(&first));
    let path = std::fs::read_link(format!("/proc/{parent}/exe"));
    Program { command: vec![path.map_or(first, |path| path.to_string_lossy().into_owned())], name }
}

fn name_of(program: &Path) -> String {
    program.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
