//! Feeds the oracle with what passes, and everything else that looks at it.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::history::{Entry, Event, Mode, Sniffed, Sniffer, Start, StartupFlag, Timed, Transcript};
use crate::oracle::{Breach, Declaration, Excerpt, Finding, Oracle, Verdict, Violation, WorkerViolation};
use crate::report::{Confirmed, Tallies, ViolationReport};
use pwp_spec::{Catalogue, Feature, Features, RequirementId, Role};

use super::TapOptions;
use super::notes::{Notes, Telling};
use super::queue::EventReceiver;
use super::record::Recorder;
use super::report::{self, EVIDENCE, Reporter};

/// Events and bytes that are kept until the dialect is known.
const EARLY: usize = 1 << 20;
/// Possible causes that are named.
const SUSPECTS: usize = 8;
/// Entries of a transcript that are kept as evidence: the last ones.
const ENTRIES: usize = 40;
/// Bytes of a violation that a report has.
const BYTES: usize = 512;

/// One worker's judge.
#[derive(Debug)]
pub(super) struct Judge {
    options: TapOptions,
    pid: u32,
    began: SystemTime,
    notes: Notes,
    oracle: Oracle,
    tally: Tallies,
    transcript: Option<Transcript>,
    recorder: Option<Recorder>,
    reporter: Option<Reporter>,
    sniffer: Sniffer,
    early: Vec<Timed>,
    early_size: usize,
}

impl Judge {
    /// A judge of the worker with the process ID `pid`.
    pub(super) fn new(
        options: TapOptions,
        log: Option<File>,
        recorder: Option<Recorder>,
        reporter: Option<Reporter>,
        pid: u32,
    ) -> Self {
        let declared = Declaration { dialect: options.dialect, features: options.features.clone() };
        Self {
            notes: Notes::new(log, pid),
            sniffer: Sniffer::new(options.dialect),
            options,
            pid,
            began: SystemTime::now(),
            oracle: Oracle::of_both(declared),
            tally: Tallies::default(),
            transcript: None,
            recorder,
            reporter,
            early: Vec::new(),
            early_size: 0,
        }
    }

    /// Listens to the end.
    pub(super) fn listen(mut self, listener: &EventReceiver) {
        self.began = listener.began;
        self.notes.log(&format!("started: {}", self.options.argv().join(" ")));
        while let Some(timed) = listener.next() {
            self.take(timed);
        }
        self.finish(listener.is_broken());
    }

    fn take(&mut self, timed: Timed) {
        if self.transcript.is_some() {
            self.judge(&timed);
            return;
        }
        let first = match &timed.event {
            Event::Sent(bytes) => self.sniffer.push(bytes),
            _ => None,
        };
        self.early_size += match &timed.event {
            Event::Sent(bytes) | Event::Received(bytes) => bytes.len().max(64),
            _ => 64,
        };
        self.early.push(timed);
        match first {
            Some(first) => self.begin(first),
            None if self.early_size > EARLY => self.begin(self.sniffer.guess()),
            None => {}
        }
    }

    /// The dialect is known: what came before is judged.
    fn begin(&mut self, first: Sniffed) {
        let features = self.options.features.clone().unwrap_or_else(|| used(first));
        self.transcript = Some(Transcript::new(first.framing));
        if let Some(recorder) = &mut self.recorder {
            recorder.begin(&self.options.command_of_workload(), first.framing, self.began);
        }
        if let Some(reporter) = &mut self.reporter {
            reporter.begin(&self.options.command_of_workload(), first.framing, &features, self.began);
        }
        let start = Start {
            argv: self.options.argv(),
            dialect: first.framing.into(),
            features,
            mode: Mode::Worker,
            flag: self.options.has_startup_flags().then_some(StartupFlag::Known),
            one_shot: None,
            confined: false,
        };
        let at = std::time::Duration::ZERO;
        self.judge(&Timed { at, event: Event::Started(start) });
        for timed in std::mem::take(&mut self.early) {
            self.judge(&timed);
        }
    }

