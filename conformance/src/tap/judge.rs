//! Feeds the oracle with what passes, and everything else that looks at it.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::{Duration, SystemTime};

use pwp_proto::Framing;
use pwp_spec::{Catalogue, Feature, Level, Role};

use crate::files::Folder;
use crate::history::{Event, Mode, Sniffed, Sniffer, Start, StartupFlag, Timed, Transcript};
use crate::oracle::{Breach, Declaration, Excerpt, Finding, Oracle, Verdict, Violation, WorkerViolation};
use crate::report::{Confirmed, Tallies, ViolationReport, command_line, visible_json};

use super::TapOptions;
use super::files::{cannot_write, no_room, open_log};
use super::notes::{Notes, without_links};
use super::queue::{EventQueue, size};
use super::record::{self, Recorder};
use super::report::{self, EVIDENCE, Reporter};

/// Events and bytes that are kept until the dialect is known.
const EARLY: usize = 1 << 20;
/// Open requests that are followed. Behind more nothing is judged, so that no client decides how much memory a tap needs.
const OPEN: usize = 50_000;
/// Times that the violation of one requirement is told in full; the others are counted.
const TOLD: u64 = 3;
/// Possible causes that are named.
const SUSPECTS: usize = 8;
/// Entries of a transcript that are kept as evidence: the last ones.
const ENTRIES: usize = 40;
/// Bytes of a violation that a report has.
const BYTES: usize = 512;

/// What a tap writes as long as it runs, and where it writes what it knows in the end.
#[derive(Debug)]
pub(super) struct Files {
    log: Option<File>,
    record: Option<record::Place>,
    report: Option<report::Place>,
}

impl Files {
    /// Opens what was asked for, and makes the folders.
    pub(super) fn open(options: &TapOptions) -> Result<Self, String> {
        let append = |path| open_log(path).map_err(cannot_write(path));
        let log = options.log.as_deref().map(append).transpose()?;
        if let Some(folder) = &options.transcripts {
            std::fs::create_dir_all(folder).map_err(cannot_write(folder))?;
        }
        let record = options.record.as_deref().map(record::Place::new).transpose()?;
        let report = options.report.as_deref().map(report::Place::new).transpose()?;
        Ok(Self { log, record, report })
    }
}

/// One worker's judge, once it is known which dialect is spoken.
#[derive(Debug)]
struct Judge {
    options: TapOptions,
    pid: u32,
    began: SystemTime,
    notes: Notes,
    oracle: Oracle,
    tally: Tallies,
    transcript: Transcript,
    recorder: Option<Recorder>,
    reporter: Option<Reporter>,
    /// More requests were open than are followed, so nothing is judged any more.
    is_over: bool,
}

/// Judges the worker with the process ID `pid` until nothing more happens.
pub(super) fn listen(options: TapOptions, files: Files, pid: u32, queue: &EventQueue) {
    let mut notes = Notes::new(files.log, pid);
    notes.log(&format!("started: {}", options.argv().join(" ")));
    let (early, Sniffed { framing, has_id }) = beginning(queue, options.dialect);
    // Without a word about it, the worker declares what its client uses, as the first request shows.
    let multiplex = [Feature::Multiplex, Feature::MultiplexSandboxing].into_iter().filter(|_| has_id);
    let used = multiplex.chain([Feature::Cancellation]).collect();
    let features = options.features.clone().unwrap_or(used);
    let (command, began) = (options.command_of_workload(), queue.began);
    let start = Start {
        argv: options.argv(),
        dialect: framing.into(),
        features: features.clone(),
        mode: Mode::Worker,
        flag: options.has_startup_flags().then_some(StartupFlag::Known),
        one_shot: None,
        confined: false,
    };
    let declared = Declaration { dialect: options.dialect, features: options.features.clone() };
    let mut judge = Judge {
        options,
        pid,
        began,
        notes,
        oracle: Oracle::of_both(declared),
        tally: Tallies::default(),
        transcript: Transcript::new(framing),
        recorder: files.record.map(|place| Recorder::begin(place, &command, framing, began)),
        reporter: files.report.map(|place| Reporter::begin(place, &command, framing, features, began)),
        is_over: false,
    };
    judge.take(&Timed { at: Duration::ZERO, event: Event::Started(start) });
    for timed in early.into_iter().chain(std::iter::from_fn(|| queue.next())) {
        judge.take(&timed);
    }
    judge.finish(queue.is_broken());
}

