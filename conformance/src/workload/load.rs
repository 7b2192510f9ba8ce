//! Reading a workload: its file, what it is copied from, its templates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::files::{self, ReadError};
use crate::malformed;

use super::check::{above, check, is_own, normal};
use super::content::NoFolder;
use super::file::{InputEntry, RequestEntry, WorkloadFile};
use super::folder::Reader;
use super::{Content, Item, OutputFile, Template, Workload};

/// Largest workload file that is read, in bytes.
const LIMIT: u64 = 8 << 20;

/// Why a workload can't be used: its file, what is wrong with it, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WorkloadError(String);

impl WorkloadFile {
    /// Reads the text of a workload file. `name` is for the errors.
    pub fn parse(name: &str, text: &str) -> Result<Self, WorkloadError> {
        let form = |error: toml::de::Error| {
            let problem = malformed::toml(text, &error);
            WorkloadError(format!(
                "{name} is no workload: {problem}; the form is described in schema/workload/v1"
            ))
        };
        let file: Self = toml::from_str(text).map_err(form)?;
        check(&file).map_err(|problem| WorkloadError(format!("{name}: {problem}")))?;
        Ok(file)
    }
}

/// Reads a workload file of at most 8 MiB, and the files that it copies: those below its folder, at most 10,000 with 256 MiB.
pub fn load(path: &Path) -> Result<Workload, WorkloadError> {
    let name = path.display().to_string();
    let read = |error: ReadError| match error {
        ReadError::TooLarge(_) => WorkloadError(format!(
            "workload {name} has more than {LIMIT} bytes; keep large inputs in files of their own, with `from`"
        )),
        error => WorkloadError(format!("can't read workload {name}: {error}; give the path of a TOML file")),
    };
    let text = files::read_text(path, LIMIT).map_err(read)?;
    let file = WorkloadFile::parse(&name, &text)?;
    // Of a link, this is the folder of the link, not that of what it leads to.
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or_else(|| Path::new("."));
    let folder = parent.canonicalize().map_err(|error| read(error.into()))?;
    let workload =
        build(file, Some(&folder)).map_err(|problem| WorkloadError(format!("{name}: {problem}")))?;
    Ok(Workload { file: path.file_name().map(|name| folder.join(name)), ..workload })
}

/// Reads a workload that is in no folder, so has neither `from` nor `{workload}`, from its text. `name` is for the errors.
pub fn parse(name: &str, text: &str) -> Result<Workload, WorkloadError> {
    build(WorkloadFile::parse(name, text)?, None)
        .map_err(|problem| WorkloadError(format!("{name}: {problem}")))
}

fn build(file: WorkloadFile, folder: Option<&Path>) -> Result<Workload, String> {
    if folder.is_some_and(|folder| folder.to_str().is_none()) {
        return Err("the path of its folder is not UTF-8; move it".into());
    }
    let template = |text: &str| Template::new(text, folder).map_err(|error| no_folder(text, error));
    let mut inputs = BTreeMap::new();
    let mut reader = folder.map(Reader::new);
    for input in &file.inputs {
        for (path, content) in files(input, folder, reader.as_mut())? {
            if inputs.insert(path.clone(), content).is_some() {
                return Err(format!("input {path:?} stands twice, once in a folder; keep one"));
            }
        }
    }
    let requests: Vec<Item> =
        file.requests.iter().map(|entry| item(entry, &inputs, folder)).collect::<Result<_, String>>()?;
    no_file_is_a_folder(&inputs, &requests)?;
    Ok(Workload {
        name: file.name,
        file: None,
        command: file.command.iter().flatten().map(|word| template(word)).collect::<Result<_, _>>()?,
        dialect: file.dialect.and_then(|name| name.parse().ok()),
        environment: file
            .environment
            .into_iter()
            .map(|(name, value)| Ok((name, template(&value)?)))
            .collect::<Result<_, String>>()?,
        argfile: file.argfile,
        one_shot: file.one_shot,
        startup_flag: file.startup_flag,
        features: file.features,
        inputs,
        requests,
    })
}

