//! The builds of a lane with one server, which is gone at the end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::client::adapter::{ClientError, Lane, RanAction, RanBuild, RanCase, RanEnd};
use crate::client::case::{Before, Build, Case, End};
use crate::client::place::{Place, beginning, holds_files};
use crate::client::tidy;
use crate::client::watch::{Watch, Watched, run};
use crate::history::ExitStatus;
use crate::oracle::across::{LogSeen, StatusSeen};
use crate::probe::{now_us, read_records};

use super::{Bazel, events, workspace};

/// How long a server may take to start: an old one unpacks itself first, and others start beside it.
const START: Duration = Duration::from_secs(120);
/// How long a mark may take to be set.
const MARK: Duration = Duration::from_secs(10);
/// Exit codes with which Bazel says that it has failed itself: 36 and 37 are local and internal errors.
const CRASHED: [i32; 2] = [36, 37];

/// One server and its workspace.
struct Server<'a> {
    bazel: &'a Bazel,
    lane: &'a Lane<'a>,
    workspace: PathBuf,
    base: PathBuf,
    /// It was ended by force.
    forced: bool,
}

/// Runs all cases of a lane.
pub(super) fn run_lane(bazel: &Bazel, lane: &Lane<'_>) -> Result<Vec<RanCase>, ClientError> {
    let folder = |name: &str| lane.folder.join(name);
    let mut server =
        Server { bazel, lane, workspace: folder("workspace"), base: folder("base"), forced: false };
    crate::client::place::make_folder(&lane.shared.join("home"))?;
    workspace::make(&server.workspace, bazel.version)?;
    let mut ran = Vec::new();
    for case in &lane.cases {
        if crate::runner::interrupted() {
            break;
        }
        ran.push(server.case(case)?);
        if server.forced {
            // The next case gets a new server; what this one has left is gone.
            let end = server.end(End::Kill)?;
            if let Some(last) = ran.last_mut() {
                last.end = RanEnd { killed: false, forced: true, ..end };
            }
            server.forced = false;
        }
    }
    let way = lane.cases.last().map_or(End::Shutdown, |case| case.end);
    let end = server.end(way);
    let end = end?;
    for case in ran.iter_mut().filter(|case| !case.end.forced) {
        case.end = end.clone();
    }
    for (case, ran) in lane.cases.iter().zip(&mut ran) {
        let execroot = server.base.join("execroot/pwp");
        ran.end.moved = case.leaves().filter(|path| execroot.join(path).exists()).cloned().collect();
    }
    Ok(ran)
}

