//! Cancels: W-080 to W-091.

use std::time::Duration;

use pwp_proto::WorkRequest;

use super::*;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        // A request, its cancel `02 20 01` (no id: it is 0), the answer, and an answer to the cancel.
        Case::new(
            "the shortest cancel is run as work",
            Run::proto()
                .cancellation()
                .send_bytes(&hex("08 0a06 2d2d776f726b"))
                .send_bytes(&hex("02 2001"))
                .receive_bytes(&hex("02 2001"))
                .receive_bytes(&hex("00"))
                .ends(),
            WorkerViolation::CancelAnswered { id: 0 },
            80,
        )
        .suspects(OTHER_CAUSES)
        .shown_by(&[2, 3, 4]),
        // Its id is 300: `18 ac 02`.
        Case::new(
            "a cancel for id 300 is answered",
            Run::proto()
                .multiplex()
                .cancellation()
                .send_bytes(&hex("05 18ac02 2001"))
                .receive_bytes(&hex("03 18ac02"))
                .ends(),
            WorkerViolation::CancelUnknownAnswered { id: 300 },
            81,
        )
        .suspects(OTHER_CAUSES)
        .shown_by(&[1, 2]),
    ];
    for dialect in [Run::proto, Run::json] {
        cases.extend(answered(dialect));
        cases.extend(results(dialect));
        cases.extend(deaths(dialect));
    }
    cases
}

fn with_fields(id: i32) -> WorkRequest {
    WorkRequest { arguments: vec!["--work".into()], ..cancel(id) }
}

/// A worker that answers everything twice, or with other ids, does not do so for the cancel's sake.
const OTHER_CAUSES: &[u16] = &[32, 33];

/// A cancel that gets a response of its own.
fn answered(start: fn() -> Run) -> Vec<Case> {
    let cancelling = || start().multiplex().cancellation();
    let in_a_sandbox = WorkRequest { sandbox_dir: "__sandbox/1".into(), ..cancel(1) };
    vec![
        Case::new(
            "a cancel is run as work",
            cancelling().send(request(1)).send(cancel(1)).receive(cancelled(1)).receive(response(1)).ends(),
            WorkerViolation::CancelAnswered { id: 1 },
            80,
        )
        .suspects(OTHER_CAUSES)
        .shown_by(&[2, 3, 4]),
        Case::new(
            "a cancel with arguments is run as work",
            cancelling()
                .send(request(1))
                .send(with_fields(1))
                .receive(cancelled(1))
                .receive(response(1))
                .ends(),
            WorkerViolation::CancelAnswered { id: 1 },
            80,
        )
        .suspects(OTHER_CAUSES)
        .suspects(&[88])
        .shown_by(&[2, 3, 4]),
        Case::new(
            "a cancel with a sandbox is run as work",
            cancelling()
                .send(request(1))
                .send(in_a_sandbox)
                .receive(cancelled(1))
                .receive(response(1))
                .ends(),
            WorkerViolation::CancelAnswered { id: 1 },
            80,
        )
        .suspects(OTHER_CAUSES)
        .suspects(&[88]),
        Case::new(
            "a cancel for an id that was never sent",
            cancelling().send(cancel(4)).receive(response(4)).send(request(1)).receive(response(1)).ends(),
            WorkerViolation::CancelUnknownAnswered { id: 4 },
            81,
        )
        .suspects(OTHER_CAUSES)
        .shown_by(&[1, 2]),
        Case::new(
            "a cancel with arguments for an id that was never sent",
            cancelling().send(with_fields(4)).receive(response(4)).ends(),
            WorkerViolation::CancelUnknownAnswered { id: 4 },
            81,
        )
        .suspects(OTHER_CAUSES)
        .suspects(&[88]),
        Case::new(
            "a cancel that comes too late",
            cancelling().send(request(1)).receive(response(1)).send(cancel(1)).receive(cancelled(1)).ends(),
            WorkerViolation::CancelLateAnswered { id: 1 },
            82,
        )
        .suspects(OTHER_CAUSES)
        .shown_by(&[2, 3, 4]),
        Case::new(
            "a second cancel",
            cancelling()
                .send(request(1))
                .send(cancel(1))
                .send(cancel(1))
                .receive(cancelled(1))
                .receive(cancelled(1))
                .ends(),
            WorkerViolation::CancelTwiceAnswered { id: 1 },
            83,
        )
        .suspects(OTHER_CAUSES)
        .shown_by(&[2, 3, 4, 5]),
        Case::new(
            "a worker without cancellation runs a cancel as work",
            start().send(request(0)).send(cancel(0)).receive(response(0)).receive(response(0)).ends(),
            WorkerViolation::CancelUndeclaredAnswered { id: 0 },
            87,
        )
        .suspects(OTHER_CAUSES)
        .shown_by(&[2, 3, 4]),
        Case::new(
            "a worker without cancellation answers a cancel for an id that was never sent",
            start().multiplex().send(cancel(4)).receive(response(4)).ends(),
            WorkerViolation::CancelUndeclaredAnswered { id: 4 },
            87,
        )
        .suspects(OTHER_CAUSES)
        .shown_by(&[1, 2]),
    ]
}

