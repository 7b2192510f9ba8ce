//! Scripts that are drawn from a workload: real requests alone, behind and beside each other, and in a sandbox.
//!
//! What a request gives alone in a fresh worker is the measure for all others.

use std::collections::BTreeSet;

use crate::history::Mode;
use crate::oracle::ids;
use crate::report::FileName;
use crate::workload::{Item, Kind, Workload};
use pwp_spec::{Feature, Features, RequirementId};

use super::model::{Await, Cancel, Message, Needs, SCHEMA_ID, Script, StartStep, Step};

/// Requests of one parallel batch at most.
const BATCH: usize = 8;
/// Orders in which all requests follow each other, beyond the given one and its reverse.
const SHUFFLES: u64 = 2;
/// Requests that are run in one-shot mode and in a sandbox of their own.
const SINGLE: usize = 8;

/// A family of drawn scripts: the start of their names, and the requirements that they are made to exercise.
#[derive(Debug)]
pub struct Family {
    /// For example `drawn-order`; the scripts themselves may have a number behind it.
    pub name: &'static str,
    /// What they are made to exercise.
    pub exercises: &'static [RequirementId],
}

/// The families, in the order in which their scripts are made.
pub const FAMILIES: &[Family] = &[
    family("drawn-alone", &[ids::EXIT_CODE, ids::OUTPUTS, ids::KEPT_OPEN]),
    family("drawn-order", &[ids::STATE, ids::STALE, ids::UNDECLARED_READ]),
    family("drawn-only-inputs", &[ids::STATE]),
    family("drawn-confined", &[ids::TEMPORARY]),
    family("drawn-beside", &[ids::BESIDE, ids::OUTPUT_MIXED]),
    family("drawn-one-shot", &[ids::ONE_SHOT_SAME]),
    family("drawn-sandbox", SANDBOX),
    family("drawn-sandbox-order", &[ids::SANDBOX_REMEMBERED]),
    family("drawn-sandbox-without", &[ids::SANDBOX_EMPTY]),
    family("drawn-sandbox-argfile", &[ids::SANDBOX_ARGFILE]),
    family("drawn-sandbox-beside", &[ids::SANDBOX_READ, ids::BESIDE]),
    family("drawn-cancelled", &[ids::CANCELLED_WRITES]),
];

const SANDBOX: &[RequirementId] =
    &[ids::SANDBOX_READ, ids::SANDBOX_WRITE, ids::SANDBOX_ABSOLUTE, ids::SANDBOX_REFUSED];

const fn family(name: &'static str, exercises: &'static [RequirementId]) -> Family {
    Family { name, exercises }
}

/// One script for each request, alone in a fresh worker and among no inputs but its own.
pub fn alone(workload: &Workload) -> Vec<Script> {
    let alone = |(number, item): (usize, &Item)| {
        let about = format!("`{}`, alone in a fresh worker and among no inputs but its own.", item.name);
        let steps = one_by_one([Message { only_inputs: true, ..message(item) }]);
        script("drawn-alone", number, &about, &[], steps)
    };
    workload.requests.iter().enumerate().map(alone).collect()
}

