//! Faults of what happens between a request and its response, and of what the work leaves behind.

use std::{
    collections::HashMap,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use pwp_proto::{Decoded, WorkRequest, WorkResponse};

use super::kit::{
    Counter,
    Hook::{Elsewhere, Session},
    edit, end, lock,
};
use super::{Active, Fault, MULTIPLEX, MULTIPLEX_SANDBOXING};
use crate::{
    Error, Request,
    session::{
        Out,
        hooks::{Answer, Hooks, Verdict},
    },
};

/// How long after its response a slow worker still believes a request to be open.
const RETIRES_AFTER: Duration = Duration::from_millis(2);

/// How long after the response a file is written that has no business to be.
const LATE: Duration = Duration::from_millis(100);

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "exit-on-request",
        "ends when its second request arrives",
        &["W-050"],
        Session(|name| Box::new(ExitOnRequest(name, Counter::default()))),
    )
    .may_also_break(&[
        ("W-031", "the second request is not answered"),
        ("W-051", "it looks like an end after the first response"),
    ]),
    Fault::new(
        "exit-after-response",
        "ends right after its second response",
        &["W-051"],
        Session(|name| Box::new(ExitAfter { name, count: Counter::default(), is_last: |nth, _| nth == 2 })),
    )
    .may_also_break(&[
        ("W-050", "requests sent meanwhile are open when it ends"),
        ("W-052", "the second response may have told of a failure"),
    ]),
    Fault::new(
        "die-after-failure",
        "ends right after a response with an exit code other than 0",
        &["W-052"],
        Session(|name| {
            let is_last = |_, response: &WorkResponse| response.exit_code != 0;
            Box::new(ExitAfter { name, count: Counter::default(), is_last })
        }),
    )
    .may_also_break(&[
        ("W-050", "requests sent meanwhile are open when it ends"),
        ("W-051", "it ends after a response"),
    ]),
    Fault::new(
        "always-zero",
        "answers with exit code 0 always",
        &["W-053"],
        Session(|_| edit(|response, _| response.exit_code = 0)),
    )
    .may_also_break(&[("W-056", "an internal error is answered with exit code 0, too")]),
    Fault::new(
        "always-one",
        "answers with exit code 1 always",
        &["W-053"],
        Session(|_| edit(|response, _| response.exit_code = 1)),
    )
    .may_also_break(&[("W-057", "work that reads standard input fails as all work does")]),
    Fault::new("late-output", "writes output files 100 ms after the response", &["W-054"], Elsewhere)
        .may_also_break(&[("W-055", "that is a file written after the response")]),
    Fault::new("missing-output", "does not write output files", &["W-054"], Elsewhere),
    Fault::new(
        "write-after-response",
        "adds a line to an output 100 ms after the response",
        &["W-055"],
        Elsewhere,
    )
    .may_also_break(&[("W-054", "a later request may have written the same output meanwhile")]),
    Fault::new(
        "panic-exits",
        "ends when there is an internal error, without an answer",
        &["W-056"],
        Session(|name| Box::new(PanicExits(name))),
    )
    .may_also_break(&[
        ("W-031", "the request has no response"),
        ("W-050", "it ends while a request is not answered"),
    ]),
    Fault::new(
        "tool-reads-stdin",
        "lets the tool read the protocol's standard input",
        &["W-057"],
        Session(|_| Box::new(ToolReadsStdin)),
    )
    .may_also_break(&[
        ("W-034", "the answer comes with the end of the input that the tool reads"),
        ("W-074", "what the tool reads, nobody else reads: other requests wait"),
        ("W-086", "a cancel waits with them"),
        ("W-031", "the tool reads to the end of the input, and the requests in it with it"),
        ("W-053", "the tool counts bytes where there are none"),
        ("W-111", "the tool takes the end of the input for its own"),
    ]),
    Fault::new(
        "stale-digest",
        "keeps using the contents that a path had first, whatever its digest",
        &["W-059"],
        Elsewhere,
    )
    .may_also_break(&[
        ("W-054", "an output made from old contents is wrong"),
        ("W-058", "old contents are state"),
    ]),
    Fault::new(
        "mix-outputs",
        "puts the messages of a request into a later response, too, if others are open when it is answered",
        &["W-062"],
        Session(|_| Box::new(MixOutputs::default())),
    )
    .with(MULTIPLEX)
    .may_also_break(&[("W-058", "messages of another request are state")]),
    Fault::new("leak-state", "prints the --print texts of the request before, too", &["W-058"], Elsewhere)
        .may_also_break(&[("W-062", "with multiplexing the request before may be open at the same time")]),
    Fault::new(
        "slow-retire",
        "rejects a request whose id was answered less than 2 ms ago, because it believes it to be open",
        &["W-064"],
        Session(|name| Box::new(SlowRetire(name, Mutex::default()))),
    )
    .may_also_break(&[
        ("W-050", "of several requests that come at once, the one that is rejected cannot always be told"),
        ("W-073", "an id that is used again at once is rejected"),
    ]),
    Fault::new(
        "ignore-sandbox-dir",
        "reads and writes relative paths in its working directory, whatever sandbox_dir says",
        &["W-100", "W-101"],
        Elsewhere,
    )
    .with(MULTIPLEX_SANDBOXING)
    .may_also_break(&[("W-102", "it does not fail the request instead"), ("W-054", "outputs are elsewhere")]),
    Fault::new(
        "write-outside-sandbox",
        "reads under sandbox_dir, and writes relative paths in its working directory",
        &["W-101"],
        Elsewhere,
    )
    .with(MULTIPLEX_SANDBOXING)
    .may_also_break(&[("W-054", "outputs are elsewhere")]),
];

