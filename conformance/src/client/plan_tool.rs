//! A client that takes plans of actions: the reference client, and any tool for which somebody has written a translator.
//!
//! A plan (`pwp/plan/v1`) is a JSON file of builds and actions; what came of them is a JSON file of outcomes (`pwp/outcomes/v1`).
//! conformance/CLIENTS.md describes both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use clap::ValueEnum as _;
use pwp_client::plan::{self, BuildOutcome, Outcomes, Plan, StatusName};

use crate::files::{Folder, is_full, with_room};
use crate::history::ExitStatus;
use crate::oracle::across::{BuildSeen, EndSeen, Settings, StatusSeen};
use crate::probe::files::signature;
use crate::probe::now;
use crate::process::{interrupted, kill_all};

use super::adapter::{About, Adapter, CaseOutcome, ClientError, Lane, resolve};
use super::case::{Action, Before, Case, End, Need, TOOL_FILES};
use super::case_files::{
    CaseFiles, ToolVersions, beginning, holds_files, lines, logs, make_folder, requirements, shared_input,
    write, write_program,
};
use super::cleanup::{LOOK, processes};
use super::watch::{Watch, Watched, run};

/// The plan, in the folder of a case.
const PLAN: &str = "plan.json";
/// What the client says of its actions.
const OUTCOMES: &str = "outcomes.json";
/// Bytes of that, at most: the outcomes of a case have some kilobytes, and the messages of compilers in them.
const LARGEST: u64 = 16 << 20;
/// The folder for the client's own files.
const STATE: &str = "state";
/// The mark that is set when all builds are over and the client is to be killed.
const OVER: &str = "builds-are-over";
/// How often a client is to look at idle times and memory, in milliseconds.
const POLL_MS: u64 = 100;

/// A command that runs plans.
#[derive(Debug)]
pub struct PlanTool {
    about: About,
}

impl PlanTool {
    /// A command line in which `{plan}` and `{outcomes}` stand for two paths. `lacks`: what the tool can't be made to do.
    ///
    /// # Errors
    /// Where there is no such program, or the command line does not name the plan.
    pub(crate) fn new(
        name: &str,
        template: Vec<String>,
        lacks: &BTreeSet<Need>,
    ) -> Result<Self, ClientError> {
        let is_named = |needed: &&str| template.iter().any(|word| word.contains(needed));
        if let Some(needed) = ["{plan}", "{outcomes}"].iter().find(|needed| !is_named(needed)) {
            let example = "my-translator {plan} {outcomes}";
            let problem = format!("{needed} is not in its command line; write for example {example}");
            return Err(ClientError::unusable(template.first().map_or("", String::as_str), problem));
        }
        let command = resolve(&template)?.argv;
        let can = Need::value_variants().iter().copied().filter(|need| !lacks.contains(need)).collect();
        Ok(Self { about: About { name: name.into(), command, can, ..About::default() } })
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

    fn run(&self, lane: &Lane<'_>) -> Result<Vec<CaseOutcome>, ClientError> {
        lane.cases.iter().map(|case| self.case(lane, case)).collect()
    }
}

impl PlanTool {
    fn case(&self, lane: &Lane<'_>, case: &Case) -> Result<CaseOutcome, ClientError> {
        let (files, directory) = with_room(|| prepare(lane, case), waits)?;
        let path = |name: &str| files.folder.path().join(name).to_string_lossy().into_owned();
        let fill = |word: &String| word.replace("{plan}", &path(PLAN)).replace("{outcomes}", &path(OUTCOMES));
        let words: Vec<String> = self.about.command.iter().map(fill).collect();
        let program = words.first().cloned().unwrap_or_default();
        let mut command = Command::new(&program);
        command.args(&words[1..]).current_dir(files.folder.path()).env("PWP_FOREIGN", "foreign");
        let watch = Watch {
            kill_at: (case.end == End::Kill).then(|| files.mark(OVER)),
            begins: (0..case.builds.len()).map(|number| files.mark(&begun(number))).collect(),
            ..Watch::new(lane.limit, files.folder.clone(), "client.log".into())
        };
        let over = AtomicBool::new(false);
        let watched = std::thread::scope(|scope| {
            let kills = || kill_workers(&files, case.builds.len(), &over);
            let kills = std::thread::Builder::new().spawn_scoped(scope, kills)?;
            let watched = run(command, &watch);
            over.store(true, Ordering::SeqCst);
            let kills = kills.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            watched.map(|watched| (watched, kills))
        });
        let (watched, kills) = watched.map_err(|error| ClientError::not_started(&program, error))?;
        let outcomes = match read_outcomes(&files.folder) {
            // A tool that was ended by force may have been about to write it.
            Err(_) if watched.status.is_none() => None,
            read => read.map_err(|problem| ClientError::Outcomes { program, problem })?,
        };
        let mut ran = outcome(case, &files, &watched, &kills, outcomes.as_ref());
        ran.outputs_in = directory.path().to_string_lossy().into_owned();
        ran.end.signed = signed(case, &directory);
        let workers = outcomes.iter().flat_map(|outcomes| &outcomes.workers);
        ran.end.logs = logs(workers.map(|worker| worker.log.as_path()));
        ran.end.moved = case.leaves().filter(|path| directory.has(path)).cloned().collect();
        Ok(ran)
    }
}

/// Whether room would help, and nobody has ended the run.
fn waits(error: &ClientError) -> bool {
    matches!(error, ClientError::Folder { source, .. } if is_full(source)) && !interrupted()
}

/// Makes the files of a case, with the plan; gives the directory in which the actions are at work, too.
fn prepare(lane: &Lane<'_>, case: &Case) -> Result<(CaseFiles, Folder), ClientError> {
    let files = CaseFiles::make(lane, case)?;
    let directory = make_folder(&files.folder, Path::new("exec"))?;
    let state = files.folder.path().join(STATE);
    let planner = Planner { lane, case, files: &files, tools: ToolVersions::FIRST };
    for file in planner.files(0) {
        if file.executable {
            write_program(&directory, &file.path, &file.content)?;
        } else {
            write(&directory, &file.path, &file.content)?;
        }
    }
    let plan = planner.plan(directory.path(), &state);
    write(&files.folder, PLAN, &serde_json::to_string_pretty(&plan).unwrap_or_default())?;
    Ok((files, directory))
}

/// The outcomes that a tool has written, if it has. Only a file that is not there says that it has not.
fn read_outcomes(folder: &Folder) -> Result<Option<Outcomes>, String> {
    let bytes = match folder.read(OUTCOMES, LARGEST) {
        Err(error) if error.is_missing() => return Ok(None),
        read => read.map_err(|error| format!("their file can't be read: {error}"))?,
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| format!("their file is no text: {error}"))?;
    let outcomes: Outcomes = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if outcomes.schema != plan::OUTCOMES_SCHEMA {
        return Err(format!("schema is {:?} and not {:?}", outcomes.schema, plan::OUTCOMES_SCHEMA));
    }
    Ok(Some(outcomes))
}

/// Makes the plan of a case.
#[derive(Clone, Copy)]
struct Planner<'a> {
    lane: &'a Lane<'a>,
    case: &'a Case,
    files: &'a CaseFiles,
    /// The versions of the tool after the steps that were planned so far.
    tools: ToolVersions,
}

