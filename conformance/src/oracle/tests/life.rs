//! How the process starts, lives and ends: W-001, W-004, W-005, W-008, W-024 to W-029, W-047, W-050 to W-052,
//! W-110 to W-117.

use super::*;
use WorkerViolation::*;

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
    let of = |start| [deaths(start), no_requests(start), ends(start), one_shot(start)].concat();
    DIALECTS.into_iter().flat_map(of).collect()
}

/// The process ends and nobody asked it to.
fn deaths(start: fn() -> Run) -> Vec<Case> {
    let warm = || start().serves(0);
    let died = |status, open: &[i32]| DiedUnanswered { status, open: open.to_vec() };
    let broken = start().step(Event::StdinBroken { unsent: 5 });
    vec![
        case("at once", start().exit(1)).breaks(1, NeverServed { status: FAILURE }).shown_by(&[2]),
        case("at its first request", start().asks(0).exit(1))
            .breaks(1, NeverServed { status: FAILURE })
            .shown_by(&[1, 3]),
        case("at a later request", warm().asks(0).dies_of(11))
            .breaks(50, died(ExitStatus::Signal(11), &[0]))
            .shown_by(&[3, 5]),
        case("with several requests open", warm().multiplex().asks(1).asks(2).exit(1))
            .breaks(50, died(FAILURE, &[1, 2]))
            .shown_by(&[3, 4, 6]),
        case("after the client had waited, which is one violation", warm().asks(0).waits().exit(1))
            .breaks(50, died(FAILURE, &[0])),
        case("in the middle of a request", half(warm()).exit(1))
            .breaks(50, died(FAILURE, &[]))
            .suspects(&[12]),
        case("behind a response", warm().exit(0))
            .breaks(51, DiedAnswered { status: ExitStatus::Code(0) })
            .shown_by(&[4]),
        case("behind a failure", start().asks(0).fails(0, 3).exit(3))
            .breaks(52, DiedFailed { status: ExitStatus::Code(3), exit_code: 3 })
            .shown_by(&[4]),
        case("stdout ends and the process goes on", warm().asks(0).closes_stdout().lives_on())
            .breaks(47, StdoutClosed { limit: LIMIT })
            .shown_by(&[5]),
        case("the process closes its stdin and goes on", broken.lives_on())
            .breaks(1, StdinClosed { limit: LIMIT })
            .shown_by(&[2]),
    ]
}

/// Bytes that are no request, or not all of one.
fn no_requests(start: fn() -> Run) -> Vec<Case> {
    let warm = || start().serves(0);
    let warned = || malformed(warm()).stderr("bad request");
    let earlier = start().stderr("worker 1.0").asks(0).stderr("working").answers(0);
    vec![
        case("it goes on", warned().lives_on()).breaks(24, MalformedIgnored { limit: LIMIT }).shown_by(&[5]),
        case("it answers", warned().fails(0, 1).exit(1).leaves(&[]))
            .breaks(25, MalformedAnswered { id: 0 })
            .shown_by(&[5]),
        case("it says nothing", malformed(warm()).exit(1)).breaks(26, MalformedSilent).shown_by(&[5]),
        case("what it says is older than the bytes", malformed(earlier).exit(1)).breaks(26, MalformedSilent),
        case("a request cut short is answered", half(warm()).eof().answers(0).exit(0).leaves(&[]))
            .breaks(27, TruncatedAnswered { id: 0 })
            .shown_by(&[5]),
    ]
}

/// The client asks it to end.
fn ends(start: fn() -> Run) -> Vec<Case> {
    let warm = || start().serves(0);
    vec![
        case("the end of stdin is ignored", warm().eof().lives_on())
            .breaks(110, EofIgnored { open: 0, limit: LIMIT })
            .shown_by(&[4]),
        case("the end of stdin is ignored while work goes on", warm().asks(0).eof().lives_on())
            .breaks(111, EofIgnored { open: 1, limit: LIMIT })
            .shown_by(&[5]),
        case("a bad exit status", warm().eof().exit(1))
            .breaks(113, EofStatus { status: FAILURE })
            .shown_by(&[5]),
        case("SIGTERM is ignored", warm().term().lives_on())
            .breaks(114, TermIgnored { open: 0, limit: LIMIT })
            .shown_by(&[4]),
        case("SIGTERM is ignored while work goes on", warm().asks(0).term().lives_on())
            .breaks(115, TermIgnored { open: 1, limit: LIMIT }),
        case("a process is left behind", warm().eof().exit(0).leaves(&["cc1", "as"]))
            .breaks(116, Survivors { names: vec!["cc1".into(), "as".into()] })
            .shown_by(&[6]),
    ]
}

fn with_argfile() -> ExpectedOutcome {
    ExpectedOutcome { argfile: true, ..succeeds("good") }
}

