//! What a run came to: the one value that every form of a report and the exit code read.
//!
//! A report is a claim only where the run has earned it: it was a run of everything, it came to its end, and nothing that counts was broken or
//! left out. That is read from the whole report and not from one of its members, so that no part of it can say more than the others.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use pwp_spec::{Catalogue, Feature, FeatureCondition, RequirementId, Role};

use super::{Conclusion, ConformanceClass, CutShort, Report, RequirementResult, Verdict};

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// The subject could not be started.
    NotStarted,
    /// The suite failed, at least at one requirement.
    SuiteFailed,
    /// The run was ended before its end.
    Interrupted,
    /// Something that counts is broken.
    NotConformant,
    /// The run is not as the expectations say.
    NotAsExpected,
    /// Nothing that counts was found broken, and the run was partial or has left out what it should have got to.
    NoClaim,
    /// The run is as the expectations say.
    AsExpected,
    /// The subject is conformant.
    Conformant,
}

/// What a run says about a conformance class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassVerdict {
    /// No MUST of the class is broken, in a run of everything.
    Conformant,
    /// A MUST of the class is broken.
    NotConformant,
    /// Nothing of the class was tried.
    NotExercised,
    /// Nothing of the class was found broken, in a run that makes no claim.
    NoClaim,
}

impl ClassVerdict {
    /// The verdict in words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NotConformant => "not conformant",
            Self::NotExercised => "not exercised",
            Self::NoClaim => "no claim",
        }
    }

    /// The verdict on a requirement that has the same colour.
    pub const fn as_verdict(self) -> Verdict {
        match self {
            Self::Conformant => Verdict::Pass,
            Self::NotConformant => Verdict::Fail,
            Self::NotExercised | Self::NoClaim => Verdict::NotExercised,
        }
    }
}

impl Report {
    /// What the run came to.
    pub fn outcome(&self) -> RunOutcome {
        let standing = self.standing();
        let is_judged =
            matches!(standing, RunOutcome::NotConformant | RunOutcome::NoClaim | RunOutcome::Conformant);
        match &self.expectations {
            Some(expected) if is_judged => {
                let is_known = |result: &RequirementResult| self.known_failure(result).is_some();
                let met = expected.met && self.counting().all(is_known);
                let is_ended_early = self.cuts().iter().any(|cut| cut.ends_the_run());
                match (met, standing) {
                    (false, _) => RunOutcome::NotAsExpected,
                    (true, RunOutcome::Conformant) => RunOutcome::Conformant,
                    // What was left out is no part of what the file is about, and what was not got to may be.
                    (true, RunOutcome::NoClaim) if is_ended_early => RunOutcome::NoClaim,
                    (true, _) => RunOutcome::AsExpected,
                }
            }
            _ => standing,
        }
    }

    /// What the run came to, whatever was expected of it.
    pub(super) fn standing(&self) -> RunOutcome {
        let cuts = self.cuts();
        let has_error = self.requirements.iter().any(|result| result.verdict == Verdict::Error);
        if cuts.contains(&CutShort::NotStarted) {
            RunOutcome::NotStarted
        } else if cuts.contains(&CutShort::Error) || has_error {
            RunOutcome::SuiteFailed
        } else if cuts.contains(&CutShort::Interrupted) || cuts.contains(&CutShort::Unfinished) {
            RunOutcome::Interrupted
        } else if self.is_broken() {
            RunOutcome::NotConformant
        } else if self.is_earned() {
            RunOutcome::Conformant
        } else {
            RunOutcome::NoClaim
        }
    }

    /// Why the run is partial; nothing for a run of everything.
    pub fn cuts(&self) -> BTreeSet<CutShort> {
        self.conclusion.partial_because.iter().copied().chain(self.run.cut_short).collect()
    }

    /// The reasons why the run is partial, each as a sentence.
    pub fn cuts_in_words(&self) -> Vec<String> {
        let mut all: Vec<String> = self.cuts().into_iter().map(|cut| in_words(cut, self)).collect();
        if all.is_empty() && self.conclusion.partial {
            all.push("something was left out".into());
        }
        all
    }

