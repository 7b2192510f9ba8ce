//! Bazel as an adapter: the builds of a lane with one server, which is gone at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::client::adapter::{About, Adapter, CaseOutcome, ClientError, Lane};
use crate::client::case::{Before, Build, Case, End};
use crate::client::case_files::{ToolVersions, holds_files, logs};
use crate::client::cleanup::{processes, wait_until};
use crate::client::watch::Watched;
use crate::files::Folder;
use crate::history::ExitStatus;
use crate::oracle::across::{BuildSeen, EndSeen, StatusSeen};
use crate::probe::now;
use crate::process::{interrupted, kill_all};

use super::tool::{Bazel, BazelServer, FIRST};
use super::workspace::{self, Package};

/// How long a mark may take to be set.
const MARK: Duration = Duration::from_secs(10);
/// Exit codes with which Bazel says that it has failed itself: 36 and 37 are local and internal errors.
const CRASHED: [i32; 2] = [36, 37];
/// Largest file of build events that is read, in bytes.
const EVENTS: u64 = 64 << 20;

/// The server of a lane.
struct LaneServer<'a> {
    lane: &'a Lane<'a>,
    server: BazelServer<'a>,
}

impl Adapter for Bazel {
    fn about(&self) -> &About {
        &self.about
    }

    fn run(&self, lane: &Lane<'_>) -> Result<Vec<CaseOutcome>, ClientError> {
        let server = BazelServer::in_folder(self, &lane.folder, lane.shared, lane.limit)?;
        workspace::make(&server.files, self.version)?;
        let server = LaneServer { lane, server };
        let mut ran = Vec::new();
        for case in &lane.cases {
            if interrupted() {
                break;
            }
            let mut outcome = server.case(case)?;
            let last = outcome.builds.last();
            if last.is_some_and(|build| build.hung.is_some() && build.freed != Some(true)) {
                // The next case gets a new server; what this one has left is gone.
                outcome.end = EndSeen { killed: false, forced: true, ..server.end(End::Kill)? };
            }
            ran.push(outcome);
        }
        let end = server.end(lane.cases.last().map_or(End::Shutdown, |case| case.end))?;
        let execroot = server.server.base.join("execroot/pwp");
        for (case, ran) in lane.cases.iter().zip(&mut ran) {
            if !ran.end.forced {
                ran.end = end.clone();
            }
            ran.end.logs = logs(named_logs(&ran.builds));
            ran.end.moved = case.leaves().filter(|path| execroot.join(path).exists()).cloned().collect();
        }
        Ok(ran)
    }
}

