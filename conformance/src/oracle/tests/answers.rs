//! Which response answers what, and with which result: W-031 to W-034, W-053, W-056, W-062, W-063, W-074 to W-077.

use std::collections::BTreeMap;
use std::sync::Arc;

use pwp_proto::WorkRequest;

use super::*;
use WorkerViolation::*;

fn unanswered(id: i32) -> WorkerViolation {
    Unanswered { id, limit: LIMIT }
}

fn exit_code(name: &str, expected: &str, got: i32, output: &str) -> WorkerViolation {
    ExitCode { name: name.into(), expected: expected.into(), got, output: output.into() }
}

fn prints(name: &str, output: &str) -> ExpectedOutcome {
    ExpectedOutcome { output: Some(output.into()), ..succeeds(name) }
}

pub(super) fn cases() -> Vec<Case> {
    let of = |start| [pairing(start), outcomes(start)].concat();
    hex_dialogues().into_iter().chain(DIALECTS.into_iter().flat_map(of)).collect()
}

/// The key cases once more, without our encoder.
fn hex_dialogues() -> Vec<Case> {
    let begins = |request| Run::proto().send_bytes(&hex(request));
    let large = || begins("0c 0a06 2d2d776f726b 18818004").multiplex();
    vec![
        case("silence", begins("08 0a06 2d2d776f726b").gives_up())
            .breaks(31, unanswered(0))
            .shown_by(&[1, 2]),
        case("twice", begins("0a 0a06 2d2d776f726b 1801").receive_bytes(&hex("02 1801 02 1801")).ends())
            .breaks(32, Surplus { id: 1, answered: true })
            .shown_by(&[2]),
        case("65537 cut to 16 bits", large().receive_bytes(&hex("02 1801")).ends())
            .breaks(33, WrongId { got: 1, open: vec![65537] })
            .shown_by(&[2]),
    ]
}

fn pairing(start: fn() -> Run) -> Vec<Case> {
    let multiplex = || start().multiplex();
    let mut head = pwp_proto::encode(start().dialect(), &request(1));
    let tail = head.split_off(5);
    let halves = multiplex().send_bytes(&head).answers(7).send_bytes(&tail).answers(1);
    let two = multiplex().asks_for(slow("link"), 1).asks_for(succeeds("scan"), 2);
    vec![
        case("no answer until the worker is killed", start().asks(0).gives_up())
            .breaks(31, unanswered(0))
            .shown_by(&[1, 2]),
        case("no answer, and an orderly end", start().asks(0).waits().ends())
            .breaks(31, unanswered(0))
            .shown_by(&[1, 2]),
        case("two of three answered", multiplex().asks(1).asks(2).answers(2).serves(3).gives_up())
            .breaks(31, unanswered(1))
            .shown_by(&[1, 6]),
        case("the answer twice", start().serves(0).answers(0).ends())
            .breaks(32, Surplus { id: 0, answered: true })
            .shown_by(&[2, 3]),
        case("an answer that nobody asked for", multiplex().answers(7).serves(1).ends())
            .breaks(32, Surplus { id: 7, answered: false })
            .shown_by(&[1]),
        case("half a request is taken for a whole one", halves.ends())
            .breaks(32, Surplus { id: 7, answered: false })
            .suspects(&[12]),
        case("another id", multiplex().asks(1).asks(2).answers(9).answers(2).ends())
            .breaks(33, WrongId { got: 9, open: vec![1, 2] })
            .shown_by(&[3]),
        case("an id for a client that has none", start().asks(0).answers(1).ends())
            .breaks(33, WrongId { got: 1, open: vec![0] }),
        case("held back until stdin ends", start().asks(0).waits().eof().answers(0).exit(0).leaves(&[]))
            .breaks(34, HeldBack { id: 0 })
            .shown_by(&[1, 4]),
        case("until the next request", multiplex().asks(1).waits().asks(2).answers(1).answers(2).ends())
            .breaks(34, HeldBack { id: 1 })
            .shown_by(&[1, 4]),
        case("a quick one waits for a slow one", two.after(300).answers(1).answers(2).ends())
            .breaks(74, HeldUp { slow: 1, quick: 2 })
            .shown_by(&[2, 4, 5]),
    ]
}

