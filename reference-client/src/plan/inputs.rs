//! From the inputs of a plan to the files of an action: directories are expanded, digests computed.

use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::model::{Action, Input, Output};
use crate::key::hex;
use crate::spawn::{InputFile, OutputPath, Spawn};

/// The action as a client takes it, with the digests that its files have now.
///
/// Input files that can't be read have no digest: the action may fail because of it, and then says so.
pub(super) fn spawn(action: &Action, directory: &Path) -> Spawn {
    let mut inputs = Vec::new();
    for input in &action.inputs {
        let (path, tool, digest) = match input {
            Input::Path(path) => (path, false, None),
            Input::Full { path, tool, digest } => (path, *tool, digest.as_deref()),
        };
        add(directory, path, tool, digest, &mut inputs);
    }
    let output = |output: &Output| match output {
        Output::Path(path) => OutputPath { path: path.clone(), directory: false },
        Output::Full { path, directory } => OutputPath { path: path.clone(), directory: *directory },
    };
    Spawn {
        mnemonic: action.mnemonic.clone(),
        arguments: action.arguments.clone(),
        environment: action.environment.clone(),
        inputs,
        outputs: action.outputs.iter().map(output).collect(),
        requirements: action.requirements.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        timeout: action.timeout_ms.map(std::time::Duration::from_millis),
    }
}

/// Adds a file, or all files below a directory in the order of their names.
fn add(directory: &Path, path: &str, tool: bool, digest: Option<&str>, inputs: &mut Vec<InputFile>) {
    let place = directory.join(path);
    if place.is_dir() {
        let entries = std::fs::read_dir(&place).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        for name in names {
            add(directory, &format!("{}/{name}", path.trim_end_matches('/')), tool, digest, inputs);
        }
        return;
    }
    let digest = match digest {
        Some(digest) => digest.as_bytes().to_vec(),
        None => hash(&place).unwrap_or_default(),
    };
    inputs.push(InputFile { path: path.to_owned(), digest, tool });
}

fn hash(path: &Path) -> io::Result<Vec<u8>> {
    let mut hash = Sha256::new();
    io::copy(&mut std::fs::File::open(path)?, &mut Hashing(&mut hash))?;
    Ok(hex(&hash.finalize()).into_bytes())
}

/// Takes bytes into a hash, so that no file has to fit into memory.
struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
