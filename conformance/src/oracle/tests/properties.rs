//! What holds for histories that nobody wrote.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use pwp_proto::{Framing, WorkRequest, encode};

use super::*;

fn dialect() -> impl Strategy<Value = Framing> {
    prop::sample::select(&Framing::ALL[..])
}

/// A worker that declares some features, or a one-shot process.
fn start() -> impl Strategy<Value = Run> {
    let flags = prop::sample::select(vec![None, Some(StartupFlag::Known), Some(StartupFlag::Unknown)]);
    let features = prop::collection::btree_set(prop::sample::select(Feature::ALL.to_vec()), 0..=4);
    (dialect(), features, flags, 0..10, outcome()).prop_map(|(dialect, features, flag, mode, outcome)| {
        let mut run = features.into_iter().fold(Run::new(dialect), Run::declares);
        if mode == 1 {
            run = run.confined();
        }
        if let Some(flag) = flag {
            run = run.flag(flag);
        }
        if mode == 0 { run.one_shot(Some(outcome)) } else { run }
    })
}

/// Bytes of a peer: whole messages, pieces of them, text and noise.
fn bytes(dialect: Framing) -> BoxedStrategy<Vec<u8>> {
    let id = || -2..6i32;
    let text = prop_oneof![
        Just("\n"),
        Just("\r\n"),
        Just("hi"),
        Just("Hello, world!\n"),
        Just("{\"exitCode\":0}"),
        Just("{\"exitCode\":0,}"),
        Just("{\"requestId\":\"3\"}\n"),
        Just("éééééé"),
        Just("*(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        Just("{"),
        Just("}"),
    ];
    let noise = prop::collection::vec(prop_oneof![any::<u8>(), 0..40u8], 0..24);
    let message = (id(), 0..4u8, any::<bool>()).prop_map(move |(id, kind, odd)| match kind {
        0 => {
            let sandbox_dir = if odd { "s".to_owned() } else { String::new() };
            encode(dialect, &WorkRequest { verbosity: i32::from(odd) * 10, sandbox_dir, ..request(id) })
        }
        1 => encode(dialect, &WorkRequest { cancel: true, ..if odd { request(id) } else { cancel(id) } }),
        2 => encode(dialect, &if odd { says(id, "done") } else { response(id) }),
        _ => encode(dialect, &if odd { cancelled(id) } else { failed(id, 3) }),
    });
    let piece = (message.clone(), any::<Index>(), any::<bool>()).prop_map(|(bytes, at, first)| {
        let (head, tail) = bytes.split_at(at.index(bytes.len() + 1));
        if first { head.to_vec() } else { tail.to_vec() }
    });
    let one = prop_oneof![6 => message, 1 => piece, 1 => text.prop_map(|text| text.into()), 1 => noise];
    prop::collection::vec(one, 0..4).prop_map(|parts| parts.concat()).boxed()
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![8 => (0..3_000u64).prop_map(Duration::from_millis), 1 => Just(Duration::MAX), 1 => Just(Duration::ZERO)]
}

fn outcome() -> impl Strategy<Value = ExpectedOutcome> {
    let text = prop::option::of(prop::sample::select(vec!["", "done", "other"]));
    let flags = any::<[bool; 4]>();
    let name = prop::sample::select(vec!["some", "another"]);
    (prop::option::of(any::<bool>()), prop::option::of(-1..4i32), text, flags, name, reference(), place())
        .prop_map(
            |(succeeds, exit_code, output, [slow, crashes, reads_stdin, argfile], name, reference, place)| {
                ExpectedOutcome {
                    name: name.into(),
                    succeeds,
                    exit_code,
                    output: output.map(Into::into),
                    slow,
                    crashes,
                    reads_stdin,
                    argfile,
                    reference,
                    place,
                }
            },
        )
}

fn place() -> impl Strategy<Value = Place> {
    any::<[bool; 4]>().prop_map(|[sandboxed, absolute, only_inputs, changing]| Place {
        sandboxed,
        absolute,
        only_inputs,
        changing,
    })
}

/// What a request gave alone, if it was tried.
fn reference() -> impl Strategy<Value = Option<Arc<Reference>>> {
    let text = prop::option::of(prop::sample::select(vec!["", "done", "other"]));
    prop::option::of((0..4i32, text, any::<bool>()).prop_map(|(exit_code, output, file)| {
        let files = file.then(|| ("out/a.o".to_owned(), 1));
        Arc::new(Reference { exit_code, output: output.map(Into::into), files: files.into_iter().collect() })
    }))
}

/// Any event, at any time and in any order, even ones that no driver would give.
fn event(dialect: Framing) -> impl Strategy<Value = Event> {
    let state = prop_oneof![
        Just(FileState::Missing),
        (0..3u64).prop_map(FileState::Good),
        (0..3u64).prop_map(|mark| FileState::Different(mark, "other".into())),
        (0..3u64).prop_map(|mark| FileState::Unlike(mark, "other".into())),
        Just(FileState::Elsewhere("out/a.o".into())),
    ];
    let waited = prop::sample::select(vec![WaitedFor::Response, WaitedFor::Exit, WaitedFor::Drain]);
    let signal = prop::sample::select(vec![Signal::Term, Signal::Int, Signal::Kill]);
    prop_oneof![
        12 => bytes(dialect).prop_map(Event::Sent),
        12 => bytes(dialect).prop_map(Event::Received),
        2 => outcome().prop_map(Event::Expected),
        2 => (waited, time()).prop_map(|(what, limit)| Event::Waited { what, limit }),
        1 => (0..9usize).prop_map(|unsent| Event::StdinBroken { unsent }),
        1 => Just(Event::Stderr(b"a line\n".to_vec())),
        1 => Just(Event::StdinClosed),
        1 => Just(Event::StdoutClosed),
        1 => signal.prop_map(Event::Signalled),
        1 => prop_oneof![(0..3).prop_map(ExitStatus::Code), (1..16).prop_map(ExitStatus::Signal)].prop_map(Event::Exited),
        1 => time().prop_map(Event::Quiet),
        1 => (0..4u64, state, any::<bool>()).prop_map(|(request, state, at_end)| Event::File {
            request,
            path: "out/a.o".into(),
            state,
            at_end,
        }),
        1 => any::<bool>().prop_map(|any| Event::Survivors(if any { vec!["cc1".into()] } else { vec![] })),
        1 => any::<u64>().prop_map(Event::Memory),
        1 => prop::collection::vec(Just("in/a.c".to_owned()), 0..2).prop_map(Event::OpenInputs),
        1 => Just(Event::Killed { reason: "some".into() }),
    ]
}

/// A start and then anything.
fn history() -> impl Strategy<Value = Vec<Timed>> {
    start().prop_flat_map(|run| {
        let step = (event(run.dialect()), time());
        (Just(run), prop::collection::vec(step, 0..40)).prop_map(|(run, steps)| {
            let mut events = run.events();
            events.extend(steps.into_iter().map(|(event, at)| Timed { at, event }));
            events
        })
    })
}

/// Cuts everything that was received where `cuts` says.
fn cut(events: &[Timed], cuts: &[Index]) -> Vec<Timed> {
    let mut cuts = cuts.iter().cycle();
    let mut cut = Vec::new();
    for timed in events {
        let Event::Received(bytes) = &timed.event else {
            cut.push(timed.clone());
            continue;
        };
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let length = cuts.next().map_or(rest.len(), |index| 1 + index.index(rest.len().min(9)));
            let (head, tail) = rest.split_at(length);
            cut.push(Timed { at: timed.at, event: Event::Received(head.to_vec()) });
            rest = tail;
        }
    }
    cut
}

/// The findings without positions, and how often each was made. Of bytes that are no response, what is kept as
/// evidence grows with what has come; that they are none, and where they begin, does not.
fn set(findings: Vec<Finding>) -> BTreeMap<String, usize> {
    let mut set = BTreeMap::new();
    for finding in findings {
        let what = match finding.verdict {
            Verdict::Violated(breach) => {
                let Breach { mut violation, suspects, .. } = *breach;
                match &mut violation {
                    Violation::Worker(WorkerViolation::Stray { bytes, kind, .. }) => {
                        bytes.clear();
                        *kind = Stray::Binary;
                    }
                    Violation::Worker(
                        WorkerViolation::BadBody { bytes, .. } | WorkerViolation::BadJson { bytes, .. },
                    ) => bytes.clear(),
                    _ => {}
                }
                format!("{violation:?}, suspects {suspects:?}")
            }
            other => format!("{other:?}"),
        };
        *set.entry(what).or_default() += 1;
    }
    set
}

/// A client that sends, cancels and waits as it likes, and a worker that obeys every rule.
fn correct(mut run: Run, choices: &[(u8, Index, bool)]) -> Run {
    let multiplex = run.events().iter().any(
        |timed| matches!(&timed.event, Event::Started(start) if start.features.contains(&Feature::Multiplex)),
    );
    // The ids of the requests that are open, and whether each was cancelled.
    let mut open: Vec<(i32, bool)> = Vec::new();
    let mut next = 1;
    for (choice, index, odd) in choices {
        run = if *odd { run.at_once() } else { run };
        match choice {
            0..5 if multiplex => {
                // Ids go up, and every fifth one is used again if it is free.
                let again = i32::try_from(index.index(5)).unwrap_or(0) + 1;
                let id = if *odd && open.iter().all(|(open, _)| *open != again) { again } else { next + 5 };
                next += 1;
                open.push((id, false));
                run = run.send(request(id));
            }
            0..5 if open.is_empty() => {
                open.push((0, false));
                run = run.send(if *odd { with_input(0, "a.c", b"") } else { request(0) });
            }
            5..9 if !open.is_empty() => {
                let (id, is_cancelled) = open.remove(index.index(open.len()));
                let was_cancelled = is_cancelled && *odd;
                run = run.receive(pwp_proto::WorkResponse { was_cancelled, ..failed(id, i32::from(*odd)) });
            }
            9 if !open.is_empty() => {
                let position = index.index(open.len());
                let (id, is_cancelled) = &mut open[position];
                *is_cancelled = true;
                run = run.cancels(*id);
            }
            // An id that is not open: too late, or unknown.
            10 if multiplex => {
                let id = i32::try_from(index.index(40)).unwrap_or(0);
                if open.iter().all(|(open, _)| *open != id) {
                    run = run.cancels(id);
                }
            }
            11 => run = run.stderr("a line\n").quiet(),
            _ => {}
        }
    }
    open.into_iter().fold(run, |run, (id, _)| run.answers(id)).ends()
}

proptest! {
    /// Which bytes a read delivers is chance.
    #[test]
    fn chunks_of_stdout_make_no_difference(events in history(), cuts in prop::collection::vec(any::<Index>(), 1..8)) {
        prop_assert_eq!(set(judge(&events)), set(judge(&cut(&events, &cuts))));
    }

    #[test]
    fn nothing_makes_the_oracle_panic(events in history()) {
        let length: usize = events.iter().map(|timed| format!("{:?}", timed.event).len()).sum();
        let mut oracle = Oracle::new();
        for (position, event) in events.iter().enumerate() {
            for finding in oracle.observe(event) {
                prop_assert_eq!(finding.event, position);
                if let Verdict::Violated(breach) = &finding.verdict {
                    prop_assert!(breach.events.is_sorted() && breach.events.last() == Some(&position));
                    prop_assert!(!breach.violation.to_string().is_empty());
                }
            }
        }
        oracle.finish();
        // It keeps no more than it was given, and what it needs for itself.
        prop_assert!(held(&oracle) < 20 * length + 20_000);
    }

    /// A second history with the same oracle begins anew.
    #[test]
    fn what_came_before_the_start_is_forgotten(before in history(), events in history()) {
        let mut oracle = Oracle::new();
        for event in &before {
            oracle.observe(event);
        }
        let mut again: Vec<Finding> = events.iter().flat_map(|event| oracle.observe(event)).collect();
        again.extend(oracle.finish());
        prop_assert_eq!(set(again), set(judge(&events)));
    }

    #[test]
    fn a_correct_worker_violates_nothing(
        dialect in dialect(),
        features in prop::sample::subsequence(vec![Feature::Multiplex, Feature::Cancellation], 0..=2),
        choices in prop::collection::vec((0..12u8, any::<Index>(), any::<bool>()), 0..60),
    ) {
        let run = features.into_iter().fold(Run::new(dialect), Run::declares);
        let found = correct(run, &choices).finds();
        prop_assert!(found.breaches().is_empty(), "{:#?}", found.breaches());
        prop_assert!(found.upheld(50) && found.upheld(110) && found.upheld(113));
    }
}

/// What the oracle holds, by the length of its description.
fn held(oracle: &Oracle) -> usize {
    format!("{oracle:?}").len()
}

/// A build of a million events: requests one at a time, with files, log lines and cancels of every kind.
#[test]
fn memory_is_bounded_by_what_is_in_flight() {
    let mut oracle = Oracle::new();
    let mut observe = |event: Event, at: u64| {
        for finding in oracle.observe(&Timed { at: Duration::from_millis(at), event }) {
            assert!(!matches!(finding.verdict, Verdict::Violated(_)), "{finding:?}");
        }
        at.is_multiple_of(200_000).then(|| held(&oracle))
    };
    let start = Run::proto().multiplex().cancellation().events().remove(0);
    observe(start.event, 1);
    let mut sizes = Vec::new();
    let mut at = 2;
    let mut id = 0;
    while at < 1_000_000 {
        id = id % 3_000 + 1;
        let round = [
            Event::Expected(succeeds("good")),
            Event::Sent(encode(Framing::Proto, &request(id))),
            Event::Sent(encode(Framing::Proto, &cancel(id))),
            Event::Stderr(b"a line\n".to_vec()),
            Event::Received(encode(Framing::Proto, &cancelled(id))),
            Event::File {
                request: at,
                path: format!("out/{at}.o"),
                state: FileState::Good(at),
                at_end: false,
            },
            Event::Sent(encode(Framing::Proto, &cancel(id))),
            Event::Sent(encode(Framing::Proto, &cancel(-id))),
            Event::Sent(encode(Framing::Proto, &cancel(1))),
        ];
        for event in round {
            sizes.extend(observe(event, at));
            at += 1;
        }
    }
    assert_eq!(oracle.open_requests(), 0);
    assert!(sizes.len() >= 4, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size < sizes[0] + sizes[0] / 10), "{sizes:?}");
}

/// A request that stays open is cancelled over and over.
#[test]
fn memory_is_bounded_for_a_request_that_is_cancelled_again_and_again() {
    let mut oracle = Run::json().cancellation().asks(0).watched();
    let again = Timed { at: Duration::from_secs(1), event: Event::Sent(encode(Framing::Json, &cancel(0))) };
    (0..100).for_each(|_| drop(oracle.observe(&again)));
    let before = held(&oracle);
    (0..10_000).for_each(|_| drop(oracle.observe(&again)));
    assert!(held(&oracle) < before + 100);
}

/// A declared length is a claim; only bytes take memory.
#[test]
fn memory_is_not_taken_for_a_length_that_is_only_declared() {
    // 200 MiB, on both sides.
    let run = Run::proto().send_bytes(&hex("80808064")).receive_bytes(&hex("80808064 08"));
    assert!(held(&run.watched()) < 10_000);
}
