//! Splits the command line of an action: what starts the worker, and what goes into the request. There the lines of a file take the place of
//! an argument `@path`.
//!
//! | argument of the action | where it goes | as what |
//! |---|---|---|
//! | `@path` | the request | the lines of the file, and of the files that these name |
//! | `--flagfile=path`, `-flagfile=path` | the request | as it is |
//! | `@@x`, `@repo//pkg:x` | the request | as it is |
//! | any other | the worker's command line | as it is |
//!
//! The last-but-one row is open in the standard (C-039); this client does what Bazel does.

use std::io;
use std::path::{Path, PathBuf};

use crate::hooks::StrategyHooks;
use crate::spawn::InputFile;

/// How deep argfiles may name one another. Those of real build rules do so once or twice.
const DEPTH: usize = 64;

/// Why the argfiles of an action could not be expanded. The action fails with it. Each `path` is as the argument gives it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "every variant has the path of the argfile; the others are an error and a limit in bytes"
)]
pub enum ArgfileError {
    /// The file is none of the action's inputs, so a change of it would not be seen (C-038).
    #[error("the argfile {path} is not an input of the action; declare it as one")]
    NotDeclared { path: String },
    /// The file cannot be read.
    #[error("the argfile {path} can't be read ({source}); is it built before the action runs?")]
    Read { path: String, source: io::Error },
    /// The file is not UTF-8 (C-035).
    #[error("the argfile {path} is not UTF-8; write it in UTF-8, one argument a line")]
    NotUtf8 { path: String },
    /// The file names itself, through others or at once (C-034).
    #[error(
        "the argfile {path} contains itself; take the line @{path} out of it, or of a file that it names"
    )]
    Cycle { path: String },
    /// Files name one another deeper than any honest ones do: 64 levels.
    #[error("the argfile {path} is nested more than {DEPTH} deep; put its lines into the file that names it")]
    TooDeep { path: String },
    /// The lines of all files together are larger than the limit: a small file that is named many times makes a large request.
    #[error(
        "the argfiles of the action yield more than {limit} bytes at {path}; do they name one file again and again?"
    )]
    TooLarge { path: String, limit: u64 },
}

/// The two halves of a command line: the program with its startup flags, and the argfile arguments, not expanded. Each argument goes where it
/// belongs by itself, wherever it stands.
///
/// C-030: "An argument of the action of the form `@path`, `--flagfile=path` or `-flagfile=path` goes into `WorkRequest.arguments`, and every other
/// argument onto the worker's command line, both in their order."
pub(crate) fn split(arguments: &[String], hooks: StrategyHooks) -> (Vec<String>, Vec<String>) {
    let (mut startup, mut request) = (Vec::new(), Vec::new());
    for argument in arguments {
        let to_request = (hooks.is_request_argument)(argument, !request.is_empty());
        let half = if to_request { &mut request } else { &mut startup };
        half.push(argument.clone());
    }
    (startup, request)
}

/// The lines of the files that `arguments` name, in their place. Relative paths start at `directory`, in files too.
///
/// C-032: "In the place of `@path` a client sends the lines of that file as arguments, and in the place of a line `@path` the lines of that
/// file."
///
/// Reads files, and blocks while it does.
///
/// # Errors
/// A file is not among the inputs, cannot be read, contains itself, or yields more than `limit` bytes together with the others.
pub(crate) fn expand(
    arguments: &[String],
    inputs: &[InputFile],
    directory: &Path,
    limit: u64,
    hooks: StrategyHooks,
) -> Result<Vec<String>, ArgfileError> {
    let (open, expanded) = (Vec::new(), Vec::new());
    let mut expansion =
        Expansion { directory, declared: inputs, hooks, unread: limit, limit, open, arguments: expanded };
    arguments.iter().try_for_each(|argument| expansion.argument(argument))?;
    Ok(expansion.arguments)
}

/// The expansion of the argfiles of one action.
#[derive(Debug)]
struct Expansion<'a> {
    directory: &'a Path,
    /// The files that may be opened. An action has few argfiles, so each looks through all of them.
    declared: &'a [InputFile],
    hooks: StrategyHooks,
    /// How many bytes may still be read.
    unread: u64,
    limit: u64,
    /// The files that are open on the way down.
    open: Vec<PathBuf>,
    arguments: Vec<String>,
}

