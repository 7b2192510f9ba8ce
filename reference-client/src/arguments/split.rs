//! Which argument goes where.

use crate::faults::{Faults, Kind};

/// The two halves of a command line, each in its order (C-030).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitArguments {
    /// The program and its startup flags, without `--persistent_worker`.
    pub startup: Vec<String>,
    /// The argfile arguments, not expanded.
    pub request: Vec<String>,
}

impl SplitArguments {
    /// Whether a worker can be made of it: a program to start, and something to say in a request (C-040).
    pub fn is_worker(&self) -> bool {
        !self.startup.is_empty() && !self.request.is_empty()
    }
}

/// Looks at each argument by itself, wherever it stands.
pub fn split(arguments: &[String], faults: &Faults) -> SplitArguments {
    let mut halves = SplitArguments::default();
    for argument in arguments {
        let to_request =
            is_argfile(argument) || (faults.has(Kind::SplitAtFirst) && !halves.request.is_empty());
        let half = if to_request { &mut halves.request } else { &mut halves.startup };
        half.push(argument.clone());
    }
    halves
}

/// `@path`, `--flagfile=path` and `-flagfile=path`, and what else starts with `@`.
fn is_argfile(argument: &str) -> bool {
    ["@", "--flagfile=", "-flagfile="]
        .iter()
        .any(|prefix| argument.strip_prefix(prefix).is_some_and(|path| !path.is_empty()))
}

/// The path of an `@path` argument; nothing for `@`, `@@x` and labels, which are passed on as they are (C-037).
pub(super) fn file_of(argument: &str) -> Option<&str> {
    let path = argument.strip_prefix('@')?;
    let is_file = !path.is_empty() && !path.starts_with('@') && !path.contains("//");
    is_file.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(arguments: &[&str]) -> SplitArguments {
        split(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>(), &Faults::default())
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
        assert_eq!(halves.request.iter().filter_map(|argument| file_of(argument)).count(), 0);
    }

    #[test]
    fn a_worker_needs_both_halves() {
        assert!(halves(&["tool", "@a"]).is_worker());
        assert!(!halves(&["tool", "-x"]).is_worker() && !halves(&["@a"]).is_worker());
    }
}
