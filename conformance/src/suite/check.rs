//! `pwp check worker`: baseline, fixed scripts, generated scripts, shrinking, the report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::history::Reference;
use crate::process::{can_confine, kill_strays_if_alone};
use crate::report::{CutShort, Report, Reporter, SuiteEvent, micros, millis};
use crate::runner::{Outcome, RunError, Subject, TimeLimits, has_named_requests};
use crate::script::{Script, Traffic, alone, fixed, from_workload, generate};
use crate::workload::{Item, Kind};
use pwp_spec::{Catalogue, Level};

use super::conclude;
use super::deadline::Deadline;
use super::execute::execute;
use super::state::{Check, Options, SuiteError};

/// The scripts that are run first and alone, to measure the subject.
const BASELINE: &[&str] = &["first-answers", "first-answers-multiplex", PROBE, "slow", "slow-multiplex"];
/// Run only if the first one got no answer: a worker that does not do real work may still refuse what it does not know.
const PROBE: &str = "first-probe";

/// How often each request is run alone to see what it gives.
const TIMES: usize = 2;

/// What all of these have in common, as far as the workload does not say that it varies.
fn the_same(item: &Item, results: &[Reference]) -> Option<Reference> {
    let (first, others) = results.split_first()?;
    if others.iter().any(|other| other.exit_code != first.exit_code) {
        return None;
    }
    let same_words = !item.output_varies
        && item.kind != Kind::Crash
        && others.iter().all(|other| other.output == first.output);
    let output = first.output.clone().filter(|_| same_words);
    let varies = |path: &str| item.outputs.iter().any(|output| output.path == path && output.varies);
    let mut files = first.files.clone();
    files.retain(|path, print| {
        !varies(path) && others.iter().all(|other| other.files.get(path) == Some(print))
    });
    Some(Reference { exit_code: first.exit_code, output, files })
}

/// Runs the whole suite against a worker.
///
/// # Errors
/// Where a run could not take place. That the subject fails is no error but what the report says.
pub fn check_worker(
    subject: &Subject,
    options: &Options,
    reporter: &mut dyn Reporter,
) -> Result<Report, SuiteError> {
    options.selection.check()?;
    let from_workload = from_workload(&subject.workload, &subject.features, options.seed, can_confine());
    let chosen: Vec<Arc<Script>> = fixed()
        .iter()
        .cloned()
        .chain(from_workload)
        .filter(|script| fits(script, subject) && options.selection.takes_script(script))
        .map(Arc::new)
        .collect();
    let cases = if options.selection.takes_generated() { options.cases } else { 0 };
    let baseline: Vec<Arc<Script>> = fixed()
        .iter()
        .filter(|script| BASELINE.contains(&script.name.as_str()) && fits(script, subject))
        // Without real work the first answers are those of a probe already.
        .filter(|script| script.name != PROBE || !subject.workload.requests.is_empty())
        .map(|script| Arc::new(script.clone()))
        .collect();
    let learns = chosen.iter().any(|script| script.request_names().next().is_some());
    let alone = if learns { alone(&subject.workload) } else { Vec::new() };
    Check::new(subject, options, reporter).run(&baseline, &alone, &chosen, cases)
}

/// Runs one script, several times, and judges it.
///
/// # Errors
/// Where a run could not take place, or the script does not fit the subject.
pub fn replay(
    subject: &Subject,
    script: &Script,
    options: &Options,
    reporter: &mut dyn Reporter,
) -> Result<Report, SuiteError> {
    can_replay(subject, script)?;
    let named: BTreeSet<&str> = script.request_names().collect();
    let mut alone = alone(&subject.workload);
    alone.retain(|alone| named.is_empty() || alone.request_names().any(|name| named.contains(name)));
    let mut check = Check { shrinks: false, ..Check::new(subject, options, reporter) };
    check.cut.insert(CutShort::Replay);
    check.run(&[], &alone, &[Arc::new(script.clone())], 0)
}

/// Whether a script can be run against a subject.
///
/// # Errors
/// Where it is of another dialect, needs features that the subject does not declare, or names requests that the workload does not have.
pub fn can_replay(subject: &Subject, script: &Script) -> Result<(), SuiteError> {
    if !script.fits(subject.dialect, &subject.features) {
        let features: Vec<&str> = script.needs.features.iter().map(|feature| feature.as_str()).collect();
        return Err(SuiteError::DoesNotFit {
            name: script.name.to_string(),
            dialect: subject.dialect.to_string(),
            dialects: script.dialects.join(" or "),
            features: if features.is_empty() { "none".into() } else { features.join(",") },
        });
    }
    Ok(has_named_requests(script, &subject.workload)?)
}

