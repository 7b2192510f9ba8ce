//! Which response answers what, and with which result: W-031 to W-034, W-053, W-056, W-062, W-063, W-074 to W-077.

use std::time::Duration;

use pwp_proto::WorkRequest;

use super::*;

fn unanswered(id: i32) -> WorkerViolation {
    WorkerViolation::Unanswered { id, limit: LIMIT }
}

fn exit_code(name: &str, expected: &str, got: i32, output: &str) -> WorkerViolation {
    WorkerViolation::ExitCode { name: name.into(), expected: expected.into(), got, output: output.into() }
}

fn prints(name: &str, output: &str) -> ExpectedOutcome {
    ExpectedOutcome { output: Some(output.into()), ..succeeds(name) }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = hex_dialogues();
    for dialect in [Run::proto, Run::json] {
        cases.extend(pairing(dialect));
        cases.extend(outcomes(dialect));
    }
    cases
}

/// The key cases once more, without our encoder.
fn hex_dialogues() -> Vec<Case> {
    let request = "08 0a06 2d2d776f726b";
    let request_1 = "0a 0a06 2d2d776f726b 1801";
    vec![
        Case::new(
            "silence",
            Run::proto().send_bytes(&hex(request)).waits_for_response().killed(),
            unanswered(0),
            31,
        )
        .shown_by(&[1, 2]),
        Case::new(
            "the answer twice",
            Run::proto().send_bytes(&hex(request_1)).receive_bytes(&hex("02 1801 02 1801")).ends(),
            WorkerViolation::Surplus { id: 1, answered: true },
            32,
        )
        .shown_by(&[2]),
        Case::new(
            "65537 cut to 16 bits",
            Run::proto()
                .multiplex()
                .send_bytes(&hex("0c 0a06 2d2d776f726b 18818004"))
                .receive_bytes(&hex("02 1801"))
                .ends(),
            WorkerViolation::WrongId { got: 1, open: vec![65537] },
            33,
        )
        .shown_by(&[2]),
    ]
}

fn pairing(start: fn() -> Run) -> Vec<Case> {
    let mut head = pwp_proto::encode(start().dialect(), &request(1));
    let tail = head.split_off(5);
    vec![
        Case::new(
            "no answer until the worker is killed",
            start().send(request(0)).waits_for_response().killed(),
            unanswered(0),
            31,
        )
        .shown_by(&[1, 2]),
        Case::new(
            "no answer, and an orderly end",
            start().send(request(0)).waits_for_response().ends(),
            unanswered(0),
            31,
        )
        .shown_by(&[1, 2]),
        Case::new(
            "two of three answered",
            start()
                .multiplex()
                .send(request(1))
                .send(request(2))
                .receive(response(2))
                .send(request(3))
                .receive(response(3))
                .waits_for_response()
                .killed(),
            unanswered(1),
            31,
        )
        .shown_by(&[1, 6]),
        Case::new(
            "the answer twice",
            start().send(request(0)).receive(response(0)).receive(response(0)).ends(),
            WorkerViolation::Surplus { id: 0, answered: true },
            32,
        )
        .shown_by(&[2, 3]),
        Case::new(
            "an answer that nobody asked for",
            start().multiplex().receive(response(7)).send(request(1)).receive(response(1)).ends(),
            WorkerViolation::Surplus { id: 7, answered: false },
            32,
        )
        .shown_by(&[1]),
        Case::new(
            "half a request is taken for a whole one",
            start()
                .multiplex()
                .send_bytes(&head)
                .receive(response(7))
                .send_bytes(&tail)
                .receive(response(1))
                .ends(),
            WorkerViolation::Surplus { id: 7, answered: false },
            32,
        )
        .suspects(&[12]),
        Case::new(
            "another id",
            start()
                .multiplex()
                .send(request(1))
                .send(request(2))
                .receive(response(9))
                .receive(response(2))
                .ends(),
            WorkerViolation::WrongId { got: 9, open: vec![1, 2] },
            33,
        )
        .shown_by(&[3]),
        Case::new(
            "an id for a client that has none",
            start().send(request(0)).receive(response(1)).ends(),
            WorkerViolation::WrongId { got: 1, open: vec![0] },
            33,
        ),
        Case::new(
            "held back until stdin ends",
            start().send(request(0)).waits_for_response().eof().receive(response(0)).exit(0).leaves(&[]),
            WorkerViolation::HeldBack { id: 0 },
            34,
        )
        .shown_by(&[1, 4]),
        Case::new(
            "held back until the next request",
            start()
                .multiplex()
                .send(request(1))
                .waits_for_response()
                .send(request(2))
                .receive(response(1))
                .receive(response(2))
                .ends(),
            WorkerViolation::HeldBack { id: 1 },
            34,
        )
        .shown_by(&[1, 4]),
        Case::new(
            "a quick one waits for a slow one",
            start()
                .multiplex()
                .expect(slow("link"))
                .send(request(1))
                .expect(succeeds("scan"))
                .send(request(2))
                .after(Duration::from_millis(300))
                .receive(response(1))
                .receive(response(2))
                .ends(),
            WorkerViolation::HeldUp { slow: 1, quick: 2 },
            74,
        )
        .shown_by(&[2, 4, 5]),
    ]
}

