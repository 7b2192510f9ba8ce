//! A verdict as a word on a colour.

use maud::{Markup, html as markup};

use super::super::Verdict;

/// A verdict with a sign: the colour alone says nothing.
pub(super) fn badge(verdict: Verdict) -> Markup {
    let sign = match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Warn => "!",
        Verdict::Observed => "◦",
        Verdict::Unsupported | Verdict::Untested => "–",
        Verdict::NotExercised => "?",
        Verdict::Flaky => "≈",
        Verdict::Error => "‼",
    };
    markup! {
        span class={ "badge b-" (verdict.as_str()) } { span aria-hidden="true" { (sign) " " } (verdict.as_str()) }
    }
}
