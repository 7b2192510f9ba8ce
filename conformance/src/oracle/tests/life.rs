//! How the process starts, lives and ends: W-001, W-004, W-005, W-008, W-024 to W-029, W-047, W-050 to W-052,
//! W-110 to W-117.

use super::*;

const FAILURE: ExitStatus = ExitStatus::Code(1);

/// Bytes that no reader of the dialect takes for a request.
fn malformed(run: Run) -> Run {
    match run.dialect() {
        pwp_proto::Framing::Proto => run.send_bytes(&hex("02 0e00")),
        pwp_proto::Framing::Json => run.send_bytes(b"this is no request\n"),
    }
}

/// The first half of a request.
fn half(run: Run) -> Run {
    let bytes = pwp_proto::encode(run.dialect(), &request(0));
    run.send_bytes(&bytes[..bytes.len() / 2])
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dialect in [Run::proto, Run::json] {
        cases.extend(deaths(dialect));
        cases.extend(no_requests(dialect));
        cases.extend(ends(dialect));
        cases.extend(one_shot(dialect));
    }
    cases
}

/// The process ends and nobody asked it to.
fn deaths(start: fn() -> Run) -> Vec<Case> {
    let warm = || start().send(request(0)).receive(response(0));
    vec![
        Case::new("at once", start().exit(1), WorkerViolation::NeverServed { status: FAILURE }, 1)
            .shown_by(&[2]),
        Case::new(
            "at its first request",
            start().send(request(0)).exit(1),
            WorkerViolation::NeverServed { status: FAILURE },
            1,
        )
        .shown_by(&[1, 3]),
        Case::new(
            "at a later request",
            warm().send(request(0)).dies_of(11),
            WorkerViolation::DiedUnanswered { status: ExitStatus::Signal(11), open: vec![0] },
            50,
        )
        .shown_by(&[3, 5]),
        Case::new(
            "with several requests open",
            warm().multiplex().send(request(1)).send(request(2)).exit(1),
            WorkerViolation::DiedUnanswered { status: FAILURE, open: vec![1, 2] },
            50,
        )
        .shown_by(&[3, 4, 6]),
        Case::new(
            "after the client had waited, which is one violation and not two",
            warm().send(request(0)).waits_for_response().exit(1),
            WorkerViolation::DiedUnanswered { status: FAILURE, open: vec![0] },
            50,
        ),
        Case::new(
            "in the middle of a request",
            half(warm()).exit(1),
            WorkerViolation::DiedUnanswered { status: FAILURE, open: vec![] },
            50,
        )
        .suspects(&[12]),
        Case::new(
            "behind a response",
            warm().exit(0),
            WorkerViolation::DiedAnswered { status: ExitStatus::Code(0) },
            51,
        )
        .shown_by(&[4]),
        Case::new(
            "behind a failure",
            start().send(request(0)).receive(failed(0, 3)).exit(3),
            WorkerViolation::DiedFailed { status: ExitStatus::Code(3), exit_code: 3 },
            52,
        )
        .shown_by(&[4]),
        Case::new(
            "stdout ends and the process goes on",
            warm().send(request(0)).closes_stdout().waits_for_exit().killed(),
            WorkerViolation::StdoutClosed { limit: LIMIT },
            47,
        )
        .shown_by(&[5]),
        Case::new(
            "the process closes its stdin and goes on",
            start().step(Event::StdinBroken { unsent: 5 }).waits_for_exit().killed(),
            WorkerViolation::StdinClosed { limit: LIMIT },
            1,
        )
        .shown_by(&[2]),
    ]
}

/// Bytes that are no request, or not all of one.
fn no_requests(start: fn() -> Run) -> Vec<Case> {
    let warm = || start().send(request(0)).receive(response(0));
    vec![
        Case::new(
            "it goes on",
            malformed(warm()).stderr("bad request").waits_for_exit().killed(),
            WorkerViolation::MalformedIgnored { limit: LIMIT },
            24,
        )
        .shown_by(&[5]),
        Case::new(
            "it answers",
            malformed(warm()).stderr("bad request").receive(failed(0, 1)).exit(1).leaves(&[]),
            WorkerViolation::MalformedAnswered { id: 0 },
            25,
        )
        .shown_by(&[5]),
        Case::new("it says nothing", malformed(warm()).exit(1), WorkerViolation::MalformedSilent, 26)
            .shown_by(&[5]),
        Case::new(
            "what it says is older than the bytes",
            malformed(start().stderr("worker 1.0").send(request(0)).stderr("working").receive(response(0)))
                .exit(1),
            WorkerViolation::MalformedSilent,
            26,
        ),
        Case::new(
            "a request cut short is answered",
            half(warm()).eof().receive(response(0)).exit(0).leaves(&[]),
            WorkerViolation::TruncatedAnswered { id: 0 },
            27,
        )
        .shown_by(&[5]),
    ]
}

