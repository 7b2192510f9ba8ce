//! Every trait: as the only suspect when a request with it goes unanswered, and upheld when it is answered.

use pwp_proto::{EncodeOptions, WorkRequest};

use super::*;

/// The digest that Bazel would send.
const DIGEST: &[u8; 64] = b"6a2ffc4b1b8a6a0a3f4dd0a6dbf9ac6bde2e5d3c6f3c9e0a7b8c9d0e1f2a3b4c";

/// A history up to the request, or the cancel, that has the trait.
struct Example {
    what: Trait,
    run: Run,
    /// The id of the request; for a cancel there is no answer.
    id: Option<i32>,
}

fn example(what: Trait, run: Run, id: i32) -> Example {
    Example { what, run, id: Some(id) }
}

/// The traits that stand in a message or in how it is sent, in every dialect that can have them.
fn of_requests() -> Vec<Example> {
    let mut all = Vec::new();
    for start in DIALECTS {
        let warm = || start().multiplex().serves(1);
        let plain =
            |what, request: WorkRequest| example(what, warm().send(request.clone()), request.request_id);
        let encoded =
            |what, options| example(what, warm().send_with(with_input(2, "a.c", DIGEST), options), 2);
        let worked = |what, outcome| example(what, warm().asks_for(outcome, 2), 2);
        let together = warm().send_together(&[request(2), request(3)]).answers(2);
        let flagged = |what, flag| example(what, start().multiplex().flag(flag).asks(2), 2);
        let three = warm().asks(2).asks(3).asks(4).answers(2).answers(3);
        all.extend([
            example(Trait::Split, warm().send_split(request(2)), 2),
            example(Trait::Coalesced, together, 3),
            encoded(Trait::UnknownFields, EncodeOptions { unknown_fields: true, ..Default::default() }),
            plain(Trait::Sparse, WorkRequest { arguments: vec![], ..with_input(2, "a.c", DIGEST) }),
            encoded(Trait::ExplicitDefaults, EncodeOptions { explicit_defaults: true, ..Default::default() }),
            plain(Trait::OddDigest, with_input(2, "a.c", b"")),
            plain(Trait::NonAscii, with_input(2, "\u{fc}.c", DIGEST)),
            plain(Trait::Verbosity, WorkRequest { verbosity: 10, ..request(2) }),
            plain(Trait::ZeroId, request(0)),
            plain(Trait::HighId, request(65_536)),
            plain(Trait::NegativeId, request(-2)),
            plain(Trait::ReusedId, request(1)),
            example(Trait::Parallel, three, 4),
            example(Trait::Immediate, warm().at_once().asks(2), 2),
            worked(Trait::Argfile, ExpectedOutcome { argfile: true, ..succeeds("argfile") }),
            example(Trait::Cancelled, warm().cancellation().asks(2).cancels(2), 2),
            example(Trait::AfterFailure, start().multiplex().asks(1).fails(1, 1).asks(2), 2),
            worked(Trait::ReadsStdin, ExpectedOutcome { reads_stdin: true, ..succeeds("stdin") }),
            flagged(Trait::KnownFlag, StartupFlag::Known),
            flagged(Trait::UnknownFlag, StartupFlag::Unknown),
        ]);
    }
    let proto = || Run::proto().multiplex().serves(1);
    let json = || Run::json().multiplex().serves(1);
    let encoded =
        |what, run: Run, options| example(what, run.send_with(with_input(2, "a.c", DIGEST), options), 2);
    let escaped = b"{\"arguments\":[\"--define\\u003dx\"],\"requestId\":2}\n";
    let long = WorkRequest { arguments: vec!["x".repeat(200)], ..request(2) };
    let large = WorkRequest { arguments: vec!["x".repeat(70_000)], ..request(2) };
    all.extend([
        example(Trait::MultiByteLength, proto().send(long), 2),
        example(Trait::Large, json().send(large), 2),
        // Nothing but an id, in two bytes.
        example(Trait::Empty, proto().send_bytes(&hex("02 1802")), 2),
        // An id and no more is not all defaults where it takes more than two bytes.
        example(Trait::Sparse, json().send_bytes(b"{\"requestId\":2}\n"), 2),
        example(Trait::Empty, Run::json().send_bytes(b"{}\n"), 0),
        encoded(Trait::Reordered, proto(), EncodeOptions { reversed_fields: true, ..Default::default() }),
        encoded(Trait::Whitespace, json(), EncodeOptions { pretty: true, ..Default::default() }),
        encoded(Trait::NoNewline, json(), EncodeOptions { newline: false, ..Default::default() }),
        example(Trait::Escaped, json().expect(succeeds("escaped")).send_bytes(escaped), 2),
    ]);
    all
}

