//! For a GitHub workflow: an annotation for each broken requirement, the summary in a group, and a page for the
//! run's summary.
//!
//! The forms are those of GitHub's "workflow commands" and "job summaries".

mod escape;
mod page;

use std::fs::OpenOptions;
use std::hash::BuildHasher as _;
use std::io::Write;
use std::path::PathBuf;

use crate::suite::{Reporter, SuiteEvent};

use super::file::FirstError;
use super::human::summary;
use super::save::SaveError;
use super::text::{clip, first_words};
use super::{Report, RequirementResult, Verdict};

use escape::{data, property};
use page::page;

/// Annotations of one kind that GitHub shows for a step. The last one names the rest.
const ANNOTATIONS: usize = 10;
/// Characters of an annotation's text.
const TEXT: usize = 3000;

/// Prints annotations; adds to the step's summary.
pub struct Github {
    out: Box<dyn Write>,
    verbose: bool,
    token: String,
    step_summary: Option<PathBuf>,
    errors: FirstError,
}

impl std::fmt::Debug for Github {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Github").field("step_summary", &self.step_summary).finish_non_exhaustive()
    }
}

impl Github {
    /// Writes to stdout, and to the file that `GITHUB_STEP_SUMMARY` names.
    pub fn on_stdout(verbose: bool, errors: &FirstError) -> Self {
        // No subject can foresee it, so none can end it.
        let token = format!("pwp-{:016x}", std::hash::RandomState::new().hash_one(std::process::id()));
        let step_summary =
            std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from);
        let out = Box::new(anstream::stdout());
        Self { errors: errors.clone(), ..Self::to(out, verbose, token, step_summary) }
    }

    /// Writes to anything. Between two lines with `token` nothing is taken for a command.
    pub fn to(out: Box<dyn Write>, verbose: bool, token: String, step_summary: Option<PathBuf>) -> Self {
        Self { out, verbose, token, step_summary, errors: FirstError::default() }
    }

    fn print(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    fn finished(&mut self, report: &Report) {
        let mut text = annotations(report);
        let told = summary(report, self.verbose);
        let token = &self.token;
        text.push_str(&format!("::group::{}\n", data(&report.conclusion.headline)));
        text.push_str(&format!("::stop-commands::{token}\n{}\n::{token}::\n::endgroup::\n", told.trim()));
        // Behind the group, where it shows without a click. It has nothing from the subject at its start.
        text.push_str(&format!("pwp: {}\n", clip(&report.conclusion.headline, TEXT)));
        self.print(&text);
        if let Some(path) = &self.step_summary {
            let added = OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .and_then(|mut file| file.write_all(page(report).as_bytes()))
                .map_err(|source| SaveError { path: path.clone(), source });
            self.errors.keep(added);
        }
    }
}

impl Reporter for Github {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        match event {
            SuiteEvent::Started { command, dialect, .. } => {
                let line =
                    format!("checking {} ({dialect})\n", clip(&command.join(" "), TEXT).replace('\n', " "));
                self.print(&line);
            }
            SuiteEvent::Finished(report) => self.finished(report),
            _ => {}
        }
    }
}

/// The workflow commands: an error for each `fail`, `flaky` and `error`, a warning for each `warn`.
fn annotations(report: &Report) -> String {
    let of = |verdicts: &[Verdict]| -> Vec<&RequirementResult> {
        report.requirements.iter().filter(|result| verdicts.contains(&result.verdict)).collect()
    };
    let mut text = commands("error", &of(&[Verdict::Fail, Verdict::Flaky, Verdict::Error]));
    text.push_str(&commands("warning", &of(&[Verdict::Warn])));
    if text.is_empty() && !report.conclusion.conformant {
        // Nothing is broken, and yet the run fails: what was left out is no claim.
        text = format!("::error title=pwp::{}\n", data(&clip(&report.conclusion.headline, TEXT)));
    }
    text
}

fn commands(command: &str, results: &[&RequirementResult]) -> String {
    let shown = if results.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { results.len() };
    let mut text: String = results[..shown].iter().map(|result| annotation(command, result)).collect();
    if shown < results.len() {
        let rest: Vec<String> = results[shown..].iter().map(|result| result.id.to_string()).collect();
        let message = format!("{} more are broken: {}", rest.len(), rest.join(" "));
        text.push_str(&format!("::{command} title=pwp::{}\n", data(&message)));
    }
    text
}

fn annotation(command: &str, result: &RequirementResult) -> String {
    let mut title = format!("{} {}", result.id, result.verdict.as_str());
    let mut message = first_words(result.id, 200);
    if let Some(violation) = result.violations.first() {
        if result.verdict == Verdict::Flaky {
            title.push_str(&format!(" {}/{}", violation.confirmed.shown, violation.confirmed.of));
        }
        message.push_str(&format!("\nseen: {}", clip(&violation.summary, 500)));
        if !violation.remedy.is_empty() {
            message.push_str(&format!("\nremedy: {}", clip(&violation.remedy, 1000)));
        }
        message.push_str(&format!("\nagain: {}", clip(&violation.reproduce, 1000)));
    } else if let Some(reason) = &result.reason {
        message.push_str(&format!("\n{}", clip(reason, 500)));
    }
    format!("::{command} title={}::{}\n", property(&title), data(&clip(&message, TEXT)))
}
