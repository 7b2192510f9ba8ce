//! Progress and verdict for people.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write};
use std::time::{Duration, Instant};

use pwp_spec::{Level, Role};

use super::command::command_line;
use super::file::FirstError;
use super::story::{in_short, remarks, story, wrap};
use super::text::{clip, first_words, visible, visible_line};
use super::{Report, Reporter, RequirementResult, SuiteEvent, Verdict};

/// The most characters of a command that are shown.
const COMMAND: usize = 3000;
/// The least time between two drawings of the progress line.
const REDRAW: Duration = Duration::from_millis(80);

/// Writes to a terminal or, without the moving line, to a file or CI log.
pub struct Human {
    out: Box<dyn Write>,
    progress: bool,
    verbose: bool,
    drawn: Option<Instant>,
    errors: FirstError,
}

impl Human {
    /// Writes to stdout; the progress line shows only if that is a terminal.
    pub fn on_terminal(verbose: bool, errors: &FirstError) -> Self {
        let progress = std::io::stdout().is_terminal() && std::env::var_os("CI").is_none();
        let errors = errors.clone();
        Self { progress, errors, ..Self::to(Box::new(anstream::stdout()), verbose) }
    }

    /// Writes to `out`, without the progress line.
    pub fn to(out: Box<dyn Write>, verbose: bool) -> Self {
        Self { out, progress: false, verbose, drawn: None, errors: FirstError::default() }
    }

    fn line(&mut self, text: &str) {
        self.clear();
        self.write(&format!("{}\n", visible(text)));
    }

    fn write(&mut self, text: &str) {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        self.errors.keep_printed(written);
    }

    fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(self.out, "\r\x1b[2K");
        }
    }

    fn draw(&mut self, text: &str) {
        if !self.progress || self.drawn.is_some_and(|at| at.elapsed() < REDRAW) {
            return;
        }
        let _ = write!(self.out, "\r\x1b[2K{}", visible_line(text));
        let _ = self.out.flush();
        self.drawn = Some(Instant::now());
    }
}

impl Reporter for Human {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        match event {
            // What is broken stands in the report, and a run that gave no result has its error on stderr.
            SuiteEvent::Attributed { .. } | SuiteEvent::Prepared(_) | SuiteEvent::Failed(_) => {}
            SuiteEvent::Started { command, made_absolute, dialect, fixed, generated, seed } => {
                self.line(&format!("checking {} ({dialect})", clip(&command_line(command), COMMAND)));
                if !made_absolute.is_empty() {
                    let made_absolute = clip(&visible_line(&made_absolute.join(", ")), COMMAND);
                    self.line(&format!("  each run has its own directory; made absolute: {made_absolute}"));
                }
                self.line(&match (generated, seed) {
                    // The run against a client has neither generated scripts nor a seed.
                    (0, 0) => format!("  {fixed} cases"),
                    _ => format!("  {fixed} fixed and {generated} generated scripts, seed {seed}"),
                });
            }
            SuiteEvent::Measured { first_answer: None, .. } => {
                self.line("  no answer to the first request, so nothing else is tried");
            }
            SuiteEvent::Measured { first_answer: Some(first_answer), limit } => {
                self.line(&format!(
                    "  first answer after {:.0} ms; the time limit is {:.1} s",
                    first_answer.as_secs_f64() * 1000.0,
                    limit.as_secs_f64()
                ));
            }
            SuiteEvent::ScriptDone { name, done, total, .. } => {
                self.draw(&format!("  {done}/{total} {name}"));
            }
            SuiteEvent::Shrinking { requirement, steps, runs } => {
                self.draw(&format!("  shrinking {requirement}: {steps} steps, {runs} runs"));
            }
            SuiteEvent::Finished(report) => {
                self.clear();
                self.write(&summary(report, self.verbose));
            }
        }
    }
}

/// The whole report as text for people: violations, gaps, counts, classes and the headline.
pub(super) fn summary(report: &Report, verbose: bool) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("\n");
    for result in report.violated() {
        let short = if verbose { None } else { in_short(report, result) };
        text.push_str(&short.unwrap_or_else(|| story(result, verbose)));
    }
    let of = |verdict: Verdict| report.requirements.iter().filter(move |result| result.verdict == verdict);
    if of(Verdict::Observed).next().is_some() {
        let _ = writeln!(text, "observed, where the standard is silent:");
        for result in of(Verdict::Observed) {
            let _ = writeln!(text, "  {} {}", result.id, observed(result));
        }
        let _ = writeln!(text);
    }
    if of(Verdict::NotExercised).next().is_some() {
        let _ = writeln!(text, "not exercised:");
        let mut by_reason: BTreeMap<&str, Vec<&RequirementResult>> = BTreeMap::new();
        for result in of(Verdict::NotExercised) {
            by_reason.entry(result.reason.as_deref().unwrap_or("?")).or_default().push(result);
        }
        for (reason, results) in by_reason {
            let ids: Vec<String> = results.iter().map(|result| result.id.to_string()).collect();
            wrap(&mut text, "  ", &format!("{reason}: {}", ids.join(" ")));
        }
        let _ = writeln!(text);
    }
    let run = &report.run;
    let seconds = run.took_ms as f64 / 1000.0;
    if report.role == Role::Client.as_str() {
        let (cases, processes) = (run.fixed_scripts, run.processes);
        let _ = writeln!(text, "{cases} cases, {processes} processes of the probe, {seconds:.1} s");
    } else {
        let _ = writeln!(
            text,
            "{} fixed and {} generated scripts ({} steps), {} processes, {seconds:.1} s",
            run.fixed_scripts, run.generated_scripts, run.generated_steps, run.processes
        );
    }
    if run.full_waits > 0 || run.short_waits > 0 {
        let _ = writeln!(
            text,
            "waited in vain {} times for a full time limit and {} times for a shortened one",
            run.full_waits, run.short_waits
        );
    }
    let _ = writeln!(text, "{} requirements: {}", report.requirements.len(), report.totals_in_words());
    for class in &report.conclusion.classes {
        let (name, verdict) = (&class.name, report.class_verdict(class).in_words());
        let _ =
            writeln!(text, "  {name:28} {verdict:14} {} of {} MUSTs exercised", class.exercised, class.of);
    }
    for why in report.cuts_in_words() {
        wrap(&mut text, "partial: ", &visible(&why));
    }
    let remarks = report.expectations.as_ref().map(remarks).unwrap_or_default();
    let _ = writeln!(text, "{remarks}{}", report.headline());
    visible(&text).into_owned()
}

/// The observations of a requirement, each with the number of times, behind the first words of its sentence.
fn observed(result: &RequirementResult) -> String {
    let seen = |(what, count): (&String, &u64)| format!("{} ({count})", visible_line(what));
    let list: Vec<String> = result.observed.iter().map(seen).collect();
    let level = if result.level == Level::Observed { String::new() } else { format!("{} · ", result.level) };
    format!("{level}{}: {}", first_words(result.id, 90), list.join(", "))
}