impl Expansion<'_> {
    fn argument(&mut self, argument: &str) -> Result<(), ArgfileError> {
        let hooks = self.hooks;
        match (hooks.argfile)(argument, !self.open.is_empty()) {
            Some(path) => self.file(path),
            None => {
                self.arguments.push((hooks.literal)(argument).to_owned());
                Ok(())
            }
        }
    }

    fn file(&mut self, path: &str) -> Result<(), ArgfileError> {
        let named = || path.to_owned();
        let hooks = self.hooks;
        // C-038: "A client fails an action whose argfile is not among the inputs of the action."
        if !self.declared.iter().any(|input| input.path == path) && hooks.refuses_undeclared {
            return Err(ArgfileError::NotDeclared { path: named() });
        }
        let place = self.directory.join(path);
        // C-034: "A client ends the expansion of argfiles that contain themselves, and fails the action with a message that names the file."
        if self.open.contains(&place) {
            return if hooks.refuses_cycles { Err(ArgfileError::Cycle { path: named() }) } else { Ok(()) };
        }
        if self.open.len() == DEPTH {
            return Err(ArgfileError::TooDeep { path: named() });
        }
        let text = self.read(path, &place)?;
        self.open.push(place);
        // C-035: "Each line of an argfile is one argument, decoded as UTF-8 and otherwise unchanged: spaces, quotes and empty lines stay." What
        // follows the last newline is no line if it is empty.
        let text = text.strip_suffix('\n').map_or_else(|| (!text.is_empty()).then_some(text.as_str()), Some);
        for line in text.into_iter().flat_map(|text| text.split('\n')) {
            if let Some(line) = (hooks.line)(line) {
                self.argument(line)?;
            }
        }
        self.open.pop();
        Ok(())
    }

    fn read(&mut self, path: &str, place: &Path) -> Result<String, ArgfileError> {
        use io::Read as _;

        let failed = |source| ArgfileError::Read { path: path.to_owned(), source };
        let file = std::fs::File::open(place).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("it is not a file")));
        }
        let mut bytes = Vec::new();
        file.take(self.unread + 1).read_to_end(&mut bytes).map_err(failed)?;
        let count = bytes.len() as u64;
        if count > self.unread {
            return Err(ArgfileError::TooLarge { path: path.to_owned(), limit: self.limit });
        }
        self.unread -= count;
        String::from_utf8(bytes).map_err(|_| ArgfileError::NotUtf8 { path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::argfile;

    fn halves(arguments: &[&str]) -> (Vec<String>, Vec<String>) {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        split(&arguments, StrategyHooks::default())
    }

    #[test]
    fn argfiles_are_taken_out_wherever_they_stand() {
        let (startup, request) =
            halves(&["tool", "@a", "-x", "--flagfile=b", "-flagfile=c", "--flagfiles=d", "-y"]);
        assert_eq!(startup, ["tool", "-x", "--flagfiles=d", "-y"]);
        assert_eq!(request, ["@a", "--flagfile=b", "-flagfile=c"]);
    }

    #[test]
    fn what_only_looks_like_one() {
        let (startup, request) =
            halves(&["tool", "@", "--flagfile=", "-flagfile", "x@y", "@@x", "@repo//pkg:x"]);
        assert_eq!(startup, ["tool", "@", "--flagfile=", "-flagfile", "x@y"]);
        assert_eq!(request, ["@@x", "@repo//pkg:x"]);
        assert!(request.iter().all(|argument| argfile(argument).is_none()));
    }

    /// Expands `@a` where these files are declared.
    fn expand_files(files: &[(&str, &str)]) -> Result<Vec<String>, ArgfileError> {
        let directory = tempfile::tempdir().unwrap();
        let input = |path: &str| InputFile { path: path.into(), ..InputFile::default() };
        let mut inputs = Vec::new();
        for (path, content) in files {
            std::fs::write(directory.path().join(path), content).unwrap();
            inputs.push(input(path));
        }
        expand(&["@a".into()], &inputs, directory.path(), 1000, StrategyHooks::default())
    }

    #[test]
    fn lines_stay_as_they_are() {
        let lines = expand_files(&[("a", " --x \n\n\"q\" 'r' #\r\nlast")]).unwrap();
        assert_eq!(lines, [" --x ", "", "\"q\" 'r' #\r", "last"]);
        assert_eq!(expand_files(&[("a", "")]).unwrap(), [""; 0]);
        assert_eq!(expand_files(&[("a", "\n")]).unwrap(), [""]);
    }

    #[test]
    fn files_in_files_and_what_is_no_file() {
        let lines =
            expand_files(&[("a", "1\n@b\n@@b\n@b//c\n--flagfile=b\n@\n4\n"), ("b", "2\n3\n")]).unwrap();
        assert_eq!(lines, ["1", "2", "3", "@@b", "@b//c", "--flagfile=b", "@", "4"]);
        assert_eq!(expand_files(&[("a", "@b\n@b\n"), ("b", "2\n")]).unwrap(), ["2", "2"]);
    }

    #[test]
    fn a_circle_ends_and_is_named() {
        let error = expand_files(&[("a", "@b\n"), ("b", "@a\n")]).unwrap_err();
        assert!(matches!(error, ArgfileError::Cycle { ref path } if path == "a"), "{error}");
    }

    #[test]
    fn what_grows_without_end_ends() {
        let ten = "@b\n".repeat(10);
        let files = [("a", ten.as_str()), ("b", &ten.replace('b', "c")), ("c", "0123456789\n")];
        assert!(matches!(expand_files(&files).unwrap_err(), ArgfileError::TooLarge { limit: 1000, .. }));
    }

    #[test]
    fn only_declared_files_are_read() {
        let error = expand_files(&[("a", "@/etc/hostname\n")]).unwrap_err();
        assert!(matches!(error, ArgfileError::NotDeclared { .. }), "{error}");
        assert!(matches!(expand_files(&[]).unwrap_err(), ArgfileError::NotDeclared { .. }));
    }
}
