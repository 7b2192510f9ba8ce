//! Scripts from a seed: valid traffic of every kind, and what goes wrong on a wire.
//!
//! The strategies are proptest's, run with a fixed seed, so the same seed gives the same scripts on
//! every machine. What a subject answers does not steer them: a script is data before it is run.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use pwp_proto::Framing;

use crate::history::Signal;
use crate::report::FileName;
use crate::workload::Work;
use pwp_spec::{Feature, Features};

use super::model::{
    Await, Cancel, Digest, Encoding, Message, Needs, Raw, SCHEMA_ID, Script, Send, Split, Step,
};

/// Ids that are in use at once at most.
const IDS: i32 = 12;

/// The kind of traffic that is generated.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The framing of the messages.
    pub dialect: Framing,
    /// The features that the subject declares.
    pub features: Features,
    /// The kinds of requests that the workload has.
    pub workload: BTreeSet<Work>,
}

/// Script number `case` of a seed.
pub fn generate(traffic: &Traffic, seed: u64, case: u64) -> Script {
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&case.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    // These strategies filter nothing, so there is always a value.
    let steps = session(traffic).new_tree(&mut runner).map(|tree| tree.current()).unwrap_or_default();
    Script {
        schema: SCHEMA_ID.into(),
        name: FileName::made_of(&format!("generated-{seed}-{case}")),
        about: format!("Generated traffic, case {case} of seed {seed}."),
        dialects: vec![traffic.dialect.as_str().to_owned()],
        needs: Needs { features: traffic.features.clone(), ..Needs::default() },
        exercises: Vec::new(),
        steps,
    }
}

/// A whole session: traffic and an end.
fn session(traffic: &Traffic) -> impl Strategy<Value = Vec<Step>> + use<> {
    let part = if traffic.features.contains(&Feature::Multiplex) {
        prop_oneof![2 => singleplex(traffic), 5 => multiplex(traffic)].boxed()
    } else {
        singleplex(traffic)
    };
    (vec(part, 14..22), ending()).prop_map(|(parts, end)| parts.into_iter().flatten().chain(end).collect())
}

/// One request with id 0 and its answer, as a singleplex client sends it.
fn singleplex(traffic: &Traffic) -> BoxedStrategy<Vec<Step>> {
    let request = (message(traffic, Just(0).boxed()), split()).prop_map(|(message, split)| {
        vec![Step::Send(Send { messages: vec![message], split }), Step::Await(Await::Responses)]
    });
    if !traffic.features.contains(&Feature::Cancellation) {
        return request.boxed();
    }
    let answered = || Step::Await(Await::Responses);
    let late = (message(traffic, Just(0).boxed()), cancel(Just(0).boxed()))
        .prop_map(move |(message, cancel)| vec![Step::send([message]), answered(), Step::send([cancel])]);
    let crossing = (message(traffic, Just(0).boxed()), vec(cancel(Just(0).boxed()), 1..3), any::<bool>())
        .prop_map(move |(message, cancels, together)| {
            let messages = std::iter::once(message).chain(cancels);
            let mut steps: Vec<Step> = if together {
                vec![Step::send(messages.collect::<Vec<_>>())]
            } else {
                messages.map(|message| Step::send([message])).collect()
            };
            steps.push(answered());
            steps
        });
    prop_oneof![8 => request, 1 => late, 1 => crossing].boxed()
}

/// Several requests in flight, in any grouping, with cancels among them.
fn multiplex(traffic: &Traffic) -> impl Strategy<Value = Vec<Step>> + use<> {
    let id = prop_oneof![
        6 => (1..=IDS).prop_map(|id| id),
        1 => prop::sample::select(vec![255, 256, 65_535, 65_536, 1 << 24, i32::MAX - 1, i32::MAX]),
    ]
    .boxed();
    let cancellation = traffic.features.contains(&Feature::Cancellation);
    let messages = vec((message(traffic, id.clone()), prop::option::weighted(0.2, cancel(id))), 1..7);
    (messages, vec(any::<bool>(), 14), split()).prop_map(move |(messages, breaks, split)| {
        let mut used = BTreeSet::new();
        let mut groups: Vec<Vec<Message>> = Vec::new();
        let mut breaks = breaks.into_iter();
        let mut add = |message: Message| {
            let begins = breaks.next().unwrap_or(true);
            match groups.last_mut() {
                Some(group) if !begins => group.push(message),
                _ => groups.push(vec![message]),
            }
        };
        for (message, cancel) in messages {
            // No client uses an id twice at the same time.
            if used.insert(message.id) {
                add(message);
            }
            if let (true, Some(cancel)) = (cancellation, cancel) {
                add(cancel);
            }
        }
        let mut steps: Vec<Step> = groups.into_iter().map(Step::send).collect();
        if let Some(Step::Send(last)) = steps.last_mut() {
            last.split = split;
        }
        steps.push(Step::Await(Await::Responses));
        steps
    })
}

