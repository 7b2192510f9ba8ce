//! The command line of the process.

use std::{path::PathBuf, str::FromStr};

use pwp_proto::Framing;

/// What the process was told at its start.
#[derive(Debug, PartialEq)]
pub(super) struct CommandLine {
    pub(super) dialect: Framing,
    pub(super) multiplex: bool,
    pub(super) cancellation: bool,
    pub(super) multiplex_sandboxing: bool,
    pub(super) jobs: Option<usize>,
    /// A file of the tool itself.
    pub(super) banner: Option<PathBuf>,
    pub(super) faults: Vec<String>,
    /// Where `--persistent_worker` stands among all arguments.
    pub(super) persistent: Option<usize>,
    /// What is none of the above: the work of a one-shot run, unknown start-up flags of a worker.
    pub(super) rest: Vec<String>,
}

impl CommandLine {
    /// Understands the start-up flags, wherever they stand, or says what is wrong with one.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut line = Self {
            dialect: Framing::Proto,
            multiplex: true,
            cancellation: true,
            multiplex_sandboxing: true,
            jobs: None,
            banner: None,
            faults: Vec::new(),
            persistent: None,
            rest: Vec::new(),
        };
        for (place, argument) in arguments.iter().enumerate() {
            match argument.split_once('=') {
                Some(("--protocol", dialect)) => {
                    line.dialect = Framing::from_str(dialect).map_err(|error| error.to_string())?;
                }
                Some(("--jobs", jobs)) => {
                    let jobs = jobs.parse().ok().filter(|jobs| *jobs > 0);
                    line.jobs = Some(jobs.ok_or_else(|| format!("{argument}: give a number of at least 1"))?);
                }
                Some(("--banner", path)) => line.banner = Some(PathBuf::from(path)),
                Some(("--fault", name)) => line.faults.push(name.to_owned()),
                _ => match argument.as_str() {
                    "--persistent_worker" => line.persistent = Some(place),
                    "--no-multiplex" => line.multiplex = false,
                    "--no-cancellation" => line.cancellation = false,
                    "--no-multiplex-sandboxing" => line.multiplex_sandboxing = false,
                    // Taken for an argument of the work, it would be left alone in silence.
                    "--fault" | "--protocol" | "--jobs" => {
                        return Err(format!("{argument} has no value; write {argument}=VALUE, in one word"));
                    }
                    _ => line.rest.push(argument.clone()),
                },
            }
        }
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<CommandLine, String> {
        CommandLine::parse(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<String>>())
    }

    #[test]
    fn start_up_flags_may_stand_anywhere() {
        let line =
            parse(&["--print=x", "--protocol=json", "--persistent_worker", "--jobs=2", "--new"]).unwrap();
        assert_eq!((line.dialect, line.jobs, line.persistent), (Framing::Json, Some(2), Some(2)));
        assert_eq!(line.rest, ["--print=x", "--new"]);
        assert!(line.multiplex && line.cancellation && line.multiplex_sandboxing);
        let line = parse(&["--no-cancellation", "--no-multiplex", "--no-multiplex-sandboxing"]).unwrap();
        assert!(!line.multiplex && !line.cancellation && !line.multiplex_sandboxing);
        assert!(line.persistent.is_none() && line.rest.is_empty());
    }

    #[test]
    fn a_wrong_value_is_named() {
        assert!(parse(&["--jobs=0"]).unwrap_err().contains("--jobs=0"));
        assert!(parse(&["--protocol=xml"]).unwrap_err().contains("xml"));
        assert!(parse(&["--fault", "wrong-id"]).unwrap_err().contains("write --fault=VALUE"));
    }
}
