//! Makes workloads of all parts of a recording, within the limits of workloads.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use pwp_spec::Features;

use crate::files::Folder;
use crate::tap::files::{lock, read_parts};
use crate::workload::{
    ChangeEntry, InputEntry, Kind, OutputEntry, RequestEntry, SCHEMA_ID, Template, WorkloadFile, above,
    is_own, label_of,
};

use super::part::{Line, MARK, Place, Seen};

/// Bytes of a workload's text; a little less than a workload may have.
const TEXT: usize = 7 << 20;
/// Bytes of a file that has another content for one request.
const CHANGE: u64 = 256 << 10;
/// Files of one workload; a little less than a workload may have.
const FILES: usize = 9_900;

/// Makes the workloads anew. What went wrong, in words.
pub(super) fn merge(place: &Place) -> Result<(), String> {
    let failed =
        |error| format!("can't make a workload of {}: {error}; look into it", place.parts.path().display());
    let _lock = lock(&place.parts).map_err(failed)?;
    // What a killed tap left half written is passed over.
    let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').flat_map(serde_json::from_slice).collect();
    let parts = read_parts(&place.parts, "jsonl", |text| Some(lines(text))).map_err(failed)?;
    for (number, group) in groups(parts.into_iter().map(|(_, lines)| lines)).iter().enumerate() {
        let path = place.workloads.file(number, ".toml");
        let text = Making::new(&place.inputs, group).text()?;
        WorkloadFile::parse(&path.display().to_string(), &text)
            .map_err(|error| format!("what was recorded makes no workload: {error}"))?;
        place.workloads.replace(number, ".toml", text.as_bytes())?;
    }
    Ok(())
}

/// What the workers of one command have seen.
#[derive(Debug, Default)]
struct Group {
    command: Vec<String>,
    dialect: String,
    folder: String,
    workers: usize,
    features: Features,
    requests: Vec<Seen>,
    left_out: BTreeMap<String, u64>,
}

/// The parts by command, the command with the most requests first.
fn groups(parts: impl Iterator<Item = Vec<Line>>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for part in parts {
        let mut lines = part.into_iter();
        let Some(Line::Worker { command, dialect, folder }) = lines.next() else { continue };
        let there = groups.iter().position(|group| group.command == command && group.dialect == dialect);
        let place = there.unwrap_or_else(|| {
            groups.push(Group { command, dialect, folder, ..Group::default() });
            groups.len() - 1
        });
        let group = &mut groups[place];
        group.workers += 1;
        for line in lines {
            match line {
                Line::Worker { .. } => {}
                Line::Feature { feature } => drop(group.features.insert(feature)),
                Line::Request(seen) => group.requests.push(seen),
                Line::LeftOut { reason } => *group.left_out.entry(reason).or_default() += 1,
            }
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.requests.len()));
    groups
}

/// A workload in the making.
struct Making<'a> {
    /// The folder of inputs by digest.
    inputs_folder: &'a Folder,
    group: &'a Group,
    /// What stands in each input, where no request says otherwise.
    inputs: BTreeMap<&'a str, (&'a str, bool)>,
    /// All files and all folders above them.
    files: BTreeSet<&'a str>,
    folders: BTreeSet<&'a str>,
    names: BTreeSet<String>,
    requests: String,
    count: usize,
    left_out: BTreeMap<String, u64>,
}

/// Requests with the same arguments and inputs: the first one, and what differed in the others.
struct Same<'a> {
    first: &'a Seen,
    varies: BTreeSet<&'a str>,
    output_varies: bool,
    other_exit_code: bool,
}

impl<'a> Making<'a> {
    fn new(inputs_folder: &'a Folder, group: &'a Group) -> Self {
        Self {
            inputs_folder,
            group,
            inputs: BTreeMap::new(),
            files: BTreeSet::new(),
            folders: BTreeSet::new(),
            names: BTreeSet::new(),
            requests: String::new(),
            count: 0,
            left_out: group.left_out.clone(),
        }
    }

    /// The workload's text.
    fn text(mut self) -> Result<String, String> {
        let failed = |error: toml::ser::Error| format!("what was recorded can't be written as TOML: {error}");
        for same in once(&self.group.requests) {
            let reason = match self.request(&same) {
                Ok(entry) => {
                    let text = toml::to_string(&BTreeMap::from([("request", [entry])])).map_err(failed)?;
                    if self.requests.len() + text.len() <= TEXT {
                        self.count += 1;
                        let _ = write!(self.requests, "\n# took {} ms\n{text}", same.first.took_ms);
                        continue;
                    }
                    "the workload would be too large".into()
                }
                Err(reason) => reason,
            };
            *self.left_out.entry(reason).or_default() += 1;
        }
        let head = toml::to_string(&self.head()).map_err(failed)?;
        Ok(format!("{}{head}{}", self.comment(), self.requests))
    }

    fn comment(&self) -> String {
        let workers = self.group.workers;
        let mut text = format!(
            "{MARK} in {:?}; requests: {}, workers: {workers}.\n\
             # The next recording writes it anew: copy it before you change it. What to change: conformance/TAP.md.\n",
            self.group.folder, self.count
        );
        for (reason, count) in &self.left_out {
            let _ = writeln!(text, "# Left out, {count} times: {}", reason.replace(char::is_control, " "));
        }
        text.push('\n');
        text
    }

