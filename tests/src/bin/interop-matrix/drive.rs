//! One build tool with one worker: two builds, and what is right and wrong about what came of them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pwp::client::{Bazel, BazelServer, Settings};
use pwp_proto::Framing;
use pwp_spec::Feature;
use pwp_tests::traces;

use super::Failure;
use super::results::{Cell, Mode, State};
use super::subjects::{Action, BIN, BuildTool, Worker};
use super::workspace;

/// A build that takes longer hangs. An old Bazel unpacks itself first, and a machine may be busy.
const LIMIT: Duration = Duration::from_secs(120);
/// Open requests of a multiplex worker, at most.
const MULTIPLEX: u32 = 8;
/// How Bazel says what went wrong, and how the table does. The first that fits counts.
const SAYINGS: [(&str, &str); 5] = [
    ("unparseable WorkResponse", "Bazel: the worker returned an unparseable WorkResponse"),
    ("did not return a WorkResponse", "Bazel: the worker did not return a WorkResponse"),
    ("quit or closed its stdin stream", "Bazel: the worker quit or closed its stdin"),
    ("not all outputs were created", "Bazel: not all outputs were created"),
    ("died while waiting for response", "Bazel: the worker died while Bazel waited for its response"),
];
/// Pairs that work or hang as chance has it.
const RACES: [(&str, &str); 2] = [("bazel-2.1.0", "wrh-proto"), ("bazel-1.2.0", "wrh-proto")];
/// Why they do.
const REUSED_ID: &str = "it gives every request of a singleplex worker the same request_id; when one comes while the thread that answered the one before still removes that id, the worker forgets it (W-073), and the build hangs";

/// The content of each output of each action, as the first build tool had it: it has to be the same for all.
pub(super) type Contents = HashMap<(String, String, String), Vec<u8>>;

/// One server, and all that it has been told to build.
pub(super) struct Pool<'a> {
    tool: &'a BuildTool,
    bazel: &'a Bazel,
    server: BazelServer<'a>,
    /// The text of the one rule.
    rule: String,
    /// The folder of all that belongs to the server.
    root: PathBuf,
    /// What Bazel printed for the last pair.
    said: String,
}

/// What came of the builds of a pair.
#[derive(Debug, Default)]
struct Built {
    done: usize,
    problems: Vec<String>,
    hung: bool,
}

impl<'a> Pool<'a> {
    /// A server below `root` that did not start yet; `rule` is the file of the one rule.
    pub(super) fn new(
        tool: &'a BuildTool,
        bazel: &'a Bazel,
        root: &Path,
        rule: &Path,
    ) -> Result<Self, Failure> {
        let rule = fs::read_to_string(rule)?.replace("CONFIGURATION", bazel.version.tool_configuration());
        let server = BazelServer::new(bazel, &root.join("server"), &root.join("shared"), LIMIT)?;
        Ok(Self { tool, bazel, server, rule, root: root.to_owned(), said: String::new() })
    }

    /// What Bazel printed for the last pair.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// Ends the server and its workers.
    pub(super) fn end(&self) -> Result<(), Failure> {
        self.server.end(false)?;
        Ok(())
    }

    /// One cell of the table.
    pub(super) fn drive(&mut self, worker: &Worker, contents: &mut Contents) -> Result<Cell, Failure> {
        if worker.dialect == Framing::Json && !self.bazel.version.has_json() {
            let note = "it speaks proto only, and the worker was started for json";
            return Ok(self.cell(worker, State::Cannot, None, None, Some(note.into())));
        }
        let built = self.build(worker, contents)?;
        let processes = self.processes(worker);
        let cell = self.judge(worker, &built, processes);
        if built.hung {
            // A server with a build that hangs takes no other one.
            self.server.end(true)?;
            pwp::process::kill_strays();
        }
        Ok(cell)
    }

    /// Builds all actions but the changed one, then makes the change and builds that one, with the same worker.
    fn build(&mut self, worker: &Worker, contents: &mut Contents) -> Result<Built, Failure> {
        workspace::lay(&self.server.workspace, &self.rule, worker)?;
        self.said.clear();
        let flags = self.flags(worker);
        let mut built = Built::default();
        for is_changed in [false, true] {
            if is_changed {
                workspace::change(&self.server.workspace, worker)?;
            }
            let actions = || worker.actions.iter().filter(|action| action.changes.is_empty() != is_changed);
            let targets: Vec<String> = actions().map(|action| format!("//:{}", action.name)).collect();
            let watched = self.server.build(&flags, &targets, "build", None)?;
            self.said += &watched.output;
            self.said.push('\n');
            for action in actions() {
                match self.problem(worker, action, &watched.output, contents)? {
                    None => built.done += 1,
                    Some(problem) => built.problems.push(problem),
                }
            }
            if watched.hung.is_some() {
                let limit = LIMIT.as_secs();
                built.problems.insert(0, format!("a build had not ended after {limit} s"));
                built.hung = true;
                break;
            }
            let status = watched.status.filter(|status| *status != pwp::history::ExitStatus::Code(0));
            if let Some(status) = status.filter(|_| built.problems.is_empty()) {
                built.problems.push(format!("Bazel ended with {status}"));
            }
        }
        Ok(built)
    }

