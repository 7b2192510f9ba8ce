//! A workload that is ready for use: templates read, files in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pwp_proto::Framing;

use super::{Content, Kind, OutputEntry, Template, Work};
use crate::history::ExpectedOutcome;
use pwp_spec::Features;

/// Real requests of a real tool.
///
/// All paths are relative to the directory of a run, with forward slashes, in their shortest form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workload {
    /// The name of the tool.
    pub name: String,
    /// Its file, absolute; [`None`] for one that is built in.
    pub file: Option<PathBuf>,
    /// How to start the worker, without `--persistent_worker`; empty if it does not say.
    pub command: Vec<Template>,
    /// The wire form, if the command line does not say.
    pub dialect: Option<Framing>,
    /// Added to the environment of the worker.
    pub environment: BTreeMap<String, Template>,
    /// The tool expands `@file` inside a request.
    pub argfile: bool,
    /// The tool can be started without `--persistent_worker`, with the arguments of a request.
    pub one_shot: bool,
    /// A startup flag that the worker knows, to stand behind `--persistent_worker`.
    pub startup_flag: Option<String>,
    /// What the worker declares, if the command line does not say.
    pub features: Features,
    /// Files that are there before each run, by path.
    pub inputs: BTreeMap<String, Content>,
    /// The requests, in the order of the file.
    pub requests: Vec<Item>,
}

/// One [`RequestEntry`](super::RequestEntry), ready to be sent: what is said here of a field is what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The name of the request, unique in its workload.
    pub name: String,
    /// What the request is for.
    pub kind: Kind,
    /// `WorkRequest.arguments`; [`Item::arguments_in`] has them for a run.
    pub arguments: Vec<Template>,
    /// Paths of its input files, each once: what it names, folders as the files in them, then what is new in
    /// [`changes`](Self::changes).
    pub inputs: Vec<String>,
    /// Files that have another content for this request only, by path; each is among the inputs.
    pub changes: BTreeMap<String, Content>,
    pub(crate) exit_code: Option<i32>,
    /// Text that `output` has to contain.
    pub output: Option<Template>,
    pub(crate) output_varies: bool,
    /// Files that are there when the response comes.
    pub outputs: Vec<OutputFile>,
}

/// A file that a request writes.
pub type OutputFile = OutputEntry<Content>;

impl Workload {
    /// A workload without requests, for a worker of which nothing is known.
    pub fn unknown() -> Self {
        Self { name: "no workload".into(), argfile: true, one_shot: true, ..Self::default() }
    }

    /// The folder of its file, absolute; [`None`] for one that is built in.
    pub fn folder(&self) -> Option<&Path> {
        self.file.as_deref().and_then(Path::parent)
    }

    /// The request that a script means; [`None`] if there is none of that kind.
    ///
    /// One that is not [`Item::is_plain`] only if there is no other of that kind.
    pub fn pick(&self, work: Work, index: usize) -> Option<&Item> {
        let wanted = if work == Work::Any { Work::Success } else { work };
        let mut items: Vec<&Item> = self.requests.iter().filter(|item| item.kind.work() == wanted).collect();
        if items.iter().any(|item| item.is_plain()) {
            items.retain(|item| item.is_plain());
        }
        (!items.is_empty()).then(|| items[index % items.len()])
    }

    /// The request with this name.
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.requests.iter().find(|item| item.name == name)
    }

    /// Whether it has a request of the kind that a script means.
    pub fn has(&self, work: Work) -> bool {
        self.requests.iter().any(|item| item.kind.work() == work)
    }

    /// Exactly the files that a request declares as inputs, with the content that they have for it.
    pub fn files_of<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = (&'a str, &'a Content)> {
        item.inputs.iter().filter_map(|path| {
            let content = item.changes.get(path).or_else(|| self.inputs.get(path))?;
            Some((path.as_str(), content))
        })
    }

    /// Files that some request has with another content, and what stands in them for all others: [`None`] if they
    /// are not there for these.
    pub fn changing(&self) -> BTreeMap<&str, Option<&Content>> {
        let paths = self.requests.iter().flat_map(|item| item.changes.keys());
        paths.map(|path| (path.as_str(), self.inputs.get(path))).collect()
    }

    /// What is added to the environment of a worker that runs in the directory `run`, which is absolute.
    pub fn environment_in(&self, run: &Path) -> Vec<(&str, String)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.in_run(run))).collect()
    }
}

impl Item {
    /// Whether it can be sent at any time, with the same bytes in each run. A script has to name one that changes files, since
    /// a file has one content at a time and requests that are open beside it may read it, and one whose arguments have the
    /// run's directory in them, since a seed stands for the same bytes again.
    pub fn is_plain(&self) -> bool {
        self.changes.is_empty() && self.has_same_bytes()
    }

    /// Whether its arguments are the same in each run.
    pub fn has_same_bytes(&self) -> bool {
        !self.arguments.iter().any(Template::depends_on_run)
    }

    /// `WorkRequest.arguments` for a run in the directory `run`, which is absolute.
    pub fn arguments_in(&self, run: &Path) -> Vec<String> {
        self.arguments.iter().map(|argument| argument.in_run(run)).collect()
    }

    /// What the oracle is told of it, for a run in the directory `run`, which is absolute.
    pub fn expected_in(&self, run: &Path, argfile: bool) -> ExpectedOutcome {
        ExpectedOutcome {
            name: self.name.clone(),
            succeeds: Some(self.kind.succeeds()),
            exit_code: self.exit_code,
            output: self.output.as_ref().map(|text| text.in_run(run)),
            slow: self.kind == Kind::Slow,
            crashes: self.kind == Kind::Crash,
            reads_stdin: self.kind == Kind::Stdin,
            argfile,
            ..ExpectedOutcome::default()
        }
    }
}
