//! Arguments that stand in a file: `@path`, one argument a line.
//!
//! Clients expand them before they fill a `WorkRequest`, but not every client does, and in one-shot mode nobody
//! has. The rules are those that Bazel's client applies (WorkerSpawnRunner.java, bazelbuild/bazel): each line is
//! one argument, taken as it is, without unquoting; an empty line is an empty argument; a file may name further
//! files. `@@x` is handed on as it is, and so is `@repository//package:target`, which is a label.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// How deep argument files may name one another; a cycle ends here.
const DEPTH: usize = 32;

/// Bytes that the argument files of one unit of work may have together. A file that is named for many files, or is a link to an endless
/// device, is read no further.
const LIMIT: u64 = 64 << 20;

/// An `@path` argument that cannot be expanded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArgfileError {
    /// The file cannot be read.
    #[error("cannot read the arguments file {path} ({source}); add it to the inputs of the action")]
    Read {
        /// As the argument gives it.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The files are too large.
    #[error("the arguments file {path} is too large: all of them together have more than {} MiB; give fewer arguments", LIMIT >> 20)]
    TooLarge {
        /// As the argument gives it.
        path: String,
    },
    /// Files name one another in a circle, or nearly.
    #[error("the arguments file {path} is nested more than {DEPTH} deep; does it name itself?")]
    TooDeep {
        /// As the argument gives it.
        path: String,
    },
}

/// Expands every `@path` of `arguments`, reading relative paths under `root` (empty: the working directory).
pub(crate) fn expand(arguments: Vec<String>, root: &Path) -> Result<Vec<String>, ArgfileError> {
    if !arguments.iter().any(|argument| file_of(argument).is_some()) {
        return Ok(arguments);
    }
    let mut expanded = Vec::with_capacity(arguments.len());
    let mut left = LIMIT;
    expand_into(arguments, root, DEPTH, &mut left, &mut expanded)?;
    Ok(expanded)
}

fn expand_into(
    arguments: impl IntoIterator<Item = String>,
    root: &Path,
    depth: usize,
    left: &mut u64,
    expanded: &mut Vec<String>,
) -> Result<(), ArgfileError> {
    for argument in arguments {
        let Some(path) = file_of(&argument) else {
            expanded.push(argument);
            continue;
        };
        let path = path.to_owned();
        if depth == 0 {
            return Err(ArgfileError::TooDeep { path });
        }
        let mut text = String::new();
        match File::open(root.join(&path)).and_then(|file| file.take(*left + 1).read_to_string(&mut text)) {
            Ok(length) if length as u64 > *left => return Err(ArgfileError::TooLarge { path }),
            Ok(length) => *left -= length as u64,
            Err(source) => return Err(ArgfileError::Read { path, source }),
        }
        expand_into(text.lines().map(str::to_owned), root, depth - 1, left, expanded)?;
    }
    Ok(())
}

/// The path of an `@path` argument; nothing for `@`, `@@x` and labels.
fn file_of(argument: &str) -> Option<&str> {
    let path = argument.strip_prefix('@')?;
    let is_file = !path.is_empty() && !path.starts_with('@') && !path.contains("//");
    is_file.then_some(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn strings(arguments: &[&str]) -> Vec<String> {
        arguments.iter().map(|&argument| argument.to_owned()).collect()
    }

    #[test]
    fn lines_are_arguments_as_they_are() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("a"), "--x\n\n  'y z'  \n@b\nlast").unwrap();
        fs::write(directory.path().join("b"), "nested\n").unwrap();
        let expanded = expand(strings(&["first", "@a", "end"]), directory.path()).unwrap();
        assert_eq!(expanded, strings(&["first", "--x", "", "  'y z'  ", "nested", "last", "end"]));
    }

    #[test]
    fn what_only_looks_like_a_file_stays() {
        let arguments = strings(&["@@escaped", "@repository//package:target", "@", "a@b"]);
        assert_eq!(expand(arguments.clone(), Path::new("")).unwrap(), arguments);
    }

    #[test]
    fn a_circle_and_a_missing_file_are_errors() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("circle"), "@circle\n").unwrap();
        let circle = expand(strings(&["@circle"]), directory.path()).unwrap_err();
        assert!(matches!(circle, ArgfileError::TooDeep { .. }), "{circle}");
        let endless = expand(strings(&["@/dev/zero"]), directory.path()).unwrap_err();
        assert!(matches!(endless, ArgfileError::TooLarge { .. }), "{endless}");
        let missing = expand(strings(&["@missing"]), directory.path()).unwrap_err();
        assert!(missing.to_string().contains("missing"), "{missing}");
    }
}