/// The client asks it to end.
fn ends(start: fn() -> Run) -> Vec<Case> {
    let warm = || start().send(request(0)).receive(response(0));
    vec![
        Case::new(
            "the end of stdin is ignored",
            warm().eof().waits_for_exit().killed(),
            WorkerViolation::EofIgnored { open: 0, limit: LIMIT },
            110,
        )
        .shown_by(&[4]),
        Case::new(
            "the end of stdin is ignored while work goes on",
            warm().send(request(0)).eof().waits_for_exit().killed(),
            WorkerViolation::EofIgnored { open: 1, limit: LIMIT },
            111,
        )
        .shown_by(&[5]),
        Case::new(
            "a bad exit status",
            warm().eof().exit(1),
            WorkerViolation::EofStatus { status: FAILURE },
            113,
        )
        .shown_by(&[5]),
        Case::new(
            "SIGTERM is ignored",
            warm().term().waits_for_exit().killed(),
            WorkerViolation::TermIgnored { open: 0, limit: LIMIT },
            114,
        )
        .shown_by(&[4]),
        Case::new(
            "SIGTERM is ignored while work goes on",
            warm().send(request(0)).term().waits_for_exit().killed(),
            WorkerViolation::TermIgnored { open: 1, limit: LIMIT },
            115,
        ),
        Case::new(
            "a process is left behind",
            warm().eof().exit(0).leaves(&["cc1", "as"]),
            WorkerViolation::Survivors { names: vec!["cc1".into(), "as".into()] },
            116,
        )
        .shown_by(&[6]),
    ]
}