/// What a response says of a cancel, and when it comes.
fn results(start: fn() -> Run) -> Vec<Case> {
    let cancelling = || start().multiplex().cancellation();
    vec![
        Case::new(
            "was_cancelled out of nowhere",
            start().cancellation().send(request(0)).receive(cancelled(0)).ends(),
            WorkerViolation::WasCancelledUnasked { id: 0 },
            85,
        )
        .shown_by(&[1, 2]),
        Case::new(
            "was_cancelled sticks to the id",
            start()
                .cancellation()
                .send(request(0))
                .send(cancel(0))
                .receive(cancelled(0))
                .send(request(0))
                .receive(cancelled(0))
                .ends(),
            WorkerViolation::WasCancelledUnasked { id: 0 },
            85,
        )
        .suspects(&[33, 80])
        .shown_by(&[4, 5]),
        Case::new(
            "the neighbour is cancelled, too",
            cancelling()
                .send(request(1))
                .send(request(2))
                .send(cancel(1))
                .receive(cancelled(1))
                .receive(cancelled(2))
                .ends(),
            WorkerViolation::NeighbourCancelled { id: 2 },
            91,
        )
        .suspects(&[33, 80, 85])
        .shown_by(&[2, 5]),
        Case::new(
            "a cancel that changes nothing",
            start()
                .cancellation()
                .expect(slow("link"))
                .send(request(0))
                .after(Duration::from_millis(990))
                .receive(response(0))
                .expect(slow("link"))
                .send(request(0))
                .send(cancel(0))
                .after(Duration::from_millis(990))
                .receive(cancelled(0))
                .ends(),
            WorkerViolation::CancelSlow {
                id: 0,
                took: Duration::from_secs(1),
                uncancelled: Duration::from_secs(1),
            },
            86,
        )
        .shown_by(&[5, 6, 7]),
        Case::new(
            "a cancelled request goes unanswered",
            cancelling().send(request(1)).send(cancel(1)).waits_for_response().killed(),
            WorkerViolation::Unanswered { id: 1, limit: LIMIT },
            31,
        )
        .suspects(&[84])
        .shown_by(&[1, 3]),
    ]
}

