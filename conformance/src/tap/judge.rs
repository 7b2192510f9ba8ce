//! Feeds the oracle with what passes, and everything else that looks at it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::history::{Event, Mode, Start, StartupFlag, Timed, Transcript};
use crate::oracle::{Finding, Oracle, Verdict, Violation};
use crate::requirement::{Feature, Features};

use super::Options;
use super::first::{First, Looker};
use super::notes::Notes;
use super::record::Recorder;
use super::tape::Listener;

/// Events and bytes that are kept until the dialect is known.
const EARLY: usize = 1 << 20;

/// One worker's judge.
#[derive(Debug)]
pub(super) struct Judge {
    options: Options,
    pid: u32,
    began: SystemTime,
    notes: Notes,
    oracle: Oracle,
    transcript: Option<Transcript>,
    recorder: Option<Recorder>,
    looker: Looker,
    early: Vec<Timed>,
    early_size: usize,
}

impl Judge {
    /// A judge of the worker with the process ID `pid`.
    pub(super) fn new(options: Options, log: Option<File>, recorder: Option<Recorder>, pid: u32) -> Self {
        Self {
            notes: Notes::new(log, pid),
            looker: Looker::new(options.dialect),
            options,
            pid,
            began: SystemTime::now(),
            oracle: Oracle::new(),
            transcript: None,
            recorder,
            early: Vec::new(),
            early_size: 0,
        }
    }

    /// Listens to the end.
    pub(super) fn listen(mut self, listener: &Listener) {
        self.began = listener.began;
        self.notes.log(&format!("started: {}", self.options.argv().join(" ")));
        while let Some(timed) = listener.next() {
            self.take(timed);
        }
        self.finish(listener.is_torn());
    }

    fn take(&mut self, timed: Timed) {
        if self.transcript.is_some() {
            self.judge(&timed);
            return;
        }
        let first = match &timed.event {
            Event::Sent(bytes) => self.looker.look(bytes),
            _ => None,
        };
        self.early_size += match &timed.event {
            Event::Sent(bytes) | Event::Received(bytes) => bytes.len().max(64),
            _ => 64,
        };
        self.early.push(timed);
        match first {
            Some(first) => self.begin(first),
            None if self.early_size > EARLY => self.begin(self.looker.guess()),
            None => {}
        }
    }

    /// The dialect is known: what came before is judged.
    fn begin(&mut self, first: First) {
        let features = self.options.features.clone().unwrap_or_else(|| used(first));
        self.transcript = Some(Transcript::new(first.dialect));
        if let Some(recorder) = &mut self.recorder {
            recorder.begin(&self.options.command_of_workload(), first.dialect, self.began);
        }
        let start = Start {
            argv: self.options.argv(),
            dialect: first.dialect,
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
        if let Some(recorder) = &mut self.recorder {
            match &timed.event {
                Event::Sent(bytes) => recorder.sent(bytes, timed.at),
                Event::Received(bytes) => recorder.received(bytes, timed.at),
                _ => {}
            }
        }
        let findings = self.oracle.observe(timed);
        self.tell(&findings, timed.at);
    }

    fn tell(&mut self, findings: &[Finding], at: std::time::Duration) {
        for finding in findings.iter().filter(|finding| !needs_stderr(finding)) {
            self.notes.found(finding, at);
        }
    }

    fn finish(mut self, torn: bool) {
        if self.transcript.is_none() {
            self.begin(self.looker.guess());
        }
        if torn {
            self.notes.say(
                "the judge fell behind, so what came after this was passed on and not judged; give the machine \
                 more room, or tap fewer workers at once",
            );
        } else {
            let findings = self.oracle.finish();
            self.tell(&findings, self.began.elapsed().unwrap_or_default());
        }
        let (sent, open) = (self.oracle.sent_requests(), self.oracle.open_requests());
        let broken = self.notes.sum();
        let kept = self.notes.kept();
        let sum = format!(
            "ended: requests {sent}, answered {}; requirements kept {kept}, broken {}",
            sent - open as u64,
            if broken.is_empty() { "0" } else { &broken }
        );
        if broken.is_empty() {
            self.notes.log(&sum);
        } else {
            self.notes.say(&sum);
            self.notes.say(
                "`pwp explain ID` has the sentence of the standard, why it stands there, and its sources",
            );
        }
        self.save_transcript();
        if let Some(problem) = self.recorder.take().and_then(Recorder::finish) {
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
fn used(first: First) -> Features {
    let mut features = Features::from([Feature::Cancellation]);
    if first.has_id {
        features.extend([Feature::Multiplex, Feature::MultiplexSandboxing]);
    }
    features
}

/// Stderr goes straight to the worker's log, so what is missing there can't be judged.
fn needs_stderr(finding: &Finding) -> bool {
    matches!(&finding.verdict, Verdict::Violated(breach) if breach.violation == Violation::MalformedSilent)
}
