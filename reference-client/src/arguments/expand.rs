//! Replaces `@path` by the lines of that file.

use std::io;
use std::path::{Path, PathBuf};

use super::split::file_of;
use crate::faults::{Faults, Kind};
use crate::spawn::InputFile;

/// How deep argfiles may name one another. Real ones do so once or twice.
const DEPTH: usize = 64;

/// Why the argfiles of an action could not be expanded. The action fails with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgfileError {
    /// The file is none of the action's inputs, so a change of it would not be seen (C-038).
    #[error("the argfile {path} is not an input of the action; declare it as one")]
    NotDeclared {
        /// As the argument gives it.
        path: String,
    },
    /// The file can't be read.
    #[error("the argfile {path} can't be read ({source}); is it built before the action runs?")]
    Read {
        /// As the argument gives it.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// Not UTF-8 (C-035).
    #[error("the argfile {path} is not UTF-8; write it in UTF-8, one argument a line")]
    NotUtf8 {
        /// As the argument gives it.
        path: String,
    },
    /// The file names itself, through others or at once (C-034).
    #[error(
        "the argfile {path} contains itself; take the line @{path} out of it, or of a file that it names"
    )]
    Cycle {
        /// As the argument gives it.
        path: String,
    },
    /// Files name one another deeper than any honest ones do.
    #[error("the argfile {path} is nested more than {DEPTH} deep; put its lines into the file that names it")]
    TooDeep {
        /// As the argument gives it.
        path: String,
    },
    /// A small file that is named many times makes a large request.
    #[error(
        "the argfiles of the action yield more than {limit} bytes at {path}; do they name one file again and again?"
    )]
    TooLarge {
        /// As the argument gives it.
        path: String,
        /// The limit, in bytes.
        limit: u64,
    },
}

/// The expansion of the argfiles of one action.
#[derive(Debug)]
pub struct Expansion<'a> {
    directory: &'a Path,
    /// What may be opened. An action has few argfiles, so each looks through all of them.
    declared: &'a [InputFile],
    faults: &'a Faults,
    /// How many bytes may still be read.
    left: u64,
    limit: u64,
    /// The files that are open on the way down.
    open: Vec<PathBuf>,
    arguments: Vec<String>,
}

impl<'a> Expansion<'a> {
    /// The lines of the files that `arguments` name, in their place (C-032). Relative paths start at `directory`, in files too.
    ///
    /// Reads files, and blocks while it does.
    ///
    /// # Errors
    /// A file is not among the inputs, can't be read, contains itself, or yields more than `limit` bytes together with the others.
    pub fn expand(
        arguments: &'a [String],
        inputs: &'a [InputFile],
        directory: &'a Path,
        limit: u64,
        faults: &'a Faults,
    ) -> Result<Vec<String>, ArgfileError> {
        let mut expansion = Self {
            directory,
            declared: inputs,
            faults,
            left: limit,
            limit,
            open: Vec::new(),
            arguments: Vec::new(),
        };
        for argument in arguments {
            expansion.argument(argument)?;
        }
        Ok(expansion.arguments)
    }

    fn argument(&mut self, argument: &str) -> Result<(), ArgfileError> {
        let keep = self.faults.has(Kind::NoExpansion)
            || (self.faults.has(Kind::NoNestedExpansion) && !self.open.is_empty());
        match self.file_of(argument) {
            Some(path) if !keep => self.file(&path.to_owned()),
            _ if self.faults.has(Kind::StripAt) && argument.starts_with("@@") => {
                self.arguments.push(argument[1..].to_owned());
                Ok(())
            }
            _ => {
                self.arguments.push(argument.to_owned());
                Ok(())
            }
        }
    }