/// What happened until the client showed which dialect it speaks, and what it showed; a guess if it did not.
fn beginning(queue: &EventQueue, given: Option<Framing>) -> (Vec<Timed>, Sniffed) {
    let mut sniffer = Sniffer::new(given);
    let (mut early, mut early_size) = (Vec::new(), 0);
    while early_size <= EARLY
        && let Some(timed) = queue.next()
    {
        let first = match &timed.event {
            Event::Sent(bytes) => sniffer.push(bytes),
            _ => None,
        };
        early_size += size(&timed.event).max(64);
        early.push(timed);
        if let Some(first) = first {
            return (early, first);
        }
    }
    (early, sniffer.guess())
}

impl Judge {
    fn take(&mut self, timed: &Timed) {
        self.transcript.record(timed);
        match (&timed.event, &mut self.recorder) {
            (Event::Sent(bytes), Some(recorder)) => recorder.sent(bytes, timed.at),
            (Event::Received(bytes), Some(recorder)) => recorder.received(bytes, timed.at),
            _ => {}
        }
        if let (Event::Sent(bytes), Some(reporter)) = (&timed.event, &mut self.reporter) {
            reporter.sent(bytes);
        }
        if self.is_over {
            return;
        }
        let findings = self.oracle.observe(timed);
        self.tell(findings, timed.at);
        self.is_over = self.oracle.open_requests() > OPEN;
    }

    /// Counts and tells what the judge has found.
    fn tell(&mut self, findings: Vec<Finding>, at: Duration) {
        let broken = self.tally.violated().count();
        for finding in findings {
            match finding.verdict {
                Verdict::Upheld(id) => self.tally.uphold(id),
                Verdict::Observed(id, what) => self.tally.observe(id, &what),
                // Stderr goes straight to the worker's log, so what is missing there can't be judged.
                Verdict::Violated(breach)
                    if breach.violation == Violation::Worker(WorkerViolation::MalformedSilent) => {}
                Verdict::Violated(breach) => self.violated(&breach, at),
            }
        }
        // Whoever kills the tap is to find in the report what it knew.
        if self.tally.violated().count() > broken
            && let Some(reporter) = &mut self.reporter
        {
            let requests = [self.oracle.sent_requests(), self.oracle.open_requests() as u64];
            reporter.keep(&self.tally, at, requests);
        }
    }

    fn violated(&mut self, breach: &Breach, at: Duration) {
        let id = breach.violation.requirement();
        let count = self.tally.violate(id);
        let of_standard = || Catalogue::standard().get(id)?.remedy.as_deref();
        let remedy = breach.violation.remedy().or_else(of_standard).unwrap_or_default();
        if count <= TOLD {
            self.say_violation(breach, at, count, remedy);
        }
        if self.reporter.is_some() && count <= EVIDENCE as u64 {
            let evidence = self.evidence(breach, remedy);
            self.tally.of(id).evidence.push(evidence);
        }
    }

    fn say_violation(&mut self, breach: &Breach, at: Duration, count: u64, remedy: &str) {
        let (id, what, ms) = (breach.violation.requirement(), &breach.violation, at.as_secs_f64() * 1000.0);
        let level = Catalogue::standard().get(id).map_or(Level::Must, |requirement| requirement.level);
        let suspects = self.suspects(breach);
        let notes = &mut self.notes;
        notes.say(&format!("the {} breaks {id} ({level}) at {ms:.1} ms: {what}", id.role()));
        if let Some(excerpt) = &breach.excerpt {
            notes.say(&format!("  bytes: {}", in_words(excerpt)));
        }
        if !suspects.is_empty() {
            notes.say(&format!("  the cause may be one of these, which it has not kept before: {suspects}"));
        }
        if count == 1 && !remedy.is_empty() {
            notes.say(&format!("  remedy: {}", without_links(remedy)));
        }
        if count == TOLD {
            notes.say(&format!("  {id} is counted from here on, and told no more"));
        }
    }

