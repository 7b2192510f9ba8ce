//! What the form of a workload alone does not say: names that are unique, entries that do not contradict each other, and paths: relative,
//! below the folder that they begin at, in one form.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use pwp_proto::Framing;

use crate::report::quoted;

use super::file::{InputEntry, RequestEntry, SCHEMA_ID, WorkloadFile};

/// Longest path in bytes; with the run's directory before it, it stays below the 4,096 of Linux.
const LONGEST: usize = 1000;
/// Longest name in a path, in bytes.
const NAME: usize = 255;
/// Longest name of a workload or a request, in characters: it stands in many lines of a report.
const LABEL: usize = 200;
/// The most characters of what is wrong that an error shows.
const SHOWN: usize = 60;
/// The first name of the paths that the suite itself uses in the directory of a run: its sandboxes, as Bazel calls them
/// (`SandboxHelpers.java`), and everything else.
const OWN: [&str; 2] = [SANDBOXES, OWN_FOLDER];
/// The folder of the sandboxes in the directory of a run.
pub(crate) const SANDBOXES: &str = "__sandbox";
/// The folder of all other files of the suite in the directory of a run, and in each sandbox.
pub(crate) const OWN_FOLDER: &str = "__pwp";
/// Variables that the suite sets itself.
const RESERVED: [&str; 3] = ["PWD", "PWP_SUBJECT", "TMPDIR"];

pub(super) fn check(file: &WorkloadFile) -> Result<(), String> {
    if file.schema != SCHEMA_ID {
        return Err(format!(
            "schema is {}; this version of pwp reads {SCHEMA_ID:?}",
            quoted(&file.schema, SHOWN)
        ));
    }
    label("the workload", &file.name)?;
    start(file)?;
    let mut inputs = BTreeSet::new();
    let mut copied = BTreeSet::new();
    for input in &file.inputs {
        let path = input_path(input)?;
        if input.from.is_some() {
            copied.insert(path.clone());
        }
        if !inputs.insert(path) {
            return Err(format!("input {:?} stands twice; keep one", input.path));
        }
    }
    let mut names = BTreeSet::new();
    for request in &file.requests {
        label("a request", &request.name)?;
        if !names.insert(request.name.as_str()) {
            return Err(format!("two requests are named {:?}; rename one", request.name));
        }
        check_request(request, &inputs, &copied)?;
    }
    Ok(())
}

fn start(file: &WorkloadFile) -> Result<(), String> {
    if let Some(command) = &file.command {
        if command.is_empty() {
            return Err("command is empty; name the program, or leave `command` out".into());
        }
        if command.iter().any(|word| word.contains('\0')) {
            return Err("a word of command has a NUL character in it; no program can be given one".into());
        }
    }
    if file.startup_flag.as_ref().is_some_and(|flag| flag.contains('\0')) {
        return Err("startup_flag has a NUL character in it; no program can be given one".into());
    }
    if let Some(dialect) = &file.dialect {
        dialect
            .parse::<Framing>()
            .map_err(|_| format!("there is no dialect {}; write proto or json", quoted(dialect, SHOWN)))?;
    }
    for (name, value) in &file.environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(format!(
                "environment can't have {}: a name is not empty and without `=`, and neither name nor value has a NUL character; write it so",
                quoted(name, SHOWN)
            ));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(format!("environment sets {name}, which the suite sets itself; leave it out"));
        }
    }
    Ok(())
}

fn input_path(input: &InputEntry) -> Result<String, String> {
    match (&input.content, &input.from) {
        (Some(_), None) => {}
        (None, Some(from)) => drop(normal(from)?),
        (None, None) => {
            return Err(format!(
                "input {:?} says neither `content` nor `from`; write what stands in it or which file it is copied from",
                input.path
            ));
        }
        (Some(_), Some(_)) => {
            return Err(format!("input {:?} says both `content` and `from`; keep one", input.path));
        }
    }
    normal(&input.path)
}

fn check_request(
    request: &RequestEntry,
    inputs: &BTreeSet<String>,
    copied: &BTreeSet<String>,
) -> Result<(), String> {
    let name = &request.name;
    for path in &request.inputs {
        let normal = normal(path)?;
        let in_folder = || above(&normal).any(|folder| copied.contains(folder));
        if !inputs.contains(&normal) && !in_folder() {
            return Err(format!("request {name:?} has the input {path:?}; add an [[input]] with that path"));
        }
    }
    let mut changed = BTreeSet::new();
    for change in &request.changes {
        if !changed.insert(normal(&change.path)?) {
            return Err(format!("request {name:?}: the change of {:?} stands twice; keep one", change.path));
        }
    }
    for output in &request.outputs {
        normal(&output.path)?;
        if output.varies && output.content.is_some() {
            return Err(format!(
                "request {name:?}: output {:?} says both `content` and `varies`; keep one",
                output.path
            ));
        }
    }
    Ok(())
}

/// A name that stands in lines of a report is not empty, is one line, and leaves room for the rest.
fn label(of: &str, name: &str) -> Result<(), String> {
    let problem = if name.is_empty() {
        "is empty".to_owned()
    } else if name.contains(char::is_control) {
        format!("has a control character in it: {}", quoted(name, SHOWN))
    } else if name.chars().count() > LABEL {
        format!("has more than {LABEL} characters: {}", quoted(name, SHOWN))
    } else {
        return Ok(());
    };
    Err(format!("the name of {of} {problem}; write a short one in one line"))
}

/// A name for people, made of any text, that a workload may have.
pub(crate) fn label_of(text: &str) -> String {
    // Room is left for a number behind it.
    let name: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LABEL - 30).collect();
    if name.is_empty() { "unnamed".into() } else { name }
}

/// Whether a path in its shortest form is one of the suite's own in the directory of a run.
pub(crate) fn is_own(path: &str) -> bool {
    OWN.contains(&path.split('/').next().unwrap_or_default())
}

/// The folders above a path in its shortest form, the nearest first.
pub(crate) fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/'), |(folder, _)| folder.rsplit_once('/'))
        .map(|(folder, _)| folder)
}

/// The shortest form of a path that stays below the folder that it begins at.
pub(crate) fn normal(path: &str) -> Result<String, String> {
    let names: Option<Vec<&str>> = Path::new(path)
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let names = names.filter(|names| !names.is_empty() && !path.contains('\0')).ok_or_else(|| {
        format!("{} is not a relative path without `..`; write one below the run's directory, or with `from` below the workload's folder", quoted(path, SHOWN))
    })?;
    if path.len() > LONGEST || names.iter().any(|name| name.len() > NAME) {
        let shown = quoted(path, SHOWN);
        return Err(format!(
            "the path {shown} is longer than {LONGEST} bytes, or a name in it than {NAME}; shorten it"
        ));
    }
    Ok(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        assert_eq!(normal("src/./a//b.c/"), Ok("src/a/b.c".into()));
        for path in ["", ".", "./a", "/a", "..", "a/../b", "a\0b", &"x".repeat(256), &"x/".repeat(501)] {
            assert!(normal(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_name_is_one_short_line() {
        let long = "x".repeat(LABEL + 1);
        for name in ["", "a\nb", "\0", "\u{9b}31m", &long] {
            let error = label("a request", name).unwrap_err();
            assert!(error.len() < 300 && !error.contains('\n'), "{error}");
            assert_eq!(label("a request", &label_of(name)), Ok(()));
        }
        assert_eq!(label("a request", &long[1..]), Ok(()));
    }

    #[test]
    fn folders_above_come_nearest_first() {
        assert_eq!(above("a/b/c").collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!(above("a").count(), 0);
    }
}