struct ExitOnRequest(&'static str, Counter);

impl Hooks for ExitOnRequest {
    fn request(&self, _request: &Decoded<WorkRequest>, _open: usize) -> Result<Verdict, Error> {
        if self.1.next() == 2 { Err(end(self.0, "enough requests")) } else { Ok(Verdict::Accept) }
    }
}

struct ExitAfter {
    name: &'static str,
    count: Counter,
    is_last: fn(usize, &WorkResponse) -> bool,
}

impl Hooks for ExitAfter {
    fn respond(&self, out: &mut Out, response: &WorkResponse, _about: &Answer) -> Result<bool, Error> {
        if !(self.is_last)(self.count.next(), response) {
            return Ok(false);
        }
        out.send(response)?;
        Err(end(self.name, "enough responses"))
    }
}

struct PanicExits(&'static str);

impl Hooks for PanicExits {
    fn respond(&self, _out: &mut Out, _response: &WorkResponse, about: &Answer) -> Result<bool, Error> {
        // The status of a Rust program that panics.
        let error = Error::Fault { name: self.0, reason: "internal error".to_owned(), status: 101 };
        if about.panicked { Err(error) } else { Ok(false) }
    }
}

struct ToolReadsStdin;

impl Hooks for ToolReadsStdin {
    fn protects_input(&self) -> bool {
        false
    }

    /// If the session read on, it and the tool would take turns, and who gets what would be chance.
    fn reads_while_busy(&self) -> bool {
        false
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

struct SlowRetire(&'static str, Mutex<HashMap<i32, Instant>>);

impl Hooks for SlowRetire {
    fn request(&self, request: &Decoded<WorkRequest>, _open: usize) -> Result<Verdict, Error> {
        let answered = lock(&self.1).get(&request.message.request_id).copied();
        match answered {
            Some(answered) if answered.elapsed() < RETIRES_AFTER => {
                Err(end(self.0, "the request is still active"))
            }
            _ => Ok(Verdict::Accept),
        }
    }

    fn edit(&self, response: &mut WorkResponse, _about: &Answer) {
        lock(&self.1).insert(response.request_id, Instant::now());
    }
}

impl Active {
    /// For the fault `leak-state`: shows this request what the one before it printed.
    pub(crate) fn leak(&self, request: &Request, printed: &[String]) {
        if self.has("leak-state") {
            let before = std::mem::replace(&mut *lock(&self.leaked), printed.to_vec());
            for text in before {
                // Output is kept in memory, so this cannot fail.
                let _ = writeln!(request.output(), "{text}");
            }
        }
    }
}

/// What to do about an output file; see [`Active::output`].
pub(super) fn output(
    faults: &Active,
    path: PathBuf,
    text: Vec<u8>,
    write: fn(&Path, &[u8]) -> Result<(), String>,
) -> Option<(PathBuf, Vec<u8>)> {
    if faults.has("missing-output") {
        return None;
    }
    if faults.has("late-output") {
        later(faults, path, text, write);
        return None;
    }
    if faults.has("write-after-response") {
        later(faults, path.clone(), [text.as_slice(), b"one more thing\n"].concat(), write);
    }
    Some((path, text))
}

fn later(faults: &Active, path: PathBuf, text: Vec<u8>, write: fn(&Path, &[u8]) -> Result<(), String>) {
    let late = thread::spawn(move || {
        thread::sleep(LATE);
        if let Err(error) = write(&path, &text) {
            eprintln!("a late output: {error}");
        }
    });
    lock(&faults.late).push(late);
}
