//! The same script without what is unusual about it: the control of an experiment.

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::ids;
use pwp_spec::RequirementId;

use super::model::{Await, Cancel, Digest, Message, Script, Send, Split, StartStep, Step};
use crate::workload::Work;

const FLAGS: &[RequirementId] = &[ids::FLAG_ANYWHERE, ids::UNKNOWN_FLAG];
const IDS: &[RequirementId] = &[ids::HIGH_ID, ids::NEGATIVE_ID, ids::REUSED_ID];
const CANCELS: &[RequirementId] = &[ids::CANCEL_ANSWERED, ids::CANCEL_UNDECLARED];
/// Circumstances that are gone where requests are sent one by one.
const TOGETHER: &[RequirementId] = &[ids::PARALLEL, ids::OUTPUT_MIXED, ids::BESIDE];
/// Circumstances that are gone where the last request is the only one.
const EARLIER: &[RequirementId] = &[ids::STATE, ids::STALE, ids::SANDBOX_REMEMBERED];
/// Circumstances that are gone where a request is in the working directory.
const SANDBOXED: &[RequirementId] =
    &[ids::SANDBOX_READ, ids::SANDBOX_ABSOLUTE, ids::SANDBOX_ARGFILE, ids::SANDBOX_EMPTY];

/// Requirements on what is unusual about messages, each of which [`control_of`] can take out of a script.
const CONTROLLABLE: &[&[RequirementId]] = &[
    FLAGS,
    IDS,
    CANCELS,
    TOGETHER,
    EARLIER,
    SANDBOXED,
    &[ids::UNKNOWN_FIELDS, ids::EXPLICIT_DEFAULTS, ids::REORDERED, ids::ODD_DIGEST, ids::LARGE],
    &[ids::WHITESPACE, ids::NO_NEWLINE, ids::ESCAPED, ids::NON_ASCII],
    &[ids::EMPTY, ids::SPARSE, ids::ARGFILE, ids::VERBOSITY, ids::VERBOSITY_RESULT, ids::DIES_FAILED],
    &[ids::SPLIT, ids::COALESCED, ids::IMMEDIATE, ids::CANCEL_FIELDS, ids::TEMPORARY, ids::UNDECLARED_READ],
];

/// Whether [`control_of`] can take what this requirement is about out of a script.
pub(crate) fn is_controllable(id: RequirementId) -> bool {
    CONTROLLABLE.iter().any(|group| group.contains(&id))
}

/// Milliseconds in which a subject reads what was sent, so that the next message is a read of its own.
pub(super) const READING_TIME: u64 = 5;

/// `script` without what these requirements are about; [`None`] if that changes nothing.
pub fn control_of(script: &Script, what: &BTreeSet<RequirementId>) -> Option<Script> {
    let has = |list: &[RequirementId]| list.iter().any(|id| what.contains(id));
    let cancels = has(CANCELS);
    let is_cancel = |message: &Message| message.cancel.is_some();
    let keeps_cancels = !cancels && script.steps.iter().flat_map(Step::messages).any(is_cancel);
    // Cancels need open requests, so a script that has them can't be run one by one.
    let one_by_one = has(TOGETHER) && !keeps_cancels;
    let last = script.steps.iter().flat_map(Step::requests).next_back().filter(|_| has(EARLIER));
    let alone = one_by_one || last.is_some() || one_at_a_time(&script.steps);
    let unhurried = has(&[ids::IMMEDIATE, ids::DIES_ANSWERED]);
    let mut between = if one_by_one { vec![Step::Await(Await::Responses)] } else { Vec::new() };
    if !one_by_one || unhurried {
        between.push(Step::Quiet(READING_TIME));
    }
    let separate = one_by_one || has(&[ids::COALESCED]);
    let mut names = Ids { active: has(IDS), ..Ids::default() };
    let mut steps: Vec<Step> = Vec::new();
    for step in &script.steps {
        match step {
            Step::Start(start) => {
                let flag = start.flag.filter(|_| !has(FLAGS));
                let confined = start.confined && !has(&[ids::TEMPORARY]);
                steps.push(Step::Start(StartStep { flag, confined, ..start.clone() }));
            }
            Step::Send(send) => {
                let is_kept = |message: &&Message| {
                    !(cancels && is_cancel(message)) && last.is_none_or(|last| std::ptr::eq(*message, last))
                };
                let kept = send.messages.iter().filter(is_kept);
                let messages: Vec<_> = kept.map(|message| names.name(plain(message, what, alone))).collect();
                let split = if has(&[ids::SPLIT]) { Split::Whole } else { send.split.clone() };
                if messages.is_empty() {
                    continue;
                }
                match steps.last() {
                    Some(Step::Send(_)) if separate => steps.extend_from_slice(&between),
                    // An await of nothing does not wait, so the next message may be read with the last.
                    Some(Step::Await(_)) if unhurried || (separate && !one_by_one) => {
                        steps.push(Step::Quiet(READING_TIME));
                    }
                    _ => {}
                }
                if separate {
                    steps.extend(each_alone(&messages, &between));
                } else {
                    steps.push(Step::Send(Send { messages, split }));
                }
            }
            other => steps.push(other.clone()),
        }
    }
    (steps != script.steps && !steps.is_empty()).then(|| Script { steps, ..script.clone() })
}

