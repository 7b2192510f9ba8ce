//! Values that several commands take, and JSON on stdout.

use std::io::{BufWriter, Write as _};
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use pwp_spec::{Feature, Features, UnknownName};

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
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 =
        digits.parse().map_err(|_| format!("{text:?} is no time; write for example 10s or 500ms"))?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        _ => return Err(format!("{text:?} has no unit; write for example 10s or 500ms")),
    };
    let time = (0.001..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds));
    time.ok_or_else(|| format!("{text:?} is not between 1ms and a day"))
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
    // Piece by piece: what a subject wrote may be long, and its escapes longer.
    let mut out = BufWriter::new(anstream::stdout());
    serde_json::to_writer_pretty(&mut out, value).map_err(Failure::internal)?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(Failure::internal)
}