/// What kills a worker while it works for a request.
fn of_work() -> Vec<Example> {
    let crash = || ExpectedOutcome { crashes: true, ..fails("crash") };
    DIALECTS.map(|start| example(Trait::Crash, start().multiplex().serves(1).asks_for(crash(), 2), 2)).into()
}

/// The traits of cancels: they get no answer, so only a death shows them.
fn of_cancels() -> Vec<Example> {
    let of = |start: fn() -> Run| {
        let warm = || start().multiplex().cancellation().serves(1);
        let with_arguments = WorkRequest { arguments: vec!["--work".into()], ..cancel(2) };
        let twice = warm().asks(2).cancels(2).says_cancelled(2).asks(3).cancels(3).cancels(3);
        [
            (Trait::CancelUnknown, warm().cancels(9)),
            (Trait::CancelLate, warm().cancels(1)),
            (Trait::CancelTwice, twice),
            (Trait::CancelFields, warm().asks(2).send(with_arguments)),
            (Trait::CancelUndeclared, start().serves(0).asks(0).cancels(0)),
        ]
    };
    DIALECTS.into_iter().flat_map(of).map(|(what, run)| Example { what, run, id: None }).collect()
}

/// Traits that kill a worker, if anything: one that lives on has dropped the answer for another reason.
fn kills(what: Trait) -> bool {
    matches!(what, Trait::Crash | Trait::AfterFailure)
}

/// Traits that come with another one by their nature, and with which.
fn companions(example: &Example) -> &'static [Trait] {
    let proto = example.run.dialect() == pwp_proto::Framing::Proto;
    match example.what {
        // What is added makes the frame longer than 127 bytes.
        Trait::UnknownFields if proto => &[Trait::MultiByteLength],
        // It cancels an open request, which may be the cause as well.
        Trait::CancelFields | Trait::CancelTwice => &[Trait::Cancelled],
        _ => &[],
    }
}

fn requirements(traits: &[Trait]) -> BTreeSet<u16> {
    traits.iter().map(|what| what.requirement().number()).collect()
}

#[track_caller]
fn assert_suspects(example: &Example, found: &Found) {
    let expected: BTreeSet<u16> = &requirements(&[example.what]) | &requirements(companions(example));
    let context = format!("{:?} ({}): {:#?}", example.what, example.run.dialect(), found.breaches());
    assert_eq!(found.breaches().len(), 1, "{context}");
    assert_eq!(found.suspects(), &expected - &BTreeSet::from([51, 52]), "{context}");
}

#[test]
fn a_request_that_goes_unanswered() {
    for example in of_requests().iter().chain(&of_work()) {
        let found = example.run.clone().gives_up().finds();
        assert_eq!(found.symptom(), "Unanswered", "{:?}", example.what);
        if kills(example.what) {
            assert_eq!(found.breaches()[0].suspects, []);
        } else {
            assert_suspects(example, &found);
        }
    }
}

#[test]
fn a_request_at_which_the_worker_dies() {
    for example in of_requests().iter().chain(&of_work()) {
        let found = example.run.clone().exit(1).finds();
        if example.what == Trait::Immediate {
            // It may have been on its way out already.
            assert_eq!(found.breaches()[0].suspects, [ids::IMMEDIATE, ids::DIES_ANSWERED]);
        } else {
            assert_suspects(example, &found);
        }
    }
}

#[test]
fn a_cancel_at_which_the_worker_dies() {
    for example in &of_cancels() {
        let found = example.run.clone().exit(1).finds();
        assert_eq!(found.symptom(), "DiedUnanswered", "{:?}", example.what);
        assert_suspects(example, &found);
    }
}

/// The trait's requirement is upheld by the answer and by nothing before it.
#[test]
fn a_request_that_is_answered() {
    for example in of_requests().iter().chain(&of_work()) {
        let crash = example.what == Trait::Crash;
        let id = example.id.unwrap_or_default();
        let answer =
            pwp_proto::WorkResponse { exit_code: i32::from(crash), output: "done".into(), ..response(id) };
        let number = example.what.requirement().number();
        check([case("answered", example.run.clone().receive(answer).ends()).upholds(&[number])]);
        let before = example.run.clone().killed().finds();
        assert!(!before.upheld(number), "{:?}: {:#?}", example.what, before.0);
    }
}

