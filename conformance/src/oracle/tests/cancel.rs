//! Cancels: W-080 to W-091.

use std::time::Duration;

use pwp_proto::WorkRequest;

use super::*;
use WorkerViolation::*;

pub(super) fn cases() -> Vec<Case> {
    let of = |start| [answered(start), results(start), deaths(start)].concat();
    hex_dialogues().into_iter().chain(DIALECTS.into_iter().flat_map(of)).collect()
}

fn with_fields(id: i32) -> WorkRequest {
    WorkRequest { arguments: vec!["--work".into()], ..cancel(id) }
}

/// A worker that answers everything twice, or with other ids, does not do so for the cancel's sake.
const OTHER_CAUSES: &[u16] = &[32, 33];

fn hex_dialogues() -> Vec<Case> {
    let run = || Run::proto().cancellation();
    // A request, its cancel `02 20 01` (no id: it is 0), the answer, and an answer to the cancel.
    let shortest = run().send_bytes(&hex("08 0a06 2d2d776f726b")).send_bytes(&hex("02 2001"));
    let shortest = shortest.receive_bytes(&hex("02 2001")).receive_bytes(&hex("00"));
    // Its id is 300: `18 ac 02`.
    let unknown = run().multiplex().send_bytes(&hex("05 18ac02 2001")).receive_bytes(&hex("03 18ac02"));
    vec![
        case("the shortest cancel is run as work", shortest.ends())
            .breaks(80, CancelAnswered { id: 0 })
            .suspects(OTHER_CAUSES)
            .shown_by(&[2, 3, 4]),
        case("a cancel for id 300 is answered", unknown.ends())
            .breaks(81, CancelUnknownAnswered { id: 300 })
            .suspects(OTHER_CAUSES)
            .shown_by(&[1, 2]),
    ]
}

/// A cancel that gets a response of its own.
fn answered(start: fn() -> Run) -> Vec<Case> {
    let run = || start().multiplex().cancellation();
    let both = |cancel| run().asks(1).send(cancel).says_cancelled(1).answers(1).ends();
    let in_a_sandbox = WorkRequest { sandbox_dir: "__sandbox/1".into(), ..cancel(1) };
    let twice = run().asks(1).cancels(1).cancels(1).says_cancelled(1).says_cancelled(1);
    let answered = |name, run, number, violation, events: &[usize]| {
        case(name, run).breaks(number, violation).suspects(OTHER_CAUSES).shown_by(events)
    };
    vec![
        answered("run as work", both(cancel(1)), 80, CancelAnswered { id: 1 }, &[2, 3, 4]),
        answered("with arguments", both(with_fields(1)), 80, CancelAnswered { id: 1 }, &[2, 3, 4])
            .suspects(&[88]),
        answered("in a sandbox", both(in_a_sandbox), 80, CancelAnswered { id: 1 }, &[2, 3, 4])
            .suspects(&[88]),
        answered(
            "for an id that was never sent",
            run().cancels(4).answers(4).serves(1).ends(),
            81,
            CancelUnknownAnswered { id: 4 },
            &[1, 2],
        ),
        answered(
            "with arguments, for an id that was never sent",
            run().send(with_fields(4)).answers(4).ends(),
            81,
            CancelUnknownAnswered { id: 4 },
            &[1, 2],
        )
        .suspects(&[88]),
        answered(
            "too late",
            run().serves(1).cancels(1).says_cancelled(1).ends(),
            82,
            CancelLateAnswered { id: 1 },
            &[2, 3, 4],
        ),
        answered("a second cancel", twice.ends(), 83, CancelTwiceAnswered { id: 1 }, &[2, 3, 4, 5]),
        answered(
            "a worker without cancellation runs a cancel as work",
            start().asks(0).cancels(0).answers(0).answers(0).ends(),
            87,
            CancelUndeclaredAnswered { id: 0 },
            &[2, 3, 4],
        ),
        answered(
            "a worker without cancellation answers a cancel for an id that was never sent",
            start().multiplex().cancels(4).answers(4).ends(),
            87,
            CancelUndeclaredAnswered { id: 4 },
            &[1, 2],
        ),
    ]
}

/// Slow work, and slow work that is cancelled and answered after so many milliseconds.
fn slow_twice(start: fn() -> Run, uncancelled: u64, cancelled: u64) -> Run {
    let run = start().cancellation().asks_for(slow("link"), 0).after(uncancelled).answers(0);
    run.asks_for(slow("link"), 0).cancels(0).after(cancelled).says_cancelled(0).ends()
}

