//! Values that several commands take.

use std::time::Duration;

use clap::ValueEnum;

use pwp_spec::{Feature, Features, UnknownName};

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
