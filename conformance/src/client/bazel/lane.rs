//! Bazel as an adapter: the builds of a lane with one server, which is gone at the end.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::client::adapter::{About, Adapter, CaseOutcome, ClientError, Lane};
use crate::client::case::{Before, Build, Case, End};
use crate::client::case_files::{CaseFiles, ToolVersions, beginning, holds_files};
use crate::client::cleanup::processes;
use crate::client::watch::Watched;
use crate::history::ExitStatus;
use crate::oracle::across::{BuildSeen, EndSeen, LogSeen, StatusSeen};
use crate::probe::now;
use crate::process::{interrupted, kill_all};

use super::server::BazelServer;
use super::tool::Bazel;
use super::{events, workspace};

/// How long a server may take to start: an old one unpacks itself first, and others start beside it.
const START: Duration = Duration::from_secs(120);
/// How long a mark may take to be set.
const MARK: Duration = Duration::from_secs(10);
/// Exit codes with which Bazel says that it has failed itself: 36 and 37 are local and internal errors.
const CRASHED: [i32; 2] = [36, 37];

/// The server of a lane.
struct LaneServer<'a> {
    bazel: &'a Bazel,
    lane: &'a Lane<'a>,
    server: BazelServer<'a>,
    /// The server did not end a build, and has to be ended by force.
    forced: bool,
}

impl Adapter for Bazel {
    fn about(&self) -> &About {
        &self.about
    }

    fn run(&self, lane: &Lane<'_>) -> Result<Vec<CaseOutcome>, ClientError> {
        run_lane(self, lane)
    }
}

/// Runs all cases of a lane.
fn run_lane(bazel: &Bazel, lane: &Lane<'_>) -> Result<Vec<CaseOutcome>, ClientError> {
    let server = BazelServer::new(bazel, &lane.folder, &lane.shared, lane.limit)?;
    workspace::make(server.workspace(), bazel.version)?;
    let mut server = LaneServer { bazel, lane, server, forced: false };
    let mut ran = Vec::new();
    for case in &lane.cases {
        if interrupted() {
            break;
        }
        ran.push(server.case(case)?);
        if server.forced {
            // The next case gets a new server; what this one has left is gone.
            let end = server.end(End::Kill)?;
            if let Some(last) = ran.last_mut() {
                last.end = EndSeen { killed: false, forced: true, ..end };
            }
            server.forced = false;
        }
    }
    let way = lane.cases.last().map_or(End::Shutdown, |case| case.end);
    let end = server.end(way)?;
    for case in ran.iter_mut().filter(|case| !case.end.forced) {
        case.end = end.clone();
    }
    for (case, ran) in lane.cases.iter().zip(&mut ran) {
        let execroot = server.server.base().join("execroot/pwp");
        ran.end.logs = logs(&ran.builds);
        ran.end.moved = case.leaves().filter(|path| execroot.join(path).exists()).cloned().collect();
    }
    Ok(ran)
}

