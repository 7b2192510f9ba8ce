//! The build tools and workers of the matrix, from `targets/` and `workloads/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pwp::client::{Bazel, BazelOptions, worker_requirements};
use pwp::runner::Command;
use pwp::workload::{self, Content, Item, Workload};
use pwp_proto::Framing;
use pwp_spec::{Feature, Features};

use super::Failure;

/// The folder of outputs in every Bazel on Linux x86-64, without flags that change it.
pub(super) const BIN: &str = "bazel-out/k8-fastbuild/bin";
/// The five requests of each workload. The one that changes a source comes last, in a build of its own.
const REQUESTS: [(&str, [&str; 5]); 6] = [
    ("tool", ["print", "print-non-ascii", "copy", "concat", "copy-changed"]),
    ("gcc", ["text", "warning", "words", "assembly", "words with other settings"]),
    ("javabuilder", ["library", "grams", "shelf", "parcel", "grams-changed"]),
    ("vanilla-javabuilder", ["library", "grams", "shelf", "parcel", "grams-changed"]),
    ("ts-project", ["library", "units", "queue", "slow", "units-changed"]),
    ("tsc-wrapped", ["library", "units", "queue", "slow", "units-changed"]),
];

/// The build tools and the workers that are tried with each other.
#[derive(Debug)]
pub(super) struct Subjects {
    /// The build tools, the newest first.
    pub(super) tools: Vec<BuildTool>,
    /// The workers, by name.
    pub(super) workers: Vec<Worker>,
}

/// A build tool.
#[derive(Debug)]
pub(super) struct BuildTool {
    pub(super) name: String,
    program: PathBuf,
    startup: Vec<String>,
}

/// A worker with its five actions.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) name: String,
    pub(super) dialect: Framing,
    pub(super) features: Features,
    command: Vec<String>,
    workload: Workload,
    pub(super) actions: Vec<Action>,
}

/// One action: its argfile, what it reads and writes, and what has to come of it.
#[derive(Debug)]
pub(super) struct Action {
    /// The name of its target.
    pub(super) name: String,
    pub(super) lines: Vec<String>,
    pub(super) inputs: Vec<String>,
    /// By path, with the content that is known.
    pub(super) outputs: BTreeMap<String, Option<Content>>,
    /// What the build tool has to show to its user.
    pub(super) message: String,
    /// Sources that have another content for this action.
    pub(super) changes: BTreeMap<String, Content>,
}

impl Subjects {
    /// Reads the file in which `run` has written one line for each target, with its settings in a fixed order.
    pub(super) fn read(interop: &Path, targets: &Path) -> Result<Self, Failure> {
        let (mut tools, mut workers) = (Vec::new(), Vec::new());
        for line in std::fs::read_to_string(targets)?.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let &[name, client, program, startup, workload, dialect, features, command] = fields.as_slice()
            else {
                return Err(format!("{} has a line that is no target: {line}", targets.display()).into());
            };
            let words = |text: &str| -> Vec<String> {
                text.split('\u{1f}').filter(|word| !word.is_empty()).map(str::to_owned).collect()
            };
            if client.is_empty() {
                let file = interop.join(format!("workloads/{workload}.toml"));
                workers.push(Worker::read(name, workload, &file, (dialect, features), words(command))?);
            } else {
                tools.push(BuildTool { name: name.into(), program: program.into(), startup: words(startup) });
            }
        }
        tools.sort_by_key(|tool| std::cmp::Reverse(tool.version()));
        Ok(Self { tools, workers })
    }
}

impl BuildTool {
    /// The numbers at the end of its name.
    fn version(&self) -> Vec<u32> {
        let number = self.name.rsplit('-').next().unwrap_or_default();
        number.split('.').filter_map(|part| part.parse().ok()).collect()
    }

    /// The tool, with a folder for what its servers share.
    pub(super) fn bazel(&self, shared: &Path) -> Result<Bazel, Failure> {
        std::fs::create_dir_all(shared)?;
        let options = BazelOptions {
            bin: self.program.clone(),
            startup: self.startup.clone(),
            ..BazelOptions::default()
        };
        Ok(Bazel::new(options, shared)?)
    }
}