    /// What the run says about one of its classes.
    pub fn class_verdict(&self, class: &ConformanceClass) -> ClassVerdict {
        // A report of an earlier version does not say how many are broken.
        let broken = class.broken.map_or(!class.conformant && class.exercised > 0, |broken| broken > 0);
        if broken {
            ClassVerdict::NotConformant
        } else if class.exercised == 0 && (class.of > 0 || !class.conformant) {
            ClassVerdict::NotExercised
        } else if class.conformant && self.is_whole() && !self.speaks_against(class) {
            ClassVerdict::Conformant
        } else {
            ClassVerdict::NoClaim
        }
    }

    /// The conclusion in one line, whatever was expected.
    pub(super) fn conclusion_in_words(&self) -> String {
        let names: Vec<&str> = self.conclusion.classes.iter().map(|class| class.name.as_str()).collect();
        format!("{}: {}, revision {}", self.standing_in_words(), names.join(", "), self.revision)
    }

    fn standing_in_words(&self) -> &'static str {
        let cuts = self.cuts();
        match (self.standing(), self.is_broken()) {
            (RunOutcome::NotStarted, _) => "not started, which is no claim",
            (RunOutcome::SuiteFailed, true) => "not conformant, and the suite failed",
            (RunOutcome::SuiteFailed, false) => "the suite failed, which is no claim",
            (RunOutcome::Interrupted, _) if cuts.contains(&CutShort::Unfinished) => {
                "not finished, which is no claim"
            }
            (RunOutcome::Interrupted, true) => "not conformant, and interrupted",
            (RunOutcome::Interrupted, false) => "interrupted, which is no claim",
            (RunOutcome::Conformant, _) => "conformant",
            (RunOutcome::NoClaim, _) if cuts.contains(&CutShort::Live) => {
                "no violation in what passed, which is no claim"
            }
            (RunOutcome::NoClaim, _) if cuts.iter().any(|cut| cut.ends_the_run()) => {
                "no violation in what was run, which is no claim"
            }
            (RunOutcome::NoClaim, _) if self.conclusion.partial || !cuts.is_empty() => {
                "no violation in what was selected, which is no claim"
            }
            (RunOutcome::NoClaim, _) => "incomplete",
            (RunOutcome::NotConformant | RunOutcome::NotAsExpected | RunOutcome::AsExpected, _) => {
                "not conformant"
            }
        }
    }

    /// The report with a conclusion that claims no more than the whole of it shows.
    pub(super) fn without_unearned_claims(&self) -> Cow<'_, Self> {
        let is_unearned = |class: &ConformanceClass| {
            class.conformant && self.class_verdict(class) != ClassVerdict::Conformant
        };
        let conformant = self.standing() == RunOutcome::Conformant;
        let says_so = self.conclusion.conformant || self.conclusion.headline.starts_with("conformant");
        if (conformant || !says_so) && !self.conclusion.classes.iter().any(is_unearned) {
            return Cow::Borrowed(self);
        }
        let mut classes = self.conclusion.classes.clone();
        for class in &mut classes {
            if is_unearned(class) {
                // Without the number of broken ones it would look broken.
                (class.conformant, class.broken) = (false, Some(class.broken.unwrap_or(0)));
            }
        }
        let headline = if says_so { self.conclusion_in_words() } else { self.conclusion.headline.clone() };
        let conclusion = Conclusion { conformant, headline, classes, ..self.conclusion.clone() };
        Cow::Owned(Self { conclusion, ..self.clone() })
    }

    /// Makes the report that of an interrupted run.
    pub fn interrupt(&mut self) {
        self.conclusion.partial_because.push(CutShort::Interrupted);
        self.conclusion.partial_because.sort();
        self.run.cut_short.get_or_insert(CutShort::Interrupted);
        self.conclusion.partial = true;
        let conclusion = self.without_unearned_claims().into_owned().conclusion;
        self.conclusion = Conclusion { headline: self.conclusion_in_words(), ..conclusion };
    }

    /// Whether something that counts was found broken.
    fn is_broken(&self) -> bool {
        let is_broken = |class: &ConformanceClass| self.class_verdict(class) == ClassVerdict::NotConformant;
        self.requirements.iter().any(|result| result.verdict.is_failure())
            || self.conclusion.classes.iter().any(is_broken)
    }

    /// The requirements that keep the run from being conformant.
    fn counting(&self) -> impl Iterator<Item = &RequirementResult> {
        self.requirements.iter().filter(|result| result.counts_against())
    }

    /// Whether a requirement of a class keeps it from being conformant.
    fn speaks_against(&self, class: &ConformanceClass) -> bool {
        // The class that has no feature's name is that of the role.
        let feature = class.name.parse().ok();
        self.counting().any(|result| belongs(result.id, feature))
    }

    /// Whether a run of everything has come to its end, and the report of it is all there.
    fn is_whole(&self) -> bool {
        let own_class = format!("{} ({})", self.role, self.subject.dialect);
        let ids: BTreeSet<RequirementId> = self.requirements.iter().map(|result| result.id).collect();
        let has_error = self.requirements.iter().any(|result| result.verdict == Verdict::Error);
        self.role.parse::<Role>().is_ok()
            && self.conclusion.classes.first().is_some_and(|class| class.name == own_class)
            && !self.conclusion.partial
            && self.cuts().is_empty()
            && !has_error
            && self.run.generated_scripts >= self.run.generated_wanted
            // A requirement that is missing, or whose verdict was changed, shows in the sums.
            && !ids.is_empty()
            && ids.len() == self.requirements.len()
            && self.totals == totals(&self.requirements)
    }

    /// Whether the report is the claim that the subject is conformant.
    fn is_earned(&self) -> bool {
        let mut classes = self.conclusion.classes.iter();
        self.conclusion.conformant
            && self.is_whole()
            && classes.all(|class| self.class_verdict(class) == ClassVerdict::Conformant)
            && self.counting().next().is_none()
    }
}