#[test]
fn a_cancel_that_is_ignored() {
    for example in &of_cancels() {
        let mut run = example.run.clone();
        for id in [0, 2, 3] {
            if example.run.finds_open(id) {
                run = run.answers(id);
            }
        }
        check([case("ignored", run.ends()).upholds(&[example.what.requirement().number()])]);
    }
}

impl Run {
    /// Whether a request with this id has no answer yet.
    fn finds_open(&self, id: i32) -> bool {
        self.clone().answers(id).finds().breaches().is_empty()
    }
}

/// A trait without an example would be a trait without a test.
#[test]
fn no_trait_is_without_example() {
    let have: BTreeSet<Trait> =
        of_requests().iter().chain(&of_work()).chain(&of_cancels()).map(|example| example.what).collect();
    for what in &have {
        known(*what);
    }
    assert_eq!(have.len(), TRAITS, "{have:?}");
}

/// How many traits there are.
const TRAITS: usize = 33;

/// Fails to compile when there is a trait more; then it needs an example, and [`TRAITS`] is one more.
fn known(what: Trait) {
    use Trait::*;
    match what {
        MultiByteLength | Large | Split | Coalesced | Empty | UnknownFields | Sparse | ExplicitDefaults
        | Reordered | Whitespace | NoNewline | Escaped | OddDigest | NonAscii | Verbosity | ZeroId
        | HighId | NegativeId | ReusedId | Parallel | Immediate | Argfile | Cancelled | AfterFailure
        | Crash | ReadsStdin | KnownFlag | UnknownFlag | CancelUnknown | CancelLate | CancelTwice
        | CancelFields | CancelUndeclared => {}
    }
}

#[test]
fn what_is_no_trait() {
    let escaped = Run::json().send_bytes(b"{\"arguments\":[\"\\u003d\"]}\n").answers(0).ends();
    check([
        case("nothing is known of the answer, so it may have been misread", escaped).does_not_uphold(&[21]),
        // Two milliseconds: less is at once.
        case("later is not immediate", Run::proto().serves(0).serves(0).ends()).does_not_uphold(&[64]),
    ]);
}

#[test]
fn frames_that_share_a_write() {
    let suspects = |run: Run| run.gives_up().finds().breaches()[0].suspects.clone();
    let begun = [pwp_proto::encode(pwp_proto::Framing::Proto, &request(1)), hex("0a 0a06")].concat();
    let run = || Run::proto().multiplex();
    // One write of two frames: only the second one is behind another.
    assert_eq!(suspects(run().send_together(&[request(1), request(2)]).answers(2)), []);
    // Both happen to a frame that begins behind another one and ends two writes later.
    let pieces = run().send_bytes(&begun).send_bytes(&hex("2d2d")).send_bytes(&hex("776f726b 1802"));
    assert_eq!(pieces.answers(1).gives_up().finds().suspects(), [12, 13].into());
    // One read can deliver two writes that follow each other at once.
    let apart = |time| suspects(run().asks(1).at_once().after(time).asks(2).answers(1));
    assert_eq!(apart(1), [Trait::Coalesced.requirement()]);
    assert_eq!(apart(2), []);
}

/// Where each size and number begins to be unusual.
#[test]
fn the_limits_of_the_traits() {
    let with_argument = |length: usize| WorkRequest { arguments: vec!["x".repeat(length)], ..request(2) };
    // What a pipe holds, apart from a length prefix.
    let pipe = (64 << 10) - 8 - r#"{"arguments":[""],"requestId":2}"#.len();
    for (run, below, from, number) in [
        // A tag and a length before the argument, the id behind it.
        (Run::proto(), with_argument(127 - 4), with_argument(128 - 4), 10),
        (Run::json(), with_argument(pipe), with_argument(pipe + 1), 11),
        (Run::json(), request(65_535), request(65_536), 71),
    ] {
        let answered = |request: WorkRequest| {
            let id = request.request_id;
            case("limit", run.clone().multiplex().send(request).answers(id).ends())
        };
        check([answered(below).does_not_uphold(&[number]), answered(from).upholds(&[number])]);
    }
}