impl Planner<'_> {
    fn plan(mut self, directory: &Path, state: &Path) -> Plan {
        let mut builds: Vec<plan::Build> = Vec::new();
        for (number, build) in self.case.builds.iter().enumerate() {
            let mut before = self.steps(&build.before, number);
            // By its time the begin of the build is known.
            before.push(self.mark(&begun(number)));
            builds.push(plan::Build {
                name: number.to_string(),
                before,
                jobs: None,
                interrupt_when: build.interrupt_at.as_ref().map(|name| self.reached(name)),
                actions: build.actions.iter().map(|action| self.action(action, number)).collect(),
            });
        }
        if self.case.end == End::Kill {
            builds.push(plan::Build {
                name: "end".into(),
                before: vec![self.mark(OVER), plan::Step::WaitFor(self.reached("it-was-not-killed"))],
                jobs: None,
                interrupt_when: None,
                actions: Vec::new(),
            });
        }
        let schema = plan::PLAN_SCHEMA.into();
        let client = settings(&self.case.settings);
        Plan { schema, directory: directory.to_owned(), state: state.to_owned(), client, builds }
    }

    /// The files that are there before a build.
    fn files(&self, build: usize) -> Vec<plan::WriteFile> {
        let mut all = vec![self.program(), self.tool_data()];
        for action in self.case.actions() {
            let name = &action.name;
            let text =
                |lines: &[String]| lines.iter().map(|line| fill(action, line) + "\n").collect::<String>();
            all.push(file(format!("{name}.src"), format!("source of {name}\n")));
            all.extend(action.reads.iter().map(|shared| self.shared(shared, build)));
            let own = lines(action, &format!("out/{name}.out"), &format!("out/{name}.dir"));
            all.push(file(format!("{name}.params"), text(&own)));
            if !action.more.is_empty() {
                all.push(file(format!("{name}.more"), text(&action.more)));
            }
            all.push(file(format!("{name}.undeclared"), "--undeclared\n".into()));
        }
        all
    }

    fn program(&self) -> plan::WriteFile {
        let text = self.files.program(self.lane, &self.tools.program.to_string(), "data.txt");
        plan::WriteFile { executable: true, ..file(TOOL_FILES[0], text) }
    }

    fn tool_data(&self) -> plan::WriteFile {
        file(TOOL_FILES[1], format!("{}\n", self.tools.data))
    }

    fn shared(&self, name: &str, build: usize) -> plan::WriteFile {
        file(format!("{name}.shared"), shared_input(name, self.case.changes(name, build)))
    }

    fn mark(&self, name: &str) -> plan::Step {
        plan::Step::Write(file(self.files.mark(name), String::new()))
    }

    fn reached(&self, mark: &str) -> plan::When {
        plan::When::Exists(self.files.mark(mark))
    }

    fn steps(&mut self, before: &[Before], build: usize) -> Vec<plan::Step> {
        before.iter().flat_map(|step| self.step(step, build)).collect()
    }

    fn step(&mut self, step: &Before, build: usize) -> Vec<plan::Step> {
        self.tools.take(step);
        match step {
            Before::ChangeProgram => vec![plan::Step::Write(self.program())],
            Before::ChangeToolData => vec![plan::Step::Write(self.tool_data())],
            Before::ChangeInput(name) => vec![plan::Step::Write(self.shared(name, build))],
            Before::Wait(name) => vec![plan::Step::WaitFor(self.reached(name))],
            Before::Mark(name) => vec![self.mark(name)],
            Before::KillWorkers => vec![
                self.mark(&format!("kill-{build}")),
                plan::Step::WaitFor(self.reached(&format!("killed-{build}"))),
            ],
            // All of it goes, and what is no output comes again.
            Before::Clean => std::iter::once(plan::Step::Clean("".into()))
                .chain(self.files(build).into_iter().map(plan::Step::Write))
                .collect(),
        }
    }

    fn action(&mut self, action: &Action, build: usize) -> plan::Action {
        let name = &action.name;
        let program = if action.missing_program { "tool/missing.sh" } else { TOOL_FILES[0] };
        let mut arguments = vec![program.to_owned()];
        arguments.extend(action.arguments.iter().map(|argument| fill(action, argument)));
        let input = |path: String| {
            if TOOL_FILES.contains(&path.as_str()) {
                plan::Input::Full { path, tool: action.tool, digest: None }
            } else {
                plan::Input::Path(path)
            }
        };
        let mut outputs = vec![plan::Output::Path(format!("out/{name}.out"))];
        if action.directory {
            outputs.push(plan::Output::Full { path: format!("out/{name}.dir"), directory: true });
        }
        plan::Action {
            name: name.clone(),
            mnemonic: action.mnemonic.clone(),
            environment: action.env.clone(),
            inputs: action.inputs().into_iter().map(input).collect(),
            outputs,
            requirements: requirements(action, self.lane.dialect),
            before: self.steps(&action.before, build),
            timeout_ms: None,
            interrupt_when: action.give_up_at.as_ref().map(|name| self.reached(name)),
            // The same command line: a tool that is not started as a worker does the action.
            race: action.race_at.as_ref().map(|name| plan::Race {
                arguments: arguments.clone(),
                begin_when: Some(self.reached(name)),
            }),
            arguments,
        }
    }
}