/// Whether a script makes sense for a subject.
fn fits(script: &Script, subject: &Subject) -> bool {
    script.fits(subject.dialect, &subject.features) && script.missing_in(&subject.workload).is_empty()
}

impl Check<'_> {
    fn run(
        mut self,
        baseline: &[Arc<Script>],
        alone: &[Script],
        chosen: &[Arc<Script>],
        cases: u32,
    ) -> Result<Report, SuiteError> {
        let began = Instant::now();
        self.reporter.event(&SuiteEvent::Started {
            command: &self.subject.command.argv,
            made_absolute: &self.subject.command.made_absolute,
            dialect: self.subject.dialect.as_str(),
            fixed: chosen.len(),
            generated: cases as usize,
            seed: self.options.seed,
        });
        let scripts = baseline.iter().chain(chosen).map(|script| &**script);
        let alone_scripts = alone.iter().flat_map(|script| std::iter::repeat_n(script, TIMES));
        self.deadline = Deadline::new(self.options, scripts.chain(alone_scripts));
        self.total = chosen.len() + cases as usize;
        self.info.seed = self.options.seed;
        self.info.generated_wanted = cases;
        let ran = self.all(baseline, alone, chosen, cases).and_then(|()| {
            self.limits.another_allowance();
            self.blame(Instant::now() + self.options.budget)
        });
        if let Err(error) = ran {
            self.ended_by(error)?;
        }
        self.info.limit_ms = millis(self.limits.full());
        self.info.first_answer_us = self.first_answer.map(micros);
        (self.info.full_waits, self.info.short_waits) = self.limits.hangs();
        self.info.sent_sha256 = self.sent_digest();
        self.info.took_ms = millis(began.elapsed());
        self.strays = kill_strays_if_alone();
        let report = conclude::report(&mut self);
        self.reporter.event(&SuiteEvent::Finished(&report));
        Ok(report)
    }

    /// All scripts.
    fn all(
        &mut self,
        baseline: &[Arc<Script>],
        alone: &[Script],
        chosen: &[Arc<Script>],
        cases: u32,
    ) -> Result<(), SuiteError> {
        for (position, script) in baseline.iter().enumerate() {
            if position == 0 || (script.name == PROBE) != self.first_answer.is_some() {
                self.baseline(position, script)?;
            }
        }
        self.info.fixed_scripts = self.info.processes;
        if !baseline.is_empty() && self.first_answer.is_none() {
            self.blocked = true;
            self.cut.insert(CutShort::NoAnswer);
            self.measured();
            return Ok(());
        }
        let is_left = |script: &&Arc<Script>| baseline.iter().all(|run| run.name != script.name);
        let rest: Vec<Arc<Script>> = chosen.iter().filter(is_left).cloned().collect();
        self.learn(alone)?;
        self.scripts(&rest, baseline.len(), false)?;
        let generated = self.generated(cases);
        self.scripts(&generated, baseline.len() + rest.len(), true)?;
        if self.limits.exhausted() || self.deadline.is_over(&self.limits) {
            self.exhausted = true;
            self.cut.insert(CutShort::Waiting);
        }
        Ok(())
    }

    /// What an error leaves of the run: the report of what is known by then, which says so. Without a single run there is nothing to report.
    fn ended_by(&mut self, error: SuiteError) -> Result<(), SuiteError> {
        match error {
            SuiteError::Interrupted => self.cut.insert(CutShort::Interrupted),
            SuiteError::Run(RunError::Folder(_) | RunError::Spawn(_)) if self.info.processes > 0 => {
                self.problem = Some(error.to_string());
                self.cut.insert(CutShort::Error)
            }
            error => return Err(error),
        };
        self.keep_as_found();
        Ok(())
    }

    /// A first run: measures the subject.
    fn baseline(&mut self, position: usize, script: &Arc<Script>) -> Result<(), SuiteError> {
        let outcome = crate::runner::run(&self.subject, script, &self.limits)?;
        let (first_answer, later_answer) = (outcome.first_answer, outcome.later_answer);
        self.take(position, script, outcome, position + 1)?;
        self.info.processes += 1;
        // Bytes that came are an answer only if the oracle took them for one.
        if self.first_answer.is_none()
            && let Some(first) = first_answer
            && self.tally.counts.has_upheld(crate::oracle::ids::ANSWERED)
        {
            self.first_answer = first_answer;
            self.limits.measured(first, later_answer);
            self.measured();
        }
        Ok(())
    }

    fn measured(&mut self) {
        let (first_answer, limit) = (self.first_answer, self.limits.full());
        self.reporter.event(&SuiteEvent::Measured { first_answer, limit });
    }

    /// Finds out what each request gives alone in a fresh worker. What is not the same twice is no measure.
    fn learn(&mut self, alone: &[Script]) -> Result<(), SuiteError> {
        let scripts: Vec<Arc<Script>> =
            alone.iter().flat_map(|script| std::iter::repeat_n(Arc::new(script.clone()), TIMES)).collect();
        let mut results: BTreeMap<String, Vec<Reference>> = BTreeMap::new();
        let limits = std::mem::replace(&mut self.limits, TimeLimits::new(Duration::ZERO, None));
        let (subject, deadline) = (self.subject.clone(), self.deadline);
        let enough = || limits.exhausted() || deadline.is_over(&limits);
        let ran = execute(&subject, &scripts, &limits, self.options.jobs, enough, |position, mut outcome| {
            if outcome.interrupted {
                return Err(SuiteError::Interrupted);
            }
            self.info.fixed_scripts += 1;
            self.info.processes += 1;
            self.tally.add(&scripts[position], &outcome);
            let name = scripts[position].request_names().next().unwrap_or_default();
            results.entry(name.to_owned()).or_default().extend(outcome.first.take());
            Ok(())
        });
        self.limits = limits;
        ran?;
        let known = results.into_iter().filter(|(_, results)| results.len() == TIMES);
        let references = known.filter_map(|(name, results)| {
            let reference = the_same(subject.workload.item(&name)?, &results)?;
            Some((name, Arc::new(reference)))
        });
        self.subject.to_mut().references = references.collect();
        Ok(())
    }

    /// Scripts side by side. Those that were `generated` have a time in which they are begun.
    fn scripts(&mut self, scripts: &[Arc<Script>], offset: usize, generated: bool) -> Result<(), SuiteError> {
        let mut done = 0;
        let limits = std::mem::replace(&mut self.limits, TimeLimits::new(Duration::ZERO, None));
        let (subject, deadline) = (self.subject.clone(), self.deadline);
        let began = Instant::now();
        let (budget, if_unbroken) = (self.options.budget, self.options.budget_if_unbroken);
        let is_broken = AtomicBool::new(self.is_broken());
        let is_over = || {
            let budget = if is_broken.load(Ordering::Relaxed) { budget } else { budget.max(if_unbroken) };
            began.elapsed() >= budget
        };
        let enough = || limits.exhausted() || deadline.is_over(&limits) || (generated && is_over());
        let ran = execute(&subject, scripts, &limits, self.options.jobs, enough, |position, outcome| {
            let steps = outcome.steps as u64;
            done += 1;
            self.take(offset + position, &scripts[position], outcome, offset + done)?;
            is_broken.store(self.is_broken(), Ordering::Relaxed);
            self.info.processes += 1;
            if generated {
                self.info.generated_scripts += 1;
                self.info.generated_steps += steps;
            } else {
                self.info.fixed_scripts += 1;
            }
            Ok(())
        });
        self.limits = limits;
        ran
    }

    /// Whether something was seen that speaks against a claim.
    fn is_broken(&self) -> bool {
        let is_must =
            |id| Catalogue::standard().get(id).is_none_or(|requirement| requirement.level == Level::Must);
        self.tally.groups.iter().any(|group| is_must(group.cases[0].breach.violation.requirement()))
    }

    fn take(
        &mut self,
        position: usize,
        script: &Arc<Script>,
        outcome: Outcome,
        done: usize,
    ) -> Result<(), SuiteError> {
        if outcome.interrupted {
            return Err(SuiteError::Interrupted);
        }
        let violations = self.tally.add(script, &outcome);
        if let Some(reason) = &outcome.not_tried {
            self.not_tried.extend(script.exercises.iter().map(|id| (*id, reason.clone())));
        }
        // The directory of a run stands in the bytes of some requests; a seed gives the others.
        let item = |name| self.subject.workload.item(name);
        if script.request_names().filter_map(item).all(Item::has_same_bytes) {
            self.sent.insert(position, outcome.sent);
        }
        let (name, total) = (script.name.as_str(), self.total);
        self.reporter.event(&SuiteEvent::ScriptDone { name, done, total, violations });
        Ok(())
    }

    fn generated(&self, cases: u32) -> Vec<Arc<Script>> {
        let traffic = Traffic {
            dialect: self.subject.dialect,
            features: self.subject.features.clone(),
            workload: self.subject.workload.requests.iter().map(|item| item.kind.work()).collect(),
        };
        (0..u64::from(cases)).map(|case| Arc::new(generate(&traffic, self.options.seed, case))).collect()
    }

    fn sent_digest(&self) -> String {
        let mut all = Sha256::new();
        for digest in self.sent.values() {
            all.update(digest.as_bytes());
        }
        hex::encode(all.finalize())
    }
}
