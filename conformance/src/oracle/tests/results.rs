//! Results held against those of the request alone, and what is left behind: W-009, W-058 to W-061, W-067, W-069, W-090.

use std::sync::Arc;

use pwp_proto::WorkResponse;

use super::sandboxes::{in_sandbox, multiplex_sandboxing, sandboxed};
use super::*;
use FileState::{Different, Good, Missing};
use WorkerViolation::*;

pub(super) const OUT: &str = "out/a.o";

/// As it is where it is measured: there are no inputs but its own.
pub(super) const MEASURED: Place =
    Place { sandboxed: false, absolute: false, only_inputs: true, changing: false };

/// Alone, a request gives this.
fn alone(
    outcome: ExpectedOutcome,
    exit_code: i32,
    output: Option<&str>,
    files: &[(&str, u64)],
) -> ExpectedOutcome {
    let files = files.iter().map(|(path, mark)| ((*path).to_owned(), *mark)).collect();
    let reference = Reference { exit_code, output: output.map(Into::into), files };
    ExpectedOutcome { reference: Some(Arc::new(reference)), place: MEASURED, ..outcome }
}

/// Alone it gives exit code 0, the output `done` and no files.
pub(super) fn prints() -> ExpectedOutcome {
    alone(succeeds("prints"), 0, Some("done"), &[])
}

/// Alone it gives exit code 0, an output that varies, and a file.
pub(super) fn writes() -> ExpectedOutcome {
    alone(succeeds("writes"), 0, None, &[(OUT, 7)])
}

/// Alone it gives exit code 3.
pub(super) fn refuses() -> ExpectedOutcome {
    alone(fails("refuses"), 3, None, &[])
}

pub(super) fn placed(outcome: ExpectedOutcome, place: Place) -> ExpectedOutcome {
    ExpectedOutcome { place, ..outcome }
}

fn differs(name: &str, what: &str, text: bool) -> WorkerViolation {
    Differs { name: name.into(), what: what.into(), text }
}

pub(super) fn other_output() -> WorkerViolation {
    differs("prints", "output is \"other\" instead of \"done\"", true)
}

pub(super) fn other_bytes(path: &str) -> WorkerViolation {
    differs("writes", &format!("{path} has other bytes: \"xyz\""), false)
}

pub(super) fn unlike() -> FileState {
    FileState::Unlike(2, "xyz".into())
}

/// A request alone, as expected.
pub(super) fn first(run: Run) -> Run {
    run.asks_for(succeeds("first"), 0).answers(0)
}

pub(super) fn cases() -> Vec<Case> {
    let of = |start| [unlike_alone(start), one_shot(start), left_behind(start)].concat();
    DIALECTS.into_iter().flat_map(of).collect()
}

fn unlike_alone(start: fn() -> Run) -> Vec<Case> {
    let second = |outcome| first(start()).asks_for(outcome, 0);
    let beside = |outcome| start().multiplex().asks_for(outcome, 1).asks_for(succeeds("other"), 2);
    let changing = Place { changing: true, ..MEASURED };
    let changed = start().asks_for(placed(succeeds("changed"), changing), 0).answers(0);
    let old = changed.asks_for(placed(writes(), changing), 0).answers(0).file(1, OUT, unlike());
    let among = start().asks_for(placed(prints(), Place::default()), 0);
    let among = among.receive(WorkResponse { output: "two of b.h".into(), ..failed(0, 1) });
    let missing = OutputFile { name: "writes".into(), path: OUT.into(), found: "missing".into() };
    let fails = |output: &str| ExitCode {
        name: "prints".into(),
        expected: "0".into(),
        got: 1,
        output: output.into(),
    };
    vec![
        case("another output behind another request", second(prints()).says(0, "other").ends())
            .breaks(58, other_output())
            .suspects(&[58])
            .shown_by(&[5, 6]),
        case("another exit code than alone", second(refuses()).fails(0, 1).ends())
            .breaks(58, differs("refuses", "exit_code is 1 instead of 3", false))
            .suspects(&[58]),
        case("other bytes", second(writes()).answers(0).file(1, OUT, unlike()).ends())
            .breaks(58, other_bytes(OUT))
            .suspects(&[58])
            .shown_by(&[5, 7]),
        case("an output is missing", second(writes()).answers(0).file(1, OUT, Missing).ends())
            .breaks(54, missing)
            .suspects(&[58]),
        case("output beside another request", beside(prints()).says(1, "other").answers(2).ends())
            .breaks(58, other_output())
            .suspects(&[62]),
        case("bytes", beside(writes()).answers(1).file(0, OUT, unlike()).answers(2).ends())
            .breaks(58, other_bytes(OUT))
            .suspects(&[67]),
        case("an old input", old.ends()).breaks(58, other_bytes(OUT)).suspects(&[58, 59]),
        case("fails among the inputs of others", among.ends())
            .breaks(53, fails("two of b.h"))
            .suspects(&[69]),
        case("fails behind walls", start().confined().asks_for(prints(), 0).fails(0, 1).ends())
            .breaks(53, fails(""))
            .suspects(&[60]),
    ]
}

