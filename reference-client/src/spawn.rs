//! One action, as a build tool has it before it has decided how to run it.

use std::collections::BTreeMap;
use std::time::Duration;

use pwp_proto::{Framing, UnknownFraming};

/// One action: a command line, what it reads, what it writes, and what its rule says about running it.
///
/// All paths are relative to the directory that the client runs actions in ([`Options::directory`](crate::Options)), or absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spawn {
    /// The kind of action, such as `Javac`. Limits and extra flags are given by it.
    pub mnemonic: String,
    /// Program, startup flags and argfile arguments.
    pub arguments: Vec<String>,
    /// The whole environment. Nothing of the client's own is added.
    pub environment: BTreeMap<String, String>,
    /// Every file that the action may read: sources, argfiles and tools. Directories are expanded to their files.
    pub inputs: Vec<InputFile>,
    /// The files and directories that the action has to write.
    pub outputs: Vec<OutputPath>,
    /// The declarations of the rule, by name.
    pub requirements: Requirements,
    /// How long the action may take; without it, [`Limits::work`](crate::options::Limits) holds.
    pub timeout: Option<Duration>,
}

/// A file that an action reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputFile {
    /// The path, written as the action's arguments write it.
    pub path: String,
    /// A hash of the content in one form for all files, or nothing if it is not known. It is sent to workers as it is.
    pub digest: Vec<u8>,
    /// Whether the file belongs to the tool: a change of it makes running workers useless.
    pub tool: bool,
}

/// A file or directory that an action writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputPath {
    /// The path at which the output is expected.
    pub path: String,
    /// Whether the output is a directory, which is taken as a whole.
    pub directory: bool,
}

/// The declarations of a rule about running its actions: execution requirements, with the names that Bazel gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements(BTreeMap<String, String>);

impl Requirements {
    /// Declares that the tool is a worker.
    pub const SUPPORTS_WORKERS: &'static str = "supports-workers";
    /// Declares that the tool is a worker that takes several requests at a time.
    pub const SUPPORTS_MULTIPLEX_WORKERS: &'static str = "supports-multiplex-workers";
    /// Declares that the worker understands cancel requests.
    pub const SUPPORTS_WORKER_CANCELLATION: &'static str = "supports-worker-cancellation";
    /// Declares that the worker obeys `sandbox_dir`.
    pub const SUPPORTS_MULTIPLEX_SANDBOXING: &'static str = "supports-multiplex-sandboxing";
    /// Names the dialect, `proto` or `json`.
    pub const REQUIRES_WORKER_PROTOCOL: &'static str = "requires-worker-protocol";
    /// Names the mnemonic that stands in the worker key in the place of the action's own.
    pub const WORKER_KEY_MNEMONIC: &'static str = "worker-key-mnemonic";

    /// Adds a declaration, or replaces the one with this name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of the declaration `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether the declaration `name` has the value `1`.
    fn is_set(&self, name: &str) -> bool {
        self.get(name) == Some("1")
    }

    /// Whether the tool is a worker of either kind (C-001).
    pub fn worker(&self) -> bool {
        self.is_set(Self::SUPPORTS_WORKERS) || self.multiplex()
    }

    /// Whether the worker takes several requests at a time.
    pub fn multiplex(&self) -> bool {
        self.is_set(Self::SUPPORTS_MULTIPLEX_WORKERS)
    }

    /// Whether the worker understands cancel requests.
    pub fn cancellation(&self) -> bool {
        self.is_set(Self::SUPPORTS_WORKER_CANCELLATION)
    }

    /// Whether the worker obeys `sandbox_dir`.
    pub fn multiplex_sandboxing(&self) -> bool {
        self.is_set(Self::SUPPORTS_MULTIPLEX_SANDBOXING)
    }

    /// The dialect that the worker speaks; `proto` if none is declared (C-008).
    ///
    /// # Errors
    /// The value is the name of no dialect.
    pub fn dialect(&self) -> Result<Framing, UnknownFraming> {
        self.get(Self::REQUIRES_WORKER_PROTOCOL).map_or(Ok(Framing::Proto), str::parse)
    }

    /// The mnemonic of the worker key, where it is not the action's own (C-011).
    pub fn key_mnemonic(&self) -> Option<&str> {
        self.get(Self::WORKER_KEY_MNEMONIC)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Requirements {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        Self(entries.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_1_declares() {
        let declared = |value: &str| Requirements::from_iter([("supports-workers", value)]).worker();
        assert!(declared("1"));
        assert!(!declared("0") && !declared("") && !declared("true") && !Requirements::default().worker());
        assert!(Requirements::from_iter([("supports-multiplex-workers", "1")]).worker());
    }

    #[test]
    fn the_dialect_is_proto_unless_declared_and_never_guessed() {
        let dialect = |value: &str| Requirements::from_iter([("requires-worker-protocol", value)]).dialect();
        assert_eq!(Requirements::default().dialect(), Ok(Framing::Proto));
        assert_eq!(dialect("json"), Ok(Framing::Json));
        assert!(dialect("grpc").is_err() && dialect("").is_err());
    }
}
