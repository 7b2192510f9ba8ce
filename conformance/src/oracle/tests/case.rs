//! A history, and what the oracle has to say of it.

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};

use super::*;

/// A run, and all that the oracle has to say of it.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) run: Run,
    pub(super) violation: Option<WorkerViolation>,
    /// The worker requirement that the violation breaks if no suspect is the cause.
    broken: Option<u16>,
    suspects: BTreeSet<u16>,
    shown_by: Option<Vec<usize>>,
    upheld: BTreeSet<u16>,
    not_upheld: BTreeSet<u16>,
    is_all_upheld: bool,
    observed: BTreeSet<(u16, String)>,
}

/// A history in which nothing is wrong, unless [`Case::breaks`] says what.
pub(super) fn case(name: &'static str, run: Run) -> Case {
    Case {
        name,
        run,
        violation: None,
        broken: None,
        suspects: BTreeSet::new(),
        shown_by: None,
        upheld: BTreeSet::new(),
        not_upheld: BTreeSet::new(),
        is_all_upheld: false,
        observed: BTreeSet::new(),
    }
}

impl Case {
    /// This violation, and nothing else that is wrong.
    pub(super) fn breaks(self, number: u16, violation: WorkerViolation) -> Self {
        Self { violation: Some(violation), broken: Some(number), ..self }
    }

    /// Requirements that may be the cause instead.
    pub(super) fn suspects(mut self, numbers: &[u16]) -> Self {
        self.suspects.extend(numbers);
        self
    }

    /// The events that show it; the start is 0.
    pub(super) fn shown_by(self, events: &[usize]) -> Self {
        Self { shown_by: Some(events.to_vec()), ..self }
    }

    pub(super) fn upholds(mut self, numbers: &[u16]) -> Self {
        self.upheld.extend(numbers);
        self
    }

    /// Exactly these, of all that can be upheld.
    pub(super) fn upholds_only(self, numbers: &[u16]) -> Self {
        Self { is_all_upheld: true, ..self.upholds(numbers) }
    }

    pub(super) fn does_not_uphold(mut self, numbers: &[u16]) -> Self {
        self.not_upheld.extend(numbers);
        self
    }

    pub(super) fn observes(mut self, number: u16, what: &str) -> Self {
        self.observed.insert((number, what.into()));
        self
    }

    /// How the oracle's findings differ; empty if they don't.
    fn problems(&self) -> String {
        let mut problems = String::new();
        let mut compare = |what: &str, found: &dyn Debug, expected: &dyn Debug| {
            let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
            if found != expected {
                let _ = writeln!(problems, "{what}: found {found}, expected {expected}");
            }
        };
        let found = self.run.finds();
        let violation = self.violation.clone().map(Violation::from);
        compare("violations", &found.violations(), &Vec::from_iter(&violation));
        compare("broken", &found.broken(), &Vec::from_iter(self.broken));
        if let [breach] = found.breaches().as_slice() {
            compare("suspects", &found.suspects(), &self.suspects);
            compare("events", &breach.events, self.shown_by.as_ref().unwrap_or(&breach.events));
            let number = breach.violation.requirement().number();
            if breach.suspects.is_empty() && !upheld_per_message(number) {
                compare("upheld although violated", &found.upheld(number), &false);
            }
        }
        let upheld = found.all_upheld();
        compare("of what is upheld", &(&upheld & &self.upheld), &self.upheld);
        compare("of what is not upheld", &(&upheld & &self.not_upheld), &BTreeSet::<u16>::new());
        if self.is_all_upheld {
            compare("all that is upheld", &upheld, &self.upheld);
        }
        compare("of what is observed", &(&found.all_observed() & &self.observed), &self.observed);
        problems
    }
}

/// Requirements that each response keeps or breaks by itself, so that a history can show both.
fn upheld_per_message(number: u16) -> bool {
    matches!(number, 31..=56 | 74 | 85 | 91)
}

/// Judges every case; tells of all that differ at once.
#[track_caller]
pub(super) fn check(cases: impl IntoIterator<Item = Case>) {
    let mut all = String::new();
    for case in cases {
        let problems = case.problems();
        if !problems.is_empty() {
            let _ = writeln!(all, "{} ({}):\n{problems}", case.name, case.run.dialect());
        }
    }
    assert!(all.is_empty(), "{all}");
}
