//! Bytes as hex and text, side by side.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::text::printable;

/// The number of bytes in a line, for which a phone is wide enough.
const ROW: usize = 8;

/// A dump of the first `most` bytes, beside the number `of` all that there were.
pub(super) fn dump(bytes: &[u8], most: usize, of: u64) -> Markup {
    let shown = &bytes[..bytes.len().min(most)];
    let mut lines = String::new();
    for (row, chunk) in shown.chunks(ROW).enumerate() {
        let pairs: Vec<String> = chunk.chunks(2).map(hex::encode).collect();
        let _ = writeln!(lines, "{:03x} {:<19} {}", row * ROW, pairs.join(" "), printable(chunk, '·'));
    }
    html! {
        // A dump that is too high is scrolled, also with the keyboard.
        pre.dump tabindex="0" role="group" aria-label="bytes in hex and as text" { (lines.trim_end_matches('\n')) }
        @if (shown.len() as u64) < of {
            p.muted { (shown.len()) " of " (of) " bytes are shown." }
        }
    }
}
