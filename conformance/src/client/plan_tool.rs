//! A client that takes plans of actions: the reference client, and any tool for which somebody has written a translator.
//!
//! A plan (`pwp/plan/v1`) is a JSON file of builds and actions; what came of them is a JSON file of outcomes (`pwp/outcomes/v1`).
//! conformance/CLIENTS.md describes both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use pwp_client::plan::{self, BuildOutcome, Outcomes, Plan, StatusName};

use crate::history::ExitStatus;
use crate::oracle::client_side::{LogSeen, StatusSeen};
use crate::probe::files::signature;
use crate::probe::now_us;
use crate::process::kill_all;

use super::adapter::{About, Adapter, ClientError, Lane, RanAction, RanBuild, RanCase, RanEnd};
use super::bazel::processes;
use super::case::{Action, Before, Case, End, Need};
use super::place::{Place, beginning, holds_files, lines, requirements, shared_input, write, write_program};
use super::watch::{Watch, Watched, run_parts};

/// The mark that is set when all builds are over and the client is to be killed.
const OVER: &str = "builds-are-over";
/// How often a client is to look at idle times and memory, in milliseconds.
const POLL_MS: u64 = 100;
/// How often the killing of workers is looked for.
const LOOK: Duration = Duration::from_millis(5);

/// A command that runs plans.
#[derive(Debug)]
pub struct PlanTool {
    template: Vec<String>,
    about: About,
}

impl PlanTool {
    /// A command line in which `{plan}` and `{outcomes}` stand for two paths. `lacks`: what the tool can't be made to do.
    ///
    /// # Errors
    /// Where there is no such program, or the command line does not name the plan.
    pub fn new(name: &str, template: Vec<String>, lacks: &BTreeSet<Need>) -> Result<Self, ClientError> {
        let program = template.first().cloned().unwrap_or_default();
        let unusable = |problem: String| ClientError::Unusable { program: program.clone(), problem };
        for needed in ["{plan}", "{outcomes}"] {
            if !template.iter().any(|word| word.contains(needed)) {
                let example = "my-translator {plan} {outcomes}";
                return Err(unusable(format!(
                    "{needed} is not in its command line; write for example {example}"
                )));
            }
        }
        let folder = std::env::current_dir().map_err(|error| unusable(error.to_string()))?;
        let resolved = crate::runner::Command::resolve(&template, &folder);
        let command = resolved.map_err(|error| unusable(error.to_string()))?.argv;
        let can = Need::ALL.iter().copied().filter(|need| !lacks.contains(need)).collect();
        let about = About {
            name: name.into(),
            version: String::new(),
            command: command.clone(),
            can,
            documented: BTreeSet::from(["TMPDIR".to_owned()]),
            shares: false,
        };
        Ok(Self { template: command, about })
    }

    /// The reference client, with the faults that it is told to have.
    ///
    /// # Errors
    /// Where `pwp` is not where it was.
    pub fn reference(pwp: &Path, faults: &[String]) -> Result<Self, ClientError> {
        let mut template = vec![pwp.to_string_lossy().into_owned(), "client".into()];
        template.extend(faults.iter().map(|name| format!("--fault={name}")));
        template.extend(["--outcomes={outcomes}".into(), "{plan}".into()]);
        Self::new("the reference client", template, &BTreeSet::new())
    }
}

impl Adapter for PlanTool {
    fn about(&self) -> &About {
        &self.about
    }

    fn run(&self, lane: &Lane<'_>) -> Result<Vec<RanCase>, ClientError> {
        lane.cases.iter().map(|case| self.case(lane, case)).collect()
    }
}

