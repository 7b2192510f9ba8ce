//! One history, judged several times.
//!
//! Input: see `history.rs`.

use std::collections::BTreeMap;

use pwp::history::{Event, Timed, Transcript};
use pwp::oracle::{Breach, Finding, Known, Oracle, Stray, Verdict, Violation, WorkerViolation, resolve};

use crate::memory::live;

use super::history::Builder;

/// Longest history that is judged, in events.
const LONGEST: usize = 400;
/// Bytes that a read brings at most where reads are made smaller.
const READ: usize = 7;
/// Bytes that may hold so many wrong responses that the judge gives up inside one read. The smallest takes one.
const FLOOD: usize = 64;

/// Judges any history.
///
/// # Panics
/// Where the judge panics, finds something else the second time or in smaller reads, shows events that did not happen,
/// or keeps more than it was given.
pub fn check(data: &[u8]) {
    let (start, mut builder) = Builder::new(data);
    let dialect = builder.dialect();
    let mut events = vec![start];
    while let (Some((_, next)), true) = (builder.step(), events.len() < LONGEST) {
        events.extend(next);
    }

    let findings = judge(&events);
    keeps_no_more_than_it_is_given(&events);
    assert_eq!(judge(&events), findings, "the second time");
    let floods = |timed: &Timed| matches!(&timed.event, Event::Received(bytes) if bytes.len() >= FLOOD);
    if !events.iter().any(floods) {
        assert_eq!(set(judge(&in_small_reads(&events))), set(findings), "in smaller reads");
    }

    let mut transcript = Transcript::new(dialect);
    events.iter().for_each(|event| transcript.record(event));
    assert!(transcript.entries().len() <= events.len());
}

/// The findings of a history, each of which was looked at.
fn judge(events: &[Timed]) -> Vec<Finding> {
    let mut oracle = Oracle::new();
    let mut all = Vec::new();
    for (position, event) in events.iter().enumerate() {
        let findings = oracle.observe(event);
        for finding in &findings {
            assert_eq!(finding.event, position);
            let shown = evidence(finding, events.len());
            assert!(shown.is_none_or(|last| last == position), "{finding:?} is not shown by its event");
        }
        all.extend(findings);
        // What drivers ask in between.
        let _ = (oracle.open_requests(), oracle.is_desynchronised(), oracle.awaits_slow_work());
        let _ = (oracle.is_answered(position as u64), oracle.fate(0), oracle.slow_work_took());
    }
    let findings = oracle.finish();
    for finding in &findings {
        assert_eq!(finding.event, events.len() - 1);
        evidence(finding, events.len());
    }
    all.extend(findings);
    all
}

/// The last event that a violation shows, which has happened, as have the others.
fn evidence(finding: &Finding, events: usize) -> Option<usize> {
    let Verdict::Violated(breach) = &finding.verdict else { return None };
    assert!(breach.events.is_sorted() && breach.events.iter().all(|event| *event < events), "{finding:?}");
    assert!(!breach.violation.to_string().is_empty());
    let blamed = resolve(breach, &Known::default());
    assert!(blamed == breach.violation.requirement() || breach.suspects.contains(&blamed), "{blamed}");
    Some(breach.events.last().copied().unwrap_or(usize::MAX))
}

/// An open request takes some hundred bytes, and may be written in one; evidence that waits for the end is limited in number.
fn keeps_no_more_than_it_is_given(events: &[Timed]) {
    let before = live();
    let mut limit = 128 << 10;
    let mut oracle = Oracle::new();
    for timed in events {
        limit += 8 * size_of::<Timed>();
        limit += match &timed.event {
            Event::Sent(bytes) => 768 * bytes.len(),
            Event::Received(bytes) | Event::Stderr(bytes) => 8 * bytes.len(),
            _ => 0,
        };
        drop(oracle.observe(timed));
        let kept = live() - before;
        assert!(kept <= limit as isize, "{kept} bytes are kept, of at most {limit}");
    }
}

/// The same history where a read brings a few bytes only.
fn in_small_reads(events: &[Timed]) -> Vec<Timed> {
    let mut small = Vec::new();
    for timed in events {
        match &timed.event {
            Event::Received(bytes) => small.extend(
                bytes.chunks(READ).map(|read| Timed { at: timed.at, event: Event::Received(read.to_vec()) }),
            ),
            _ => small.push(timed.clone()),
        }
    }
    small
}

/// The findings without positions, and how often each was made. Of bytes that are no response, what is kept as evidence
/// grows with what has come; that they are none, and where they begin, does not.
fn set(findings: Vec<Finding>) -> BTreeMap<String, usize> {
    let mut set = BTreeMap::new();
    for finding in findings {
        let what = match finding.verdict {
            Verdict::Violated(breach) => {
                let Breach { mut violation, suspects, .. } = *breach;
                match &mut violation {
                    Violation::Worker(WorkerViolation::Stray { bytes, kind, .. }) => {
                        bytes.clear();
                        *kind = Stray::Binary;
                    }
                    Violation::Worker(
                        WorkerViolation::BadBody { bytes, .. } | WorkerViolation::BadJson { bytes, .. },
                    ) => bytes.clear(),
                    _ => {}
                }
                format!("{violation:?}, suspects {suspects:?}")
            }
            other => format!("{other:?}"),
        };
        *set.entry(what).or_default() += 1;
    }
    set
}