fn settings(settings: &Settings) -> plan::Settings {
    let number = |value: Option<u32>| value.map(|value| value as usize);
    plan::Settings {
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
    }
}

fn file(path: impl Into<PathBuf>, content: String) -> plan::WriteFile {
    plan::WriteFile { path: path.into(), content, executable: false }
}

/// A text of an action, with the names of its argfiles for their placeholders.
fn fill(action: &Action, text: &str) -> String {
    let name = &action.name;
    ["params", "more", "undeclared"]
        .iter()
        .fold(text.to_owned(), |text, kind| text.replace(&format!("{{{kind}}}"), &format!("{name}.{kind}")))
}

fn begun(build: usize) -> String {
    format!("build-{build}-begins")
}

/// Kills the probes when a plan asks for it: a client has no such step of its own. Gives back when that was, by the number of the build
/// that begins behind it.
fn kill_workers(files: &CaseFiles, builds: usize, over: &AtomicBool) -> BTreeMap<usize, Duration> {
    let mut kills = BTreeMap::new();
    while !over.load(Ordering::SeqCst) {
        for build in 0..builds {
            let done = format!("killed-{build}");
            if files.is_marked(&format!("kill-{build}")) && !files.is_marked(&done) {
                kills.insert(build, now());
                kill_all(&processes(&files.record));
                files.set_mark(&done);
            }
        }
        std::thread::sleep(LOOK);
    }
    kills
}