/// The number of requirements with each verdict, by its name.
pub(super) fn totals(requirements: &[RequirementResult]) -> BTreeMap<String, u32> {
    let mut totals = BTreeMap::new();
    for result in requirements {
        *totals.entry(result.verdict.to_string()).or_default() += 1;
    }
    totals
}

/// The reason as a sentence, with the remedy where there is one.
fn in_words(cut: CutShort, report: &Report) -> String {
    let run = &report.run;
    let problem = |sentence: &str| match &report.conclusion.problem {
        Some(problem) => format!("{sentence}: {problem}"),
        None => sentence.to_owned(),
    };
    match cut {
        CutShort::NotStarted => problem("the subject could not be started"),
        CutShort::Error => problem("the suite failed, and not the subject"),
        CutShort::Interrupted => {
            "the run was interrupted; what it had not got to by then is not known".into()
        }
        CutShort::Unfinished => "the run has not come to its end; run it again".into(),
        CutShort::NoAnswer => "the subject answered nothing, so nothing else was tried".into(),
        CutShort::Waiting => {
            "the subject was waited for in vain so long that the other scripts were left out".into()
        }
        CutShort::Budget => format!(
            "{} of {} generated scripts were run before time was up; --budget gives more",
            run.generated_scripts, run.generated_wanted
        ),
        CutShort::Selection => {
            "not everything was run: a claim needs a run without --only, --skip and --cases 0".into()
        }
        CutShort::Replay => "one script was run".into(),
        CutShort::Live => "only what passed was judged".into(),
    }
}

/// Whether a requirement is one of the class of a feature, or, without one, of the class of the role.
pub(super) fn belongs(id: RequirementId, feature: Option<Feature>) -> bool {
    let Some(requirement) = Catalogue::standard().get(id) else { return false };
    let features: &[Feature] = match &requirement.condition {
        FeatureCondition::Without(_) => &[],
        condition => condition.features(),
    };
    feature.map_or(features.is_empty(), |feature| features.contains(&feature))
}