/// A cancel that kills the worker.
fn deaths(start: fn() -> Run) -> Vec<Case> {
    let cancelling = || start().multiplex().cancellation();
    let warm = || cancelling().send(request(1)).receive(response(1));
    let died =
        |open: &[i32]| WorkerViolation::DiedUnanswered { status: ExitStatus::Code(1), open: open.to_vec() };
    vec![
        Case::new("of an open request", warm().send(request(2)).send(cancel(2)).exit(1), died(&[2]), 50)
            .suspects(&[84])
            .shown_by(&[3, 6]),
        Case::new("for an id that was never sent", warm().send(cancel(9)).exit(1), died(&[]), 50)
            .suspects(&[81]),
        Case::new("that comes too late", warm().send(cancel(1)).exit(1), died(&[]), 50).suspects(&[82]),
        Case::new(
            "twice for the same request",
            warm().send(request(2)).send(cancel(2)).send(cancel(2)).exit(1),
            died(&[2]),
            50,
        )
        .suspects(&[83, 84]),
        Case::new("with arguments", warm().send(request(2)).send(with_fields(2)).exit(1), died(&[2]), 50)
            .suspects(&[88, 84]),
        Case::new(
            "to a worker without cancellation",
            start().send(request(0)).receive(response(0)).send(cancel(0)).exit(1),
            died(&[]),
            50,
        )
        .suspects(&[87]),
        Case::new(
            "and the request was answered before",
            warm().send(request(2)).send(cancel(2)).receive(cancelled(2)).exit(1),
            WorkerViolation::DiedAnswered { status: ExitStatus::Code(1) },
            51,
        ),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn all_kinds_of_cancel_that_are_ignored_as_they_should() {
    for run in [Run::proto(), Run::json()] {
        run.multiplex()
            .cancellation()
            .send(cancel(9))
            .send(request(1))
            .send(request(2))
            .send(with_fields(1))
            .send(cancel(1))
            .receive(cancelled(1))
            .receive(response(2))
            .send(cancel(2))
            .send(request(1))
            .receive(response(1))
            .ends()
            .finds()
            .nothing_wrong()
            .upholds(&[80, 81, 82, 83, 84, 85, 88])
            .does_not_uphold(&[86, 87])
            .observes(89, "was_cancelled");
    }
}

#[test]
fn an_ordinary_response_answers_a_cancelled_request_as_well() {
    Run::proto()
        .cancellation()
        .send(request(0))
        .send(cancel(0))
        .receive(response(0))
        .ends()
        .finds()
        .nothing_wrong()
        .upholds(&[80, 84])
        .observes(89, "an ordinary response");
}

/// The tool was stopped, so it failed: `was_cancelled` is not the only way to say it.
#[test]
fn work_that_was_stopped_need_not_succeed() {
    let run = || {
        Run::proto().expect(succeeds("good")).send(request(0)).send(cancel(0)).receive(failed(0, 143)).ends()
    };
    run().cancellation().finds().nothing_wrong().upholds(&[84]).does_not_uphold(&[53]);
    // Without the feature a cancel changes nothing, and neither does it excuse anything.
    assert!(matches!(run().finds().first(), WorkerViolation::ExitCode { .. }));
}

#[test]
fn a_prompt_end_upholds_what_only_slow_work_shows() {
    Run::proto()
        .cancellation()
        .expect(slow("link"))
        .send(request(0))
        .after(Duration::from_secs(1))
        .receive(response(0))
        .expect(slow("link"))
        .send(request(0))
        .send(cancel(0))
        .after(Duration::from_millis(100))
        .receive(cancelled(0))
        .ends()
        .finds()
        .nothing_wrong()
        .upholds(&[86]);
}

#[test]
fn a_neighbour_that_goes_on_is_upheld() {
    Run::proto()
        .multiplex()
        .cancellation()
        .send(request(1))
        .send(request(2))
        .send(cancel(2))
        .receive(response(1))
        .receive(cancelled(2))
        .ends()
        .finds()
        .nothing_wrong()
        .upholds(&[91]);
}

#[test]
fn a_worker_without_cancellation_that_ignores_a_cancel() {
    Run::proto()
        .send(request(0))
        .send(cancel(0))
        .receive(response(0))
        .ends()
        .finds()
        .nothing_wrong()
        .upholds(&[87])
        .does_not_uphold(&[80]);
}

/// Its requirements are broken in this history, so nothing may say that they are kept in it.
#[test]
fn an_answered_cancel_upholds_nothing_about_cancels() {
    Run::proto()
        .cancellation()
        .send(request(0))
        .send(with_fields(0))
        .receive(cancelled(0))
        .receive(response(0))
        .ends()
        .finds()
        .does_not_uphold(&[80, 81, 82, 83, 88]);
}

#[test]
fn an_answer_to_nobody_behind_a_cancel_does_not_uphold_that_cancels_are_left_alone() {
    // A worker that knows neither cancels nor ids: it answers with id 0, which was answered before.
    let run = |answered: bool| {
        let run = Run::proto().send(request(0)).receive(response(0)).send(cancel(4242));
        if answered { run.receive(response(0)).ends() } else { run.ends() }
    };
    run(false).finds().upholds(&[87]);
    run(true).finds().does_not_uphold(&[87]);
}