/// The scripts in which the requests meet. `confined`: this system can confine a subject.
pub fn from_workload(workload: &Workload, features: &Features, seed: u64, confined: bool) -> Vec<Script> {
    // What reads stdin until its end has a script of its own.
    let all: Vec<&Item> = workload.requests.iter().filter(|item| item.kind != Kind::Stdin).collect();
    let quick: Vec<&Item> = all.iter().copied().filter(|item| item.kind != Kind::Slow).collect();
    if quick.is_empty() {
        return Vec::new();
    }
    let declares = |feature| features.contains(&feature);
    let mut scripts = orders(&quick, seed);
    let mut add = |family: &str, number: usize, about: &str, features: &[Feature], steps: Vec<Step>| {
        scripts.push(script(family, number, about, features, steps));
    };
    let only = messages(&quick).map(|message| Message { only_inputs: true, ..message });
    let about = "All quick requests, each in a directory with no inputs but its own.";
    add("drawn-only-inputs", 0, about, &[], one_by_one(only));
    if confined {
        let mut steps = one_by_one(messages(&quick));
        steps.insert(0, Step::Start(StartStep { confined: true, ..StartStep::default() }));
        let about = "All quick requests to a worker that can write only below its working directory.";
        add("drawn-confined", 0, about, &[], steps);
    }
    if declares(Feature::Multiplex) {
        for (number, batch) in batches(&quick).iter().enumerate() {
            let steps = together(messages(batch));
            add("drawn-beside", number, "Requests beside each other.", &[Feature::Multiplex], steps);
        }
    }
    if workload.one_shot {
        for (number, item) in all.iter().take(SINGLE).enumerate() {
            let request = Some(item.name.clone());
            let start = StartStep { mode: Mode::OneShot, request, ..StartStep::default() };
            let about = format!("`{}`, without --persistent_worker.", item.name);
            let steps = vec![Step::Start(start), Step::CloseStdin, Step::Await(Await::Exit)];
            add("drawn-one-shot", number, &about, &[], steps);
        }
    }
    scripts.extend(sandboxed(workload, &quick, declares(Feature::MultiplexSandboxing)));
    if let Some(slow) = all.iter().find(|item| item.kind == Kind::Slow)
        && declares(Feature::Cancellation)
    {
        let cancel = Message { cancel: Some(Cancel::Plain), ..Message::default() };
        let mut steps = vec![Step::send([message(slow)]), Step::Quiet(20), Step::send([cancel])];
        steps.extend([Step::Await(Await::Responses), Step::Await(Await::SlowWork)]);
        let about =
            "A slow request is cancelled; its files are looked at for as long as it would have taken.";
        scripts.push(script("drawn-cancelled", 0, about, &[Feature::Cancellation], steps));
    }
    scripts
}

/// All quick requests, one after the other, in several orders; and each twice.
fn orders(quick: &[&Item], seed: u64) -> Vec<Script> {
    let about = "All quick requests, one after the other";
    let mut orders = vec![
        (format!("{about}."), one_by_one(messages(quick))),
        (format!("{about}, the last first."), one_by_one(messages(quick).rev())),
    ];
    for number in 0..SHUFFLES {
        let order = shuffled(quick, seed.wrapping_add(number));
        orders.push((format!("{about}, shuffled."), one_by_one(messages(&order))));
    }
    let twice = one_by_one(messages(quick).flat_map(|message| [message.clone(), message]));
    orders.push(("Each quick request twice.".to_owned(), twice));
    // A single request has no order, so only the last of these is left.
    let first = if quick.len() > 1 { 0 } else { orders.len() - 1 };
    let numbered = orders.into_iter().enumerate().skip(first);
    numbered.map(|(number, (about, steps))| script("drawn-order", number, &about, &[], steps)).collect()
}

/// With `sandbox_dir`: only there, with copies in the working directory, behind each other, beside each other, and then
/// without.
fn sandboxed(workload: &Workload, quick: &[&Item], declared: bool) -> Vec<Script> {
    let features: &[Feature] = if declared { &[Feature::MultiplexSandboxing] } else { &[] };
    let works: Vec<&Item> = quick.iter().copied().filter(|item| item.kind == Kind::Success).collect();
    // A worker that does not know sandboxes is asked once.
    let single = if declared { SINGLE } else { 1 };
    let within = |only_inputs: bool, items: &[&Item]| -> Vec<Message> {
        let numbered = messages(items).zip(1..);
        numbered.map(|(message, number)| Message { sandbox: Some(number), only_inputs, ..message }).collect()
    };
    let mut scripts = Vec::new();
    let mut add = |family: &str, number: usize, about: &str, steps: Vec<Step>| {
        scripts.push(script(family, number, about, features, steps));
    };
    for (position, item) in works.iter().take(single).enumerate() {
        let steps = one_by_one(within(true, &[item]));
        add("drawn-sandbox", 2 * position, "A request whose inputs are in its sandbox only.", steps);
        let steps = one_by_one(within(false, &[item]));
        let about = "A request whose inputs are in the working directory, too.";
        add("drawn-sandbox", 2 * position + 1, about, steps);
    }
    if !declared || works.is_empty() {
        return scripts;
    }
    let steps = one_by_one(within(true, &works));
    add("drawn-sandbox-order", 0, "Sandboxed requests, one after the other.", steps);
    let mixed = works.iter().flat_map(|item| within(false, &[item]).into_iter().chain([message(item)]));
    add("drawn-sandbox-without", 0, "Each request with a sandbox, then without one.", one_by_one(mixed));
    if workload.argfile {
        let steps = within(true, &works).into_iter().map(|message| Message { argfile: true, ..message });
        let about = "Sandboxed requests with their arguments in a file.";
        add("drawn-sandbox-argfile", 0, about, one_by_one(steps));
    }
    for (number, batch) in works.chunks(BATCH).enumerate() {
        let steps = together(within(true, batch));
        add("drawn-sandbox-beside", number, "Sandboxed requests beside each other.", steps);
    }
    scripts
}

