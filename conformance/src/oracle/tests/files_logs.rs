//! What the work leaves on disk, and what stands on stderr: W-054, W-055, W-065, W-121 to W-123.

use pwp_proto::WorkRequest;

use super::*;
use crate::oracle::Fate;

fn missing(found: &str) -> WorkerViolation {
    WorkerViolation::OutputFile { name: "#0".into(), path: "out/a.o".into(), found: found.into() }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dialect in [Run::proto, Run::json] {
        let answered = || dialect().send(request(0)).receive(response(0));
        let different = FileState::Different(7, "main:".into());
        cases.extend([
            Case::new(
                "no output",
                answered().file(0, "out/a.o", FileState::Missing).ends(),
                missing("missing"),
                54,
            )
            .shown_by(&[3]),
            Case::new(
                "half the output",
                answered().file(0, "out/a.o", different.clone()).ends(),
                missing("different: \"main:\""),
                54,
            ),
            Case::new(
                "written after the response",
                answered().file(0, "out/a.o", FileState::Good(1)).ends().file_at_end(
                    0,
                    "out/a.o",
                    FileState::Good(2),
                ),
                WorkerViolation::WrittenLater { path: "out/a.o".into() },
                55,
            )
            .shown_by(&[3, 8]),
            Case::new(
                "removed after the response",
                answered().file(0, "out/a.o", FileState::Good(1)).ends().file_at_end(
                    0,
                    "out/a.o",
                    FileState::Missing,
                ),
                WorkerViolation::WrittenLater { path: "out/a.o".into() },
                55,
            ),
            Case::new(
                "verbosity makes no difference",
                verbosity(dialect(), "working", "working").ends(),
                WorkerViolation::VerbosityIgnored { quiet: 7, verbose: 7 },
                121,
            ),
        ]);
    }
    cases
}

/// A request with verbosity 0 and one with 10, and what each makes the worker write.
fn verbosity(run: Run, quiet: &str, verbose: &str) -> Run {
    run.declares(Feature::Verbosity)
        .send(request(0))
        .stderr(quiet)
        .receive(response(0))
        .quiet()
        .send(WorkRequest { verbosity: 10, ..request(0) })
        .stderr(verbose)
        .receive(response(0))
        .quiet()
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn files_that_are_there_and_stay_as_they_are() {
    let run =
        Run::proto().send(request(0)).receive(response(0)).file(0, "out/a.o", FileState::Good(1)).ends();
    run.file_at_end(0, "out/a.o", FileState::Good(1)).finds().nothing_wrong().upholds(&[54, 55]);
}

/// Two requests write one file; what stood there after the last response counts.
#[test]
fn a_file_that_the_next_request_writes_again() {
    let twice = Run::proto()
        .send(request(0))
        .receive(response(0))
        .file(0, "out/a.o", FileState::Good(1))
        .send(request(0))
        .receive(response(0))
        .file(1, "out/a.o", FileState::Good(2))
        .ends();
    twice.clone().file_at_end(1, "out/a.o", FileState::Good(2)).finds().nothing_wrong().upholds(&[55]);
    let later = twice.file_at_end(1, "out/a.o", FileState::Good(3)).finds();
    assert_eq!(later.first(), WorkerViolation::WrittenLater { path: "out/a.o".into() });
}

#[test]
fn a_file_that_was_never_looked_at_shows_nothing() {
    let run = Run::proto().send(request(0)).receive(response(0)).ends();
    run.file_at_end(0, "out/a.o", FileState::Good(1)).finds().nothing_wrong().does_not_uphold(&[54, 55]);
}

#[test]
fn more_on_stderr_upholds_verbosity() {
    verbosity(Run::json(), "", "a line")
        .ends()
        .finds()
        .nothing_wrong()
        .upholds(&[121])
        .observes(123, "writes to stderr");
}

#[test]
fn verbosity_is_judged_only_where_it_is_declared() {
    let send = |run: Run, verbosity: i32| {
        run.send(WorkRequest { verbosity, ..request(0) }).receive(response(0)).quiet()
    };
    send(send(Run::proto(), 0), 10)
        .ends()
        .finds()
        .nothing_wrong()
        .does_not_uphold(&[121])
        .observes(123, "silent");
}

/// Between two quiet times stood requests of both kinds: whose lines these are is unknown.
#[test]
fn verbosity_is_not_judged_where_it_is_mixed() {
    let both = Run::proto()
        .declares(Feature::Verbosity)
        .send(request(0))
        .receive(response(0))
        .send(WorkRequest { verbosity: 10, ..request(0) })
        .stderr("a line")
        .receive(response(0))
        .quiet();
    let verbose = both.send(WorkRequest { verbosity: 10, ..request(0) }).receive(response(0)).quiet().ends();
    verbose.finds().nothing_wrong().does_not_uphold(&[121]);
}

#[test]
fn memory_is_observed() {
    let with = |first: u64, last: u64| {
        let run = Run::proto().send(request(0)).receive(response(0)).step(Event::Memory(first << 20));
        run.send(request(0))
            .receive(response(0))
            .step(Event::Memory(last << 20))
            .ends()
            .finds()
            .nothing_wrong()
    };
    with(100, 101).observes(65, "steady");
    with(100, 120).observes(65, "steady");
    with(100, 200).observes(65, "grows by more than a quarter");
    with(200, 100).observes(65, "steady");
}

/// The oracle tells the driver whose files to look at, and whose may be missing.
#[test]
fn the_oracle_knows_which_requests_are_open_and_which_left_nothing() {
    let mut oracle = Oracle::new();
    let run = Run::proto().multiplex().cancellation().expect(slow("link")).send(request(1)).send(request(2));
    let run = run.send(request(3)).receive(response(2)).receive(failed(3, 1));
    run.events().iter().for_each(|event| drop(oracle.observe(event)));
    assert_eq!(oracle.open_requests(), 1);
    assert_eq!([0, 1, 2, 3].map(|ordinal| oracle.is_answered(ordinal)), [false, true, true, false]);
    assert_eq!([0, 1, 2].map(|ordinal| oracle.fate(ordinal)), [Fate::Done, Fate::Done, Fate::Failed]);
    assert!(oracle.awaits_slow_work());
    assert!(!oracle.is_desynchronised());
}