/// Whether each request has its answer before the next one is sent.
pub(super) fn one_at_a_time(steps: &[Step]) -> bool {
    let mut open = false;
    steps.iter().all(|step| {
        let requests = step.requests().count();
        let alone = requests == 0 || (requests == 1 && !open);
        open = (open || requests > 0) && *step != Step::Await(Await::Responses);
        alone
    })
}

/// A message without what is unusual about it.
///
/// `alone`: no other request is open meanwhile, so that the inputs of others can be taken away.
fn plain(message: &Message, what: &BTreeSet<RequirementId>, alone: bool) -> Message {
    let mut plain = message.clone();
    for id in what {
        match *id {
            ids::ARGFILE => plain.argfile = false,
            ids::LARGE => plain.size = None,
            ids::EMPTY | ids::SPARSE => plain.work = usual(plain.work),
            ids::UNKNOWN_FIELDS => plain.encoding.unknown_fields = false,
            ids::EXPLICIT_DEFAULTS => plain.encoding.explicit_defaults = false,
            ids::REORDERED => plain.encoding.reversed_fields = false,
            ids::WHITESPACE => plain.encoding.pretty = false,
            ids::NO_NEWLINE => plain.encoding.no_newline = false,
            ids::ESCAPED => {
                (plain.encoding.escape_all, plain.encoding.html_safe) = (false, false);
                (plain.index, plain.request) = (0, None);
            }
            ids::ODD_DIGEST => plain.digest = Digest::Hex,
            ids::NON_ASCII => (plain.non_ascii, plain.index, plain.request) = (false, 0, None),
            ids::VERBOSITY | ids::VERBOSITY_RESULT => plain.verbosity = 0,
            id if SANDBOXED.contains(&id) && plain.sandbox.is_some() => {
                // In the working directory, requests beside each other need their inputs all at once.
                plain.sandbox = None;
                plain.only_inputs = alone;
            }
            ids::UNDECLARED_READ if plain.sandbox.is_none() && plain.cancel.is_none() => {
                plain.only_inputs |= alone;
            }
            ids::CANCEL_FIELDS => plain.cancel = plain.cancel.map(|_| Cancel::Plain),
            ids::DIES_FAILED if plain.work == Work::Failure => plain.work = Work::Any,
            _ => {}
        }
    }
    plain
}

/// What is asked for in place of nothing or of no arguments.
pub(super) fn usual(work: Work) -> Work {
    match work {
        Work::Nothing | Work::NoArguments | Work::Probe => Work::Any,
        other => other,
    }
}

/// Each message by itself, with steps between them in which it can be read.
pub(super) fn each_alone(messages: &[Message], between: &[Step]) -> Vec<Step> {
    let each: Vec<_> = messages.iter().map(|message| [Step::send([message.clone()])]).collect();
    each.join(between)
}

/// Gives each request a small id that was not used before.
#[derive(Debug, Default)]
struct Ids {
    active: bool,
    next: i32,
    last: BTreeMap<i32, i32>,
}