/// Requests that can be open at the same time: they write different files, and all find the same in a file.
fn batches<'a>(items: &[&'a Item]) -> Vec<Vec<&'a Item>> {
    let mut batches: Vec<(Vec<&Item>, BTreeSet<&str>)> = Vec::new();
    for item in items.iter().filter(|item| item.changes.is_empty()) {
        let taken: BTreeSet<&str> = item.outputs.iter().map(|output| output.path.as_str()).collect();
        match batches.iter_mut().find(|(batch, all)| batch.len() < BATCH && all.is_disjoint(&taken)) {
            Some((batch, all)) => {
                batch.push(item);
                all.extend(taken);
            }
            None => batches.push((vec![item], taken)),
        }
    }
    batches.into_iter().map(|(batch, _)| batch).filter(|batch| batch.len() > 1).collect()
}

fn shuffled<'a>(items: &[&'a Item], seed: u64) -> Vec<&'a Item> {
    let mut order: Vec<&Item> = items.to_vec();
    // Fisher and Yates, with the steps of splitmix64: any order will do, but always the same one.
    let mut state = seed;
    for last in (1..order.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        order.swap(last, (mixed % (last as u64 + 1)) as usize);
    }
    order
}

fn messages(items: &[&Item]) -> impl DoubleEndedIterator<Item = Message> {
    items.iter().map(|item| message(item))
}

fn message(item: &Item) -> Message {
    Message { request: Some(item.name.clone()), ..Message::default() }
}

/// All in one write, with a `request_id` each.
fn together(messages: impl IntoIterator<Item = Message>) -> Vec<Step> {
    let messages = messages.into_iter().zip(1..).map(|(message, id)| Message { id, ..message });
    vec![Step::send(messages.collect::<Vec<_>>()), Step::Await(Await::Responses)]
}

fn one_by_one(messages: impl IntoIterator<Item = Message>) -> Vec<Step> {
    let answered = |message| [Step::send([message]), Step::Await(Await::Responses)];
    messages.into_iter().flat_map(answered).collect()
}

