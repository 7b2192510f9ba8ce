//! From the inputs of a plan to the files of an action: directories are expanded, digests computed.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::model::{Action, Input, Output};
use crate::client::Client;
use crate::spawn::{InputFile, OutputPath, Spawn};

/// The action as a client takes it, with the digests that its files have now.
///
/// Input files that can't be read have no digest: the action may fail because of it, and then says so.
pub(super) fn spawn(action: &Action, client: &Client) -> Spawn {
    let mut inputs = Vec::new();
    for input in &action.inputs {
        let (path, tool, digest) = match input {
            Input::Path(path) => (path, false, None),
            Input::Full { path, tool, digest } => (path, *tool, digest.as_deref()),
        };
        add(&client.options().directory, path, tool, digest, &mut inputs);
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
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        for name in names {
            add(directory, &format!("{}/{name}", path.trim_end_matches('/')), tool, digest, inputs);
        }
        return;
    }
    let given = digest.map(|digest| digest.as_bytes().to_vec());
    let digest = given.unwrap_or_else(|| hash(&place).unwrap_or_default());
    inputs.push(InputFile { path: path.to_owned(), digest, tool });
}

/// SHA-256 in hexadecimal. No file has to fit into memory.
fn hash(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut hash = Sha256::new();
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(hex::encode(hash.finalize()).into_bytes());
        }
        hash.update(bytes);
        let count = bytes.len();
        file.consume(count);
    }
}