/// The outcome of a case, from what the watchdog has seen and what the tool says of its actions.
fn outcome(
    case: &Case,
    files: &CaseFiles,
    watched: &Watched,
    kills: &BTreeMap<usize, Duration>,
    outcomes: Option<&Outcomes>,
) -> CaseOutcome {
    let killed = case.end == End::Kill;
    let at = |name: &str| {
        let changed = files.record.metadata(files.mark(name)).and_then(|data| data.modified()).ok()?;
        let ago = SystemTime::now().duration_since(changed).unwrap_or_default();
        Some(now().saturating_sub(ago))
    };
    let is_crash = |status: &ExitStatus| match status {
        // 101 is the status of a Rust program that panics.
        ExitStatus::Code(code) => *code == 101,
        ExitStatus::Signal(_) => !killed && watched.hung.is_none(),
    };
    let crashed = watched.status.filter(is_crash).map(|status| status.to_string());
    let begun: Vec<Option<Duration>> = (0..case.builds.len()).map(|number| at(&begun(number))).collect();
    let last = watched.hung_in.or_else(|| begun.iter().rposition(Option::is_some)).unwrap_or(0);
    let was_begun = |number: usize| begun[number].is_some() && number <= last;
    let mut ran = CaseOutcome::default();
    for (number, build) in case.builds.iter().enumerate().take_while(|(number, _)| was_begun(*number)) {
        let said = outcomes.and_then(|outcomes| outcomes.builds.get(number));
        let hung = watched.hung.filter(|_| number == last);
        // The times of files are only known to some milliseconds. Whoever was killed for this build has to have begun before it.
        let began = begun[number].unwrap_or(watched.began);
        let began = kills.get(&number).map_or(began, |killed| began.max(*killed));
        let interrupted = build.interrupt_at.as_ref().and_then(|name| at(name));
        let ended = match (said, begun.get(number + 1).copied().flatten()) {
            // These are the client's own numbers: they may be any.
            (Some(said), _) => {
                let took = Duration::from_millis(said.ended_ms.saturating_sub(said.began_ms));
                began.saturating_add(took).min(watched.ended)
            }
            (None, Some(next)) => next,
            (None, None) => watched.ended,
        };
        let status = |action: &Action| (action.name.clone(), status(action, said, hung.is_some()));
        ran.actions.extend(build.actions.iter().map(status));
        ran.builds.push(BuildSeen {
            began,
            ended: ended.max(began),
            interrupted,
            interrupted_for: build.interrupted,
            hung: hung.map(|limit| limit.as_secs()),
            freed: watched.freed.filter(|_| hung.is_some() && interrupted.is_none()),
            crashed: crashed.clone().filter(|_| number == last),
            messages: said.map(messages).unwrap_or_default() + &watched.output,
        });
    }
    ran.end = EndSeen {
        began: watched.ended,
        ended: watched.ended,
        killed,
        forced: watched.hung.is_some() || crashed.is_some(),
        sandboxes_left: if holds_files(&files.folder, Path::new(STATE).join("sandbox")) {
            vec!["sandbox".into()]
        } else {
            Vec::new()
        },
        ..EndSeen::default()
    };
    ran
}

fn status(action: &Action, said: Option<&BuildOutcome>, hung: bool) -> StatusSeen {
    let outcome = said.and_then(|said| said.actions.iter().find(|outcome| outcome.name == action.name));
    match outcome.map(|outcome| outcome.status) {
        Some(StatusName::Success) => StatusSeen::Succeeded,
        Some(StatusName::Interrupted) if hung => StatusSeen::Hung,
        Some(StatusName::Interrupted) => StatusSeen::Interrupted,
        Some(_) => StatusSeen::Failed,
        None if hung => StatusSeen::Hung,
        None => StatusSeen::Unknown,
    }
}

/// The processes that have signed the outputs of the actions that were raced.
fn signed(case: &Case, directory: &Folder) -> BTreeMap<String, Vec<u32>> {
    let by = |Action { name, .. }: &Action| {
        let paths = [format!("out/{name}.out"), format!("out/{name}.dir/{name}.txt")];
        let found = paths.iter().filter_map(|path| signature(&beginning(directory, path)));
        (name.clone(), found.collect())
    };
    case.actions().filter(|action| action.race_at.is_some()).map(by).collect()
}

/// What the user is told.
fn messages(said: &BuildOutcome) -> String {
    let told = |action: &plan::ActionOutcome| {
        let plan::ActionOutcome { name, status, message, output, .. } = action;
        let exit = action.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
        let missing = match action.missing.as_slice() {
            [] => String::new(),
            missing => format!(", missing: {}", missing.join(", ")),
        };
        format!("{name}: {status:?}{exit}{missing}\n{message}\n{output}\n")
    };
    said.actions.iter().map(told).collect()
}
