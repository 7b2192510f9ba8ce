//! Values that several commands take.

use std::time::Duration;

use clap::ValueEnum;

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people.
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
    if (0.001..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(format!("{text:?} is not between 1ms and a day"))
    }
}
