//! A verdict as a word on a colour.

use maud::{Markup, html as markup};

use super::super::Verdict;

/// The sign of a verdict, for readers who can't tell the colours apart.
pub(super) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Warn => "!",
        Verdict::Observed => "◦",
        Verdict::Unsupported | Verdict::Untested => "–",
        Verdict::NotExercised => "?",
        Verdict::Flaky => "≈",
        Verdict::Error => "‼",
    }
}

/// A verdict with its sign.
pub(super) fn badge(verdict: Verdict) -> Markup {
    markup! {
        span class={ "badge b-" (verdict) } { span aria-hidden="true" { (sign(verdict)) " " } (verdict) }
    }
}
