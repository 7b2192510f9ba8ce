//! What a tap says: on stderr, which is the worker's log, and in a file of its own. Never on stdout.

use std::fs::File;
use std::io::Write as _;
use std::time::Duration;

use crate::report::visible;
use pwp_spec::{Catalogue, Level, RequirementId};

/// Times that the violation of one requirement is told in full; the others are counted.
const TOLD: u64 = 3;
/// Characters of one line.
const LINE: usize = 2000;

/// Says what was found.
#[derive(Debug)]
pub(super) struct Notes {
    log: Option<File>,
    /// What this worker is called where several write to one log.
    worker: String,
}

/// A violation, in words.
#[derive(Debug)]
pub(super) struct Telling<'a> {
    pub(super) id: RequirementId,
    pub(super) at: Duration,
    /// How often the requirement was broken by now.
    pub(super) count: u64,
    pub(super) what: String,
    /// The bytes that show it, where `what` does not name them.
    pub(super) bytes: Option<String>,
    /// What may be the cause as well.
    pub(super) suspects: String,
    pub(super) remedy: Option<&'a str>,
}

impl Notes {
    pub(super) fn new(log: Option<File>, pid: u32) -> Self {
        Self { log, worker: format!("worker {pid}") }
    }

    /// Tells a violation, if it is one of the first.
    pub(super) fn violated(&mut self, telling: &Telling<'_>) {
        let Telling { id, at, count, what, bytes, suspects, remedy } = telling;
        if *count > TOLD {
            return;
        }
        let ms = at.as_secs_f64() * 1000.0;
        let level = Catalogue::standard().get(*id).map_or(Level::Must, |requirement| requirement.level);
        self.say(&format!("the {} breaks {id} ({level}) at {ms:.1} ms: {what}", id.role()));
        if let Some(bytes) = bytes {
            self.say(&format!("  bytes: {bytes}"));
        }
        if !suspects.is_empty() {
            self.say(&format!("  the cause may be one of these, which it has not kept before: {suspects}"));
        }
        if let (1, Some(remedy)) = (count, remedy) {
            self.say(&format!("  remedy: {}", without_links(remedy)));
        }
        if *count == TOLD {
            self.say(&format!("  {id} is counted from here on, and told no more"));
        }
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
fn without_links(sentence: &str) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, link)) = rest.split_once('[') {
        text.push_str(before);
        match link.split_once("](").and_then(|(name, target)| Some((name, target.split_once(')')?.1))) {
            Some((name, behind)) if !name.contains('[') => {
                text.push_str(name);
                rest = behind;
            }
            _ => {
                text.push('[');
                rest = link;
            }
        }
    }
    text + rest
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
