//! Whether an action gets a worker, what starts it, and what its argfiles say.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::key::{NoWorker, PERSISTENT_WORKER};
use crate::spawn::Requirements;

/// What a client decides about an action before it looks for a worker.
pub(crate) trait StrategyHooks: Send + Sync {
    /// What the action declares (C-001, C-008, C-095, C-116): what its rule says, and no more.
    fn requirements<'a>(&self, declared: &'a Requirements) -> Cow<'a, Requirements> {
        Cow::Borrowed(declared)
    }

    /// Whether the action runs in one-shot mode for this reason (C-001, C-016, C-040).
    fn is_one_shot(&self, _reason: NoWorker) -> bool {
        true
    }

    /// Whether an argument of the action goes into the request and not to the command line (C-030): `@path`, `--flagfile=path` and
    /// `-flagfile=path` do, and all else that starts with `@`. `after_another`: an argument before it does.
    fn is_request_argument(&self, argument: &str, _after_another: bool) -> bool {
        let named = |prefix| argument.strip_prefix(prefix).is_some_and(|path| !path.is_empty());
        ["@", "--flagfile=", "-flagfile="].into_iter().any(named)
    }

    /// The file whose lines replace an argument of the request, or a line of another argfile (C-032, C-036, C-037).
    fn argfile<'a>(&self, argument: &'a str, _in_argfile: bool) -> Option<&'a str> {
        // C-037: "A client passes on an argument or a line as it is if it starts with `@@`, or if it starts with `@` and contains `//`."
        let path = argument.strip_prefix('@')?;
        let is_file = !path.is_empty() && !path.starts_with('@') && !path.contains("//");
        is_file.then_some(path)
    }

    /// An argument that names no argfile, as it is sent (C-037).
    fn literal<'a>(&self, argument: &'a str) -> &'a str {
        argument
    }

    /// The argument that a line of an argfile is (C-035).
    fn line<'a>(&self, line: &'a str) -> Option<&'a str> {
        Some(line)
    }

    /// Whether the action fails if an argfile is none of its inputs (C-038).
    fn refuses_undeclared(&self) -> bool {
        true
    }

    /// Whether the action fails if an argfile contains itself. What the file would bring is left out otherwise (C-034).
    fn refuses_cycles(&self) -> bool {
        true
    }

    /// The command line of a worker, from the startup arguments of the action and the flags that the user adds for each mnemonic.
    fn command(
        &self,
        startup: Vec<String>,
        mnemonic: &str,
        extra_flags: &BTreeMap<String, Vec<String>>,
    ) -> Vec<String> {
        let mut command = startup;
        // C-003: "A client puts `--persistent_worker` after all startup flags of the action, and extra flags of the user after it."
        command.push(PERSISTENT_WORKER.to_owned());
        // C-004: "A client passes an extra flag to the workers of the mnemonic that it was given for, and to no others."
        command.extend(extra_flags.get(mnemonic).into_iter().flatten().cloned());
        command
    }

    /// Whether the worker's branch of a race has a sandbox in any case (C-121).
    fn isolates_races(&self) -> bool {
        true
    }
}
