//! How an action is run: on which worker, or in one-shot mode and why.

use pwp_proto::UnknownFraming;

pub use crate::arguments::ArgfileError;
use crate::arguments::{expand, split};
use crate::hooks::StrategyHooks;
pub use crate::key::NoWorker;
use crate::key::{Features, Tools, WorkerKey};
use crate::options::Options;
use crate::spawn::{Requirements, Spawn};

/// The decision how an action is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// A worker of this key, which was started with these tools.
    Worker {
        /// The key of the worker.
        key: Box<WorkerKey>,
        /// The tools that the worker has to have been started with.
        tools: Tools,
        /// The arguments of the request, expanded.
        arguments: Vec<String>,
    },
    /// A process of its own.
    OneShot(NoWorker),
}

/// Why an action can be run in no way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StrategyError {
    /// The action declares a dialect that the client does not speak. No other one takes its place (C-008).
    #[error("the action declares a dialect that this client does not speak: {0}")]
    Dialect(#[from] UnknownFraming),
    /// An argfile of the action cannot be expanded.
    #[error(transparent)]
    Argfile(#[from] ArgfileError),
    /// The action has no worker, and one-shot mode is off.
    #[error("{0}; or allow one-shot mode")]
    OneShotOff(NoWorker),
}

impl Strategy {
    /// Decides how to run `spawn`. `races`: it is a branch of a race, which runs in a sandbox whatever the options say (C-121).
    ///
    /// Reads the argfiles of the action, and blocks while it does.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub fn of(spawn: &Spawn, options: &Options, races: bool) -> Result<Self, StrategyError> {
        Self::of_with(spawn, options, races, StrategyHooks::default())
    }

    pub(crate) fn of_with(
        spawn: &Spawn,
        options: &Options,
        races: bool,
        hooks: StrategyHooks,
    ) -> Result<Self, StrategyError> {
        let one_shot = |why| match options.one_shot {
            true => Ok(Self::OneShot(why)),
            false => Err(StrategyError::OneShotOff(why)),
        };
        let has_worker = |why| !(hooks.is_one_shot)(why);
        let declared = (hooks.requirements)(&spawn.requirements);
        // C-001: "A client starts a tool as a worker only for an action that declares that its tool is a worker."
        if !declared.worker() && !has_worker(NoWorker::NotDeclared) {
            return one_shot(NoWorker::NotDeclared);
        }
        // C-008: "A client speaks to a worker the dialect that the action declares, and `proto` if it declares none."
        let dialect = declared.dialect()?;
        let (startup, request) = split(&spawn.arguments, hooks);
        // C-040: "A client does not send an action without an argfile argument to a worker. It runs it in one-shot mode or fails it with a message."
        if startup.is_empty() || (request.is_empty() && !has_worker(NoWorker::NoArgfile)) {
            return one_shot(NoWorker::NoArgfile);
        }
        let tools = Tools::of(&spawn.inputs);
        // C-016: "A client does not use a worker for an action that names no tool files."
        if tools.is_empty() && !has_worker(NoWorker::NoTools) {
            return one_shot(NoWorker::NoTools);
        }
        let limit = options.limits.arguments;
        let arguments = expand(&request, &spawn.inputs, &options.directory, limit, hooks)?;
        let mnemonic = declared.key_mnemonic().unwrap_or(&spawn.mnemonic);
        let key = WorkerKey {
            command: (hooks.command)(startup, mnemonic, options),
            environment: spawn.environment.clone(),
            directory: options.directory.clone(),
            mnemonic: mnemonic.to_owned(),
            dialect,
            features: features(&declared, options, races, hooks),
        };
        Ok(Self::Worker { key: Box::new(key), tools, arguments })
    }
}