    /// One process for singleplex workers, and for a multiplex worker as many open requests as there are actions.
    fn flags(&self, worker: &Worker) -> Vec<String> {
        let is_multiplex =
            worker.features.contains(&Feature::Multiplex) && self.bazel.version.has_multiplex();
        // Before 3.6 this limit is also the one for open requests of a multiplex worker.
        let max_instances = Some(if is_multiplex { MULTIPLEX } else { 1 });
        let settings = Settings { max_instances, ..Settings::default() };
        self.bazel.version.flags(&[&worker.mnemonic()], worker.dialect, &settings)
    }

    /// What is wrong with the outcome of an action, if anything; `text` is what its build has printed.
    fn problem(
        &self,
        worker: &Worker,
        action: &Action,
        text: &str,
        contents: &mut Contents,
    ) -> Result<Option<String>, Failure> {
        let bin = self.server.base.join("execroot/pwp").join(BIN);
        for (path, wanted) in &action.outputs {
            let file = bin.join(path);
            if !file.is_file() {
                return Ok(Some("an output is missing".into()));
            }
            let found = fs::read(file)?;
            if wanted.as_ref().is_some_and(|wanted| *wanted.bytes_in(&self.server.workspace) != *found) {
                return Ok(Some(format!("{path} has another content than the workload says")));
            }
            // What the workload does not know has to be the same for every build tool.
            let key = (worker.name.clone(), action.name.clone(), path.clone());
            if *contents.entry(key).or_insert_with(|| found.clone()) != found {
                return Ok(Some(format!("{path} has another content than with another client")));
            }
        }
        let is_shown = text.contains(&action.message);
        Ok((!is_shown).then(|| format!("the message of {} was not shown as it was written", action.name)))
    }

    /// The entry of the table. `processes`: those of the worker that live.
    fn judge(&self, worker: &Worker, built: &Built, processes: usize) -> Cell {
        let has_multiplex =
            worker.features.contains(&Feature::Multiplex) && self.bazel.version.has_multiplex();
        // As many requests at once as there are actions, and one process: that is multiplex.
        let mode = if has_multiplex && processes == 1 { Mode::Multiplex } else { Mode::Singleplex };
        let by_worker: usize = self.said.lines().filter_map(done_by_workers).sum();
        let said = SAYINGS.iter().find(|(words, _)| self.said.contains(words)).map(|(_, meaning)| *meaning);
        let note = match built.problems.first() {
            Some(problem) => Some(said.into_iter().chain([problem.as_str()]).collect::<Vec<_>>().join("; ")),
            None if by_worker != worker.actions.len() => {
                Some(format!("workers did {by_worker} of the actions, as Bazel counts them"))
            }
            None if processes != 1 => {
                Some(format!("there are {processes} processes of the worker, and one is enough"))
            }
            None => None,
        };
        let is_race = RACES.contains(&(self.tool.name.as_str(), worker.name.as_str()));
        if is_race && (built.hung || note.is_none()) {
            // No single run can say that the race is gone.
            let mode = Some(Mode::Singleplex);
            return self.cell(worker, State::AtTimes, mode, None, Some(REUSED_ID.into()));
        }
        let state = if note.is_some() { State::Fails } else { State::Works };
        self.cell(worker, state, Some(mode), Some(built.done), note)
    }

    fn cell(
        &self,
        worker: &Worker,
        state: State,
        mode: Option<Mode>,
        done: Option<usize>,
        note: Option<String>,
    ) -> Cell {
        Cell { client: self.tool.name.clone(), worker: worker.name.clone(), state, mode, done, note }
    }

    /// How many processes of a worker live: their stderr is the log that has its name.
    fn processes(&self, worker: &Worker) -> usize {
        let end = format!("-{}.log", worker.mnemonic());
        let log = |pid: &i32| fs::read_link(format!("/proc/{pid}/fd/2")).unwrap_or_default();
        let living = traces::below(&self.root);
        living.iter().filter(|pid| log(pid).to_string_lossy().ends_with(&end)).count()
    }
}

/// How many actions workers did, from a line such as `INFO: 5 processes: 1 internal, 4 worker.`
fn done_by_workers(line: &str) -> Option<usize> {
    let (_, kinds) = line.split_once("processes: ").or_else(|| line.split_once("process: "))?;
    let count = |kind: &str| kind.strip_suffix(" worker")?.parse().ok();
    kinds.trim().trim_end_matches('.').split(", ").find_map(count)
}
