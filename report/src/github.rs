//! The form for a GitHub workflow: an annotation for each broken requirement, the summary in a group, and a page for the run's
//! summary.
//!
//! The forms are those of GitHub's "workflow commands" and "job summaries".

mod escape;
mod page;

use std::hash::BuildHasher as _;
use std::io::Write;
use std::path::PathBuf;

use super::command::command_line;
use super::file::{FirstError, SaveError};
use super::human::summary;
use super::replaced::open_to_append;
use super::text::{clip, first_words};
use super::{Expected, ExpectedEntry, Report, Reporter, RequirementResult, RunOutcome, SuiteEvent, Verdict};

use escape::{data, property};
use page::page;

/// The number of annotations of one kind that GitHub shows for a step. The last one names the rest.
const ANNOTATIONS: usize = 10;
/// The most characters of an annotation's text.
const TEXT: usize = 3000;

/// The file to which the summary of a step of a workflow is added, if there is one.
pub fn step_summary() -> Option<PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Prints annotations, and adds a page to the step's summary.
pub struct Github {
    out: Box<dyn Write>,
    verbose: bool,
    token: String,
    step_summary: Option<PathBuf>,
    errors: FirstError,
}

impl Github {
    /// Writes to stdout, and to the file that `GITHUB_STEP_SUMMARY` names.
    pub fn on_stdout(verbose: bool, errors: &FirstError) -> Self {
        // No subject can foresee the token, so none can end the part without commands.
        let token = format!("pwp-{:016x}", std::hash::RandomState::new().hash_one(std::process::id()));
        let out = Box::new(anstream::stdout());
        Self { errors: errors.clone(), ..Self::to(out, verbose, token, step_summary()) }
    }

    /// Writes to `out`. GitHub takes nothing between two lines with `token` for a command.
    pub fn to(out: Box<dyn Write>, verbose: bool, token: String, step_summary: Option<PathBuf>) -> Self {
        Self { out, verbose, token, step_summary, errors: FirstError::default() }
    }

    fn print(&mut self, text: &str) {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        self.errors.keep_printed(written);
    }

    fn finished(&mut self, report: &Report) {
        let mut text = annotations(report);
        let told = summary(report, self.verbose);
        let token = &self.token;
        text.push_str(&format!("::group::{}\n", data(&headline(report))));
        text.push_str(&format!("::stop-commands::{token}\n{}\n::{token}::\n::endgroup::\n", told.trim()));
        // Behind the group the line shows without a click. Nothing from the subject stands at its start.
        text.push_str(&format!("pwp: {}\n", headline(report)));
        self.print(&text);
        self.add_to_summary(report);
    }

    fn add_to_summary(&mut self, report: &Report) {
        if let Some(path) = &self.step_summary {
            let added = open_to_append(path)
                .and_then(|mut file| file.write_all(page(report, &headline(report)).as_bytes()))
                .map_err(|source| SaveError { path: path.clone(), source });
            self.errors.keep(added);
        }
    }
}

impl Reporter for Github {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        match event {
            SuiteEvent::Started { command, dialect, .. } => {
                self.print(&format!("checking {} ({dialect})\n", clip(&command_line(command), TEXT)));
            }
            SuiteEvent::Prepared(_) => {
                if let Some(path) = &self.step_summary {
                    let opened = open_to_append(path).map(drop);
                    self.errors.keep(opened.map_err(|source| SaveError { path: path.clone(), source }));
                }
            }
            SuiteEvent::Finished(report) => self.finished(report),
            SuiteEvent::Failed(report) => {
                self.print(&annotations(report));
                self.add_to_summary(report);
            }
            _ => {}
        }
    }
}

/// One annotation: the requirement that it is about, and the command.
struct Annotation {
    about: String,
    command: String,
}

/// The workflow commands: an error for each `fail`, `flaky` and `error` and for each expectation that does not hold, a
/// warning for each `warn`, a notice for each known failure.
fn annotations(report: &Report) -> String {
    let (mut errors, mut warnings, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    for result in &report.requirements {
        match (report.known_failure(result), result.verdict) {
            (Some(entry), _) => notices.push(expected(result, entry)),
            (None, Verdict::Fail | Verdict::Flaky | Verdict::Error) => errors.push(broken("error", result)),
            (None, Verdict::Warn) => warnings.push(broken("warning", result)),
            (None, _) => {}
        }
    }
    if let Some(expected) = &report.expectations {
        let wrong = expected.entries.iter().filter(|entry| entry.is_wrong());
        errors.extend(wrong.map(|entry| misplaced(expected, entry)));
    }
    if errors.is_empty() && !matches!(report.outcome(), RunOutcome::Conformant | RunOutcome::AsExpected) {
        // Nothing is broken, and yet the step fails, since the run makes no claim.
        let why: Vec<String> = std::iter::once(headline(report)).chain(report.cuts_in_words()).collect();
        let command = format!("::error title=pwp::{}\n", data(&clip(&why.join("\n"), TEXT)));
        errors.push(Annotation { about: String::new(), command });
    }
    [("error", errors), ("warning", warnings), ("notice", notices)]
        .map(|(kind, all)| bounded(kind, &all))
        .concat()
}

/// The commands of as many annotations as GitHub shows.
fn bounded(kind: &str, all: &[Annotation]) -> String {
    let shown = if all.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { all.len() };
    let mut text: String = all[..shown].iter().map(|annotation| annotation.command.as_str()).collect();
    if shown < all.len() {
        let rest: Vec<&str> = all[shown..].iter().map(|annotation| annotation.about.as_str()).collect();
        let message = format!("{} more, which the log shows: {}", rest.len(), rest.join(" "));
        text.push_str(&format!("::{kind} title=pwp::{}\n", data(&message)));
    }
    text
}

fn broken(kind: &str, result: &RequirementResult) -> Annotation {
    let mut title = format!("{} {}", result.id, result.verdict);
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
    let command = format!("::{kind} title={}::{}\n", property(&title), data(&clip(&message, TEXT)));
    Annotation { about: result.id.to_string(), command }
}

/// The annotation of a known failure.
fn expected(result: &RequirementResult, entry: &ExpectedEntry) -> Annotation {
    let title = property(&format!("{} {}, as expected", result.id, result.verdict));
    let command = format!("::notice title={title}::{}\n", data(&clip(&entry.reason, TEXT)));
    Annotation { about: result.id.to_string(), command }
}

/// The annotation of an entry that has to be changed, at its line.
fn misplaced(expected: &Expected, entry: &ExpectedEntry) -> Annotation {
    let (file, id) = (property(&expected.file), entry.requirement);
    let text = format!("{id} {}\ncorrect or remove the entry, or run with --update-expectations", entry.note);
    let command = format!(
        "::error file={file},line={},title={id} expectation::{}\n",
        entry.line,
        data(&clip(&text, TEXT))
    );
    Annotation { about: id.to_string(), command }
}

/// The verdict in one line.
fn headline(report: &Report) -> String {
    clip(&report.headline(), TEXT)
}
