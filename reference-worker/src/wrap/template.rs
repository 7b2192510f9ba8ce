//! The command line of a child.

use std::{
    ffi::{OsStr, OsString},
    mem,
    path::{Path, PathBuf},
    process::Command,
};

use crate::argfile::{self, ArgfileError};

/// Stands for the worker's own working directory in COMMAND.
const PWD: &str = "${pwd}";

/// COMMAND, ready to be started in any directory.
#[derive(Clone, Debug)]
pub(super) struct Template {
    program: OsString,
    arguments: Vec<OsString>,
    here: PathBuf,
}

impl Template {
    /// `here` is the working directory of the worker: a program that is given by a relative path lies under it, whatever
    /// `sandbox_dir` a request has (W-104). A bare name is looked up on `PATH`.
    pub(super) fn new(program: OsString, arguments: Vec<OsString>, here: PathBuf) -> Self {
        let program = fill(program, &here);
        let is_path =
            Path::new(&program).components().count() > 1 || program.as_encoded_bytes().contains(&b'/');
        let program = if is_path { here.join(program).into() } else { program };
        let arguments = arguments.into_iter().map(|argument| fill(argument, &here)).collect();
        Self { program, arguments, here }
    }

    /// Replaces `@file` arguments of COMMAND by the lines of the file.
    pub(super) fn expand(&mut self) -> Result<(), ArgfileError> {
        let mut expanded = Vec::with_capacity(self.arguments.len());
        for argument in mem::take(&mut self.arguments) {
            match argument.into_string() {
                Ok(argument) => {
                    let lines = argfile::expand(vec![argument], &self.here)?;
                    expanded.extend(lines.into_iter().map(OsString::from));
                }
                Err(argument) => expanded.push(argument),
            }
        }
        self.arguments = expanded;
        Ok(())
    }

    /// As messages name it.
    pub(super) fn program(&self) -> &OsStr {
        &self.program
    }

    /// Where a request works; nothing for the worker's own directory.
    pub(super) fn directory(&self, sandbox_dir: &Path) -> Option<PathBuf> {
        (!sandbox_dir.as_os_str().is_empty()).then(|| self.here.join(sandbox_dir))
    }

    /// The child of a request, in `directory`.
    pub(super) fn command(&self, arguments: &[String], directory: Option<&Path>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(arguments);
        if let Some(directory) = directory {
            // What `cd` would do: a tool that trusts `PWD` has to find it right.
            command.current_dir(directory).env("PWD", directory);
        }
        command
    }
}

/// Replaces `${pwd}`. A word that is not UTF-8 stays as it is.
fn fill(word: OsString, here: &Path) -> OsString {
    match (word.to_str(), here.to_str()) {
        (Some(text), Some(here)) if text.contains(PWD) => text.replace(PWD, here).into(),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(words: &[&str]) -> Template {
        let arguments = words[1..].iter().map(OsString::from).collect();
        Template::new(words[0].into(), arguments, "/work dir".into())
    }

    fn words(command: &Command) -> Vec<&str> {
        std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| word.to_str().unwrap())
            .collect()
    }

    #[test]
    fn the_tool_is_found_from_every_directory() {
        let command = template(&["bin/tool", "-x"]).command(&["y z".to_owned()], Some(Path::new("/sandbox")));
        assert_eq!(words(&command), ["/work dir/bin/tool", "-x", "y z"]);
        assert_eq!(command.get_current_dir(), Some(Path::new("/sandbox")));
        assert_eq!(words(&template(&["./tool"]).command(&[], None))[0], "/work dir/./tool");
        assert_eq!(words(&template(&["/bin/tool"]).command(&[], None)), ["/bin/tool"]);
        assert_eq!(words(&template(&["tool"]).command(&[], None)), ["tool"]);
    }

    #[test]
    fn only_the_command_itself_is_filled_in() {
        let command =
            template(&["python3", "${pwd}/a.py", "--root=${pwd}"]).command(&["${pwd}".to_owned()], None);
        assert_eq!(words(&command), ["python3", "/work dir/a.py", "--root=/work dir", "${pwd}"]);
    }

    #[test]
    fn sandbox_dir_lies_under_the_working_directory() {
        let template = template(&["tool"]);
        assert_eq!(template.directory(Path::new("")), None);
        assert_eq!(template.directory(Path::new("s/1")), Some("/work dir/s/1".into()));
        assert_eq!(template.directory(Path::new("/s")), Some("/s".into()));
    }
}