    fn evidence(&self, breach: &Breach, remedy: &str) -> ViolationReport {
        let excerpt = breach.excerpt.as_ref().map(|excerpt| excerpt.head.as_slice());
        let bytes = breach.violation.bytes().or(excerpt).unwrap_or_default();
        let entries = self.transcript.entries();
        let from = entries.len().saturating_sub(ENTRIES);
        let kept = entries.into_iter().enumerate();
        let kept = kept.filter(|(place, entry)| *place >= from || breach.events.contains(&entry.event));
        ViolationReport {
            summary: breach.violation.to_string(),
            hex: hex::encode(&bytes[..bytes.len().min(BYTES)]),
            remedy: remedy.to_owned(),
            // In place of a script: the violation was seen in a live session.
            found_in: "tap".to_owned(),
            confirmed: Confirmed { shown: 1, of: 1 },
            reproduce: format!("pwp tap --report FILE.json -- {}", command_line(&self.options.argv())),
            events: breach.events.clone(),
            transcript: kept.map(|(_, entry)| entry).collect(),
            ..ViolationReport::default()
        }
    }

    /// What was unusual and has not gone well before, so that it may be the cause.
    fn suspects(&self, breach: &Breach) -> String {
        let suspects = breach.suspects.iter().filter(|id| !self.tally.has_upheld(**id));
        let names: BTreeSet<String> = suspects.map(ToString::to_string).collect();
        names.into_iter().take(SUSPECTS).collect::<Vec<_>>().join(", ")
    }

    fn finish(mut self, torn: bool) {
        if torn {
            self.notes.say(
                "the judge fell behind, so what came after this was passed on and not judged; give the machine \
                 more room, or tap fewer workers at once",
            );
        } else if self.is_over {
            self.notes.say(&format!(
                "more than {OPEN} requests were open at once, so what came after this was passed on and not judged"
            ));
        } else {
            let findings = self.oracle.finish();
            self.tell(findings, self.began.elapsed().unwrap_or_default());
        }
        let (sent, open) = (self.oracle.sent_requests(), self.oracle.open_requests() as u64);
        let side = |role| {
            let (kept, broken) = (self.tally.kept(role), self.tally.violated_in_words(role));
            format!("{role}: requirements kept {kept}, broken {broken}")
        };
        let (worker, client) = (side(Role::Worker), side(Role::Client));
        let sum =
            format!("ended: requests {sent}, answered {}; {worker}; {client}", sent.saturating_sub(open));
        if self.tally.violated().next().is_none() {
            self.notes.log(&sum);
        } else {
            self.notes.say(&sum);
            self.notes.say(
                "`pwp explain ID` has the sentence of the standard, why it stands there, and its sources",
            );
        }
        self.save_transcript();
        let recorded = self.recorder.take().and_then(Recorder::finish);
        let reported = self.reporter.take().and_then(|reporter| {
            let took = self.began.elapsed().unwrap_or_default();
            reporter.finish(&self.tally, took, [sent, open], torn || self.is_over)
        });
        for problem in recorded.into_iter().chain(reported) {
            self.notes.say(&problem);
        }
    }

    fn save_transcript(&mut self) {
        let Some(folder) = &self.options.transcripts else { return };
        // A name that no other worker's transcript has.
        let since = self.began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let name = format!("tap-{}-{}.transcript.json", since.as_millis(), self.pid);
        let file = self.transcript.to_file("tap");
        let text = serde_json::to_string_pretty(&file).unwrap_or_default() + "\n";
        let written =
            Folder::open(folder).and_then(|folder| folder.replace(&name, visible_json(&text).as_bytes()));
        if let Err(problem) = written.map_err(no_room(&folder.join(&name))) {
            self.notes.say(&problem);
        }
    }
}

/// Bytes of the client, in words.
fn in_words(excerpt: &Excerpt) -> String {
    let hex: Vec<String> = excerpt.head.iter().map(|byte| format!("{byte:02x}")).collect();
    let more = if excerpt.length > excerpt.head.len() { " …" } else { "" };
    format!("{} at offset {} of stdin: {}{more}", excerpt.length, excerpt.offset, hex.join(" "))
}