impl LaneServer<'_> {
    fn case(&mut self, case: &Case) -> Result<CaseOutcome, ClientError> {
        let files = CaseFiles::make(self.lane, case)?;
        workspace::add(self.server.workspace(), self.lane, case, &files)?;
        let mut outcome = CaseOutcome::default();
        let mut tools = ToolVersions::FIRST;
        if self.server.process().is_none() {
            // Its time counts for no build. If it fails, so does the first build.
            self.server.run(["info", "server_pid"], "start", None, START)?;
        }
        for (number, build) in case.builds.iter().enumerate() {
            for step in &build.before {
                tools.take(step);
                self.before(case, &files, step, number, tools)?;
            }
            let done = self.build(case, &files, number, build, &mut outcome.actions)?;
            self.forced = done.hung.is_some() && done.freed != Some(true);
            let over = done.hung.is_some();
            outcome.builds.push(done);
            if over || interrupted() {
                break;
            }
        }
        Ok(outcome)
    }

    fn before(
        &self,
        case: &Case,
        files: &CaseFiles,
        step: &Before,
        build: usize,
        tools: ToolVersions,
    ) -> Result<(), ClientError> {
        match step {
            Before::ChangeProgram | Before::ChangeToolData => {
                workspace::change_tool(self.server.workspace(), self.lane, case, files, tools)?;
            }
            Before::ChangeInput(name) => {
                workspace::change_input(self.server.workspace(), case, name, case.changes(name, build))?;
            }
            Before::Wait(name) => wait_for(&files.mark(name)),
            Before::Mark(name) => drop(std::fs::File::create(files.mark(name))),
            Before::KillWorkers => {
                kill_all(&processes(&files.record));
            }
            Before::Clean => drop(self.server.run(["clean"], "clean", None, self.lane.limit)?),
        }
        Ok(())
    }

    fn build(
        &self,
        case: &Case,
        files: &CaseFiles,
        number: usize,
        build: &Build,
        actions: &mut BTreeMap<String, StatusSeen>,
    ) -> Result<BuildSeen, ClientError> {
        let events = files.folder.join(format!("events-{number}.json"));
        let mut flags =
            vec!["--noshow_progress".to_owned(), format!("--build_event_json_file={}", events.display())];
        flags.extend(self.bazel.version.flags(case, self.lane.dialect));
        let labels: Vec<String> =
            build.actions.iter().map(|action| format!("//{}:{}", case.name, action.name)).collect();
        let interrupt_at = build.interrupt_at.as_ref().map(|mark| files.mark(mark));
        let log = format!("build-{}-{number}", case.name);
        let watched = self.server.build_until(&flags, &labels, &log, interrupt_at)?;
        let said = events::targets(&events);
        let over = watched.hung.is_some() && watched.interrupted.is_none();
        let status = |label: &String| match said.get(label) {
            Some(StatusSeen::Interrupted) | None if over => StatusSeen::Hung,
            Some(StatusSeen::Interrupted) | None if watched.interrupted.is_some() => StatusSeen::Interrupted,
            // Stopped before its turn, for example by an error of the workspace.
            Some(StatusSeen::Interrupted) | None => StatusSeen::Unknown,
            Some(status) => *status,
        };
        let names = build.actions.iter().map(|action| action.name.clone());
        actions.extend(names.zip(labels.iter().map(status)));
        Ok(BuildSeen {
            crashed: crashed(&watched),
            began: watched.began,
            ended: watched.ended,
            interrupted: watched.interrupted,
            interrupted_for: build.interrupted,
            hung: watched.hung.map(|limit| limit.as_secs()),
            freed: watched.freed,
            messages: watched.output,
        })
    }

    /// Ends the server, as asked or by force; it is gone afterwards.
    fn end(&self, way: End) -> Result<EndSeen, ClientError> {
        let began = now();
        let killed = way == End::Kill;
        // What the server leaves is looked at by whoever asked.
        let forced = self.server.end(killed)?;
        let sandboxes_left = sandboxes(self.server.base());
        Ok(EndSeen { began, ended: now(), killed, forced, sandboxes_left, ..EndSeen::default() })
    }
}

/// The logs that its messages name; nothing if they name none.
fn logs(builds: &[BuildSeen]) -> Option<Vec<LogSeen>> {
    const SAYS: &str = "logging to ";
    let paths = builds.iter().flat_map(|build| build.messages.split(SAYS).skip(1));
    let paths = paths.filter_map(|rest| rest.split_whitespace().next());
    let seen = |path: &str| {
        let path = path.trim_end_matches([',', ')', '.']);
        LogSeen { path: path.to_owned(), text: beginning(Path::new(path)) }
    };
    let logs: Vec<LogSeen> = paths.map(seen).collect();
    (!logs.is_empty()).then_some(logs)
}

fn crashed(watched: &Watched) -> Option<String> {
    // What hangs is interrupted.
    match watched.status.filter(|_| watched.hung.is_none())? {
        ExitStatus::Code(code) if CRASHED.contains(&code) => Some(format!("exit status {code}")),
        ExitStatus::Signal(number) => Some(format!("signal {number}")),
        ExitStatus::Code(_) => None,
    }
}

fn wait_for(mark: &Path) {
    let until = std::time::Instant::now() + MARK;
    while !mark.exists() && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Directories of sandboxed workers that still hold files.
fn sandboxes(base: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(base.join("bazel-workers")) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()) && holds_files(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