impl LaneServer<'_> {
    fn case(&self, case: &Case) -> Result<CaseOutcome, ClientError> {
        let package = Package::make(&self.server.files, self.lane, case)?;
        let mut outcome = CaseOutcome::default();
        let mut tools = ToolVersions::FIRST;
        if self.server.process().is_none() {
            // Its time counts for no build. If it fails, so does the first build.
            self.server.run(["info", "server_pid"], "start", None, FIRST)?;
        }
        for (number, build) in case.builds.iter().enumerate() {
            for step in &build.before {
                tools.take(step);
                self.before(&package, step, number, tools)?;
            }
            let done = self.build(&package, number, build, &mut outcome.actions)?;
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
        package: &Package<'_>,
        step: &Before,
        build: usize,
        tools: ToolVersions,
    ) -> Result<(), ClientError> {
        match step {
            Before::ChangeProgram | Before::ChangeToolData => package.write_tool(tools)?,
            Before::ChangeInput(name) => package.write_input(name, build)?,
            Before::Wait(name) => wait_until(MARK, || package.files.is_marked(name)),
            Before::Mark(name) => package.files.set_mark(name),
            Before::KillWorkers => kill_all(&processes(&package.files.record)),
            Before::Clean => drop(self.server.run(["clean"], "clean", None, self.lane.limit)?),
        }
        Ok(())
    }

    fn build(
        &self,
        package: &Package<'_>,
        number: usize,
        build: &Build,
        actions: &mut BTreeMap<String, StatusSeen>,
    ) -> Result<BuildSeen, ClientError> {
        let Package { case, files, .. } = package;
        let events = format!("events-{number}.json");
        let path = files.folder.path().join(&events);
        let mut flags =
            vec!["--noshow_progress".to_owned(), format!("--build_event_json_file={}", path.display())];
        let mnemonics: BTreeSet<&str> = case.actions().map(|action| action.mnemonic.as_str()).collect();
        let mnemonics: Vec<&str> = mnemonics.into_iter().collect();
        flags.extend(self.server.bazel.version.flags(&mnemonics, self.lane.dialect, &case.settings));
        let labels: Vec<String> =
            build.actions.iter().map(|action| format!("//{}:{}", case.name, action.name)).collect();
        let interrupt_at = build.interrupt_at.as_ref().map(|mark| files.mark(mark));
        let log = format!("build-{}-{number}", case.name);
        let watched = self.server.build(&flags, &labels, &log, interrupt_at)?;
        let said = targets(&files.folder, &events).ok_or_else(|| {
            let limit = EVENTS >> 20;
            let problem = format!("its build events have more than {limit} MiB, and pwp reads no more");
            ClientError::unusable(&self.server.bazel.about.command[0], problem)
        })?;
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
        let (began, killed) = (now(), way == End::Kill);
        let forced = self.server.end(killed)?;
        let sandboxes_left = sandboxes(&self.lane.folder, &self.server.base);
        Ok(EndSeen { began, ended: now(), killed, forced, sandboxes_left, ..EndSeen::default() })
    }
}

/// The status of each target, by its label, from the file that `--build_event_json_file` names; [`None`] if the file is too large.
/// A Bazel that ends early may have written none.
fn targets(folder: &Folder, events: &str) -> Option<BTreeMap<String, StatusSeen>> {
    let mut found = BTreeMap::new();
    let Ok(file) = folder.open_file(events) else { return Some(found) };
    let (mut lines, mut line, mut length) = (BufReader::new(file.take(EVENTS + 1)), Vec::new(), 0);
    while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        length += line.len() as u64;
        let event = serde_json::from_slice::<Value>(&line);
        line.clear();
        let Ok(event) = event else { continue };
        let Some(label) = event["id"]["targetCompleted"]["label"].as_str() else { continue };
        let status = if event["completed"]["success"].as_bool() == Some(true) {
            StatusSeen::Succeeded
        } else if event.get("aborted").is_some() {
            // What the user has interrupted, and what never got its turn.
            StatusSeen::Interrupted
        } else {
            StatusSeen::Failed
        };
        found.insert(label.to_owned(), status);
    }
    (length <= EVENTS).then_some(found)
}

/// The logs that its messages name.
fn named_logs(builds: &[BuildSeen]) -> impl Iterator<Item = &Path> {
    let behind = builds.iter().flat_map(|build| build.messages.split("logging to ").skip(1));
    let paths = behind.filter_map(|rest| rest.split_whitespace().next());
    paths.map(|path| Path::new(path.trim_end_matches([',', ')', '.'])))
}

fn crashed(watched: &Watched) -> Option<String> {
    // What hangs is interrupted.
    match watched.status.filter(|_| watched.hung.is_none())? {
        ExitStatus::Code(code) if !CRASHED.contains(&code) => None,
        status => Some(status.to_string()),
    }
}

/// Directories of sandboxed workers that still hold files. `base`: the output base, below the folder of the lane.
fn sandboxes(folder: &Folder, base: &Path) -> Vec<String> {
    let Ok(all) = folder.at(base.join("bazel-workers")) else { return Vec::new() };
    let mut names = all.names("");
    // A link is no directory of a sandbox.
    names.retain(|name| all.metadata(name).is_ok_and(|data| data.is_dir()) && holds_files(&all, name));
    names.sort();
    names.into_iter().map(|name| name.to_string_lossy().into_owned()).collect()
}
