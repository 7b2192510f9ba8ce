//! The arguments of one unit of work.

use std::time::Duration;

pub(super) const USAGE: &str = "usage: [--in=PATH]... [--out=PATH] [--upper] [--print=TEXT] [--echo-args] [--stdout=TEXT] \
     [--read-stdin] [--delay-ms=N] [--fail=CODE] [--panic]";

/// What one request asks for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Work {
    pub(super) inputs: Vec<String>,
    pub(super) out: Option<String>,
    pub(super) upper: bool,
    pub(super) print: Vec<String>,
    pub(super) echo_args: bool,
    pub(super) stdout: Vec<String>,
    pub(super) read_stdin: bool,
    pub(super) delay: Duration,
    pub(super) fail: i32,
    pub(super) panic: bool,
}

impl Work {
    /// Understands the arguments, or says which one it does not.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut work = Self::default();
        for argument in arguments {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument.as_str(), None),
            };
            match (name, value) {
                ("--in", Some(path)) => work.inputs.push(path.to_owned()),
                ("--out", Some(path)) => work.out = Some(path.to_owned()),
                ("--upper", None) => work.upper = true,
                ("--print", Some(text)) => work.print.push(text.to_owned()),
                ("--echo-args", None) => work.echo_args = true,
                ("--stdout", Some(text)) => work.stdout.push(text.to_owned()),
                ("--read-stdin", None) => work.read_stdin = true,
                ("--delay-ms", Some(number)) => work.delay = Duration::from_millis(parse(argument, number)?),
                ("--fail", Some(number)) => work.fail = parse(argument, number)?,
                ("--panic", None) => work.panic = true,
                _ => return Err(format!("unknown argument {argument}\n{USAGE}")),
            }
        }
        Ok(work)
    }
}

fn parse<T: std::str::FromStr>(argument: &str, number: &str) -> Result<T, String> {
    number.parse().map_err(|_| format!("{argument} is not a whole number in range\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Work, String> {
        Work::parse(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<String>>())
    }

    #[test]
    fn values_may_contain_anything() {
        let work = parse(&["--print=a=b c", "--in=", "--delay-ms=3"]).unwrap();
        assert_eq!((work.print, work.inputs), (vec!["a=b c".to_owned()], vec![String::new()]));
        assert_eq!(work.delay, Duration::from_millis(3));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for argument in ["--what", "--upper=yes", "--in", "word", "", "--fail=many", "--delay-ms=-1"] {
            let error = parse(&[argument]).unwrap_err();
            assert!(error.contains(argument) && error.contains("usage"), "{error}");
        }
    }
}
