//! A history and the one violation that it shows.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;

/// What the oracle has to say of `run`: `violation`, and nothing else that is wrong.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) run: Run,
    pub(super) violation: WorkerViolation,
    /// The number of the worker requirement that it breaks if no suspect is the cause.
    pub(super) breaks: u16,
    suspects: BTreeSet<u16>,
    shown_by: Option<Vec<usize>>,
}

impl Case {
    pub(super) fn new(name: &'static str, run: Run, violation: WorkerViolation, breaks: u16) -> Self {
        Self { name, run, violation, breaks, suspects: BTreeSet::new(), shown_by: None }
    }

    /// Requirements that may be the cause instead.
    pub(super) fn suspects(mut self, numbers: &[u16]) -> Self {
        self.suspects.extend(numbers);
        self
    }

    /// The events that show it; the start is 0.
    pub(super) fn shown_by(mut self, events: &[usize]) -> Self {
        self.shown_by = Some(events.to_vec());
        self
    }

    /// How the oracle's findings differ; empty if they don't.
    fn problems(&self) -> String {
        let mut problems = String::new();
        let found = self.run.finds();
        let breaches = found.breaches();
        let [breach] = breaches.as_slice() else {
            return format!("one violation expected, {} found: {breaches:#?}", breaches.len());
        };
        let number = breach.violation.requirement().number();
        // A process that ends may always have been on its way out since its last response.
        let numbers = breach.suspects.iter().map(|id| id.number());
        let suspects: BTreeSet<u16> = numbers.filter(|number| ![51, 52].contains(number)).collect();
        let mut compare =
            |what: &str, same: bool, found: &dyn std::fmt::Debug, expected: &dyn std::fmt::Debug| {
                if !same {
                    let _ = writeln!(problems, "{what}: found {found:?}, expected {expected:?}");
                }
            };
        compare(
            "violation",
            breach.violation == self.violation.clone().into(),
            &breach.violation,
            &self.violation,
        );
        compare("requirement", number == self.breaks, &number, &self.breaks);
        compare("suspects", suspects == self.suspects, &suspects, &self.suspects);
        if let Some(events) = &self.shown_by {
            compare("events", breach.events == *events, &breach.events, events);
        }
        if breach.suspects.is_empty() && found.upheld(number) && !upheld_per_message(number) {
            let _ = writeln!(problems, "W-{number:03} is violated and upheld in the same history");
        }
        problems
    }
}

/// Requirements that each response keeps or breaks by itself, so that a history can show both.
fn upheld_per_message(number: u16) -> bool {
    matches!(number, 31..=56 | 74 | 85 | 91)
}

/// Judges every case; tells of all that differ at once.
#[track_caller]
pub(super) fn check(cases: Vec<Case>) {
    let mut all = String::new();
    for case in cases {
        let problems = case.problems();
        if !problems.is_empty() {
            let _ = writeln!(all, "{} ({}):\n{problems}", case.name, case.run.dialect());
        }
    }
    assert!(all.is_empty(), "{all}");
}
