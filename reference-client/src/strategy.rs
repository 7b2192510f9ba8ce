//! How an action is run: on which worker, or in one-shot mode and why.

use pwp_proto::{Framing, UnknownFraming};

use crate::arguments::{ArgfileError, Expansion, split};
use crate::faults::Kind;
use crate::key::{Features, Tools, WorkerKey};
use crate::options::Options;
use crate::spawn::Spawn;

/// What starts a process as a worker.
const PERSISTENT_WORKER: &str = "--persistent_worker";

/// What was decided for an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// A worker of this key, which was started with these tools.
    Worker {
        /// Which worker.
        key: Box<WorkerKey>,
        /// With which tools.
        tools: Tools,
        /// The arguments of the request, expanded.
        arguments: Vec<String>,
    },
    /// A process of its own.
    OneShot(NoWorker),
}

/// Why an action has no worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoWorker {
    /// C-001.
    #[error(
        "the action does not declare that its tool is a worker; give it `supports-workers` = `1` if it is"
    )]
    NotDeclared,
    /// C-040.
    #[error(
        "the action has no argfile argument, so a request would say nothing; put its arguments into a file and give `@file`"
    )]
    NoArgfile,
    /// C-016.
    #[error(
        "the action names no tool files, so a change of its tool would not be seen; mark the inputs that are its tool"
    )]
    NoTools,
}

/// Why an action can be run in no way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StrategyError {
    /// There is no falling back to another dialect (C-008).
    #[error("the action declares a dialect that this client does not speak: {0}")]
    Dialect(#[from] UnknownFraming),
    /// Its argfiles.
    #[error(transparent)]
    Argfile(#[from] ArgfileError),
    /// It has no worker, and one-shot mode is off.
    #[error("{0}; or allow one-shot mode")]
    OneShotOff(NoWorker),
}

impl Strategy {
    /// Decides how to run `spawn`. `isolated`: it must run in a sandbox, whatever the options say (C-121).
    ///
    /// Reads the argfiles of the action, and blocks while it does.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub fn of(spawn: &Spawn, options: &Options, isolated: bool) -> Result<Self, StrategyError> {
        let faults = &options.faults;
        let one_shot = |why| match options.one_shot {
            true => Ok(Self::OneShot(why)),
            false => Err(StrategyError::OneShotOff(why)),
        };
        if !spawn.requirements.worker() && !faults.has(Kind::WorkerUndeclared) {
            return one_shot(NoWorker::NotDeclared);
        }
        let dialect = match spawn.requirements.dialect() {
            _ if faults.has(Kind::IgnoreDialect) => Framing::Proto,
            dialect => dialect?,
        };
        let halves = split(&spawn.arguments, faults);
        let is_enough = faults.has(Kind::WorkerWithoutArgfile) && !halves.startup.is_empty();
        if !halves.is_worker() && !is_enough {
            return one_shot(NoWorker::NoArgfile);
        }
        let tools = Tools::of(&spawn.inputs);
        if tools.is_empty() && !faults.has(Kind::WorkerWithoutTools) {
            return one_shot(NoWorker::NoTools);
        }
        let arguments = Expansion::expand(
            &halves.request,
            &spawn.inputs,
            &options.directory,
            options.limits.arguments,
            faults,
        )?;
        let mnemonic = spawn.requirements.key_mnemonic().unwrap_or(&spawn.mnemonic);
        let key = WorkerKey {
            command: command(halves.startup, mnemonic, options),
            environment: spawn.environment.clone(),
            directory: options.directory.clone(),
            mnemonic: mnemonic.to_owned(),
            dialect,
            features: features(spawn, options, isolated),
        };
        Ok(Self::Worker { key: Box::new(key), tools, arguments })
    }
}

/// The command line of the process: startup flags, `--persistent_worker`, extra flags (C-002, C-003, C-004).
fn command(startup: Vec<String>, mnemonic: &str, options: &Options) -> Vec<String> {
    let faults = &options.faults;
    let mut command = startup;
    if faults.has(Kind::FlagAfterProgram) {
        command.insert(1, PERSISTENT_WORKER.to_owned());
    } else if !faults.has(Kind::NoWorkerFlag) {
        command.push(PERSISTENT_WORKER.to_owned());
    }
    if faults.has(Kind::ExtraFlagsToAll) {
        command.extend(options.extra_flags.values().flatten().cloned());
    } else {
        command.extend(options.extra_flags.get(mnemonic).into_iter().flatten().cloned());
    }
    command
}

