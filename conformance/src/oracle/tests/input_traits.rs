//! Every trait: as the only suspect when a request with it goes unanswered, and upheld when it is answered.

use std::collections::BTreeSet;
use std::time::Duration;

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
    for start in [Run::proto, Run::json] {
        let warm = || start().multiplex().send(request(1)).receive(response(1));
        let plain =
            |what, request: WorkRequest| example(what, warm().send(request.clone()), request.request_id);
        let encoded =
            |what, options| example(what, warm().send_with(with_input(2, "a.c", DIGEST), options), 2);
        let worked = |what, outcome| example(what, warm().expect(outcome).send(request(2)), 2);
        all.extend([
            example(Trait::Split, warm().send_split(request(2)), 2),
            example(
                Trait::Coalesced,
                warm().send_together(&[request(2), request(3)]).receive(response(2)),
                3,
            ),
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
            example(
                Trait::Parallel,
                warm()
                    .send(request(2))
                    .send(request(3))
                    .send(request(4))
                    .receive(response(2))
                    .receive(response(3)),
                4,
            ),
            example(Trait::Immediate, warm().at_once().send(request(2)), 2),
            worked(Trait::Argfile, ExpectedOutcome { argfile: true, ..succeeds("argfile") }),
            example(Trait::Cancelled, warm().cancellation().send(request(2)).send(cancel(2)), 2),
            example(
                Trait::AfterFailure,
                start().multiplex().send(request(1)).receive(failed(1, 1)).send(request(2)),
                2,
            ),
            worked(Trait::ReadsStdin, ExpectedOutcome { reads_stdin: true, ..succeeds("stdin") }),
            example(Trait::KnownFlag, start().multiplex().flag(StartupFlag::Known).send(request(2)), 2),
            example(Trait::UnknownFlag, start().multiplex().flag(StartupFlag::Unknown).send(request(2)), 2),
        ]);
    }
    let proto = || Run::proto().multiplex().send(request(1)).receive(response(1));
    let json = || Run::json().multiplex().send(request(1)).receive(response(1));
    let options = |run: Run, options| run.send_with(with_input(2, "a.c", DIGEST), options);
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
        example(
            Trait::Reordered,
            options(proto(), EncodeOptions { reversed_fields: true, ..Default::default() }),
            2,
        ),
        example(Trait::Whitespace, options(json(), EncodeOptions { pretty: true, ..Default::default() }), 2),
        example(Trait::NoNewline, options(json(), EncodeOptions { newline: false, ..Default::default() }), 2),
        example(
            Trait::Escaped,
            json()
                .expect(succeeds("escaped"))
                .send_bytes(b"{\"arguments\":[\"--define\\u003dx\"],\"requestId\":2}\n"),
            2,
        ),
    ]);
    all
}

/// What kills a worker while it works for a request.
fn of_work() -> Vec<Example> {
    let crash = ExpectedOutcome { crashes: true, ..fails("crash") };
    [Run::proto, Run::json]
        .map(|start| {
            let run = start()
                .multiplex()
                .send(request(1))
                .receive(response(1))
                .expect(crash.clone())
                .send(request(2));
            example(Trait::Crash, run, 2)
        })
        .into()
}

/// The traits of cancels: they get no answer, so only a death shows them.
fn of_cancels() -> Vec<Example> {
    let mut all = Vec::new();
    for start in [Run::proto, Run::json] {
        let warm = || start().multiplex().cancellation().send(request(1)).receive(response(1));
        let cancelling = |what, run| Example { what, run, id: None };
        let with_arguments = WorkRequest { arguments: vec!["--work".into()], ..cancel(2) };
        all.extend([
            cancelling(Trait::CancelUnknown, warm().send(cancel(9))),
            cancelling(Trait::CancelLate, warm().send(cancel(1))),
            cancelling(
                Trait::CancelTwice,
                warm()
                    .send(request(2))
                    .send(cancel(2))
                    .receive(cancelled(2))
                    .send(request(3))
                    .send(cancel(3))
                    .send(cancel(3)),
            ),
            cancelling(Trait::CancelFields, warm().send(request(2)).send(with_arguments)),
            cancelling(
                Trait::CancelUndeclared,
                start().send(request(0)).receive(response(0)).send(request(0)).send(cancel(0)),
            ),
        ]);
    }
    all
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
    let context = || format!("{:?} ({}): {:#?}", example.what, example.run.dialect(), found.breaches());
    let breaches = found.breaches();
    assert_eq!(breaches.len(), 1, "{}", context());
    // A process that ends may always have been on its way out since its last response.
    let numbers = breaches[0].suspects.iter().map(|id| id.number());
    let suspects: BTreeSet<u16> = numbers.filter(|number| ![51, 52].contains(number)).collect();
    assert_eq!(&suspects, &(&expected - &BTreeSet::from([51, 52])), "{}", context());
}

