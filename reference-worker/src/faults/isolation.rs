//! Faults of keeping requests apart: what one request sees of others, of files that are not its own, and of the machine.

use std::{
    fs::{self, File},
    io::Write as _,
    sync::{Mutex, atomic::Ordering},
};

use pwp_proto::WorkResponse;

use super::kit::{OUTSIDE, lock, session};
use super::remembered::{ELSEWHERE, Presence, Temporary, Visit};
use super::{Active, Fault, MULTIPLEX};
use crate::{
    Request,
    session::hooks::{Answer, Hooks},
};

/// How many files are held open at most. A guard: without it a long run ends for want of descriptors.
const HELD: usize = 256;

/// What is wrong with an output file is first of all that it is not what was asked for.
const WRONG_CONTENT: (&str, &str) = ("W-054", "an output with a line too many is not what was asked for");

pub(super) const FAULTS: &[Fault] = &[
    Fault::new("leak-state", "prints the --print texts of the request before, too", &["W-058"], OUTSIDE)
        .may_also_break(&[
            ("W-062", "with multiplexing the request before may be open at the same time"),
            ("W-067", "with multiplexing the request before may be open at the same time"),
        ]),
    Fault::new(
        "leak-after",
        "after `--print=poison…` adds a line to the output file of the next request with `--print=victim…`",
        &["W-058"],
        OUTSIDE,
    )
    .may_also_break(&[
        WRONG_CONTENT,
        ("W-067", "with multiplexing the request before may be open at the same time"),
    ]),
    Fault::new(
        "stale-digest",
        "keeps using the contents that a path had first, whatever its digest",
        &["W-059"],
        OUTSIDE,
    )
    .may_also_break(&[
        ("W-054", "an output made from old contents is wrong"),
        ("W-058", "old contents are state"),
        ("W-067", "old contents may be those of a request that is open at the same time"),
    ]),
    Fault::new(
        "temp-elsewhere",
        "makes a temporary file in /var/tmp for each request, and fails the request if it cannot",
        &["W-060"],
        OUTSIDE,
    ),
    Fault::new("keep-open", "never closes the input files that it has read", &["W-061"], OUTSIDE),
    Fault::new(
        "mix-outputs",
        "puts the messages of a request into a later response, too, if others are open when it is answered",
        &["W-062"],
        session(|_| Box::new(MixOutputs::default())),
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        (
            "W-013",
            "whether others are open differs from run to run, so requests that are not sent together can look right by chance",
        ),
        ("W-058", "messages of another request are state"),
        ("W-067", "messages are a part of the result"),
    ]),
    Fault::new(
        "parallel-interference",
        "adds a line to the output file of a request that was at work at the same time as another",
        &["W-067"],
        OUTSIDE,
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        WRONG_CONTENT,
        ("W-059", "the request beside it may be one with other content under the same path"),
    ]),
    Fault::new(
        "read-undeclared",
        "adds the first file in `in/` that is not among the inputs of a request to its output file",
        &["W-069"],
        OUTSIDE,
    )
    .may_also_break(&[("W-054", "an output with another file in it is not what was asked for")]),
];

impl Active {
    /// A request begins. It fails with the message, if there is one.
    pub(crate) fn begin(&self, request: &mut Request) -> Result<Visit<'_>, String> {
        self.see_sandbox(request.sandbox_dir());
        self.expand_argfiles(request)?;
        let memory = &self.memory;
        let temporary = self.has("temp-elsewhere").then(|| Temporary::new(request));
        let temporary = temporary
            .transpose()
            .map_err(|error| format!("cannot make a temporary file in {ELSEWHERE} ({error})"))?;
        let mut presence = lock(&memory.presence);
        *presence = Presence { now: presence.now + 1, ever: presence.ever + 1 };
        Ok(Visit { memory, begun: *presence, temporary })
    }

    /// For the fault `leak-state`: shows this request what the one before it printed.
    pub(crate) fn leak(&self, request: &Request, printed: &[String]) {
        if self.has("leak-state") {
            let before = std::mem::replace(&mut *lock(&self.memory.printed), printed.to_vec());
            for text in before {
                // Output is kept in memory, so this cannot fail.
                let _ = writeln!(request.output(), "{text}");
            }
        }
        if self.has("leak-after") && printed.iter().any(|text| text.starts_with("poison")) {
            self.memory.poisoned.store(true, Ordering::Relaxed);
        }
    }

    /// The digest to believe in.
    pub(crate) fn digest<'a>(&self, digest: &'a [u8]) -> &'a [u8] {
        if self.has("stale-digest") { b"any" } else { digest }
    }

    /// The tool has read a file.
    pub(crate) fn close(&self, file: File) {
        if self.has("keep-open") {
            let mut held = lock(&self.memory.held);
            held.push_back(file);
            if held.len() > HELD {
                held.pop_front();
            }
        }
    }

    /// What to write into an output file in the place of `text`, for a request that names these files and texts.
    pub(crate) fn text(
        &self,
        request: &Request,
        visit: &Visit<'_>,
        (named, printed): (&[String], &[String]),
        mut text: Vec<u8>,
    ) -> Vec<u8> {
        if self.has("parallel-interference") && visit.had_company() {
            text.extend_from_slice(b"not alone\n");
        }
        if self.has("leak-after")
            && printed.iter().any(|text| text.starts_with("victim"))
            && self.memory.poisoned.swap(false, Ordering::Relaxed)
        {
            text.extend_from_slice(b"poisoned\n");
        }
        if self.has("one-shot-differs") && self.is_once() {
            text.extend_from_slice(b"one shot\n");
        }
        if self.has("read-undeclared") {
            text.extend(self.undeclared(request, named).unwrap_or_default());
        }
        text
    }

    /// The content of the first file in `in/` that is no input. In one-shot mode nobody says what the inputs are, so files that an
    /// argument names count, too: the two modes shall not differ.
    fn undeclared(&self, request: &Request, named: &[String]) -> Option<Vec<u8>> {
        let entries = fs::read_dir(self.source(request, "in")).ok()?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .map(|name| format!("in/{name}"))
            .collect();
        names.sort_unstable();
        let is_input =
            |name: &String| named.contains(name) || request.inputs().iter().any(|input| input.path == *name);
        names.iter().filter(|name| !is_input(name)).find_map(|name| fs::read(self.source(request, name)).ok())
    }
}

#[derive(Default)]
struct MixOutputs(Mutex<String>);

impl Hooks for MixOutputs {
    fn edit(&self, response: &mut WorkResponse, about: &Answer) {
        let mut left = lock(&self.0);
        let own = response.output.clone();
        response.output.push_str(&std::mem::take(&mut *left));
        if about.others > 0 {
            *left = own;
        }
    }
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] = &[
        ("stale-digest", changed_input, |o| o.responses[1].exit_code == 0),
        (
            "leak-state",
            |d, _| each(d, &[print("one"), print("two")]),
            |o| o.responses[1].output.contains("one"),
        ),
    ];
}