/// Started without `--persistent_worker`.
fn one_shot(start: fn() -> Run) -> Vec<Case> {
    let status = |expected_success, code, argfile| WorkerViolation::OneShotStatus {
        expected_success,
        status: ExitStatus::Code(code),
        argfile,
    };
    let argfile = ExpectedOutcome { argfile: true, ..succeeds("good") };
    vec![
        Case::new(
            "it stays",
            start().one_shot(None).waits_for_exit().eof().waits_for_exit().killed(),
            WorkerViolation::OneShotStays { limit: LIMIT },
            4,
        )
        .shown_by(&[1]),
        Case::new(
            "it stays, and not for the sake of stdin",
            start().one_shot(None).eof().waits_for_exit().killed(),
            WorkerViolation::OneShotStays { limit: LIMIT },
            4,
        ),
        Case::new(
            "it answers",
            start().one_shot(None).send(request(0)).receive(response(0)).exit(0),
            WorkerViolation::OneShotAnswers,
            4,
        )
        .shown_by(&[2]),
        Case::new(
            "good work, bad status",
            start().one_shot(Some(succeeds("good"))).exit(1),
            status(true, 1, false),
            8,
        ),
        Case::new(
            "bad work, good status",
            start().one_shot(Some(fails("bad"))).exit(0),
            status(false, 0, false),
            8,
        ),
        Case::new("an argfile", start().one_shot(Some(argfile)).exit(1), status(true, 1, true), 5),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn malformed_requests_end_a_good_worker() {
    for run in [Run::proto(), Run::json()] {
        malformed(run.send(request(0)).receive(response(0)))
            .stderr("not a request")
            .exit(1)
            .leaves(&[])
            .finds()
            .nothing_wrong()
            .upholds(&[24, 25, 26, 50, 116])
            .does_not_uphold(&[47, 51, 113])
            .observes(28, "exit status 1");
    }
}

#[test]
fn requests_that_are_open_when_a_malformed_one_comes_can_be_answered() {
    let run = malformed(Run::proto().multiplex().send(request(1))).stderr("not a request");
    run.receive(response(1)).exit(1).finds().nothing_wrong().upholds(&[24, 25, 26]);
}

/// Where the next frame begins is unknown, so nothing behind it is a request.
#[test]
fn what_follows_a_malformed_request_is_no_request() {
    let together = Run::proto().send_bytes(&hex("02 0e00 02 1801")).stderr("not a request");
    together.receive(response(1)).exit(1).finds().breaches().iter().for_each(|breach| {
        assert_eq!(breach.violation, WorkerViolation::MalformedAnswered { id: 1 }.into());
    });
    let answered =
        Run::proto().send_bytes(&hex("02 0e00 02 1801")).stderr("no").receive(response(1)).exit(1).finds();
    assert_eq!(answered.breaches().len(), 1, "{answered:#?}");
    Run::proto()
        .send_bytes(&hex("02 0e00 02 1801"))
        .stderr("no")
        .exit(1)
        .finds()
        .nothing_wrong()
        .upholds(&[24, 25]);
}

/// The end of stdin ended it, not the malformed request.
#[test]
fn an_end_that_was_asked_for_does_not_show_that_malformed_requests_end_it() {
    let run = || malformed(Run::proto().send(request(0)).receive(response(0))).stderr("no");
    run().eof().exit(1).finds().nothing_wrong().does_not_uphold(&[24]);
    run().term().dies_of(15).finds().nothing_wrong().does_not_uphold(&[24]);
}

#[test]
fn a_truncated_request_is_not_answered() {
    for run in [Run::proto(), Run::json()] {
        half(run.send(request(0)).receive(response(0)))
            .eof()
            .exit(1)
            .leaves(&[])
            .finds()
            .nothing_wrong()
            .upholds(&[27, 50]);
    }
}

#[test]
fn a_known_field_with_another_wire_type_is_observed() {
    // Field 3, an int32, as four bytes.
    let run = || Run::proto().send_bytes(&hex("0d 0a06 2d2d776f726b 1d01000000"));
    run().receive(response(0)).ends().finds().nothing_wrong().observes(29, "treated as an unknown field");
    run().exit(1).finds().nothing_wrong().observes(29, "treated as malformed");
}

#[test]
fn requests_open_at_the_end_of_stdin() {
    for run in [Run::proto(), Run::json()] {
        let open = run.multiplex().send(request(1)).send(request(2)).eof();
        let ends = |run: Run| {
            run.exit(1).leaves(&[]).finds().nothing_wrong().upholds(&[111]).does_not_uphold(&[113])
        };
        ends(open.clone()).observes(112, "abandoned");
        ends(open.clone().receive(response(1))).observes(112, "some answered, some abandoned");
        ends(open.receive(response(1)).receive(response(2))).observes(112, "answered");
    }
}

#[test]
fn sigterm() {
    let idle = Run::json().send(request(0)).receive(response(0)).term();
    idle.dies_of(15).leaves(&[]).finds().nothing_wrong().upholds(&[114, 116]).observes(117, "signal 15");
    let open = Run::json().send(request(0)).term().exit(143).finds().nothing_wrong();
    open.upholds(&[115]).does_not_uphold(&[114]).observes(117, "exit status 143");
}

#[test]
fn what_it_does_after_the_suite_kills_it_says_nothing() {
    let run = Run::proto().send(request(0)).receive(response(0)).killed();
    run.dies_of(9).finds().nothing_wrong().does_not_uphold(&[30, 47, 50, 51, 110, 113]);
}

/// Output and status are the tool's own business; only a response is not.
#[test]
fn a_one_shot_tool_prints_what_it_likes() {
    for run in [Run::proto(), Run::json()] {
        for output in
            [&b"usage: tool [options]\n"[..], b"{\"version\":2}\n", b"{\"half\"", b"\xff\xfe", b"\n", b"\0"]
        {
            run.clone()
                .one_shot(Some(succeeds("good")))
                .receive_bytes(output)
                .exit(0)
                .leaves(&[])
                .finds()
                .nothing_wrong()
                .upholds_only(&[4, 8, 116]);
        }
        let offered =
            run.one_shot(None).send(request(0)).receive_bytes(b"{\"version\":2}\nusage: tool\n").exit(2);
        offered.finds().nothing_wrong().upholds_only(&[4]);
    }
}

#[test]
fn one_shot_work_is_told_by_its_status() {
    let run = |outcome| Run::proto().one_shot(Some(outcome));
    run(succeeds("good")).exit(0).finds().nothing_wrong().upholds_only(&[4, 8]);
    run(fails("bad")).exit(2).finds().nothing_wrong().upholds_only(&[4, 8]);
    run(ExpectedOutcome { argfile: true, ..succeeds("good") })
        .exit(0)
        .finds()
        .nothing_wrong()
        .upholds_only(&[4, 5]);
}

#[test]
fn stdout_that_ends_early_is_not_upheld() {
    let run = Run::proto().send(request(0)).receive(response(0)).closes_stdout().quiet().eof();
    run.step(Event::Exited(ExitStatus::Code(0))).finds().nothing_wrong().does_not_uphold(&[47]);
}

#[test]
fn a_worker_that_reads_no_more_is_found_by_a_write_that_does_not_end() {
    let blocked = Run::proto().send_bytes(&hex("f8")).waits_for(WaitedFor::Drain).killed().finds();
    let suspects: Vec<u16> = blocked.breaches()[0].suspects.iter().map(|id| id.number()).collect();
    assert_eq!(suspects, [12]);
    let mut large = hex("80808001 0a fcff7f");
    large.resize(64 << 10, b'a');
    let blocked = Run::proto().send_bytes(&large).waits_for(WaitedFor::Drain).killed().finds();
    assert_eq!(blocked.first(), WorkerViolation::Unanswered { id: 0, limit: LIMIT });
    let suspects: Vec<u16> = blocked.breaches()[0].suspects.iter().map(|id| id.number()).collect();
    assert_eq!(suspects, [11]);
}
