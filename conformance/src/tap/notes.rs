//! What a tap says: on stderr, which is the worker's log, and in a file of its own. Never on stdout.

use std::fs::File;
use std::io::Write as _;

use crate::report::visible;

/// Characters of one line.
const LINE: usize = 2000;

/// Says what was found.
#[derive(Debug)]
pub(super) struct Notes {
    log: Option<File>,
    /// What this worker is called where several write to one log.
    worker: String,
}

impl Notes {
    pub(super) fn new(log: Option<File>, pid: u32) -> Self {
        Self { log, worker: format!("worker {pid}") }
    }

    /// Says one line on stderr and in the log.
    pub(super) fn say(&mut self, text: &str) {
        let _ = std::io::stderr().write_all(&line("pwp tap", text));
        self.log(text);
    }

    /// Says one line in the log only.
    pub(super) fn log(&mut self, text: &str) {
        if let Some(log) = &mut self.log {
            let _ = log.write_all(&line(&self.worker, text));
        }
    }
}

/// What is written at once, so that lines of several processes do not mix.
fn line(speaker: &str, text: &str) -> Vec<u8> {
    let text = visible(text).replace('\n', " ");
    let end = text.char_indices().nth(LINE).map_or(text.len(), |(end, _)| end);
    format!("{speaker}: {}\n", &text[..end]).into_bytes()
}

/// A sentence of the book with the texts of its links alone: a log has nowhere to go.
pub(super) fn without_links(sentence: &str) -> String {
    let mut parts = sentence.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("](").and_then(|(name, target)| Some((name, target.split_once(')')?.1))) {
            Some((name, behind)) => text.extend([name, behind]),
            None => text.extend(["[", part]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_their_texts() {
        for (sentence, text) in [
            ("see [C-098](x.md#C-098) and [the key](k.md).", "see C-098 and the key."),
            ("an array a[0] (or a[1](b", "an array a[0] (or a[1](b"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_links(sentence), text);
        }
    }
}