impl Worker {
    /// `settings`: the dialect and the features that the target names, each empty where the workload says it.
    fn read(
        name: &str,
        workload_name: &str,
        file: &Path,
        (dialect, features): (&str, &str),
        command: Vec<String>,
    ) -> Result<Self, Failure> {
        let workload = workload::load(file)?;
        let command = if command.is_empty() {
            Command::of_workload(&workload)?
        } else {
            Command::resolve(&command, &std::env::current_dir()?)?
        };
        let names = features.split(',').filter(|name| !name.is_empty());
        let named: Features = names.map(str::parse::<Feature>).collect::<Result<_, _>>()?;
        let requests = REQUESTS.iter().find(|(name, _)| *name == workload_name);
        let requests = &requests.ok_or_else(|| format!("no requests are chosen for {workload_name}"))?.1;
        let actions = requests.iter().map(|wanted| {
            let item = workload.item(wanted);
            item.map(Action::of).ok_or_else(|| format!("{workload_name} has no request {wanted:?}"))
        });
        Ok(Self {
            name: name.into(),
            dialect: if dialect.is_empty() {
                workload.dialect.unwrap_or(Framing::Proto)
            } else {
                dialect.parse()?
            },
            features: if named.is_empty() { workload.features.clone() } else { named },
            command: command.argv,
            actions: actions.collect::<Result<_, _>>()?,
            workload,
        })
    }

    /// Its name as a mnemonic, so that each worker has a log and limits of its own.
    pub(super) fn mnemonic(&self) -> String {
        let capitalized = |part: &str| part[..1].to_uppercase() + &part[1..];
        self.name.split('-').map(capitalized).collect()
    }

    /// The execution requirements of its actions.
    pub(super) fn requirements(&self) -> BTreeMap<String, String> {
        worker_requirements(&self.features, self.dialect)
    }

    /// The sources as they are before any change, for a workspace in this folder.
    pub(super) fn inputs(&self, workspace: &Path) -> Vec<(&str, Vec<u8>)> {
        let inputs = self.workload.inputs.iter();
        inputs.map(|(path, content)| (path.as_str(), source(path, &content.bytes_in(workspace)))).collect()
    }

    /// The tool of its actions. A build tool starts workers without PATH, so this script gives it.
    pub(super) fn script(&self, workspace: &Path) -> String {
        let quote = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let path = ("PATH", std::env::var("PATH").unwrap_or_default());
        let variables = std::iter::once(path).chain(self.workload.environment_in(workspace));
        let exports: String =
            variables.map(|(name, value)| format!("export {name}={}\n", quote(&value))).collect();
        let command: Vec<String> = self.command.iter().map(|word| quote(word)).collect();
        format!("#!/bin/sh\n{exports}exec {} \"$@\"\n", command.join(" "))
    }
}

impl Action {
    fn of(item: &Item) -> Self {
        let mut outputs: BTreeMap<String, Option<Content>> =
            item.outputs.iter().map(|output| (output.path.clone(), output.content.clone())).collect();
        let mut lines = item.arguments_in(Path::new(""));
        if outputs.is_empty() {
            // An action has to have an output; those of this kind write an empty file.
            let path = format!("out/{}.txt", item.name);
            lines.push(format!("--out={path}"));
            outputs.insert(path, Some(Content::of_bytes(*b"", false)));
        }
        let name = item.name.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit()));
        Self {
            name: name.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-"),
            lines: lines.iter().map(|line| in_bin(line, outputs.contains_key(line))).collect(),
            inputs: item.inputs.clone(),
            outputs,
            message: item.output.as_ref().map(|text| text.in_run(Path::new(""))).unwrap_or_default(),
            changes: item.changes.clone(),
        }
    }
}

/// A line of an argfile with its outputs where Bazel has them.
fn in_bin(line: &str, is_output: bool) -> String {
    if is_output || line.starts_with("out/") {
        return format!("{BIN}/{line}");
    }
    line.replace("=out/", &format!("={BIN}/out/"))
}

/// A source. A compiler whose configuration names a folder of outputs is told that of Bazel, and that Bazel's links are files.
fn source(path: &str, content: &[u8]) -> Vec<u8> {
    if !path.ends_with(".json") {
        return content.to_vec();
    }
    let text = String::from_utf8_lossy(content);
    let text = text.replace("\"../out/", &format!("\"../{BIN}/out/"));
    text.replacen("\"noLib\"", "\"preserveSymlinks\": true,\n    \"noLib\"", 1).into_bytes()
}