fn one_shot(start: fn() -> Run) -> Vec<Case> {
    let differs = |name: &str, what: &str| OneShotDiffers { name: name.into(), what: what.into() };
    let bytes = || differs("writes", "out/a.o has other bytes: \"xyz\"");
    let file = |state| start().one_shot(Some(writes())).exit(0).file(0, OUT, state).leaves(&[]);
    vec![
        case("another failure", start().one_shot(Some(refuses())).exit(1).leaves(&[]))
            .breaks(9, differs("refuses", "exit status 1 instead of exit_code 3"))
            .shown_by(&[2]),
        case("other bytes", file(unlike())).breaks(9, bytes()).shown_by(&[3]),
        case("not what the workload says", file(Different(2, "xyz".into()))).breaks(9, bytes()),
        case("no file", file(Missing)).breaks(9, differs("writes", "out/a.o is missing")),
    ]
}

/// Work that takes long, with a cancel behind its request.
fn stopped(start: fn() -> Run) -> Run {
    start().cancellation().asks_for(slow("link"), 0).cancels(0)
}

fn left_behind(start: fn() -> Run) -> Vec<Case> {
    let later =
        |state| stopped(start).says_cancelled(0).file(0, OUT, state).ends().file_at_end(0, OUT, Good(2));
    let writes = || CancelledWrites { path: OUT.into() };
    let paths = vec!["in/a.c".into(), "in/b.c".into()];
    vec![
        case("a file grows after was_cancelled", later(Good(1))).breaks(90, writes()).shown_by(&[5, 10]),
        case("a file appears after was_cancelled", later(Missing)).breaks(90, writes()),
        case("an input is still open", first(start()).step(Event::OpenInputs(paths.clone())).ends())
            .breaks(61, KeptOpen { paths })
            .shown_by(&[4]),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

/// What a request gives alone is its measure; alone, it is measured itself and shows nothing of the others.
#[test]
fn the_same_as_alone() {
    let prints = |run: Run| run.asks_for(prints(), 0).says(0, "done").ends();
    let written = || first(Run::proto()).asks_for(writes(), 0).answers(0);
    let unmeasured = first(Run::proto()).asks_for(succeeds("some"), 0).says(0, "anything");
    let others = [59, 60, 67, 69, 100];
    check([
        case("alone", prints(Run::proto())).upholds(&[53]).does_not_uphold(&[9, 58]).does_not_uphold(&others),
        case("behind another one", prints(first(Run::proto()))).upholds(&[58]).does_not_uphold(&others),
        case("refused", first(Run::json()).asks_for(refuses(), 0).fails(0, 3).ends()).upholds(&[58]),
        // Where a request writes files, an answer without them shows nothing yet.
        case("without the file", written().ends()).does_not_uphold(&[58]),
        case("with the file", written().file(1, OUT, Good(1)).ends()).upholds(&[54, 58]),
        // What was not tried alone is not compared, nor is a text that was not the same each time.
        case("not tried alone", unmeasured.file(1, OUT, Good(3)).ends()).does_not_uphold(&[58]),
        case("varies", first(Run::proto()).asks_for(writes(), 0).says(0, "anything").ends()),
    ]);
}

#[test]
fn each_circumstance_is_upheld_where_it_is_and_nowhere_else() {
    let all = [58, 59, 60, 67, 69, 100, 103, 105, 106, 107];
    let found = |run: Run, upheld: &[u16]| {
        let rest: Vec<u16> = all.into_iter().filter(|number| !upheld.contains(number)).collect();
        check([case("circumstances", run.ends()).upholds(upheld).does_not_uphold(&rest)]);
    };
    let one = |run: Run, outcome| run.asks_for(outcome, 1).says(1, "done");
    let boxed = |run: Run, outcome| run.expect(sandboxed(outcome)).send(in_sandbox(1)).says(1, "done");
    let at = |place: Place| placed(prints(), place);
    let start = || multiplex_sandboxing(Run::json);
    found(one(start(), prints()), &[]);
    found(one(one(start(), prints()), prints()), &[58]);
    found(one(start().confined(), prints()), &[60]);
    found(one(start(), at(Place::default())), &[69]);
    found(boxed(start(), prints()), &[100]);
    let absolute = Place { sandboxed: true, absolute: true, ..Place::default() };
    found(one(start(), at(absolute)), &[100, 103]);
    found(boxed(start(), ExpectedOutcome { argfile: true, ..prints() }), &[100, 107]);
    found(boxed(boxed(start(), prints()), prints()), &[58, 100, 106]);
    found(one(boxed(start(), prints()), prints()), &[58, 100, 105]);
    // A sandbox has no inputs of others in any case.
    let both = Place { sandboxed: true, only_inputs: true, ..Place::default() };
    found(one(start(), at(both)), &[100]);
    let two = start().asks_for(prints(), 1).asks_for(prints(), 2);
    found(two.says(1, "done").says(2, "done"), &[58, 67]);
}

#[test]
fn what_a_second_request_tries() {
    let changing = |run: Run, name: &str| {
        let place = Place { changing: true, ..MEASURED };
        run.asks_for(ExpectedOutcome { name: name.into(), ..placed(prints(), place) }, 0).says(0, "done")
    };
    let two = |names: [&str; 2]| names.into_iter().fold(Run::proto(), changing).ends();
    let beside = Run::proto().asks_for(prints(), 0).asks_for(prints(), 0).says(0, "done").says(0, "done");
    check([
        // The same request again has the same inputs; only another one can have changed them.
        case("another one with changing inputs", two(["a", "b"])).upholds(&[58, 59]),
        case("the same", two(["a", "a"])).upholds(&[58]).does_not_uphold(&[59]),
        // Without multiplex a worker never has two requests at once, so nothing of it is judged by that.
        case("beside each other without multiplex", beside.ends()).does_not_uphold(&[67]),
    ]);
}

#[test]
fn one_shot_mode_is_the_same() {
    let run = |outcome, code| Run::proto().one_shot(Some(outcome)).exit(code);
    let refused = run(refuses(), 3).leaves(&[]);
    check([
        case("without the file", run(writes(), 0).leaves(&[])).upholds(&[8]).does_not_uphold(&[9]),
        case("with the file", run(writes(), 0).file(0, OUT, Good(1)).leaves(&[]))
            .upholds(&[9])
            .does_not_uphold(&[54]),
        case("refused", refused).upholds(&[8, 9]),
    ]);
    // There is no response behind which files could be missing, and no result in worker mode to compare them with.
    for state in [Missing, Good(1), Different(1, "xyz".into())] {
        let file = |outcome, code| run(outcome, code).file(0, OUT, state.clone()).leaves(&[]);
        check([
            case("no measure", file(succeeds("some"), 0)).does_not_uphold(&[9, 54]),
            // What failed work leaves is not looked at in worker mode either.
            case("failed", file(refuses(), 3)).does_not_uphold(&[54]),
        ]);
    }
}

/// An exit code has 32 bits, an exit status has 8.
#[test]
fn an_exit_code_is_cut_to_an_exit_status() {
    let odd = |exit_code, status| {
        let place = Place::default();
        let outcome = placed(alone(fails("odd"), exit_code, None, &[]), place);
        case("odd", Run::json().one_shot(Some(outcome)).exit(status).leaves(&[]))
    };
    let status = ExitStatus::Code(0);
    let succeeded = OneShotStatus { expected_success: false, status, argfile: false };
    check([
        odd(-1, 255).upholds(&[9]),
        odd(259, 3).upholds(&[9]),
        // That success and failure are mixed up is W-008.
        odd(1, 0).breaks(8, succeeded.clone()).does_not_uphold(&[9]),
        // What is left of 256 would be success, so any failure will do.
        odd(256, 1).upholds(&[9]),
        odd(256, 0).breaks(8, succeeded).does_not_uphold(&[9]),
    ]);
}

#[test]
fn cancelled_work_may_be_left_as_it_is() {
    for state in [Missing, Different(1, "half".into()), unlike(), Good(1)] {
        let run = || stopped(Run::proto).says_cancelled(0).file(0, OUT, state.clone()).ends();
        check([
            case("looked at once", run()).does_not_uphold(&[54, 90]),
            case("looked at twice", run().file_at_end(0, OUT, state.clone()))
                .upholds(&[90])
                .does_not_uphold(&[54, 55]),
        ]);
    }
    // A cancel that came too late: the work was done, and its files are like any other.
    let done = || stopped(Run::proto).answers(0).file(0, OUT, Good(1)).ends();
    check([
        case("done", done().file_at_end(0, OUT, Good(1))).upholds(&[54, 55]).does_not_uphold(&[90]),
        case("written later", done().file_at_end(0, OUT, Good(2)))
            .breaks(55, WrittenLater { path: OUT.into() }),
    ]);
}

#[test]
fn no_input_is_open() {
    check([
        case("not looked at", first(Run::proto()).ends()).does_not_uphold(&[61]),
        case("none", first(Run::proto()).step(Event::OpenInputs(vec![])).ends()).upholds(&[61]),
    ]);
}

/// Files that were looked at too early, behind the answer of another request, show nothing.
#[test]
fn nothing_is_compared_where_answers_are_mixed_up() {
    let run = Run::proto().multiplex().asks_for(writes(), 1).answers(1).file(0, OUT, unlike()).answers(9);
    check([case("mixed up", run.ends()).breaks(32, Surplus { id: 9, answered: false })]);
}
