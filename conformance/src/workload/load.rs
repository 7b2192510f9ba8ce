//! Reading a workload from a file.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::model::{SCHEMA_ID, Workload};

/// Why a workload can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// The file can't be read.
    #[error("can't read workload {path}: {source}; give the path of a TOML file")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no TOML or does not have the form of a workload.
    #[error("{name} is no workload, whose form is described in schema/workload/v1: {source}")]
    Form {
        /// The file.
        name: String,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// It contradicts itself.
    #[error("{name}: {problem}")]
    Meaning {
        /// The file.
        name: String,
        /// What and what to do.
        problem: String,
    },
}

/// Reads a workload file.
///
/// # Errors
/// Where the file can't be read or is no valid workload.
pub fn load(path: &Path) -> Result<Workload, WorkloadError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| WorkloadError::Read { path: path.to_owned(), source })?;
    parse(&path.display().to_string(), &text)
}

/// Reads a workload from its text. `name` is for the errors.
///
/// # Errors
/// Where the text is no valid workload.
pub fn parse(name: &str, text: &str) -> Result<Workload, WorkloadError> {
    let workload: Workload = toml::from_str(text)
        .map_err(|source| WorkloadError::Form { name: name.to_owned(), source: Box::new(source) })?;
    check(&workload).map_err(|problem| WorkloadError::Meaning { name: name.to_owned(), problem })?;
    Ok(workload)
}

/// What the form alone does not say.
fn check(workload: &Workload) -> Result<(), String> {
    if workload.schema != SCHEMA_ID {
        return Err(format!("schema is {:?}; this version of pwp reads {SCHEMA_ID:?}", workload.schema));
    }
    let mut inputs = BTreeSet::new();
    for input in &workload.inputs {
        stays_inside(&input.path)?;
        if !inputs.insert(input.path.as_str()) {
            return Err(format!("input {:?} stands twice; keep one", input.path));
        }
    }
    let mut names = BTreeSet::new();
    for item in &workload.requests {
        if !names.insert(item.name.as_str()) {
            return Err(format!("two requests are named {:?}; rename one", item.name));
        }
        if let Some(missing) = item.inputs.iter().find(|path| !inputs.contains(path.as_str())) {
            return Err(format!(
                "request {:?} has the input {missing:?}; add an [[input]] with that path",
                item.name
            ));
        }
        item.outputs.iter().try_for_each(|output| stays_inside(&output.path))?;
    }
    Ok(())
}

fn stays_inside(path: &str) -> Result<(), String> {
    let inside =
        !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if inside {
        Ok(())
    } else {
        Err(format!("{path:?} is not a relative path without `..`; write one below the run's directory"))
    }
}