    fn file_of<'b>(&self, argument: &'b str) -> Option<&'b str> {
        let flagfile =
            || argument.strip_prefix("--flagfile=").or_else(|| argument.strip_prefix("-flagfile="));
        file_of(argument).or_else(|| flagfile().filter(|_| self.faults.has(Kind::ExpandFlagfile)))
    }

    fn file(&mut self, path: &String) -> Result<(), ArgfileError> {
        let named = || path.clone();
        if !self.declared.iter().any(|input| input.path == *path) && !self.faults.has(Kind::UndeclaredArgfile)
        {
            return Err(ArgfileError::NotDeclared { path: named() });
        }
        let place = self.directory.join(path);
        if self.open.contains(&place) {
            if self.faults.has(Kind::CutCycle) {
                return Ok(());
            }
            return Err(ArgfileError::Cycle { path: named() });
        }
        if self.open.len() == DEPTH {
            return Err(ArgfileError::TooDeep { path: named() });
        }
        let text = self.read(path, &place)?;
        self.open.push(place);
        let trim = self.faults.has(Kind::TrimLines);
        // No argument for what follows the last newline, which is nothing; no other line is dropped (C-035).
        let text = text.strip_suffix('\n').map_or_else(|| (!text.is_empty()).then_some(text.as_str()), Some);
        for line in text.into_iter().flat_map(|text| text.split('\n')) {
            let line = if trim { line.trim() } else { line };
            if !(trim && line.is_empty()) {
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
        file.take(self.left + 1).read_to_end(&mut bytes).map_err(failed)?;
        let count = bytes.len() as u64;
        if count > self.left {
            return Err(ArgfileError::TooLarge { path: path.to_owned(), limit: self.limit });
        }
        self.left -= count;
        String::from_utf8(bytes).map_err(|_| ArgfileError::NotUtf8 { path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expands `@a` where these files are declared.
    fn expand(files: &[(&str, &str)]) -> Result<Vec<String>, ArgfileError> {
        let directory = tempfile::tempdir().unwrap();
        let input = |path: &str| InputFile { path: path.into(), ..InputFile::default() };
        let mut inputs = Vec::new();
        for (path, content) in files {
            std::fs::write(directory.path().join(path), content).unwrap();
            inputs.push(input(path));
        }
        Expansion::expand(&["@a".into()], &inputs, directory.path(), 1000, &Faults::default())
    }

    #[test]
    fn lines_stay_as_they_are() {
        let lines = expand(&[("a", " --x \n\n\"q\" 'r' #\r\nlast")]).unwrap();
        assert_eq!(lines, [" --x ", "", "\"q\" 'r' #\r", "last"]);
        assert_eq!(expand(&[("a", "")]).unwrap(), [""; 0]);
        assert_eq!(expand(&[("a", "\n")]).unwrap(), [""]);
    }

    #[test]
    fn files_in_files_and_what_is_no_file() {
        let lines = expand(&[("a", "1\n@b\n@@b\n@b//c\n--flagfile=b\n@\n4\n"), ("b", "2\n3\n")]).unwrap();
        assert_eq!(lines, ["1", "2", "3", "@@b", "@b//c", "--flagfile=b", "@", "4"]);
        assert_eq!(expand(&[("a", "@b\n@b\n"), ("b", "2\n")]).unwrap(), ["2", "2"]);
    }

    #[test]
    fn a_circle_ends_and_is_named() {
        let error = expand(&[("a", "@b\n"), ("b", "@a\n")]).unwrap_err();
        assert!(matches!(error, ArgfileError::Cycle { ref path } if path == "a"), "{error}");
    }

    #[test]
    fn what_grows_without_end_ends() {
        let ten = "@b\n".repeat(10);
        let files = [("a", ten.as_str()), ("b", &ten.replace('b', "c")), ("c", "0123456789\n")];
        assert!(matches!(expand(&files).unwrap_err(), ArgfileError::TooLarge { limit: 1000, .. }));
    }

    #[test]
    fn only_declared_files_are_read() {
        let error = expand(&[("a", "@/etc/hostname\n")]).unwrap_err();
        assert!(matches!(error, ArgfileError::NotDeclared { .. }), "{error}");
        assert!(matches!(expand(&[]).unwrap_err(), ArgfileError::NotDeclared { .. }));
    }
}