impl PlanTool {
    fn case(&self, lane: &Lane<'_>, case: &Case) -> Result<RanCase, ClientError> {
        let place = Place::make(lane, case)?;
        let (directory, state) = (place.folder.join("exec"), place.folder.join("state"));
        for file in files(lane, case, &place, 0, (1, 1)) {
            let path = directory.join(&file.path);
            if file.executable { write_program(&path, &file.content)? } else { write(&path, &file.content)? }
        }
        let plan = plan(lane, case, &place, &directory, &state);
        let (plan_file, outcomes_file) = (place.folder.join("plan.json"), place.folder.join("outcomes.json"));
        write(&plan_file, &serde_json::to_string_pretty(&plan).unwrap_or_default())?;
        let words: Vec<String> = self
            .template
            .iter()
            .map(|word| {
                word.replace("{plan}", &plan_file.to_string_lossy())
                    .replace("{outcomes}", &outcomes_file.to_string_lossy())
            })
            .collect();
        let program = words.first().cloned().unwrap_or_default();
        let mut command = Command::new(&program);
        command.args(&words[1..]).current_dir(&place.folder).env("PWP_FOREIGN", "foreign");
        let watch = Watch {
            limit: lane.limit,
            interrupt_at: None,
            kill_at: (case.end == End::Kill).then(|| place.mark(OVER)),
            log: place.folder.join("client.log"),
        };
        let over = AtomicBool::new(false);
        let watched = std::thread::scope(|scope| {
            scope.spawn(|| kill_workers(&place, case.builds.len(), &over));
            let begins: Vec<_> = (0..case.builds.len()).map(|number| place.mark(&begun(number))).collect();
            let watched = run_parts(command, &watch, &begins);
            over.store(true, Ordering::SeqCst);
            watched
        });
        let watched = watched.map_err(|error| ClientError::Unusable {
            program: program.clone(),
            problem: format!("it can't be started: {error}"),
        })?;
        let outcomes = std::fs::read_to_string(&outcomes_file).ok();
        let outcomes: Option<Outcomes> = outcomes
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| ClientError::Outcomes { program, problem: error.to_string() })?;
        let mut ran = ran(case, &place, &watched, outcomes.as_ref(), &state);
        ran.outputs_in = directory.to_string_lossy().into_owned();
        ran.signed = signed(case, &directory);
        ran.logs = outcomes.as_ref().and_then(logs);
        ran.end.moved = case.leaves().filter(|path| directory.join(path).exists()).cloned().collect();
        Ok(ran)
    }
}

/// The files that are there before a build, with the tool in these versions.
fn files(
    lane: &Lane<'_>,
    case: &Case,
    place: &Place,
    build: usize,
    tools: (u32, u32),
) -> Vec<plan::WriteFile> {
    let mut all = Vec::new();
    let mut add = |path: String, content: String, executable: bool| {
        all.push(plan::WriteFile { path: path.into(), content, executable });
    };
    add("tool/probe.sh".into(), place.program(lane, &tools.0.to_string(), "data.txt"), true);
    add("tool/data.txt".into(), format!("{}\n", tools.1), false);
    for action in case.builds.iter().flat_map(|build| &build.actions) {
        let name = &action.name;
        let text = |lines: Vec<String>| {
            lines.iter().map(|line| format!("{}\n", fill(action, line))).collect::<String>()
        };
        add(format!("{name}.src"), format!("source of {name}\n"), false);
        for shared in &action.reads {
            add(format!("{shared}.shared"), shared_input(shared, case.changes(shared, build)), false);
        }
        let own = lines(action, &format!("out/{name}.out"), &format!("out/{name}.dir"));
        add(format!("{name}.params"), text(own), false);
        if !action.more.is_empty() {
            add(format!("{name}.more"), text(action.more.clone()), false);
        }
        add(format!("{name}.undeclared"), "--undeclared\n".into(), false);
    }
    all
}

fn fill(action: &Action, text: &str) -> String {
    let name = &action.name;
    ["params", "more", "undeclared"]
        .iter()
        .fold(text.to_owned(), |text, kind| text.replace(&format!("{{{kind}}}"), &format!("{name}.{kind}")))
}

fn plan(lane: &Lane<'_>, case: &Case, place: &Place, directory: &Path, state: &Path) -> Plan {
    let settings = &case.settings;
    let number = |value: Option<u32>| value.map(|value| value as usize);
    let client = plan::Settings {
        max_instances: number(settings.max_instances),
        max_multiplex_instances: number(settings.max_multiplex_instances),
        extra_flags: settings.extra_flags.clone(),
        sandboxing: settings.sandboxing.then_some(true),
        multiplex_sandboxing: settings.sandboxing.then_some(true),
        cancellation: settings.cancellation.then_some(true),
        silence_ms: settings.time_limit_ms,
        quit_after_build: settings.quit_after_build.then_some(true),
        verbosity: settings.verbosity,
        idle_limit_ms: settings.idle_limit_ms,
        memory_limit: settings.memory_limit_mb.map(|limit| limit << 20),
        // Clients look at these from time to time.
        poll_interval_ms: settings.idle_limit_ms.or(settings.memory_limit_mb).map(|_| POLL_MS),
        grace_ms: Some(4000),
        ..plan::Settings::default()
    };
    let mut tools = (1, 1);
    let mut builds: Vec<plan::Build> = Vec::new();
    for (number, build) in case.builds.iter().enumerate() {
        let mut before = Vec::new();
        for step in &build.before {
            before.extend(steps(lane, case, place, step, number, &mut tools));
        }
        // By its time the begin of the build is known.
        before.push(mark(place, &begun(number)));
        builds.push(plan::Build {
            name: number.to_string(),
            before,
            jobs: None,
            interrupt_when: build.interrupt_at.as_ref().map(|name| plan::When::Exists(place.mark(name))),
            actions: build
                .actions
                .iter()
                .map(|action| {
                    let steps = action.before.iter();
                    let before = steps
                        .flat_map(|step| self::steps(lane, case, place, step, number, &mut tools))
                        .collect();
                    planned(lane, place, action, before)
                })
                .collect(),
        });
    }
    if case.end == End::Kill {
        let before =
            vec![mark(place, OVER), plan::Step::WaitFor(plan::When::Exists(place.mark("it-was-not-killed")))];
        builds.push(plan::Build {
            name: "end".into(),
            before,
            jobs: None,
            interrupt_when: None,
            actions: Vec::new(),
        });
    }
    Plan {
        schema: plan::PLAN_SCHEMA.into(),
        directory: directory.to_owned(),
        state: state.to_owned(),
        client,
        builds,
    }
}