    fn judge(&mut self, timed: &Timed) {
        if let Some(transcript) = &mut self.transcript {
            transcript.record(timed);
        }
        match (&timed.event, &mut self.recorder) {
            (Event::Sent(bytes), Some(recorder)) => recorder.sent(bytes, timed.at),
            (Event::Received(bytes), Some(recorder)) => recorder.received(bytes, timed.at),
            _ => {}
        }
        if let (Event::Sent(bytes), Some(reporter)) = (&timed.event, &mut self.reporter) {
            reporter.sent(bytes);
        }
        let findings = self.oracle.observe(timed);
        self.tell(findings, timed.at);
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
            reporter.keep(&self.tally, at, [self.oracle.sent_requests(), self.oracle.open_requests() as u64]);
        }
    }

    fn violated(&mut self, breach: &Breach, at: Duration) {
        let id = breach.violation.requirement();
        let telling = Telling {
            id,
            at,
            count: 0,
            what: breach.violation.to_string(),
            bytes: breach.excerpt.as_ref().map(in_words),
            suspects: self.suspects(breach),
            remedy: breach.violation.remedy().or_else(|| remedy(id)),
        };
        let excerpt = breach.excerpt.as_ref().map(|excerpt| excerpt.head.as_slice());
        let bytes = breach.violation.bytes().or(excerpt).unwrap_or_default();
        self.broken(telling, bytes, &breach.events);
    }

    fn broken(&mut self, telling: Telling<'_>, bytes: &[u8], events: &[usize]) {
        let count = self.tally.violate(telling.id);
        let telling = Telling { count, ..telling };
        self.notes.violated(&telling);
        if self.reporter.is_some() && count <= EVIDENCE as u64 {
            let entries = self.transcript.as_ref().map(Transcript::entries).unwrap_or_default();
            let evidence = self.evidence(&telling, bytes, events, entries);
            self.tally.of(telling.id).evidence.push(evidence);
        }
    }

    fn evidence(
        &self,
        telling: &Telling<'_>,
        bytes: &[u8],
        events: &[usize],
        mut entries: Vec<Entry>,
    ) -> ViolationReport {
        let shown = &bytes[..bytes.len().min(BYTES)];
        let from = entries.len().saturating_sub(ENTRIES);
        let mut place = 0;
        entries.retain(|entry| {
            place += 1;
            place > from || events.contains(&entry.event)
        });
        ViolationReport {
            expected: false,
            summary: telling.what.clone(),
            hex: hex::encode(shown),
            remedy: telling.remedy.unwrap_or_default().to_owned(),
            found_in: report::FOUND_IN.to_owned(),
            confirmed: Confirmed { shown: 1, of: 1 },
            reproduce: format!("pwp tap --report FILE.json -- {}", self.options.argv().join(" ")),
            events: events.to_vec(),
            transcript: entries,
            ..ViolationReport::default()
        }
    }

    /// What was unusual and has not gone well before, so that it may be the cause.
    fn suspects(&self, breach: &Breach) -> String {
        let cleared = |id: &&RequirementId| !self.tally.has_upheld(**id);
        let names: BTreeSet<String> =
            breach.suspects.iter().filter(cleared).map(ToString::to_string).collect();
        names.into_iter().take(SUSPECTS).collect::<Vec<_>>().join(", ")
    }

    fn finish(mut self, torn: bool) {
        if self.transcript.is_none() {
            self.begin(self.sniffer.guess());
        }
        if torn {
            self.notes.say(
                "the judge fell behind, so what came after this was passed on and not judged; give the machine \
                 more room, or tap fewer workers at once",
            );
        } else {
            let findings = self.oracle.finish();
            self.tell(findings, self.began.elapsed().unwrap_or_default());
        }
        let (sent, open) = (self.oracle.sent_requests(), self.oracle.open_requests() as u64);
        let side = |role| {
            format!(
                "{role}: requirements kept {}, broken {}",
                self.tally.kept(role),
                self.tally.violated_in_words(role)
            )
        };
        let sum = format!(
            "ended: requests {sent}, answered {}; {}; {}",
            sent - open,
            side(Role::Worker),
            side(Role::Client)
        );
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
            reporter.finish(&self.tally, took, [sent, open], torn)
        });
        for problem in recorded.into_iter().chain(reported) {
            self.notes.say(&problem);
        }
    }

    fn save_transcript(&mut self) {
        let (Some(folder), Some(transcript)) = (&self.options.transcripts, &self.transcript) else { return };
        let path = transcript_path(folder, self.began, self.pid);
        let file = transcript.to_file("tap");
        let text = serde_json::to_string_pretty(&file).unwrap_or_default() + "\n";
        if let Err(error) = std::fs::write(&path, text) {
            self.notes.say(&format!("can't write {}: {error}; make room for it", path.display()));
        }
    }
}

/// A name that no other worker's transcript has.
fn transcript_path(folder: &Path, began: SystemTime, pid: u32) -> PathBuf {
    let since = began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    folder.join(format!("tap-{}-{pid}.transcript.json", since.as_millis()))
}

/// What the client takes the worker to declare, as its first request shows.
fn used(first: Sniffed) -> Features {
    let mut features = Features::from([Feature::Cancellation]);
    if first.has_id {
        features.extend([Feature::Multiplex, Feature::MultiplexSandboxing]);
    }
    features
}

/// What the standard says to do about a requirement that is broken.
fn remedy(id: RequirementId) -> Option<&'static str> {
    Catalogue::standard().get(id)?.remedy.as_deref()
}

/// Bytes of the client, in words.
fn in_words(excerpt: &Excerpt) -> String {
    let hex: Vec<String> = excerpt.head.iter().map(|byte| format!("{byte:02x}")).collect();
    let more = if excerpt.length > excerpt.head.len() { " …" } else { "" };
    format!("{} at offset {} of stdin: {}{more}", excerpt.length, excerpt.offset, hex.join(" "))
}