impl Ids {
    fn name(&mut self, mut message: Message) -> Message {
        if !self.active || message.id == 0 {
            return message;
        }
        if message.cancel.is_some() {
            message.id = self.last.get(&message.id).copied().unwrap_or(message.id);
        } else {
            self.next += 1;
            self.last.insert(message.id, self.next);
            message.id = self.next;
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{fixed, from_workload};
    use crate::workload::parse;
    use pwp_spec::Feature;

    /// The built-in scripts, and those that are drawn from three requests.
    fn scripts() -> Vec<Script> {
        let request = |name| format!("[[request]]\nname = '{name}'\nkind = 'success'\n");
        let requests = ["a", "b", "c"].map(request).concat();
        let text = format!("schema = 'pwp/workload/v1'\nname = 'three'\n{requests}");
        let workload = parse("three", &text).unwrap();
        let drawn = from_workload(&workload, &Feature::ALL.iter().copied().collect(), 1, true);
        fixed().iter().cloned().chain(drawn).collect()
    }

    /// A control that still has in it, or brings with it, what it is to do without shows nothing.
    #[test]
    fn nothing_is_left_of_what_was_stripped() {
        let each = CONTROLLABLE.concat();
        let mut all: Vec<BTreeSet<RequirementId>> = each.iter().map(|id| BTreeSet::from([*id])).collect();
        all.push(each.into_iter().chain([ids::DIES_ANSWERED]).collect());
        let mut stripped = 0;
        for script in scripts() {
            for what in &all {
                let Some(control) = control_of(&script, what) else { continue };
                assert_eq!(control_of(&control, what), None, "{} without {what:?}", script.name);
                assert_eq!(left(&control, what), [], "{} without {what:?}", script.name);
                stripped += 1;
            }
        }
        assert!(stripped > 100, "{stripped}");
    }

    /// Of requests beside each other the last one is alone when the others are gone.
    #[test]
    fn what_is_left_alone_is_treated_as_such() {
        let beside = [2, 35].map(|id| Message { id, ..Message::default() });
        let steps = vec![Step::send(beside), Step::Await(Await::Responses)];
        let script = Script { steps, ..fixed()[0].clone() };
        for earlier in EARLIER {
            let what = BTreeSet::from([*earlier, ids::UNDECLARED_READ]);
            let control = control_of(&script, &what).unwrap();
            assert_eq!(control_of(&control, &what), None, "{earlier}");
        }
    }

    #[test]
    fn what_is_there_is_stripped() {
        let mut seen = BTreeSet::new();
        for script in scripts() {
            for id in CONTROLLABLE.concat() {
                let what = BTreeSet::from([id]);
                if !left(&script, &what).is_empty() {
                    assert!(control_of(&script, &what).is_some(), "{} without {id}", script.name);
                    seen.insert(id);
                }
            }
        }
        assert_eq!(seen.len(), CIRCUMSTANCES.concat().len(), "{seen:?}");
    }

    const CIRCUMSTANCES: [&[RequirementId]; 3] =
        [EARLIER, SANDBOXED, &[ids::TEMPORARY, ids::UNDECLARED_READ]];

    /// The circumstances of `what` in which a request of this script still is.
    fn left(script: &Script, what: &BTreeSet<RequirementId>) -> Vec<RequirementId> {
        let requests: Vec<&Message> = script.steps.iter().flat_map(Step::requests).collect();
        let sandboxed = requests.iter().filter(|message| message.sandbox.is_some()).count();
        let is_left = |id: &RequirementId| match *id {
            ids::STATE | ids::STALE => requests.len() > 1,
            ids::TEMPORARY => script.start().confined,
            // Beside each other, requests in the working directory see the inputs of all.
            ids::UNDECLARED_READ => {
                one_at_a_time(&script.steps)
                    && requests.iter().any(|message| message.sandbox.is_none() && !message.only_inputs)
            }
            ids::SANDBOX_REMEMBERED => sandboxed > 1,
            id => SANDBOXED.contains(&id) && sandboxed > 0,
        };
        CIRCUMSTANCES.concat().into_iter().filter(|id| what.contains(id) && is_left(id)).collect()
    }

    /// In the working directory the inputs of one are those of all, so none are taken away from requests that are open.
    #[test]
    fn without_their_sandboxes_requests_find_their_inputs() {
        for script in scripts() {
            let what = BTreeSet::from([ids::SANDBOX_READ]);
            let Some(control) = control_of(&script, &what) else { continue };
            assert_eq!(super::super::load::check(&control), Ok(()), "{}", script.name);
        }
    }
}
