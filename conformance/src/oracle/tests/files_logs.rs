//! What the work leaves on disk, and what stands on stderr: W-054, W-055, W-065, W-121 to W-123.

use pwp_proto::WorkRequest;

use super::*;
use crate::oracle::Fate;
use FileState::{Different, Good, Missing};
use WorkerViolation::{OutputFile, VerbosityIgnored, WrittenLater};

const OUT: &str = "out/a.o";

pub(super) fn cases() -> Vec<Case> {
    let missing = |found: &str| OutputFile { name: "#0".into(), path: OUT.into(), found: found.into() };
    let of = |start: fn() -> Run| {
        let answered = |state| start().serves(0).file(0, OUT, state).ends();
        let later = || WrittenLater { path: OUT.into() };
        [
            case("no output", answered(Missing)).breaks(54, missing("missing")).shown_by(&[3]),
            case("half the output", answered(Different(7, "main:".into())))
                .breaks(54, missing("different: \"main:\"")),
            case("written after the response", answered(Good(1)).file_at_end(0, OUT, Good(2)))
                .breaks(55, later())
                .shown_by(&[3, 8]),
            case("removed after the response", answered(Good(1)).file_at_end(0, OUT, Missing))
                .breaks(55, later()),
            case("verbosity makes no difference", verbosity(start(), "working", "working"))
                .breaks(121, VerbosityIgnored { quiet: 7, verbose: 7 }),
        ]
    };
    DIALECTS.into_iter().flat_map(of).collect()
}

fn verbose() -> WorkRequest {
    WorkRequest { verbosity: 10, ..request(0) }
}

/// A request with verbosity 0 and one with 10, and what each makes the worker write.
fn verbosity(run: Run, quiet: &str, verbosely: &str) -> Run {
    let run = run.declares(Feature::Verbosity).asks(0).stderr(quiet).answers(0).quiet();
    run.send(verbose()).stderr(verbosely).answers(0).quiet().ends()
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn files_that_are_there_and_stay_as_they_are() {
    let written = Run::proto().serves(0).file(0, OUT, Good(1));
    // Two requests write one file; what stood there after the last response counts.
    let twice = || Run::proto().serves(0).file(0, OUT, Good(1)).serves(0).file(1, OUT, Good(2)).ends();
    let unseen = Run::proto().serves(0).ends().file_at_end(0, OUT, Good(1));
    check([
        case("good", written.ends().file_at_end(0, OUT, Good(1))).upholds(&[54, 55]),
        case("written again by the next request", twice().file_at_end(1, OUT, Good(2))).upholds(&[55]),
        case("and later", twice().file_at_end(1, OUT, Good(3))).breaks(55, WrittenLater { path: OUT.into() }),
        case("never looked at", unseen).does_not_uphold(&[54, 55]),
    ]);
}

#[test]
fn verbosity_is_judged_where_it_is_declared_and_not_mixed() {
    let undeclared = Run::proto().serves(0).quiet().send(verbose()).answers(0).quiet();
    // Between two quiet times stood requests of both kinds: whose lines these are is unknown.
    let mixed = Run::proto().declares(Feature::Verbosity).serves(0).send(verbose()).stderr("a line");
    let mixed = mixed.answers(0).quiet().send(verbose()).answers(0).quiet();
    check([
        case("more on stderr", verbosity(Run::json(), "", "a line"))
            .upholds(&[121])
            .observes(123, "writes to stderr"),
        case("not declared", undeclared.ends()).does_not_uphold(&[121]).observes(123, "silent"),
        case("mixed", mixed.ends()).does_not_uphold(&[121]),
    ]);
}

#[test]
fn memory_is_observed() {
    for (first, last, what) in [
        (100, 101, "steady"),
        (100, 120, "steady"),
        (100, 200, "grows by more than a quarter"),
        (200, 100, "steady"),
    ] {
        let run = Run::proto().serves(0).step(Event::Memory(first << 20));
        let run = run.serves(0).step(Event::Memory(last << 20)).ends();
        check([case("memory", run).observes(65, what)]);
    }
}

/// A worker that keeps megabytes of each request is steady as long as it gets none.
#[test]
fn memory_without_a_request_in_between_says_nothing() {
    for measured in [1, 2] {
        let run = (0..measured).fold(Run::proto().serves(0), |run, _| run.step(Event::Memory(100 << 20)));
        let observed = run.ends().finds().all_observed();
        assert!(observed.iter().all(|(number, _)| *number != 65), "measured {measured} times: {observed:?}");
    }
}

/// The oracle tells the driver whose files to look at, and whose may be missing.
#[test]
fn the_oracle_knows_which_requests_are_open_and_which_left_nothing() {
    let run = Run::proto().multiplex().cancellation().asks_for(slow("link"), 1).asks(2);
    let oracle = run.asks(3).answers(2).fails(3, 1).watched();
    assert_eq!(oracle.open_requests(), 1);
    assert_eq!([0, 1, 2, 3].map(|ordinal| oracle.is_answered(ordinal)), [false, true, true, false]);
    assert_eq!([0, 1, 2].map(|ordinal| oracle.fate(ordinal)), [Fate::Done, Fate::Done, Fate::Failed]);
    assert!(oracle.awaits_slow_work());
    assert!(!oracle.is_desynchronised());
}