/// What a response says of a cancel, and when it comes.
fn results(start: fn() -> Run) -> Vec<Case> {
    let run = || start().multiplex().cancellation();
    let single = || start().cancellation();
    let sticks = single().asks(0).cancels(0).says_cancelled(0).asks(0).says_cancelled(0);
    let neighbour = run().asks(1).asks(2).cancels(1).says_cancelled(1).says_cancelled(2);
    let second = Duration::from_secs(1);
    vec![
        case("was_cancelled out of nowhere", single().asks(0).says_cancelled(0).ends())
            .breaks(85, WasCancelledUnasked { id: 0 })
            .shown_by(&[1, 2]),
        case("was_cancelled sticks to the id", sticks.ends())
            .breaks(85, WasCancelledUnasked { id: 0 })
            .suspects(&[33, 80])
            .shown_by(&[4, 5]),
        case("the neighbour is cancelled, too", neighbour.ends())
            .breaks(91, NeighbourCancelled { id: 2 })
            .suspects(&[33, 80, 85])
            .shown_by(&[2, 5]),
        case("a cancel that changes nothing", slow_twice(start, 990, 990))
            .breaks(86, CancelSlow { id: 0, took: second, uncancelled: second })
            .shown_by(&[5, 6, 7]),
        case("a cancelled request goes unanswered", run().asks(1).cancels(1).gives_up())
            .breaks(31, Unanswered { id: 1, limit: LIMIT })
            .suspects(&[84])
            .shown_by(&[1, 3]),
    ]
}

/// A cancel that kills the worker.
fn deaths(start: fn() -> Run) -> Vec<Case> {
    let warm = || start().multiplex().cancellation().serves(1);
    let twice = warm().asks(2).cancels(2).cancels(2);
    let answered = warm().asks(2).cancels(2).says_cancelled(2);
    let status = ExitStatus::Code(1);
    let dies = |name, run: Run, open: &[i32]| {
        case(name, run.exit(1)).breaks(50, DiedUnanswered { status, open: open.to_vec() })
    };
    vec![
        dies("of an open request", warm().asks(2).cancels(2), &[2]).suspects(&[84]).shown_by(&[3, 6]),
        dies("for an id that was never sent", warm().cancels(9), &[]).suspects(&[81]),
        dies("that comes too late", warm().cancels(1), &[]).suspects(&[82]),
        dies("twice for the same request", twice, &[2]).suspects(&[83, 84]),
        dies("with arguments", warm().asks(2).send(with_fields(2)), &[2]).suspects(&[88, 84]),
        dies("to a worker without cancellation", start().serves(0).cancels(0), &[]).suspects(&[87]),
        case("and the request was answered before", answered.exit(1)).breaks(51, DiedAnswered { status }),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn all_kinds_of_cancel_that_are_ignored_as_they_should() {
    check(DIALECTS.map(|start| {
        let run = start().multiplex().cancellation().cancels(9).asks(1).asks(2).send(with_fields(1));
        let run = run.cancels(1).says_cancelled(1).answers(2).cancels(2).serves(1).ends();
        case("all", run)
            .upholds(&[80, 81, 82, 83, 84, 85, 88])
            .does_not_uphold(&[86, 87])
            .observes(89, "was_cancelled")
    }));
}

#[test]
fn what_answers_to_cancelled_requests_show() {
    let run = || Run::proto().cancellation();
    let neighbours = run().multiplex().asks(1).asks(2).cancels(2).answers(1).says_cancelled(2);
    let stopped = || Run::proto().asks_for(succeeds("good"), 0).cancels(0).fails(0, 143).ends();
    let exit_code = ExitCode { name: "good".into(), expected: "0".into(), got: 143, output: String::new() };
    check([
        case("an ordinary response", run().asks(0).cancels(0).answers(0).ends())
            .upholds(&[80, 84])
            .observes(89, "an ordinary response"),
        // The tool was stopped, so it failed: `was_cancelled` is not the only way to say it.
        case("work that was stopped need not succeed", stopped().cancellation())
            .upholds(&[84])
            .does_not_uphold(&[53]),
        // Without the feature a cancel changes nothing, and neither does it excuse anything.
        case("without the feature it has to", stopped()).breaks(53, exit_code).suspects(&[87]),
        case("a prompt end", slow_twice(Run::proto, 1000, 100)).upholds(&[86]),
        case("a neighbour that goes on", neighbours.ends()).upholds(&[91]),
        case("without cancellation", Run::proto().asks(0).cancels(0).answers(0).ends())
            .upholds(&[87])
            .does_not_uphold(&[80]),
    ]);
}

/// Its requirements are broken in this history, so nothing may say that they are kept in it.
#[test]
fn an_answered_cancel_upholds_nothing_about_cancels() {
    let run = Run::proto().cancellation().asks(0).send(with_fields(0)).says_cancelled(0).answers(0).ends();
    let answered = case("a cancel with arguments", run).breaks(80, CancelAnswered { id: 0 });
    check([answered.suspects(OTHER_CAUSES).suspects(&[88]).does_not_uphold(&[80, 81, 82, 83, 88])]);
}

#[test]
fn an_answer_to_nobody_behind_a_cancel_does_not_uphold_that_cancels_are_left_alone() {
    // A worker that knows neither cancels nor ids: it answers with id 0, which was answered before.
    let run = || Run::proto().serves(0).cancels(4242);
    check([
        case("no answer", run().ends()).upholds(&[87]),
        case("an answer", run().answers(0).ends())
            .breaks(32, Surplus { id: 0, answered: true })
            .suspects(&[33, 87])
            .does_not_uphold(&[87]),
    ]);
}