/// Started without `--persistent_worker`.
fn one_shot(start: fn() -> Run) -> Vec<Case> {
    let begun = || start().one_shot(None);
    let work = |outcome| start().one_shot(Some(outcome));
    let ends = |expected_success, code, argfile| OneShotStatus {
        expected_success,
        status: ExitStatus::Code(code),
        argfile,
    };
    vec![
        case("it stays", begun().waits_for(WaitedFor::Exit).eof().lives_on())
            .breaks(4, OneShotStays { limit: LIMIT })
            .shown_by(&[1]),
        case("it stays, and not for the sake of stdin", begun().eof().lives_on())
            .breaks(4, OneShotStays { limit: LIMIT }),
        case("it answers", begun().serves(0).exit(0)).breaks(4, OneShotAnswers).shown_by(&[2]),
        case("good work, bad status", work(succeeds("good")).exit(1)).breaks(8, ends(true, 1, false)),
        case("bad work, good status", work(fails("bad")).exit(0)).breaks(8, ends(false, 0, false)),
        case("an argfile", work(with_argfile()).exit(1)).breaks(5, ends(true, 1, true)),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn bytes_that_are_no_request_end_a_good_worker() {
    check(DIALECTS.into_iter().flat_map(|start| {
        let warm = || start().serves(0);
        [
            case("malformed", malformed(warm()).stderr("not a request").exit(1).leaves(&[]))
                .upholds(&[24, 25, 26, 50, 116])
                .does_not_uphold(&[47, 51, 113])
                .observes(28, "exit status 1"),
            case("truncated", half(warm()).eof().exit(1).leaves(&[])).upholds(&[27, 50]),
        ]
    }));
}

#[test]
fn what_stands_around_a_malformed_request() {
    let open = malformed(Run::proto().multiplex().asks(1)).stderr("not a request");
    let together = || Run::proto().send_bytes(&hex("02 0e00 02 1801")).stderr("not a request");
    let warned = || malformed(Run::proto().serves(0)).stderr("no");
    check([
        case("what is open can be answered", open.answers(1).exit(1)).upholds(&[24, 25, 26]),
        // Where the next frame begins is unknown, so nothing behind it is a request.
        case("what follows it is answered", together().answers(1).exit(1))
            .breaks(25, MalformedAnswered { id: 1 }),
        case("what follows it is not answered", together().exit(1)).upholds(&[24, 25]),
        // The end of stdin ended it, not the malformed request.
        case("stdin ends", warned().eof().exit(1)).does_not_uphold(&[24]),
        case("SIGTERM", warned().term().dies_of(15)).does_not_uphold(&[24]),
    ]);
}

#[test]
fn a_known_field_with_another_wire_type_is_observed() {
    // Field 3, an int32, as four bytes.
    let run = || Run::proto().send_bytes(&hex("0d 0a06 2d2d776f726b 1d01000000"));
    check([
        case("answered", run().answers(0).ends()).observes(29, "treated as an unknown field"),
        case("refused", run().exit(1)).observes(29, "treated as malformed"),
    ]);
}

#[test]
fn requests_open_at_the_end() {
    check(DIALECTS.into_iter().flat_map(|start| {
        let open = || start().multiplex().asks(1).asks(2).eof();
        let ends = |run: Run, what| {
            case("open", run.exit(1).leaves(&[])).upholds(&[111]).does_not_uphold(&[113]).observes(112, what)
        };
        [
            ends(open(), "abandoned"),
            ends(open().answers(1), "some answered, some abandoned"),
            ends(open().answers(1).answers(2), "answered"),
        ]
    }));
    check([
        case("SIGTERM while idle", Run::json().serves(0).term().dies_of(15).leaves(&[]))
            .upholds(&[114, 116])
            .observes(117, "signal 15"),
        case("SIGTERM while work goes on", Run::json().asks(0).term().exit(143))
            .upholds(&[115])
            .does_not_uphold(&[114])
            .observes(117, "exit status 143"),
    ]);
}

#[test]
fn an_end_by_force_or_an_early_end_of_stdout_upholds_nothing() {
    let early = Run::proto().serves(0).closes_stdout().quiet().eof();
    check([
        case("the suite kills it", Run::proto().serves(0).killed().dies_of(9))
            .does_not_uphold(&[30, 47, 50, 51, 110, 113]),
        case("early", early.step(Event::Exited(ExitStatus::Code(0)))).does_not_uphold(&[47]),
    ]);
}

/// Output and status are the tool's own business; only a response is not.
#[test]
fn a_one_shot_tool_prints_what_it_likes() {
    for start in DIALECTS {
        for output in
            [&b"usage: tool [options]\n"[..], b"{\"version\":2}\n", b"{\"half\"", b"\xff\xfe", b"\n", b"\0"]
        {
            let run = start().one_shot(Some(succeeds("good"))).receive_bytes(output).exit(0).leaves(&[]);
            check([case("prints", run).upholds_only(&[4, 8, 116])]);
        }
        let offered = start().one_shot(None).asks(0).receive_bytes(b"{\"version\":2}\nusage: tool\n");
        check([case("with a request", offered.exit(2)).upholds_only(&[4])]);
    }
}

#[test]
fn one_shot_work_is_told_by_its_status() {
    let work = |outcome| Run::proto().one_shot(Some(outcome));
    check([
        case("good", work(succeeds("good")).exit(0)).upholds_only(&[4, 8]),
        case("bad", work(fails("bad")).exit(2)).upholds_only(&[4, 8]),
        case("argfile", work(with_argfile()).exit(0)).upholds_only(&[4, 5]),
    ]);
}

#[test]
fn a_worker_that_reads_no_more_is_found_by_a_write_that_does_not_end() {
    let blocked = |bytes: &[u8]| Run::proto().send_bytes(bytes).waits_for(WaitedFor::Drain).killed();
    assert_eq!(blocked(&hex("f8")).finds().suspects(), [12].into());
    let mut large = hex("80808001 0a fcff7f");
    large.resize(64 << 10, b'a');
    check([case("large", blocked(&large)).breaks(31, Unanswered { id: 0, limit: LIMIT }).suspects(&[11])]);
}