fn outcomes(start: fn() -> Run) -> Vec<Case> {
    let crash = ExpectedOutcome { crashes: true, ..fails("segv") };
    vec![
        Case::new(
            "work that has to succeed fails",
            start().expect(succeeds("good")).send(request(0)).receive(failed(0, 3)).ends(),
            exit_code("good", "0", 3, ""),
            53,
        )
        .shown_by(&[2, 3]),
        Case::new(
            "work that has to fail succeeds",
            start().expect(fails("bad")).send(request(0)).receive(says(0, "error: no such file")).ends(),
            exit_code("bad", "another than 0", 0, "error: no such file"),
            53,
        ),
        Case::new(
            "another failure than the exact one",
            start()
                .expect(ExpectedOutcome { exit_code: Some(2), ..fails("usage") })
                .send(request(0))
                .receive(failed(0, 1))
                .ends(),
            exit_code("usage", "2", 1, ""),
            53,
        ),
        Case::new(
            "wrong only with verbosity",
            start()
                .expect(succeeds("good"))
                .send(WorkRequest { verbosity: 10, ..request(0) })
                .receive(failed(0, 1))
                .ends(),
            exit_code("good", "0", 1, ""),
            53,
        )
        .suspects(&[122]),
        Case::new(
            "the text is missing",
            start().expect(prints("hello", "Hello")).send(request(0)).receive(says(0, "Goodbye")).ends(),
            WorkerViolation::OutputText {
                name: "hello".into(),
                expected: "Hello".into(),
                got: "Goodbye".into(),
            },
            53,
        )
        .shown_by(&[2, 3]),
        Case::new(
            "the text of another request",
            start()
                .multiplex()
                .expect(prints("one", "warning in one.c"))
                .send(request(1))
                .expect(prints("two", "warning in two.c"))
                .send(request(2))
                .receive(says(2, "warning in one.c\nwarning in two.c\n"))
                .receive(says(1, "warning in one.c\n"))
                .ends(),
            WorkerViolation::OutputMixed { name: "two".into(), other: "one".into() },
            62,
        )
        .shown_by(&[2, 4, 5]),
        Case::new(
            "an internal error without a word",
            start().expect(crash).send(request(0)).receive(failed(0, 70)).ends(),
            WorkerViolation::CrashSilent { name: "segv".into() },
            56,
        )
        .suspects(&[56])
        .shown_by(&[2, 3]),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

fn dialects() -> [Run; 2] {
    [Run::proto(), Run::json()]
}

#[test]
fn one_request_at_a_time() {
    for run in dialects() {
        let mut run = run;
        for _ in 0..3 {
            run = run.send(request(0)).receive(response(0));
        }
        run.ends()
            .finds()
            .nothing_wrong()
            .upholds(&[1, 30, 31, 32, 33, 34, 38, 39, 46, 47, 50, 51, 110, 113, 116])
            .does_not_uphold(&[35, 53, 62, 70, 74, 75, 84]);
    }
}

#[test]
fn many_requests_at_a_time() {
    for run in dialects() {
        run.multiplex()
            .send(request(1))
            .send(request(2))
            .send(request(3))
            .receive(response(3))
            .receive(response(1))
            .receive(response(2))
            .send(request(2))
            .receive(response(2))
            .ends()
            .finds()
            .nothing_wrong()
            .upholds(&[31, 32, 33, 34, 35, 73, 75])
            .does_not_uphold(&[74, 91])
            .observes(76, "out of order")
            .observes(76, "in order");
    }
}

#[test]
fn a_workload_upholds_what_only_real_work_shows() {
    for run in dialects() {
        run.multiplex()
            .expect(ExpectedOutcome { output: Some("late".into()), ..slow("link") })
            .send(request(1))
            .expect(prints("scan", "quick"))
            .send(request(2))
            .after(Duration::from_millis(100))
            .receive(says(2, "quick"))
            .receive(says(1, "late"))
            .ends()
            .finds()
            .nothing_wrong()
            .upholds(&[53, 62, 74]);
    }
}

/// Nothing is known of what the other one prints, so a clean output shows nothing.
#[test]
fn output_is_not_known_to_be_unmixed_without_the_other_text() {
    Run::proto()
        .multiplex()
        .expect(prints("one", "warning"))
        .send(request(1))
        .expect(succeeds("two"))
        .send(request(2))
        .expect(prints("three", "warning"))
        .send(request(3))
        .receive(says(1, "warning"))
        .receive(response(2))
        .receive(says(3, "warning"))
        .ends()
        .finds()
        .nothing_wrong()
        .does_not_uphold(&[62, 74]);
}

#[test]
fn the_result_with_verbosity_is_upheld_by_real_work() {
    let verbose = || WorkRequest { verbosity: 10, ..request(0) };
    let known = Run::proto().expect(succeeds("good")).send(verbose()).receive(response(0)).ends();
    known.finds().nothing_wrong().upholds(&[120, 122]);
    let unknown = Run::proto().send(verbose()).receive(response(0)).ends();
    unknown.finds().nothing_wrong().upholds(&[120]).does_not_uphold(&[122]);
}

/// One at a time is what id 0 means.
#[test]
fn a_singleplex_request_may_wait_for_a_slow_one() {
    let run = Run::proto()
        .multiplex()
        .expect(slow("link"))
        .send(request(1))
        .expect(succeeds("scan"))
        .send(request(0));
    let run = run.after(Duration::from_millis(300)).receive(response(1)).receive(response(0)).ends();
    run.finds().nothing_wrong();
}

/// Upstream says nothing of these; whatever happens is written down.
#[test]
fn pipelined_and_duplicate_ids_are_observed_and_no_more() {
    let twice = |id: i32| Run::proto().multiplex().send(request(id)).send(request(id));
    let answered =
        |id: i32| twice(id).receive(response(id)).receive(response(id)).ends().finds().nothing_wrong();
    let once =
        |id: i32| twice(id).receive(response(id)).waits_for_response().killed().finds().nothing_wrong();
    let dies = |id: i32| twice(id).exit(1).finds().nothing_wrong();
    answered(0).observes(63, "answered");
    once(0).observes(63, "not answered");
    dies(0).observes(63, "the worker ends");
    answered(5).observes(77, "answered as well");
    once(5).observes(77, "not answered");
    dies(5).observes(77, "the worker ends");
}

/// A wrong id is one mistake, not also a missing answer.
#[test]
fn a_wrong_id_answers_the_oldest_request() {
    let run =
        Run::proto().multiplex().send(request(1)).send(request(2)).receive(response(9)).receive(response(2));
    let found = run.waits_for_response().ends().finds();
    assert_eq!(found.breaches().len(), 1, "{found:#?}");
}

/// Whose result it is cannot be known.
#[test]
fn the_result_under_a_wrong_id_does_not_count() {
    let run = |exit_code| {
        let run = Run::proto().multiplex().expect(succeeds("good")).send(request(1));
        run.receive(failed(9, exit_code)).ends().finds().does_not_uphold(&[33, 53])
    };
    assert_eq!(run(0).breaches().len(), 1);
    assert_eq!(run(1).breaches().len(), 1);
}

/// The limit passes, the client sends nothing, and the answer comes: late, but by itself.
#[test]
fn a_late_answer_is_not_held_back() {
    Run::proto()
        .send(request(0))
        .waits_for_response()
        .receive(response(0))
        .ends()
        .finds()
        .nothing_wrong()
        .upholds(&[31, 34]);
}
