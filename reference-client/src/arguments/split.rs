//! Which argument of an action goes onto the command line, and which into the request.

use crate::hooks::StrategyHooks;

/// The two halves of a command line.
///
/// C-030: "An argument of the action of the form `@path`, `--flagfile=path` or `-flagfile=path` goes into `WorkRequest.arguments`, and every other
/// argument onto the worker's command line, both in their order."
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitArguments {
    /// The program and its startup flags, without `--persistent_worker`.
    pub startup: Vec<String>,
    /// The argfile arguments, not expanded.
    pub request: Vec<String>,
}

impl SplitArguments {
    /// Whether an action with these halves can have a worker: a program to start, and something to say in a request (C-040).
    pub fn is_worker(&self) -> bool {
        !self.startup.is_empty() && !self.request.is_empty()
    }
}

/// Splits a command line. Each argument goes where it belongs by itself, wherever it stands.
pub fn split(arguments: &[String]) -> SplitArguments {
    split_with(arguments, StrategyHooks::default())
}

pub(crate) fn split_with(arguments: &[String], hooks: StrategyHooks) -> SplitArguments {
    let mut halves = SplitArguments::default();
    for argument in arguments {
        let after_another = !halves.request.is_empty();
        let to_request = (hooks.is_request_argument)(argument, after_another);
        let half = if to_request { &mut halves.request } else { &mut halves.startup };
        half.push(argument.clone());
    }
    halves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::argfile;

    fn halves(arguments: &[&str]) -> SplitArguments {
        split(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn argfiles_are_taken_out_wherever_they_stand() {
        let halves = halves(&["tool", "@a", "-x", "--flagfile=b", "-flagfile=c", "--flagfiles=d", "-y"]);
        assert_eq!(halves.startup, ["tool", "-x", "--flagfiles=d", "-y"]);
        assert_eq!(halves.request, ["@a", "--flagfile=b", "-flagfile=c"]);
    }

    #[test]
    fn what_only_looks_like_one() {
        let halves = halves(&["tool", "@", "--flagfile=", "-flagfile", "x@y", "@@x", "@repo//pkg:x"]);
        assert_eq!(halves.startup, ["tool", "@", "--flagfile=", "-flagfile", "x@y"]);
        assert_eq!(halves.request, ["@@x", "@repo//pkg:x"]);
        assert_eq!(halves.request.iter().filter_map(|argument| argfile(argument)).count(), 0);
    }

    #[test]
    fn a_worker_needs_both_halves() {
        assert!(halves(&["tool", "@a"]).is_worker());
        assert!(!halves(&["tool", "-x"]).is_worker() && !halves(&["@a"]).is_worker());
    }
}
