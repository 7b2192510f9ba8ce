//! The smaller scripts to try in place of a failing one.
//!
//! Each reduction is a whole script, so it can be run, judged and saved like any other. The order is
//! from the boldest to the finest: whole halves first, then single steps, then what is unusual about
//! a single message.

use crate::history::Mode;

use super::controls::{READING_TIME, each_alone, one_at_a_time, usual};
use super::load;
use super::model::{Await, Cancel, Digest, Encoding, Message, Script, Send, Split, Step};

/// Candidates that are smaller than `script`, boldest first.
pub fn reductions(script: &Script) -> Vec<Script> {
    let mut candidates = Vec::new();
    let soundness = Soundness::of(&script.steps);
    let mut push = |steps: Vec<Step>| {
        if steps != script.steps && !steps.is_empty() && Soundness::of(&steps).keep(&soundness) {
            candidates.push(Script { steps, ..script.clone() });
        }
    };
    let first = usize::from(matches!(script.steps.first(), Some(Step::Start(_))));
    let total = script.steps.len() - first;
    // Powers of two, so that what is mostly pairs, a request and its answer, is mostly cut between them.
    let mut size = (total / 2).next_power_of_two();
    while size >= 1 {
        for from in (first..script.steps.len()).step_by(size) {
            let until = (from + size).min(script.steps.len());
            push([&script.steps[..from], &script.steps[until..]].concat());
        }
        size /= 2;
    }
    for (position, step) in script.steps.iter().enumerate() {
        let mut with = |step: Step| {
            let mut steps = script.steps.clone();
            steps[position] = step;
            push(steps);
        };
        match step {
            Step::Send(send) => {
                send_reductions(send).into_iter().for_each(|smaller| with(Step::Send(smaller)));
            }
            Step::Quiet(time) if *time > 10 => with(Step::Quiet(time / 4)),
            _ => {}
        }
    }
    for (position, step) in script.steps.iter().enumerate() {
        let behind_another = position > 0 && matches!(script.steps[position - 1], Step::Send(_));
        let pause = [Step::Quiet(READING_TIME)];
        let (before, behind) = (&script.steps[..position], &script.steps[position + 1..]);
        if let (Step::Send(_), true) = (step, behind_another) {
            push([before, &pause, &script.steps[position..]].concat());
        }
        if step.messages().len() > 1 {
            // One read each instead of one for all.
            push([before, &each_alone(step.messages(), &pause), behind].concat());
        }
    }
    candidates
}

/// Whether the worker has a reason to end wherever its end is awaited. Without one, a worker that does all
/// right lets the whole limit pass.
fn asks_before_it_waits(steps: &[Step]) -> bool {
    let asks = |step: &Step| match step {
        Step::CloseStdin | Step::Signal(_) | Step::Raw(_) => true,
        Step::Start(start) => start.mode == Mode::OneShot,
        _ => false,
    };
    let awaited = steps.iter().position(|step| *step == Step::Await(Await::Exit));
    awaited.is_none_or(|position| steps[..position].iter().any(asks))
}

/// What makes a run of a script say something about the worker. A smaller script that lacks what the whole one has may show
/// the same by chance, or by the suite's own doing.
#[derive(Debug, Clone, Copy)]
struct Soundness {
    /// The script gives a reason for each end that it awaits: [`asks_before_it_waits`].
    asks: bool,
    /// Requests that are open together share no files: [`load::no_shared_files`].
    no_shared_files: bool,
    /// Each request is answered before the next one is sent. Without that, a request may find the files of the one behind it.
    one_at_a_time: bool,
    /// All requests are answered before the worker is ended. Without that, it is a matter of microseconds whether they are.
    awaits_answers: bool,
}

impl Soundness {
    fn of(steps: &[Step]) -> Self {
        let (mut open, mut awaits_answers) = (0, true);
        for step in steps {
            open += step.requests().count();
            match step {
                Step::Await(Await::Responses) => open = 0,
                Step::CloseStdin | Step::Signal(_) | Step::Await(Await::Exit) => awaits_answers &= open == 0,
                _ => {}
            }
        }
        let (asks, one_at_a_time) = (asks_before_it_waits(steps), one_at_a_time(steps));
        let no_shared_files = load::no_shared_files(steps).is_ok();
        Self { asks, no_shared_files, one_at_a_time, awaits_answers: awaits_answers && open == 0 }
    }

    /// Whether these have all that `others` have.
    fn keep(self, others: &Self) -> bool {
        self.asks >= others.asks
            && self.no_shared_files >= others.no_shared_files
            && self.one_at_a_time >= others.one_at_a_time
            && self.awaits_answers >= others.awaits_answers
    }
}

