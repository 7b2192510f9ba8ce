//! Which worker can serve an action: the worker key, and the tools that a worker was started with; or why none can.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use pwp_proto::Framing;
use sha2::{Digest as _, Sha256};

use crate::spawn::InputFile;

/// The argument that starts a process as a worker.
pub(crate) const PERSISTENT_WORKER: &str = "--persistent_worker";

/// All that two actions need to have in common to share a worker: what a process takes at its start and keeps (C-010, C-011).
///
/// The process is started from this value and from nothing else, so a field can't be forgotten in one of the two places. The tools are not
/// part of it: the worker of a key whose tools have changed is not another one that idles beside the new, it is ended
/// ([`Tools`]).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkerKey {
    /// Program, startup flags, `--persistent_worker` and extra flags, in the order in which the process gets them.
    pub command: Vec<String>,
    /// The whole environment of the process.
    pub environment: BTreeMap<String, String>,
    /// The directory that actions run in. A sandboxed worker runs in one of its own instead.
    pub directory: PathBuf,
    /// The action's mnemonic, or the one that it names for its key. Limits are taken by it.
    pub mnemonic: String,
    /// The dialect of the worker.
    pub dialect: Framing,
    /// The features that are in use.
    pub features: Features,
}

/// Which features are in use between a client and a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Features {
    /// Several requests at a time are open.
    pub multiplex: bool,
    /// Cancel requests are sent.
    pub cancellation: bool,
    /// Each request has a directory for itself.
    pub sandboxing: bool,
}

/// Only the mnemonic and the flags are hashed, since keys are looked up for each action and seldom differ in nothing but the rest.
impl std::hash::Hash for WorkerKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.mnemonic.hash(state);
        self.command.get(1..).hash(state);
    }
}

impl WorkerKey {
    /// A hash that is the same in every process and on every machine: SHA-256 in hexadecimal.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        add_list(&mut hash, self.command.iter().map(String::as_bytes));
        let environment = self.environment.iter();
        add_list(&mut hash, environment.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]));
        let features = [self.features.multiplex, self.features.cancellation, self.features.sandboxing];
        let directory = self.directory.as_os_str().as_encoded_bytes();
        let (mnemonic, dialect) = (self.mnemonic.as_bytes(), self.dialect.as_str().as_bytes());
        add_list(&mut hash, [directory, mnemonic, dialect, &features.map(u8::from)]);
        hex::encode(hash.finalize())
    }
}

/// Why an action has no worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoWorker {
    /// The action does not declare that its tool is a worker (C-001).
    #[error(
        "the action does not declare that its tool is a worker; give it `supports-workers` = `1` if it is"
    )]
    NotDeclared,
    /// The action has no argfile argument (C-040).
    #[error(
        "the action has no argfile argument, so a request would say nothing; put its arguments into a file and give `@file`"
    )]
    NoArgfile,
    /// The action names no tool files (C-016).
    #[error(
        "the action names no tool files, so a change of its tool would not be seen; mark the inputs that are its tool"
    )]
    NoTools,
}

/// The tool files of an action, with their contents: a worker serves only actions that have those that it was started with (C-012).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tools(BTreeMap<String, Vec<u8>>);

impl Tools {
    /// The tool files among these inputs.
    pub fn of(inputs: &[InputFile]) -> Self {
        let tools = inputs.iter().filter(|input| input.tool);
        Self(tools.map(|input| (input.path.clone(), input.digest.clone())).collect())
    }

    /// Whether the action names no tool files, so that nothing would show that its tool has changed (C-016).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the file at `path` is a tool file.
    pub fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The paths that are not the same in `other`, sorted, for a message.
    pub fn changed(&self, other: &Self) -> Vec<String> {
        let paths: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        paths.into_iter().filter(|&path| self.0.get(path) != other.0.get(path)).cloned().collect()
    }
}

/// Adds a list of byte strings to a hash so that no two different lists look alike: each with its length before it.
fn add_list<'a>(hash: &mut Sha256, parts: impl IntoIterator<Item = &'a [u8]>) {
    let mut count = 0_u64;
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
        count += 1;
    }
    hash.update(count.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn key() -> WorkerKey {
        WorkerKey {
            command: vec!["tool".into(), "-a".into(), "--persistent_worker".into()],
            environment: BTreeMap::from([("LANG".into(), "C".into())]),
            directory: "/build".into(),
            mnemonic: "Javac".into(),
            dialect: Framing::Proto,
            features: Features::default(),
        }
    }

    #[test]
    fn every_part_of_the_key_counts() {
        let mut keys = vec![key(); 9];
        keys[1].command[1] = "-b".into();
        keys[2].command.swap(0, 1);
        keys[3].environment.insert("TZ".into(), String::new());
        keys[4].directory = "/other".into();
        keys[5].mnemonic = "Kotlin".into();
        keys[6].dialect = Framing::Json;
        keys[7].features.multiplex = true;
        keys[8].features.sandboxing = true;
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 9);
        assert_eq!(keys.iter().map(WorkerKey::hash).collect::<HashSet<_>>().len(), 9);
    }

    #[test]
    fn the_hash_is_stable() {
        assert_eq!(key().hash(), "0c7261e39f9188d7c36070d0b26b5138d62feaa3d97390852637c73e3ed7aa45");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let mut other = key();
        other.command = vec!["tool-a".into(), String::new(), "--persistent_worker".into()];
        assert_ne!(other.hash(), key().hash());
    }

    fn tools(files: &[(&str, &str)]) -> Tools {
        let file = |&(path, digest): &(&str, &str)| InputFile {
            path: path.into(),
            digest: digest.into(),
            tool: true,
        };
        Tools::of(&files.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn a_change_of_any_tool_file_is_seen_and_named() {
        let before = tools(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let after = tools(&[("c", "3"), ("b", "9"), ("d", "4")]);
        assert_eq!(before.changed(&after), ["a", "b", "d"]);
        assert_ne!(before, after);
        assert_eq!(before, tools(&[("c", "3"), ("b", "2"), ("a", "1")]));
    }

    #[test]
    fn only_marked_inputs_are_tools() {
        let input = InputFile { path: "a".into(), ..InputFile::default() };
        assert!(Tools::of(&[input]).is_empty());
    }
}
