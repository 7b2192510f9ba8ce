//! What the tests are made of: a bench with a directory, actions in one line, and a look at what is left.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use pwp_client::spawn::{InputFile, OutputPath};
use pwp_client::{Client, Interrupt, Options, Outcome, Spawn, Status, WorkerEvent};

/// A test that runs.
pub(crate) type Running = Pin<Box<dyn Future<Output = ()>>>;

/// An empty directory, and what was seen of workers.
#[derive(Clone)]
pub(crate) struct Bench {
    _directory: Arc<tempfile::TempDir>,
    below: PathBuf,
    events: Arc<Mutex<Vec<WorkerEvent>>>,
}

/// Runs a test, and looks that nothing is left of it.
pub(crate) fn run(test: fn(Bench) -> Running) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().to_owned();
    let bench = Bench { _directory: Arc::new(directory), below, events: Arc::default() };
    std::fs::create_dir(bench.path("exec")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(test(bench.clone()))));
    drop(runtime);
    match outcome {
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Err(text
                .or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()))
                .unwrap_or_default())
        }
        Ok(()) => {
            bench.nothing_is_left();
            Ok(())
        }
    }
}

impl Bench {
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.below.join(path)
    }

    /// A bench of its own below this one.
    pub(crate) fn below(&self, name: &str) -> Self {
        let below = Self { below: self.path(name), ..self.clone() };
        std::fs::create_dir_all(below.exec("")).unwrap();
        below
    }

    /// Below the directory that actions run in.
    pub(crate) fn exec(&self, path: &str) -> PathBuf {
        self.path("exec").join(path)
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.exec(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.exec(path)).unwrap_or_default()
    }

    pub(crate) fn client(&self, set: impl FnOnce(&mut Options)) -> Client {
        let mut options = Options::new(self.path("exec"), self.path("state"));
        set(&mut options);
        let events = Arc::clone(&self.events);
        Client::start_with(options, move |event| events.lock().unwrap().push(event.clone())).unwrap()
    }

    /// The process ids of all workers that were started, in their order.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let events = self.events.lock().unwrap();
        let pid = |event: &WorkerEvent| match event {
            WorkerEvent::Started { pid, .. } => Some(*pid),
            _ => None,
        };
        events.iter().filter_map(pid).collect()
    }

    /// Why workers ended, in the order in which they did.
    pub(crate) fn causes(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let cause = |event: &WorkerEvent| match event {
            WorkerEvent::Ended(ended) => Some(ended.cause.to_string()),
            _ => None,
        };
        events.iter().filter_map(cause).collect()
    }

    /// How their processes ended, in the same order.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let status = |event: &WorkerEvent| match event {
            WorkerEvent::Ended(ended) => ended.status.map(|status| status.to_string()),
            _ => None,
        };
        events.iter().filter_map(status).collect()
    }

    /// Every worker that was started has ended, has no process left in its group, and no directory.
    fn nothing_is_left(&self) {
        let groups = living_groups();
        for pid in self.pids() {
            assert!(!groups.contains(&pid), "a process of worker {pid} lives");
        }
        assert!(!self.path("state/sandbox").exists() || self.is_empty("state/sandbox"), "a sandbox is left");
    }

    fn is_empty(&self, path: &str) -> bool {
        std::fs::read_dir(self.path(path)).unwrap().next().is_none()
    }

    /// An action that sends `lines` as its arguments to a singleplex worker, and declares no more.
    pub(crate) fn action(&self, lines: &[&str]) -> Spawn {
        let name = format!("{}.params", lines.join("-").replace('/', "_"));
        self.write(&name, &lines.iter().map(|line| format!("{line}\n")).collect::<String>());
        let program = std::env::current_exe().unwrap().to_string_lossy().into_owned();
        let input = |path: &str, tool| InputFile { path: path.into(), digest: b"1".to_vec(), tool };
        Spawn {
            mnemonic: "Test".into(),
            arguments: vec![program.clone(), crate::worker::NAME.into(), format!("@{name}")],
            inputs: vec![input(&program, true), input(&name, false)],
            requirements: [("supports-workers", "1")].into_iter().collect(),
            ..Spawn::default()
        }
    }
}

/// Changes to an action, in the manner of a builder.
pub(crate) trait Change {
    fn declares(self, name: &str) -> Self;
    fn flag(self, flag: &str) -> Self;
    fn output(self, path: &str) -> Self;
    fn input(self, path: &str) -> Self;
}

impl Change for Spawn {
    fn declares(mut self, name: &str) -> Self {
        self.requirements.insert(name, "1");
        self
    }

    fn flag(mut self, flag: &str) -> Self {
        self.arguments.insert(2, flag.to_owned());
        self
    }

    fn output(mut self, path: &str) -> Self {
        self.outputs.push(OutputPath { path: path.into(), directory: false });
        self
    }

    fn input(mut self, path: &str) -> Self {
        self.inputs.push(InputFile { path: path.into(), ..InputFile::default() });
        self
    }
}

/// Runs an action to its end.
pub(crate) async fn done(client: &Client, spawn: &Spawn) -> Outcome {
    client.run(spawn, &Interrupt::new()).await
}

/// The output of an action that has to succeed.
pub(crate) async fn output(client: &Client, spawn: &Spawn) -> String {
    let outcome = done(client, spawn).await;
    assert!(outcome.is_success(), "{outcome:?}");
    outcome.output
}

/// What a worker is said to have done wrong.
pub(crate) async fn fault(client: &Client, spawn: &Spawn) -> String {
    match done(client, spawn).await.status {
        Status::WorkerFault(message) => message,
        status => panic!("{status:?}"),
    }
}

/// Waits for a file that another process writes.
pub(crate) async fn appears(path: &Path) {
    while !path.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// The groups of all processes of the machine that are no zombies.
pub(crate) fn living_groups() -> Vec<u32> {
    let group = |entry: std::fs::DirEntry| -> Option<u32> {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        (!matches!(fields.next()?, "Z" | "X")).then_some(fields.nth(1)?.parse().ok()?)
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(group).collect()
}