fn send_reductions(send: &Send) -> Vec<Send> {
    let mut smaller = Vec::new();
    if send.split != Split::Whole {
        smaller.push(Send { split: Split::Whole, ..send.clone() });
    }
    if let Split::At(cuts) = &send.split
        && cuts.len() > 1
    {
        smaller.extend(cuts.iter().map(|cut| Send { split: Split::At(vec![*cut]), ..send.clone() }));
    }
    let with = |position: usize, message: Option<Message>| {
        let mut messages = send.messages.clone();
        messages.splice(position..=position, message);
        Send { messages, ..send.clone() }
    };
    if send.messages.len() > 1 {
        smaller.extend((0..send.messages.len()).map(|position| with(position, None)));
    }
    for (position, message) in send.messages.iter().enumerate() {
        smaller.extend(message_reductions(message).into_iter().map(|simpler| with(position, Some(simpler))));
    }
    smaller
}

/// One unusual thing less, each.
fn message_reductions(message: &Message) -> Vec<Message> {
    let mut simpler = Vec::new();
    let mut try_one = |change: &dyn Fn(&mut Message)| {
        let mut copy = message.clone();
        change(&mut copy);
        if copy != *message {
            simpler.push(copy);
        }
    };
    try_one(&|m| m.cancel = m.cancel.map(|_| Cancel::Plain));
    try_one(&|m| m.encoding = Encoding::default());
    try_one(&|m| m.encoding.explicit_defaults = false);
    try_one(&|m| m.encoding.reversed_fields = false);
    try_one(&|m| m.encoding.unknown_fields = false);
    try_one(&|m| m.encoding.pretty = false);
    try_one(&|m| m.encoding.no_newline = false);
    try_one(&|m| m.encoding.escape_all = false);
    try_one(&|m| m.encoding.html_safe = false);
    try_one(&|m| m.size = None);
    try_one(&|m| m.size = m.size.map(|size| if size > 256 { size / 2 } else { size }));
    try_one(&|m| m.verbosity = 0);
    try_one(&|m| m.digest = Digest::Hex);
    try_one(&|m| m.non_ascii = false);
    try_one(&|m| m.argfile = false);
    try_one(&|m| m.sandbox = None);
    try_one(&|m| m.only_inputs &= m.sandbox.take().is_none());
    try_one(&|m| m.only_inputs = false);
    try_one(&|m| m.work = usual(m.work));
    try_one(&|m| m.index = 0);
    try_one(&|m| m.id = m.id.signum() * m.id.saturating_abs().min(1));
    simpler
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::fixed;

    #[test]
    fn no_smaller_script_awaits_an_end_for_which_there_is_no_reason() {
        let (mut awaits, mut all) = (0, 0);
        for script in fixed().iter().filter(|script| asks_before_it_waits(&script.steps)) {
            for smaller in reductions(script) {
                assert!(asks_before_it_waits(&smaller.steps), "{}: {:?}", script.name, smaller.steps);
                awaits += u32::from(smaller.steps.contains(&Step::Await(Await::Exit)));
                all += 1;
            }
        }
        assert!(awaits > 0 && awaits < all);
    }

    fn script(steps: Vec<Step>) -> Script {
        Script { steps, ..fixed()[0].clone() }
    }

    fn sandboxed(number: u32) -> Message {
        Message { id: number as i32, sandbox: Some(number), only_inputs: true, ..Message::default() }
    }

    const ANSWERED: Step = Step::Await(Await::Responses);

    /// What one finds depends on the next where both are open; a leak has to show without that.
    #[test]
    fn requests_that_are_sent_one_at_a_time_stay_so() {
        let one = || Step::send([Message { only_inputs: true, ..Message::default() }]);
        let alone = script(vec![one(), ANSWERED, one(), ANSWERED, one(), ANSWERED]);
        let smaller = reductions(&alone);
        assert!(smaller.iter().all(|smaller| Soundness::of(&smaller.steps).one_at_a_time));
        assert!(smaller.iter().any(|smaller| smaller.steps == [one(), ANSWERED, one(), ANSWERED]));
    }

    #[test]
    fn answers_that_are_awaited_stay_so() {
        let one = || Step::send([Message::default()]);
        let whole = script(vec![one(), ANSWERED, Step::CloseStdin, Step::Await(Await::Exit)]);
        for smaller in reductions(&whole) {
            assert!(Soundness::of(&smaller.steps).awaits_answers, "{:?}", smaller.steps);
        }
        let open = script(vec![one(), Step::CloseStdin, Step::Await(Await::Exit)]);
        assert!(reductions(&open).iter().any(|smaller| !Soundness::of(&smaller.steps).awaits_answers));
    }

    /// Without its sandbox, one of them would lose its inputs to the others.
    #[test]
    fn no_smaller_script_gets_in_its_own_way() {
        let batch = script(vec![Step::send([sandboxed(1), sandboxed(2), sandboxed(3)]), ANSWERED]);
        let smaller = reductions(&batch);
        assert!(smaller.iter().all(|smaller| load::check(smaller).is_ok()));
        let single = script(vec![Step::send([sandboxed(1)]), ANSWERED]);
        let plain = Step::send([Message { id: 1, ..Message::default() }]);
        assert!(reductions(&single).iter().any(|smaller| smaller.steps == [plain.clone(), ANSWERED]));
    }
}