#[test]
fn a_request_that_goes_unanswered() {
    for example in of_requests().iter().chain(&of_work()) {
        let found = example.run.clone().waits_for_response().killed().finds();
        assert!(matches!(found.first(), WorkerViolation::Unanswered { .. }), "{:?}", example.what);
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
            let suspects: Vec<u16> = found.breaches()[0].suspects.iter().map(|id| id.number()).collect();
            assert_eq!(suspects, [64, 51], "immediate, or on its way out since the last response");
        } else {
            assert_suspects(example, &found);
        }
    }
}

#[test]
fn a_cancel_at_which_the_worker_dies() {
    for example in &of_cancels() {
        let found = example.run.clone().exit(1).finds();
        assert!(matches!(found.first(), WorkerViolation::DiedUnanswered { .. }), "{:?}", example.what);
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
        let answered = example.run.clone().receive(answer).ends().finds().nothing_wrong();
        assert!(answered.upheld(number), "{:?}: {:#?}", example.what, answered.0);
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
                run = run.receive(response(id));
            }
        }
        let found = run.ends().finds().nothing_wrong();
        assert!(found.upheld(example.what.requirement().number()), "{:?}: {:#?}", example.what, found.0);
    }
}

impl Run {
    /// Whether a request with this id has no answer yet.
    fn finds_open(&self, id: i32) -> bool {
        let answered = self.clone().receive(response(id)).finds();
        answered.breaches().is_empty()
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
fn an_answer_of_which_nothing_is_known_does_not_show_that_it_was_understood() {
    let escaped = Run::json().send_bytes(b"{\"arguments\":[\"\\u003d\"]}\n").receive(response(0)).ends();
    escaped.finds().nothing_wrong().does_not_uphold(&[21]);
}

/// Two milliseconds: less is at once.
#[test]
fn a_request_that_follows_later_is_not_immediate() {
    let run = Run::proto().send(request(0)).receive(response(0)).send(request(0)).receive(response(0)).ends();
    run.finds().nothing_wrong().does_not_uphold(&[64]);
}

/// One write of two frames: only the second one is behind another.
#[test]
fn the_first_of_several_frames_is_not_coalesced() {
    let run = Run::proto().multiplex().send_together(&[request(1), request(2)]).receive(response(2));
    let found = run.waits_for_response().killed().finds();
    assert_eq!(found.breaches()[0].suspects, [], "{found:#?}");
}

/// Both happen to a frame that begins behind another one and ends two writes later.
#[test]
fn a_frame_can_be_coalesced_and_split() {
    let bytes = [pwp_proto::encode(pwp_proto::Framing::Proto, &request(1)), hex("0a 0a06")].concat();
    let run = Run::proto()
        .multiplex()
        .send_bytes(&bytes)
        .send_bytes(&hex("2d2d"))
        .send_bytes(&hex("776f726b 1802"))
        .receive(response(1));
    let found = run.waits_for_response().killed().finds();
    let suspects: BTreeSet<u16> = found.breaches()[0].suspects.iter().map(|id| id.number()).collect();
    assert_eq!(suspects, BTreeSet::from([12, 13]));
}

/// One read can deliver two writes that follow each other at once.
#[test]
fn a_frame_right_behind_another_write_is_coalesced() {
    let suspects = |apart: u64| {
        let run = Run::proto().multiplex().send(request(1)).at_once().after(Duration::from_millis(apart));
        let found = run.send(request(2)).receive(response(1)).waits_for_response().killed().finds();
        found.breaches()[0].suspects.clone()
    };
    assert_eq!(suspects(1), [Trait::Coalesced.requirement()]);
    assert_eq!(suspects(2), []);
}

/// Where each size and number begins to be unusual.
#[test]
fn the_limits_of_the_traits() {
    let answered = |run: Run, request: WorkRequest| {
        let id = request.request_id;
        run.multiplex().send(request).receive(response(id)).ends().finds().nothing_wrong()
    };
    let with_argument = |length: usize| WorkRequest { arguments: vec!["x".repeat(length)], ..request(2) };
    // A tag and a length before the argument, the id behind it.
    answered(Run::proto(), with_argument(127 - 4)).does_not_uphold(&[10]);
    answered(Run::proto(), with_argument(128 - 4)).upholds(&[10]);
    // What a pipe holds, apart from a length prefix.
    let pipe = (64 << 10) - 8;
    let around = r#"{"arguments":[""],"requestId":2}"#.len();
    answered(Run::json(), with_argument(pipe - around)).does_not_uphold(&[11]);
    answered(Run::json(), with_argument(pipe - around + 1)).upholds(&[11]);
    answered(Run::json(), request(65_535)).does_not_uphold(&[71]);
    answered(Run::json(), request(65_536)).upholds(&[71]);
}