fn message(traffic: &Traffic, id: BoxedStrategy<i32>) -> impl Strategy<Value = Message> + use<> {
    let mut works = vec![(6, Work::Any), (1, Work::Probe), (1, Work::NoArguments)];
    if traffic.workload.contains(&Work::Failure) {
        works.push((1, Work::Failure));
    }
    let work = prop::strategy::Union::new_weighted(
        works.into_iter().map(|(weight, work)| (weight, Just(work))).collect(),
    );
    let verbosity = prop_oneof![6 => Just(0), 1 => Just(10), 1 => any::<i32>()];
    let digest = prop_oneof![
        6 => Just(Digest::Hex), 1 => Just(Digest::Empty), 1 => Just(Digest::Binary), 1 => Just(Digest::Long)
    ];
    let size = prop::option::weighted(
        0.08,
        prop_oneof![
            prop::sample::select(vec![127_usize, 128, 129, 255, 256, 16_383, 16_384, 16_385]),
            64_usize..3000,
        ],
    );
    let non_ascii = prop::bool::weighted(0.08);
    (id, work, 0_usize..8, verbosity, digest, non_ascii, size, encoding(traffic.dialect)).prop_map(|parts| {
        let (id, work, index, verbosity, digest, non_ascii, size, encoding) = parts;
        Message { id, work, index, verbosity, digest, non_ascii, size, encoding, ..Message::default() }
    })
}

/// A cancel for this id or for one that no request has.
fn cancel(id: BoxedStrategy<i32>) -> impl Strategy<Value = Message> {
    let kind = prop_oneof![3 => Just(Cancel::Plain), 1 => Just(Cancel::WithFields)];
    (prop_oneof![4 => id, 1 => Just(4242)], kind).prop_map(|(id, kind)| Message {
        id,
        cancel: Some(kind),
        ..Message::default()
    })
}

fn encoding(dialect: Framing) -> impl Strategy<Value = Encoding> {
    let json = dialect == Framing::Json;
    let rare = prop::bool::weighted(0.06);
    (rare, rare, rare, rare, rare, rare, rare).prop_map(
        move |(explicit, reversed, unknown, pretty, no_newline, escape_all, html_safe)| Encoding {
            explicit_defaults: explicit,
            reversed_fields: reversed && !json,
            unknown_fields: unknown,
            pretty: pretty && json,
            no_newline: no_newline && json,
            escape_all: escape_all && json,
            html_safe: html_safe && json && !escape_all,
        },
    )
}

fn split() -> impl Strategy<Value = Split> {
    prop_oneof![
        8 => Just(Split::Whole),
        1 => Just(Split::Bytes),
        3 => vec(prop_oneof![3 => 1_i64..600, 1 => -4_i64..0], 1..4).prop_map(Split::At),
    ]
}

/// How the session ends: mostly in order, sometimes in the middle of something.
fn ending() -> impl Strategy<Value = Vec<Step>> {
    let exit = Step::Await(Await::Exit);
    let open = Step::send([Message::default()]);
    let malformed = Step::Raw(Raw { proto: "02 0e 00".into(), json: "null\n".into() });
    let cut = Step::Raw(Raw { proto: "7f 0a 03 70".into(), json: "{\"inputs\":[{".into() });
    prop_oneof![
        6 => Just(vec![Step::CloseStdin, exit.clone()]),
        1 => Just(vec![open.clone(), Step::CloseStdin, exit.clone()]),
        1 => Just(vec![Step::Signal(Signal::Term), exit.clone()]),
        1 => Just(vec![open, Step::Signal(Signal::Term), exit.clone()]),
        1 => Just(vec![malformed, exit.clone()]),
        1 => Just(vec![cut, Step::CloseStdin, exit]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated(dialect: Framing, seed: u64, case: u64) -> Script {
        let features = Features::from([Feature::Multiplex, Feature::Cancellation]);
        let workload = BTreeSet::from([Work::Success, Work::Failure]);
        generate(&Traffic { dialect, features, workload }, seed, case)
    }

    #[test]
    fn the_same_seed_gives_the_same_script() {
        for case in 0..8 {
            assert_eq!(generated(Framing::Json, 7, case), generated(Framing::Json, 7, case));
        }
        let steps = |seed, case| generated(Framing::Proto, seed, case).steps;
        assert_ne!(steps(7, 0), steps(8, 0));
        assert_ne!(steps(7, 0), steps(7, 1));
    }

    #[test]
    fn generated_scripts_are_valid_and_survive_their_file_form() {
        for case in 0..32 {
            let script = generated(Framing::Proto, 3, case);
            let text = serde_json::to_string(&script).unwrap();
            assert_eq!(super::super::parse(&script.name, &text).unwrap(), script);
        }
    }
}
