//! Bytes as hex and text, side by side.

use std::fmt::Write as _;

use maud::{Markup, html};

/// Bytes in a line: what a phone is wide enough for.
const ROW: usize = 8;

/// A dump of `most` bytes at most. `of` is how many there were.
pub(super) fn dump(bytes: &[u8], most: usize, of: u64) -> Markup {
    let shown = &bytes[..bytes.len().min(most)];
    let mut lines = String::new();
    for (row, chunk) in shown.chunks(ROW).enumerate() {
        let mut hex = String::new();
        for (position, byte) in chunk.iter().enumerate() {
            let _ = write!(hex, "{}{byte:02x}", if position > 0 && position % 2 == 0 { " " } else { "" });
        }
        let text: String = chunk
            .iter()
            .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { *byte as char } else { '·' })
            .collect();
        let _ = writeln!(lines, "{:03x} {hex:<19} {text}", row * ROW);
    }
    html! {
        // What is too high is reached by scrolling, also with the keyboard.
        pre.dump tabindex="0" role="group" aria-label="bytes in hex and as text" { (lines.trim_end_matches('\n')) }
        @if (shown.len() as u64) < of {
            p.muted { (shown.len()) " of " (of) " bytes are shown." }
        }
    }
}
