//! The smallest script that still shows a violation, confirmed by repetition.

use std::sync::Arc;
use std::time::Instant;

use crate::oracle::{Breach, Verdict};
use crate::report::Confirmed;
use crate::runner::{Outcome, Patience, RunError, Subject, run};
use crate::script::{Script, reductions, without_traits};

use super::execute::execute;
use super::tally::{Case, same_symptom};

/// Runs for one violation at most.
const RUNS: u32 = 160;
/// The same where each run waits for a time limit.
const RUNS_OF_A_HANG: u32 = 60;

/// A violation in its smallest form.
#[derive(Debug)]
pub(super) struct Shrunk {
    pub(super) case: Case,
    pub(super) confirmed: Confirmed,
    pub(super) runs: u32,
    /// What is unusual about its messages is needed to show it: without that, no repetition did.
    pub(super) needed: bool,
}

/// Looks for the smallest script that shows the violation of `case`.
pub(super) struct Shrinker<'a> {
    pub(super) subject: &'a Subject,
    pub(super) patience: &'a Patience,
    pub(super) until: Instant,
    pub(super) repetitions: u32,
    pub(super) jobs: usize,
}

impl Shrinker<'_> {
    /// Shrinks, then repeats.
    pub(super) fn shrink(
        &self,
        original: &Case,
        smaller_wanted: bool,
        mut progress: impl FnMut(usize, u32),
    ) -> Result<Shrunk, RunError> {
        let mut best = original.clone();
        let mut runs = 0;
        if smaller_wanted && !original.breach.suspects.is_empty() {
            if let Some(candidate) = without_traits(&original.script) {
                runs += 1;
                if let Some(found) = self.shows(&candidate, &original.breach)? {
                    best = found;
                }
            }
        }
        let mut smaller = smaller_wanted;
        let allowed = if original.breach.violation.is_a_hang() { RUNS_OF_A_HANG } else { RUNS };
        while smaller && runs < allowed && Instant::now() < self.until {
            smaller = false;
            for candidate in reductions(&best.script) {
                if runs >= allowed || Instant::now() >= self.until {
                    break;
                }
                runs += 1;
                progress(best.script.steps.len(), runs);
                if let Some(found) = self.shows(&candidate, &best.breach)? {
                    best = found;
                    smaller = true;
                    break;
                }
            }
        }
        let (mut case, mut confirmed) = self.confirm(best, &mut runs)?;
        if confirmed.shown == 0 && smaller_wanted {
            // What was taken for smaller does not show it again: the script in which it was found says more.
            (case, confirmed) = self.confirm(original.clone(), &mut runs)?;
        }
        let needed = match without_traits(&case.script) {
            Some(plain) if smaller_wanted && !case.breach.suspects.is_empty() && confirmed.shown > 0 => {
                let control = Case { script: Arc::new(plain), ..case.clone() };
                self.confirm(control, &mut runs)?.1.shown == 0
            }
            _ => false,
        };
        Ok(Shrunk { case, confirmed, runs, needed })
    }

    fn confirm(&self, mut case: Case, runs: &mut u32) -> Result<(Case, Confirmed), RunError> {
        let of = self.repetitions.max(1);
        *runs += of;
        let scripts: Vec<Arc<Script>> = (0..of).map(|_| Arc::clone(&case.script)).collect();
        let (mut shown, mut failed) = (0, None);
        let wanted = case.breach.clone();
        execute(self.subject, &scripts, self.patience, self.jobs, None, |_, outcome| match outcome {
            Ok(outcome) => {
                if let Some(found) = found(&scripts[0], outcome, &wanted) {
                    shown += 1;
                    case = found;
                }
            }
            Err(error) => failed = Some(error),
        });
        match failed {
            Some(error) => Err(error),
            None => Ok((case, Confirmed { shown, of })),
        }
    }

    /// Runs a script; if the same symptom shows, its evidence.
    fn shows(&self, script: &Script, wanted: &Breach) -> Result<Option<Case>, RunError> {
        let outcome = run(self.subject, script, self.patience)?;
        Ok(found(&Arc::new(script.clone()), outcome, wanted))
    }
}

/// The evidence of the same symptom in an outcome.
fn found(script: &Arc<Script>, outcome: Outcome, wanted: &Breach) -> Option<Case> {
    evidence(&outcome, wanted).map(|breach| Case {
        script: Arc::clone(script),
        breach,
        transcript: outcome.transcript.entries(),
        stderr: outcome.stderr,
    })
}

/// The breach in `outcome` that is the same symptom as `wanted`; the one with the fewest suspects.
fn evidence(outcome: &Outcome, wanted: &Breach) -> Option<Breach> {
    outcome
        .findings
        .iter()
        .filter_map(|finding| match &finding.verdict {
            Verdict::Violated(breach) if same_symptom(&breach.violation, &wanted.violation) => Some(breach.as_ref()),
            _ => None,
        })
        .min_by_key(|breach| breach.suspects.len())
        .cloned()
}