fn begun(build: usize) -> String {
    format!("build-{build}-begins")
}

fn mark(place: &Place, name: &str) -> plan::Step {
    plan::Step::Write(plan::WriteFile { path: place.mark(name), content: String::new(), executable: false })
}

fn steps(
    lane: &Lane<'_>,
    case: &Case,
    place: &Place,
    step: &Before,
    build: usize,
    tools: &mut (u32, u32),
) -> Vec<plan::Step> {
    let file = |path: &str, content: String, executable| {
        vec![plan::Step::Write(plan::WriteFile { path: path.into(), content, executable })]
    };
    match step {
        Before::ChangeProgram => {
            tools.0 += 1;
            file("tool/probe.sh", place.program(lane, &tools.0.to_string(), "data.txt"), true)
        }
        Before::ChangeToolData => {
            tools.1 += 1;
            file("tool/data.txt", format!("{}\n", tools.1), false)
        }
        Before::Wait(name) => vec![plan::Step::WaitFor(plan::When::Exists(place.mark(name)))],
        Before::Mark(name) => vec![mark(place, name)],
        Before::KillWorkers => vec![
            mark(place, &format!("kill-{build}")),
            plan::Step::WaitFor(plan::When::Exists(place.mark(&format!("killed-{build}")))),
        ],
        Before::ChangeInput(name) => {
            file(&format!("{name}.shared"), shared_input(name, case.changes(name, build)), false)
        }
        // All of it goes, and what is no output comes again.
        Before::Clean => std::iter::once(plan::Step::Clean("".into()))
            .chain(files(lane, case, place, build, *tools).into_iter().map(plan::Step::Write))
            .collect(),
    }
}

/// Kills the probes when a plan asks for it: a client has no such step of its own.
fn kill_workers(place: &Place, builds: usize, over: &AtomicBool) {
    while !over.load(Ordering::SeqCst) {
        for build in 0..builds {
            let done = place.mark(&format!("killed-{build}"));
            if place.mark(&format!("kill-{build}")).exists() && !done.exists() {
                kill_all(&processes(&place.record));
                let _ = std::fs::File::create(done);
            }
        }
        std::thread::sleep(LOOK);
    }
}

fn planned(lane: &Lane<'_>, place: &Place, action: &Action, before: Vec<plan::Step>) -> plan::Action {
    let name = &action.name;
    let program = if action.missing_program { "tool/missing.sh" } else { "tool/probe.sh" };
    let mut arguments = vec![program.to_owned()];
    arguments.extend(action.arguments.iter().map(|argument| fill(action, argument)));
    let uses = |what: &str| {
        action.arguments.iter().chain(&action.lines).chain(&action.more).any(|text| text.contains(what))
    };
    let tool = |path: &str| plan::Input::Full { path: path.into(), tool: action.tool, digest: None };
    let mut inputs =
        vec![plan::Input::Path(format!("{name}.src")), tool("tool/probe.sh"), tool("tool/data.txt")];
    inputs.extend(action.reads.iter().map(|shared| plan::Input::Path(format!("{shared}.shared"))));
    if uses("{params}") {
        inputs.push(plan::Input::Path(format!("{name}.params")));
    }
    if !action.more.is_empty() {
        inputs.push(plan::Input::Path(format!("{name}.more")));
    }
    let mut outputs = vec![plan::Output::Path(format!("out/{name}.out"))];
    if action.directory {
        outputs.push(plan::Output::Full { path: format!("out/{name}.dir"), directory: true });
    }
    plan::Action {
        name: name.clone(),
        mnemonic: action.mnemonic.clone(),
        environment: action.env.clone(),
        inputs,
        outputs,
        requirements: requirements(action, lane.dialect),
        before,
        timeout_ms: None,
        interrupt_when: action.give_up_at.as_ref().map(|name| plan::When::Exists(place.mark(name))),
        // The same command line: a tool that is not started as a worker does the action.
        race: action.race_at.as_ref().map(|name| plan::Race {
            arguments: arguments.clone(),
            begin_when: Some(plan::When::Exists(place.mark(name))),
        }),
        arguments,
    }
}