fn script(family: &str, number: usize, about: &str, features: &[Feature], steps: Vec<Step>) -> Script {
    let of_family = FAMILIES.iter().find(|known| known.name == family);
    Script {
        schema: SCHEMA_ID.into(),
        name: FileName::made_of(&format!("{family}-{}", number + 1)),
        about: about.to_owned(),
        dialects: vec!["proto".into(), "json".into()],
        needs: Needs { features: features.iter().copied().collect(), ..Needs::default() },
        exercises: of_family.map_or_else(Vec::new, |family| family.exercises.to_vec()),
        steps,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::script::load::check;
    use crate::workload::parse;

    /// A workload with requests of every kind, some of which share an output or change a file.
    fn everything() -> Workload {
        let mut text = "schema = 'pwp/workload/v1'\nname = 'everything'\n".to_owned();
        text += "input = [{ path = 'a.txt', content = 'a' }]\n";
        for kind in Kind::ALL {
            for number in 0..10 {
                let (kind, output) = (kind.as_str(), number / 2);
                text += &format!("[[request]]\nname = '{kind} {number}'\nkind = '{kind}'\n");
                text += &format!("inputs = ['a.txt']\noutputs = [{{ path = 'out/{output}' }}]\n");
                if number == 3 {
                    text += "changes = [{ path = 'a.txt', content = 'b' }]\n";
                }
            }
        }
        parse("everything", &text).unwrap()
    }

    fn all(workload: &Workload) -> Vec<Script> {
        let features = Feature::ALL.iter().copied().collect();
        [alone(workload), from_workload(workload, &features, 7, true)].concat()
    }

    #[test]
    fn every_script_is_valid_and_has_a_name_of_its_own_and_every_family_has_a_script() {
        let (mut names, mut families) = (BTreeSet::new(), BTreeSet::new());
        for script in all(&everything()) {
            assert_eq!(check(&script), Ok(()), "{}", script.name);
            let text = serde_json::to_string(&script).unwrap();
            assert_eq!(crate::script::parse(&script.name, &text).unwrap(), script);
            let (name, number) = script.name.rsplit_once('-').unwrap();
            assert!(number.parse::<u32>().is_ok(), "{}", script.name);
            let family = FAMILIES.iter().find(|family| family.name == name).expect(name);
            assert_eq!(script.exercises, family.exercises, "{}", script.name);
            families.insert(family.name);
            assert!(names.insert(script.name.clone()), "{} twice", script.name);
        }
        assert_eq!(families.len(), FAMILIES.len(), "{families:?}");
    }

    #[test]
    fn requests_beside_each_other_share_no_output_and_find_the_same_files() {
        let workload = everything();
        let scripts = all(&workload);
        let mut batches = 0;
        for script in scripts.iter().filter(|script| script.name.starts_with("drawn-beside")) {
            let items: Vec<&Item> = script.request_names().map(|name| workload.item(name).unwrap()).collect();
            let outputs = items.iter().flat_map(|item| &item.outputs).map(|output| &output.path);
            let different: BTreeSet<&String> = outputs.clone().collect();
            assert_eq!(different.len(), outputs.count(), "{}: {different:?}", script.name);
            assert!(items.iter().all(|item| item.changes.is_empty()), "{}", script.name);
            let [step, _] = &script.steps[..] else { panic!("{:?}", script.steps) };
            let batch = step.messages();
            let ids: BTreeSet<i32> = batch.iter().map(|message| message.id).collect();
            assert!(ids.len() == batch.len() && !ids.contains(&0) && batch.len() <= BATCH, "{batch:?}");
            batches += 1;
        }
        assert!(batches > 1);
    }

    /// Each order has all quick requests; what is slow or reads to the end of stdin is not among them.
    #[test]
    fn every_order_has_every_quick_request() {
        let workload = everything();
        let mut orders: BTreeMap<Vec<&str>, &str> = BTreeMap::new();
        let scripts = all(&workload);
        for script in scripts.iter().filter(|script| script.name.starts_with("drawn-order")) {
            let names: Vec<&str> = script.request_names().collect();
            let different: BTreeSet<&str> = names.iter().copied().collect();
            assert_eq!(different.len(), 30, "{}", script.name);
            let quick = |name: &&str| !matches!(workload.item(name).unwrap().kind, Kind::Slow | Kind::Stdin);
            assert!(names.iter().all(quick));
            assert_eq!(orders.insert(names, &script.name), None, "{}", script.name);
        }
        assert_eq!(orders.len(), 5);
    }

    #[test]
    fn a_seed_gives_the_same_scripts() {
        let workload = everything();
        let with = |seed| from_workload(&workload, &Features::new(), seed, false);
        assert_eq!(with(7), with(7));
        assert_ne!(with(7), with(8));
        // Two neighbours have no shuffle in common, or a second seed would try nothing new.
        let steps = |seed| with(seed).into_iter().map(|script| script.steps).collect::<Vec<_>>();
        let (one, other) = (steps(7), steps(7 + SHUFFLES));
        assert!((2..2 + SHUFFLES as usize).all(|shuffle| one[shuffle] != other[shuffle]));
    }

    /// Nothing is asked for that the subject does not declare, and of a sandbox only how it is refused.
    #[test]
    fn what_is_not_declared_is_not_drawn() {
        let workload = everything();
        let none = from_workload(&workload, &Features::new(), 7, false);
        for script in &none {
            assert!(script.fits(pwp_proto::Framing::Proto, &Features::new()), "{}", script.name);
            assert!(script.steps.iter().all(|step| step.messages().len() <= 1), "{}", script.name);
            assert!(!script.start().confined);
        }
        let has_sandbox = |step: &Step| step.messages().iter().any(|message| message.sandbox.is_some());
        let sandboxed = none.iter().filter(|script| script.steps.iter().any(has_sandbox));
        let names: Vec<&str> = sandboxed.map(|script| script.name.as_str()).collect();
        assert_eq!(names, ["drawn-sandbox-1", "drawn-sandbox-2"]);
    }

    #[test]
    fn without_requests_there_is_nothing_to_draw() {
        assert_eq!(all(&Workload::unknown()), []);
    }
}
