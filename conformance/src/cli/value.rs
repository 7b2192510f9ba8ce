//! Values that several commands take, and printing.

use std::io::{self, ErrorKind, Write as _};
use std::time::Duration;

use anyhow::anyhow;
use clap::ValueEnum;
use serde::Serialize;

use pwp_spec::{Feature, Features, UnknownName};

use crate::report::{SaveError, quoted, visible, visible_json};

use super::exit::Failure;

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for a terminal.
    Human,
    /// The report as JSON.
    Json,
}

/// A time such as `10s`, `500ms` or `2m`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let shown = quoted(text, 40);
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 =
        digits.parse().map_err(|_| format!("{shown} is no time; write for example 10s or 500ms"))?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        _ => return Err(format!("{shown} has no unit; write for example 10s or 500ms")),
    };
    let time = (0.001..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds));
    time.ok_or_else(|| format!("{shown} is not between 1ms and a day"))
}

/// A feature; [`None`] for the word `none`.
pub(super) fn feature(text: &str) -> Result<Option<Feature>, UnknownName> {
    if text == "none" { Ok(None) } else { text.parse().map(Some) }
}

/// The features that were named; [`None`] if nothing was said about them.
pub(super) fn declared(named: &[Option<Feature>]) -> Option<Features> {
    (!named.is_empty()).then(|| named.iter().flatten().copied().collect())
}

/// Prints what `--format json` asks for.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::internal)?;
    write_out(&visible_json(&text))?;
    write_out("\n")
}

/// Prints text for people.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    write_out(&visible(text))
}

/// Writes to stdout as it is.
pub(super) fn write_out(text: &str) -> Result<(), Failure> {
    printed(written(text))
}

/// Writes the result of a run to stdout as it is. It is an error if its reader has gone away.
pub(super) fn write_result(text: &str) -> Result<(), Failure> {
    written(text).map_err(|source| Failure::internal(SaveError { path: "standard output".into(), source }))
}

fn written(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

/// What came of printing. A reader that has gone away, as `head` does, wants to see no more, which is no error.
pub(super) fn printed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::internal(anyhow!(
            "can't write to standard output: {error}; make room, or send it elsewhere"
        ))),
        _ => Ok(()),
    }
}