fn ran(case: &Case, place: &Place, watched: &Watched, outcomes: Option<&Outcomes>, state: &Path) -> RanCase {
    let killed = case.end == End::Kill;
    let at = |name: &str| {
        let changed = std::fs::metadata(place.mark(name)).and_then(|data| data.modified()).ok()?;
        let ago = SystemTime::now().duration_since(changed).unwrap_or_default();
        Some(now_us().saturating_sub(ago.as_micros() as u64))
    };
    let crashed = match watched.status {
        // A panic of a Rust program.
        Some(ExitStatus::Code(101)) => Some("exit status 101".to_owned()),
        Some(ExitStatus::Signal(number)) if !killed && watched.hung.is_none() => {
            Some(format!("signal {number}"))
        }
        _ => None,
    };
    let begun: Vec<Option<u64>> = (0..case.builds.len()).map(|number| at(&begun(number))).collect();
    let last = watched.hung_in.or_else(|| begun.iter().rposition(Option::is_some)).unwrap_or(0);
    let was_begun = |number: usize| begun[number].is_some() && number <= last;
    let builds = case.builds.iter().enumerate().take_while(|(number, _)| was_begun(*number));
    let builds = builds.map(|(number, build)| {
        let said = outcomes.and_then(|outcomes| outcomes.builds.get(number));
        let hung = watched.hung.filter(|_| number == last);
        let began = begun[number].unwrap_or(watched.began);
        let interrupted = build.interrupt_at.as_ref().and_then(|name| at(name));
        let ended = match (said, begun.get(number + 1).copied().flatten()) {
            (Some(said), _) => began + (said.ended_ms - said.began_ms) * 1000,
            (None, Some(next)) => next,
            (None, None) => watched.ended,
        };
        RanBuild {
            began,
            ended: ended.max(began),
            interrupted,
            hung,
            freed: watched.freed.filter(|_| hung.is_some() && interrupted.is_none()),
            crashed: crashed.clone().filter(|_| number == last),
            messages: said.map(messages).unwrap_or_default() + &watched.output,
            actions: build.actions.iter().map(|action| status(action, said, hung.is_some())).collect(),
        }
    });
    let mut ran = RanCase { builds: builds.collect(), ..RanCase::default() };
    ran.end = RanEnd {
        began: watched.ended,
        ended: watched.ended,
        killed,
        forced: watched.hung.is_some() || crashed.is_some(),
        sandboxes_left: if holds_files(&state.join("sandbox")) { vec!["sandbox".into()] } else { Vec::new() },
        ..RanEnd::default()
    };
    ran
}

fn status(action: &Action, said: Option<&BuildOutcome>, hung: bool) -> RanAction {
    let outcome = said.and_then(|said| said.actions.iter().find(|outcome| outcome.name == action.name));
    let status = match outcome.map(|outcome| outcome.status) {
        Some(StatusName::Success) => StatusSeen::Succeeded,
        Some(StatusName::Interrupted) if hung => StatusSeen::Hung,
        Some(StatusName::Interrupted) => StatusSeen::Interrupted,
        Some(_) => StatusSeen::Failed,
        None if hung => StatusSeen::Hung,
        None => StatusSeen::Unknown,
    };
    RanAction { name: action.name.clone(), status }
}

/// Who has signed the outputs of the actions that were raced.
fn signed(case: &Case, directory: &Path) -> BTreeMap<String, Vec<u32>> {
    let raced = case.builds.iter().flat_map(|build| &build.actions).filter(|action| action.race_at.is_some());
    raced
        .map(|action| {
            let name = &action.name;
            let paths = [format!("out/{name}.out"), format!("out/{name}.dir/{name}.txt")];
            let found = paths.iter().filter_map(|path| signature(&beginning(&directory.join(path))));
            (name.clone(), found.collect())
        })
        .collect()
}

/// The logs of workers, if the client says where they are.
fn logs(outcomes: &Outcomes) -> Option<Vec<LogSeen>> {
    let seen = |path: &Path| LogSeen { path: path.to_string_lossy().into_owned(), text: beginning(path) };
    let logs: Vec<LogSeen> = outcomes.workers.iter().map(|worker| seen(&worker.log)).collect();
    (!logs.is_empty()).then_some(logs)
}

/// What the user is told.
fn messages(said: &BuildOutcome) -> String {
    said.actions
        .iter()
        .map(|action| {
            let exit = action.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
            let missing = match action.missing.as_slice() {
                [] => String::new(),
                missing => format!(", missing: {}", missing.join(", ")),
            };
            format!(
                "{}: {:?}{exit}{missing}\n{}\n{}\n",
                action.name, action.status, action.message, action.output
            )
        })
        .collect()
}