/// The features that are in use, of those that the action declares.
fn features(declared: &Requirements, options: &Options, races: bool, hooks: StrategyHooks) -> Features {
    // C-121: "A client that races a worker against another branch runs the request in a sandbox."
    let sandboxing = options.sandboxing || (races && hooks.isolates_races);
    // C-116: "A client that is to run an action in a sandbox uses multiplex for it only if the action declares `multiplex-sandboxing`."
    let in_sandbox = options.multiplex_sandboxing && declared.multiplex_sandboxing();
    Features {
        multiplex: options.multiplex && declared.multiplex() && (!sandboxing || in_sandbox),
        cancellation: options.cancellation && declared.cancellation(),
        sandboxing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spawn::InputFile;

    /// The decision for an action with these arguments and declarations.
    fn decide(
        arguments: &[&str],
        requirements: &[(&str, &str)],
        one_shot: bool,
        races: bool,
    ) -> Result<Strategy, StrategyError> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("args"), "--x\n").unwrap();
        let mut options = Options { one_shot, ..Options::new(directory.path(), directory.path()) };
        options.extra_flags.insert("Javac".into(), vec!["--jobs=2".into()]);
        options.extra_flags.insert("Other".into(), vec!["--no".into()]);
        let input = |path: &str, tool| InputFile { path: path.into(), digest: b"1".to_vec(), tool };
        let spawn = Spawn {
            mnemonic: "Javac".into(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            inputs: vec![input("tool", true), input("args", false)],
            requirements: requirements.iter().copied().collect(),
            ..Spawn::default()
        };
        Strategy::of(&spawn, &options, races)
    }

    const ARGUMENTS: &[&str] = &["tool", "@args", "-f"];

    fn key(requirements: &[(&str, &str)], races: bool) -> WorkerKey {
        match decide(ARGUMENTS, requirements, true, races) {
            Ok(Strategy::Worker { key, .. }) => *key,
            other => panic!("{other:?}"),
        }
    }

    const WORKER: (&str, &str) = ("supports-workers", "1");
    const MULTIPLEX: (&str, &str) = ("supports-multiplex-workers", "1");
    const IN_SANDBOX: (&str, &str) = ("supports-multiplex-sandboxing", "1");

    const CANCELLATION: (&str, &str) = ("supports-worker-cancellation", "1");

    #[test]
    fn flags_stand_in_their_order_and_another_mnemonic_for_the_key_brings_its_own() {
        assert_eq!(key(&[WORKER], false).command, ["tool", "-f", "--persistent_worker", "--jobs=2"]);
        let other = key(&[WORKER, ("worker-key-mnemonic", "Other")], false);
        assert_eq!((other.mnemonic.as_str(), other.command.last().unwrap().as_str()), ("Other", "--no"));
    }

    #[test]
    fn features_need_their_declarations_and_multiplex_in_a_sandbox_one_more() {
        for (requirements, races, multiplex, cancellation) in [
            (&[MULTIPLEX][..], false, true, false),
            (&[MULTIPLEX], true, false, false),
            (&[MULTIPLEX, IN_SANDBOX], true, true, false),
            (&[WORKER, IN_SANDBOX], true, false, false),
            (&[WORKER], false, false, false),
            (&[WORKER, CANCELLATION], false, false, true),
        ] {
            let features = Features { multiplex, cancellation, sandboxing: races };
            assert_eq!(key(requirements, races).features, features, "{requirements:?}");
        }
    }

    #[test]
    fn no_worker_without_a_declaration_and_both_halves_of_a_command_line() {
        for (arguments, requirements, why) in [
            (ARGUMENTS, &[][..], NoWorker::NotDeclared),
            (&["tool", "-x"], &[WORKER], NoWorker::NoArgfile),
            (&["@args"], &[WORKER], NoWorker::NoArgfile),
        ] {
            let decided = decide(arguments, requirements, true, false).unwrap();
            assert_eq!(decided, Strategy::OneShot(why), "{arguments:?}");
        }
    }

    #[test]
    fn no_dialect_is_guessed_and_one_shot_mode_can_be_off() {
        let error = decide(ARGUMENTS, &[], false, false).unwrap_err();
        assert!(matches!(error, StrategyError::OneShotOff(NoWorker::NotDeclared)));
        let xml = decide(ARGUMENTS, &[WORKER, ("requires-worker-protocol", "xml")], true, false);
        assert!(matches!(xml.unwrap_err(), StrategyError::Dialect(_)));
    }
}