fn no_folder(text: &str, error: NoFolder) -> String {
    format!("{text:?} can't be used: {error}")
}

/// The files that an input stands for, by path.
fn files(
    input: &InputEntry,
    folder: Option<&Path>,
    reader: Option<&mut Reader>,
) -> Result<BTreeMap<String, Content>, String> {
    let path = normal(&input.path)?;
    match (&input.from, reader) {
        (Some(from), Some(reader)) => reader.read(from, &path, input.executable),
        (Some(from), None) => Err(format!(
            "input {path:?} is copied from {from:?}, but this workload is in no folder; write `content`"
        )),
        (None, _) => {
            let text = input.content.as_deref().unwrap_or_default();
            let content = Content::of_text(text, folder, input.executable)
                .map_err(|error| no_folder(&input.path, error))?;
            Ok(BTreeMap::from([(path, content)]))
        }
    }
}

fn item(
    entry: &RequestEntry,
    files: &BTreeMap<String, Content>,
    folder: Option<&Path>,
) -> Result<Item, String> {
    let within = |error: NoFolder| no_folder(&format!("request {:?}", entry.name), error);
    let mut inputs = Vec::new();
    let mut seen = BTreeSet::new();
    for input in &entry.inputs {
        let path = normal(input)?;
        let below = format!("{path}/");
        let named = files.get_key_value(&path).into_iter();
        let folder = files.range(below.clone()..).take_while(|(file, _)| file.starts_with(&below));
        let mut found = named.chain(folder).map(|(file, _)| file).peekable();
        if found.peek().is_none() {
            return Err(format!(
                "request {:?} has the input {input:?}, which is not in the folder that is copied; check the name, or add an [[input]] with that path",
                entry.name
            ));
        }
        inputs.extend(found.filter(|file| seen.insert((*file).clone())).cloned());
    }
    let mut changes = BTreeMap::new();
    for change in &entry.changes {
        let path = normal(&change.path)?;
        let executable = files.get(&path).is_some_and(|content| content.executable);
        let content = Content::of_text(&change.content, folder, executable).map_err(within)?;
        if seen.insert(path.clone()) {
            inputs.push(path.clone());
        }
        changes.insert(path, content);
    }
    let outputs = entry.outputs.iter().map(|output| {
        let content = output.content.as_ref().map(|text| Content::of_text(text, folder, false));
        Ok(OutputFile {
            path: normal(&output.path)?,
            content: content.transpose().map_err(within)?,
            varies: output.varies,
        })
    });
    let arguments = entry.arguments.iter().map(|text| Template::new(text, folder));
    let output = entry.output.as_ref().map(|text| Template::new(text, folder));
    Ok(Item {
        name: entry.name.clone(),
        kind: entry.kind,
        arguments: arguments.collect::<Result<_, _>>().map_err(within)?,
        outputs: outputs.collect::<Result<_, String>>()?,
        inputs,
        changes,
        exit_code: entry.exit_code,
        output: output.transpose().map_err(within)?,
        output_varies: entry.output_varies,
    })
}

/// No path is that of a file and of a folder as well, or one of the suite's own.
fn no_file_is_a_folder(inputs: &BTreeMap<String, Content>, requests: &[Item]) -> Result<(), String> {
    let changed = requests.iter().flat_map(|item| item.changes.keys().map(String::as_str));
    let written = requests.iter().flat_map(|item| item.outputs.iter().map(|output| output.path.as_str()));
    let files: BTreeSet<&str> = inputs.keys().map(String::as_str).chain(changed).chain(written).collect();
    if let Some(path) = files.iter().find(|path| is_own(path)) {
        return Err(format!(
            "{path:?} is where the suite has its own files in the directory of a run; give the file another name"
        ));
    }
    match files.iter().flat_map(|file| above(file)).find(|folder| files.contains(folder)) {
        Some(path) => Err(format!("{path:?} is a file, and other files have it as their folder; rename one")),
        None => Ok(()),
    }
}