    fn head(&self) -> WorkloadFile {
        let program = self.group.command.first().map_or("", String::as_str);
        let name_of = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = name_of(self.inputs_folder.path());
        let input = |(path, (sha256, executable)): (&&str, &(&str, bool))| InputEntry {
            path: (*path).to_owned(),
            content: None,
            from: Some(format!("{folder}/{sha256}")),
            executable: *executable,
        };
        WorkloadFile {
            schema: SCHEMA_ID.into(),
            name: label_of(&name_of(Path::new(program))),
            command: Some(self.group.command.iter().map(|word| Template::written(word, None)).collect()),
            dialect: Some(self.group.dialect.clone()),
            environment: BTreeMap::new(),
            argfile: true,
            one_shot: true,
            startup_flag: None,
            features: self.group.features.clone(),
            inputs: self.inputs.iter().map(input).collect(),
            requests: Vec::new(),
        }
    }

    /// A request as it stands in the workload. Nothing of one that is left out stays.
    fn request(&mut self, same: &Same<'a>) -> Result<RequestEntry, String> {
        let seen = same.first;
        if same.other_exit_code {
            return Err("its exit code was not the same each time".into());
        }
        let mut changes = Vec::new();
        let mut new = BTreeMap::new();
        for input in &seen.inputs {
            match self.inputs.get(input.path.as_str()) {
                Some((sha256, _)) if *sha256 == input.sha256 => {}
                Some(_) => {
                    let content = self.text_of(&input.sha256)?;
                    changes.push(ChangeEntry { path: input.path.clone(), content });
                }
                None => drop(new.insert(input.path.as_str(), (input.sha256.as_str(), input.executable))),
            }
        }
        let outputs = seen.outputs.iter().map(|file| file.path.as_str());
        let paths: BTreeSet<&str> = new.keys().copied().chain(outputs).collect();
        if self.inputs.len() + new.len() > FILES {
            return Err("there would be too many inputs".into());
        }
        self.fits(&paths)?;
        self.folders.extend(paths.iter().flat_map(|path| above(path)));
        self.files.extend(paths);
        self.inputs.extend(new);
        let run = Some(self.group.folder.as_str());
        let output = |path: &String| OutputEntry {
            path: path.clone(),
            content: None,
            varies: same.varies.contains(path.as_str()),
        };
        Ok(RequestEntry {
            name: self.name(seen),
            kind: if seen.exit_code == 0 { Kind::Success } else { Kind::Failure },
            arguments: seen.arguments.iter().map(|text| Template::written(text, run)).collect(),
            inputs: seen.inputs.iter().map(|input| input.path.clone()).collect(),
            changes,
            exit_code: Some(seen.exit_code),
            output: None,
            output_varies: same.output_varies,
            outputs: seen.outputs.iter().map(|file| output(&file.path)).collect(),
        })
    }

    /// No path is that of a file and of a folder as well.
    fn fits(&self, paths: &BTreeSet<&str>) -> Result<(), String> {
        let is_file = |path: &str| paths.contains(path) || self.files.contains(path);
        if let Some(path) = paths.iter().find(|path| is_own(path)) {
            return Err(format!("{path:?} is where the suite has its own files"));
        }
        let clash = |path: &&&str| self.folders.contains(**path) || above(path).any(is_file);
        let of = |path| Err(format!("{path:?} was a file for one request and a folder for another"));
        paths.iter().find(clash).map_or(Ok(()), of)
    }

    fn text_of(&self, sha256: &str) -> Result<String, String> {
        let text = self.inputs_folder.read(sha256, CHANGE).ok().and_then(|text| String::from_utf8(text).ok());
        let text = text.ok_or("an input had another content before, and is no short text")?;
        Ok(Template::written(&text, None))
    }

    /// A name that tells it from the others.
    fn name(&mut self, seen: &Seen) -> String {
        let output = seen.outputs.first().map(|file| file.path.clone());
        let what = label_of(&output.unwrap_or_else(|| format!("request {}", self.count + 1)));
        let again = (2..).map(|number| format!("{what}, again {number}"));
        let mut names = std::iter::once(what.clone()).chain(again);
        names.find(|name| self.names.insert(name.clone())).unwrap_or(what)
    }
}

/// Each request once, in the order in which they were first seen.
fn once(requests: &[Seen]) -> Vec<Same<'_>> {
    let mut all: Vec<Same<'_>> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for seen in requests {
        let inputs = seen.inputs.iter().map(|input| (input.path.as_str(), input.sha256.as_str()));
        let place = *places.entry((&seen.arguments, inputs.collect::<Vec<_>>())).or_insert_with(|| {
            let varies = BTreeSet::new();
            all.push(Same { first: seen, varies, output_varies: false, other_exit_code: false });
            all.len() - 1
        });
        let same = &mut all[place];
        same.other_exit_code |= same.first.exit_code != seen.exit_code;
        same.output_varies |= same.first.output != seen.output;
        for file in &same.first.outputs {
            let now = seen.outputs.iter().find(|now| now.path == file.path);
            if now.is_some_and(|now| now.sha256 != file.sha256) {
                same.varies.insert(&file.path);
            }
        }
    }
    all
}