fn outcomes(start: fn() -> Run) -> Vec<Case> {
    let asks = |outcome| start().asks_for(outcome, 0);
    let crash = ExpectedOutcome { crashes: true, ..fails("segv") };
    let two_fails = ExpectedOutcome { exit_code: Some(2), ..fails("usage") };
    let verbose = start().expect(succeeds("good")).send(WorkRequest { verbosity: 10, ..request(0) });
    let goodbye = OutputText { name: "hello".into(), expected: "Hello".into(), got: "Goodbye".into() };
    let (one, two) = (prints("one", "warning in one.c"), prints("two", ""));
    let both = start().multiplex().asks_for(one.clone(), 1).asks_for(two, 2);
    let measured = Reference { exit_code: 0, output: Some("done".into()), files: BTreeMap::new() };
    let measured = ExpectedOutcome { reference: Some(Arc::new(measured)), ..succeeds("two") };
    let unlike = start().multiplex().asks_for(one, 1).asks_for(measured, 2);
    let mixed = both.clone().says(2, "warning in one.c\nwarning in two.c\n").says(1, "warning in one.c\n");
    let later = both.says(1, "warning in one.c\n").says(2, "warning in one.c\nwarning in two.c\n");
    vec![
        case("work that has to succeed fails", asks(succeeds("good")).fails(0, 3).ends())
            .breaks(53, exit_code("good", "0", 3, ""))
            .shown_by(&[2, 3]),
        case("work that has to fail succeeds", asks(fails("bad")).says(0, "error: no such file").ends())
            .breaks(53, exit_code("bad", "another than 0", 0, "error: no such file")),
        case("another failure than the exact one", asks(two_fails).fails(0, 1).ends())
            .breaks(53, exit_code("usage", "2", 1, "")),
        case("wrong only with verbosity", verbose.fails(0, 1).ends())
            .breaks(53, exit_code("good", "0", 1, ""))
            .suspects(&[122]),
        case("the text is missing", asks(prints("hello", "Hello")).says(0, "Goodbye").ends())
            .breaks(68, goodbye)
            .shown_by(&[2, 3]),
        case("the text of another request", mixed.ends())
            .breaks(62, OutputMixed { name: "two".into(), other: "one".into() })
            .shown_by(&[2, 4, 5]),
        case("the text of a request that was answered meanwhile", later.ends())
            .breaks(62, OutputMixed { name: "two".into(), other: "one".into() })
            .shown_by(&[2, 4, 6]),
        case("the text of another request, where only what it says alone is known", {
            unlike.says(2, "warning in one.c\ndone").says(1, "warning in one.c\n").ends()
        })
        .breaks(62, OutputMixed { name: "two".into(), other: "one".into() }),
        case("an internal error without a word", asks(crash).fails(0, 70).ends())
            .breaks(56, CrashSilent { name: "segv".into() })
            .suspects(&[56])
            .shown_by(&[2, 3]),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn what_good_responses_uphold() {
    check(DIALECTS.into_iter().flat_map(|start| {
        let three = start().multiplex().asks(1).asks(2).asks(3);
        let late = ExpectedOutcome { output: Some("late".into()), ..slow("link") };
        let work = start().multiplex().asks_for(late, 1).asks_for(prints("scan", "quick"), 2);
        [
            case("one request at a time", start().serves(0).serves(0).serves(0).ends())
                .upholds(&[1, 30, 31, 32, 33, 34, 38, 39, 46, 47, 50, 51, 110, 113, 116])
                .does_not_uphold(&[35, 53, 62, 70, 74, 75, 84]),
            case("many at a time", three.answers(3).answers(1).answers(2).serves(2).ends())
                .upholds(&[31, 32, 33, 34, 35, 73, 75])
                .does_not_uphold(&[74, 91])
                .observes(76, "out of order")
                .observes(76, "in order"),
            case("what only real work shows", work.after(100).says(2, "quick").says(1, "late").ends())
                .upholds(&[53, 62, 74]),
        ]
    }));
}

#[test]
fn what_work_shows_depends_on_what_is_known_of_it() {
    let multiplex = || Run::proto().multiplex();
    let verbose = |run: Run| run.send(WorkRequest { verbosity: 10, ..request(0) }).answers(0).ends();
    let warning = |name| prints(name, "warning");
    let three = multiplex().asks_for(warning("one"), 1).asks_for(succeeds("two"), 2);
    let three = three.asks_for(warning("three"), 3).says(1, "warning").answers(2).says(3, "warning");
    let two = multiplex().asks_for(slow("link"), 1).asks_for(succeeds("scan"), 0);
    let alone = Reference { exit_code: 0, output: Some("error: two".into()), files: BTreeMap::new() };
    let two_alone = ExpectedOutcome { reference: Some(Arc::new(alone)), ..prints("two", "two") };
    let beside = multiplex().asks_for(prints("one", "error"), 1).asks_for(two_alone, 2);
    check([
        case("a word of another request that it says alone as well", {
            beside.says(2, "error: two").says(1, "error").ends()
        }),
        // Nothing is known of what the other one prints, so a clean output shows nothing.
        case("unmixed without the other text", three.ends()).does_not_uphold(&[62, 74]),
        case("verbose work of which the result is known", verbose(Run::proto().expect(succeeds("good"))))
            .upholds(&[120, 122]),
        case(
            "words of the tool",
            Run::proto().asks_for(prints("hello", "Hello"), 0).says(0, "Hello\n").ends(),
        )
        .upholds(&[53, 68]),
        case("no words to look for", Run::proto().asks_for(succeeds("good"), 0).says(0, "Hello\n").ends())
            .upholds(&[53])
            .does_not_uphold(&[68]),
        case("verbose work", verbose(Run::proto())).upholds(&[120]).does_not_uphold(&[122]),
        // One at a time is what id 0 means.
        case("a singleplex request may wait for a slow one", two.after(300).answers(1).answers(0).ends()),
        // The limit passes, the client sends nothing, and the answer comes: late, but by itself.
        case("late and not held back", Run::proto().asks(0).waits().answers(0).ends()).upholds(&[31, 34]),
    ]);
}

/// Upstream says nothing of these; whatever happens is written down.
#[test]
fn pipelined_and_duplicate_ids_are_observed_and_no_more() {
    let twice = |id| Run::proto().multiplex().asks(id).asks(id);
    for (id, number, answered) in [(0, 63, "answered"), (5, 77, "answered as well")] {
        check([
            case("both answered", twice(id).answers(id).answers(id).ends()).observes(number, answered),
            case("one answered", twice(id).answers(id).gives_up()).observes(number, "not answered"),
            case("none answered", twice(id).exit(1)).observes(number, "the worker ends"),
        ]);
    }
}

/// A wrong id is one mistake, not also a missing answer, and whose result it is cannot be known.
#[test]
fn a_wrong_id_answers_the_oldest_request_and_its_result_does_not_count() {
    let work = || Run::proto().multiplex().asks_for(succeeds("good"), 1);
    let wrong = |open: &[i32]| WrongId { got: 9, open: open.to_vec() };
    let two = Run::proto().multiplex().asks(1).asks(2);
    check([
        case("the oldest", two.answers(9).answers(2).waits().ends()).breaks(33, wrong(&[1, 2])),
        case("a success", work().answers(9).ends()).breaks(33, wrong(&[1])).does_not_uphold(&[33, 53]),
        case("a failure", work().fails(9, 1).ends()).breaks(33, wrong(&[1])).does_not_uphold(&[33, 53]),
    ]);
}