impl Server<'_> {
    fn case(&mut self, case: &Case) -> Result<RanCase, ClientError> {
        let place = Place::make(self.lane, case)?;
        workspace::add(&self.workspace, self.lane, case, &place)?;
        let mut ran = RanCase { generated: format!("bin/{}/", case.name), ..RanCase::default() };
        let mut tools = (1, 1);
        if self.pid().is_none() {
            // Its time counts for no build. If it fails, so does the first build.
            self.run(&["info", "server_pid"], "start", None, Some(START))?;
        }
        for (number, build) in case.builds.iter().enumerate() {
            for step in &build.before {
                self.before(case, &place, step, number, &mut tools)?;
            }
            let done = self.build(case, &place, number, build)?;
            self.forced = done.hung.is_some() && done.freed != Some(true);
            let over = done.hung.is_some();
            ran.builds.push(done);
            if over || crate::runner::interrupted() {
                break;
            }
        }
        ran.logs = logs(&ran.builds);
        Ok(ran)
    }

    fn before(
        &self,
        case: &Case,
        place: &Place,
        step: &Before,
        build: usize,
        tools: &mut (u32, u32),
    ) -> Result<(), ClientError> {
        match step {
            Before::ChangeProgram => {
                tools.0 += 1;
                workspace::change_tool(&self.workspace, self.lane, case, place, tools.0, tools.1)?;
            }
            Before::ChangeToolData => {
                tools.1 += 1;
                workspace::change_tool(&self.workspace, self.lane, case, place, tools.0, tools.1)?;
            }
            Before::ChangeInput(name) => {
                workspace::change_input(&self.workspace, case, name, case.changes(name, build))?;
            }
            Before::Wait(name) => wait_for(&place.mark(name)),
            Before::Mark(name) => drop(std::fs::File::create(place.mark(name))),
            Before::KillWorkers => {
                let processes = processes(&place.record);
                tidy::kill(&processes);
            }
            Before::Clean => drop(self.run(&["clean"], "clean", None, None)?),
        }
        Ok(())
    }

    fn build(
        &self,
        case: &Case,
        place: &Place,
        number: usize,
        build: &Build,
    ) -> Result<RanBuild, ClientError> {
        let events = place.folder.join(format!("events-{number}.json"));
        let mut arguments = vec![
            "build".to_owned(),
            "--keep_going".into(),
            "--color=no".into(),
            "--curses=no".into(),
            "--noshow_progress".into(),
            "--verbose_failures".into(),
            "--worker_verbose".into(),
            "--symlink_prefix=/".into(),
            "--jobs=16".into(),
            format!("--build_event_json_file={}", events.display()),
        ];
        arguments.extend(self.bazel.version.flags(case, self.lane.dialect));
        arguments.extend(self.bazel.options.build.iter().cloned());
        let labels: Vec<String> =
            build.actions.iter().map(|action| format!("//{}:{}", case.name, action.name)).collect();
        arguments.extend(labels.iter().cloned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let interrupt_at = build.interrupt_at.as_ref().map(|mark| place.mark(mark));
        let log = format!("build-{}-{number}", case.name);
        let watched = self.run(&arguments, &log, interrupt_at, None)?;
        let said = events::targets(&events);
        let over = watched.hung.is_some() && watched.interrupted.is_none();
        let status = |label: &String| match said.get(label) {
            Some(StatusSeen::Interrupted) | None if over => StatusSeen::Hung,
            Some(StatusSeen::Interrupted) | None if watched.interrupted.is_some() => StatusSeen::Interrupted,
            // Stopped before its turn, for example by an error of the workspace.
            Some(StatusSeen::Interrupted) | None => StatusSeen::Unknown,
            Some(status) => *status,
        };
        let actions = build.actions.iter().zip(&labels);
        Ok(RanBuild {
            actions: actions
                .map(|(action, label)| RanAction { name: action.name.clone(), status: status(label) })
                .collect(),
            crashed: crashed(&watched),
            began: watched.began,
            ended: watched.ended,
            interrupted: watched.interrupted,
            hung: watched.hung,
            freed: watched.freed,
            messages: watched.output,
        })
    }

    fn run(
        &self,
        arguments: &[&str],
        log: &str,
        interrupt_at: Option<PathBuf>,
        limit: Option<Duration>,
    ) -> Result<Watched, ClientError> {
        let mut command = self.bazel.command(&self.workspace, &self.base, &self.lane.shared);
        command.args(arguments);
        let watch = Watch {
            limit: limit.unwrap_or(self.lane.limit),
            interrupt_at,
            kill_at: None,
            log: self.lane.folder.join(format!("{log}.log")),
        };
        run(command, &watch).map_err(|error| ClientError::Unusable {
            program: self.bazel.options.bin.to_string_lossy().into_owned(),
            problem: format!("it can't be started: {error}"),
        })
    }

    /// Ends the server, as asked or by force; it is gone afterwards.
    fn end(&self, way: End) -> Result<RanEnd, ClientError> {
        let own: Vec<(i32, u64)> = self.pid().into_iter().collect();
        let mut end = RanEnd { began: now_us(), own: own.clone(), ..RanEnd::default() };
        match way {
            End::Shutdown => {
                let watched = self.run(&["shutdown"], "shutdown", None, None)?;
                end.forced = watched.hung.is_some();
            }
            End::Kill => {
                end.killed = true;
                // The server alone: what it leaves is looked at by whoever asked.
                kill_alone(&own);
            }
        }
        if !tidy::wait_gone(&own, Duration::from_secs(5)).is_empty() {
            tidy::kill(&own);
            end.forced = true;
        }
        end.ended = now_us();
        end.sandboxes_left = sandboxes(&self.base);
        Ok(end)
    }

    fn pid(&self) -> Option<(i32, u64)> {
        let text = std::fs::read_to_string(self.base.join("server/server.pid.txt")).ok()?;
        tidy::identify(text.trim().parse().ok()?)
    }
}

/// The logs that its messages name; nothing if they name none.
fn logs(builds: &[RanBuild]) -> Option<Vec<LogSeen>> {
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

fn kill_alone(of: &[(i32, u64)]) {
    for (pid, ticks) in of {
        if let Some(raw) = rustix::process::Pid::from_raw(*pid).filter(|_| tidy::lives(*pid, *ticks)) {
            let _ = rustix::process::kill_process(raw, rustix::process::Signal::KILL);
        }
    }
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

/// The processes of the probe that are known from a record.
pub(in crate::client) fn processes(record: &Path) -> Vec<(i32, u64)> {
    let records = read_records(record).unwrap_or_default();
    records.iter().map(|process| (process.start.pid as i32, process.start.ticks)).collect()
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