/// What is in use, of what the action declares.
fn features(spawn: &Spawn, options: &Options, isolated: bool) -> Features {
    let declares = &spawn.requirements;
    let sandboxing = options.sandboxing || (isolated && !options.faults.has(Kind::RaceUnsandboxed));
    // C-116: without its own declaration a sandboxed action has a process to itself.
    let in_sandbox = (options.multiplex_sandboxing && declares.multiplex_sandboxing())
        || options.faults.has(Kind::MultiplexInSandbox);
    Features {
        multiplex: options.multiplex && declares.multiplex() && (!sandboxing || in_sandbox),
        cancellation: options.cancellation
            && (declares.cancellation() || options.faults.has(Kind::CancelUndeclared)),
        sandboxing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spawn::{InputFile, Requirements};

    fn spawn(directory: &std::path::Path, requirements: &[(&str, &str)]) -> Spawn {
        std::fs::write(directory.join("args"), "--x\n").unwrap();
        let input = |path: &str, tool| InputFile { path: path.into(), digest: b"1".to_vec(), tool };
        Spawn {
            mnemonic: "Javac".into(),
            arguments: ["tool", "@args", "-f"].map(str::to_owned).to_vec(),
            inputs: vec![input("tool", true), input("args", false)],
            requirements: requirements.iter().copied().collect::<Requirements>(),
            ..Spawn::default()
        }
    }

    fn decide(
        requirements: &[(&str, &str)],
        set: impl FnOnce(&mut Options),
        isolated: bool,
    ) -> Result<Strategy, StrategyError> {
        let directory = tempfile::tempdir().unwrap();
        let mut options = Options::new(directory.path(), directory.path());
        options.extra_flags.insert("Javac".into(), vec!["--jobs=2".into()]);
        options.extra_flags.insert("Other".into(), vec!["--no".into()]);
        set(&mut options);
        Strategy::of(&spawn(directory.path(), requirements), &options, isolated)
    }

    fn key(strategy: Strategy) -> WorkerKey {
        match strategy {
            Strategy::Worker { key, .. } => *key,
            Strategy::OneShot(why) => panic!("{why}"),
        }
    }

    const WORKER: (&str, &str) = ("supports-workers", "1");
    const MULTIPLEX: (&str, &str) = ("supports-multiplex-workers", "1");
    const IN_SANDBOX: (&str, &str) = ("supports-multiplex-sandboxing", "1");

    #[test]
    fn flags_stand_in_their_order() {
        let key = key(decide(&[WORKER], |_| (), false).unwrap());
        assert_eq!(key.command, ["tool", "-f", "--persistent_worker", "--jobs=2"]);
    }

    #[test]
    fn another_mnemonic_for_the_key_brings_its_flags() {
        let key = key(decide(&[WORKER, ("worker-key-mnemonic", "Other")], |_| (), false).unwrap());
        assert_eq!((key.mnemonic.as_str(), key.command.last().unwrap().as_str()), ("Other", "--no"));
    }

    #[test]
    fn multiplex_in_a_sandbox_needs_its_own_declaration() {
        let multiplex = |requirements: &[(&str, &str)], isolated| {
            key(decide(requirements, |_| (), isolated).unwrap()).features.multiplex
        };
        assert!(multiplex(&[MULTIPLEX], false));
        assert!(!multiplex(&[MULTIPLEX], true));
        assert!(multiplex(&[MULTIPLEX, IN_SANDBOX], true));
        assert!(!multiplex(&[WORKER, IN_SANDBOX], true));
    }

    #[test]
    fn cancellation_is_used_only_where_declared() {
        let cancels = |requirements: &[(&str, &str)]| {
            key(decide(requirements, |_| (), false).unwrap()).features.cancellation
        };
        assert!(!cancels(&[WORKER]));
        assert!(cancels(&[WORKER, ("supports-worker-cancellation", "1")]));
    }

    #[test]
    fn no_worker_without_a_declaration_a_known_dialect_and_one_shot_mode_can_be_off() {
        assert_eq!(decide(&[], |_| (), false).unwrap(), Strategy::OneShot(NoWorker::NotDeclared));
        let error = decide(&[], |options| options.one_shot = false, false).unwrap_err();
        assert!(matches!(error, StrategyError::OneShotOff(NoWorker::NotDeclared)));
        let error = decide(&[WORKER, ("requires-worker-protocol", "xml")], |_| (), false).unwrap_err();
        assert!(matches!(error, StrategyError::Dialect(_)));
    }
}
