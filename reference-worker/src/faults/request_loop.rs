//! Faults of what happens between a request and its response, and of when files are written.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use pwp_proto::{Decoded, WorkRequest, WorkResponse};

use super::kit::{Counter, OUTSIDE, edit, end, lock, session};
use super::{Active, Fault};
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
        session(|name| Box::new(ExitOnRequest(name, Counter::default()))),
    )
    .may_also_break(&[
        ("W-031", "the second request is not answered"),
        ("W-051", "it looks like an end after the first response"),
    ]),
    Fault::new(
        "exit-after-response",
        "ends right after its second response",
        &["W-051"],
        session(|name| Box::new(ExitAfter { name, count: Counter::default(), is_last: |nth, _| nth == 2 })),
    )
    .may_also_break(&[
        ("W-050", "requests sent meanwhile are open when it ends"),
        ("W-052", "the second response may have told of a failure"),
    ]),
    Fault::new(
        "die-after-failure",
        "ends right after a response with an exit code other than 0",
        &["W-052"],
        session(|name| {
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
        session(|_| edit(|response, _| response.exit_code = 0)),
    )
    .may_also_break(&[
        ("W-009", "in one-shot mode failed work has another exit status"),
        ("W-056", "an internal error is answered with exit code 0, too"),
    ]),
    Fault::new(
        "always-one",
        "answers with exit code 1 always",
        &["W-053"],
        session(|_| edit(|response, _| response.exit_code = 1)),
    )
    .may_also_break(&[
        ("W-009", "in one-shot mode the exit status is another"),
        ("W-057", "work that reads standard input fails as all work does"),
    ]),
    Fault::new(
        "output-lost",
        "leaves `output` empty when the work failed",
        &["W-068"],
        session(|_| edit(|response, _| response.output.retain(|_| response.exit_code == 0))),
    )
    .may_also_break(&[("W-056", "the message about an internal error is lost with the others")]),
    Fault::new("late-output", "writes output files 100 ms after the response", &["W-054"], OUTSIDE)
        .may_also_break(&[
            ("W-055", "that is a file written after the response"),
            ("W-090", "work that ends as its cancel comes writes its output late, too"),
        ]),
    Fault::new("missing-output", "does not write output files", &["W-054"], OUTSIDE),
    Fault::new(
        "write-after-response",
        "adds a line to an output 100 ms after the response",
        &["W-055"],
        OUTSIDE,
    )
    .may_also_break(&[
        ("W-011", "the late line can get into the output of a later request, which may be a large one"),
        ("W-054", "a later request may have written the same output meanwhile"),
        ("W-058", "the late line can get into the output of a later request"),
        ("W-059", "the late line can get into the output of a later request, whose inputs may have changed"),
        ("W-067", "the late line can get into the output of a request that ran beside it"),
        ("W-073", "the late line can get into the output of a request that has the same id as one before"),
        ("W-090", "the work of a request that is cancelled may be done already, and its late line comes"),
    ]),
    Fault::new(
        "panic-exits",
        "ends when there is an internal error, without an answer",
        &["W-056"],
        session(|name| Box::new(PanicExits(name))),
    )
    .may_also_break(&[
        ("W-031", "the request has no response"),
        ("W-050", "it ends while a request is not answered"),
    ]),
    Fault::new(
        "tool-reads-stdin",
        "lets the tool read the protocol's standard input",
        &["W-057"],
        session(|_| Box::new(ToolReadsStdin)),
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
        "slow-retire",
        "rejects a request whose id was answered less than 2 ms ago, because it believes it to be open",
        &["W-064"],
        session(|name| Box::new(SlowRetire(name, Mutex::default()))),
    )
    .may_also_break(&[
        ("W-050", "of several requests that come at once, the one that is rejected cannot always be told"),
        ("W-073", "an id that is used again at once is rejected"),
    ]),
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
    /// Whether a request stops, because it is cancelled.
    pub(crate) fn stops(&self, request: &Request) -> bool {
        request.cancelled() && !self.has("write-after-cancel")
    }

    /// What to do about an output file: nothing now, or write these bytes to this path.
    pub(crate) fn output(
        &self,
        request: &Request,
        path: PathBuf,
        text: Vec<u8>,
        write: fn(&Path, &[u8]) -> io::Result<()>,
    ) -> Option<(PathBuf, Vec<u8>)> {
        if self.has("missing-output") {
            return None;
        }
        if self.has("late-output") || self.has("write-after-cancel") && request.cancelled() {
            self.later(path, text, write);
            return None;
        }
        if self.has("write-after-response") {
            self.later(path.clone(), [text.as_slice(), b"one more thing\n"].concat(), write);
        }
        Some((path, text))
    }

    fn later(&self, path: PathBuf, text: Vec<u8>, write: fn(&Path, &[u8]) -> io::Result<()>) {
        let late = thread::spawn(move || {
            thread::sleep(LATE);
            if let Err(error) = write(&path, &text) {
                eprintln!("a late output: cannot write {} ({error})", path.display());
            }
        });
        lock(&self.late).push(late);
    }
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] = &[
        ("exit-on-request", |d, _| each(d, &three()), |o| o.responses.len() == 1 && o.ended_by_fault()),
        ("exit-after-response", |d, _| each(d, &three()), |o| o.responses.len() == 2 && o.ended_by_fault()),
        (
            "die-after-failure",
            |d, _| each(d, &[work(&["--fail=7"]), print("x")]),
            |o| o.responses.len() == 1 && o.responses[0].exit_code == 7,
        ),
        ("always-zero", |d, _| each(d, &[work(&["--fail=7"])]), |o| o.responses[0].exit_code == 0),
        ("output-lost", |d, _| each(d, &[work(&["--frobnicate"])]), |o| o.responses[0].output.is_empty()),
        ("always-one", |d, _| each(d, &[print("x")]), |o| o.responses[0].exit_code == 1),
        ("panic-exits", |d, _| each(d, &[work(&["--panic"])]), |o| o.responses.is_empty() && o.status == 101),
        ("slow-retire", |d, _| each(d, &vec![print("x"); 100]), |o| o.ended_by_fault()),
    ];
}
