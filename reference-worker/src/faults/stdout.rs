//! Faults of what is written to standard output, and when. How a response is encoded is the matter of `encoding`.

use std::sync::Mutex;

use pwp_proto::{Framing, WorkResponse};

use super::kit::{edit, every_third, lock, second, session};
use super::{Fault, MULTIPLEX, VERBOSITY};
use crate::{
    Error,
    session::{
        Out,
        hooks::{Answer, Ending, Hooks},
    },
};

/// An id that no client uses: larger than any counter gets, and not the largest.
const NOBODY: i32 = 1_999_999_999;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "banner",
        "prints a line of text to standard output when it starts",
        &["W-030"],
        session(|_| Box::new(Text::Banner)),
    ),
    Fault::new(
        "print-during-work",
        "prints a line of text to standard output before each response",
        &["W-030"],
        session(|_| Box::new(Text::BeforeResponse)),
    ),
    Fault::new(
        "print-at-exit",
        "prints a line of text to standard output when standard input ends",
        &["W-030"],
        session(|_| Box::new(Text::AtExit)),
    ),
    Fault::new(
        "verbose-stdout",
        "prints a line of text to standard output if the request is verbose",
        &["W-030"],
        session(|_| Box::new(Text::IfVerbose)),
    )
    .with(VERBOSITY)
    .may_also_break(&[
        ("W-120", "a verbose request gets no response that can be read"),
        ("W-122", "a verbose request gets no response that can be read"),
    ]),
    Fault::new(
        "drop-response",
        "does not write every third response",
        &["W-031"],
        session(|_| every_third(|_, _| Ok(()))),
    ),
    Fault::new(
        "swallow-panic",
        "does not answer a request that ends in an internal error",
        &["W-031"],
        session(|_| Box::new(SwallowPanic)),
    )
    .may_also_break(&[(
        "W-056",
        "an internal error is not answered with a message, because it is not answered",
    )]),
    Fault::new(
        "duplicate-response",
        "writes every third response twice",
        &["W-032"],
        session(|_| {
            every_third(|out, response| {
                let once = out.encode(response);
                out.write(&[&once[..], &once].concat())
            })
        }),
    ),
    Fault::new(
        "unsolicited-response",
        "writes one more response, with an id that was never used, together with every third one",
        &["W-032"],
        session(|_| {
            every_third(|out, response| {
                let unsolicited = WorkResponse { request_id: NOBODY, ..WorkResponse::default() };
                out.write(&[out.encode(response), out.encode(&unsolicited)].concat())
            })
        }),
    )
    .may_also_break(&[(
        "W-033",
        "with requests open it looks like the answer to one of them, with a wrong id",
    )]),
    Fault::new(
        "wrong-id",
        "answers with the request's id plus one",
        &["W-033"],
        session(|_| edit(|response, _| response.request_id = response.request_id.wrapping_add(1))),
    )
    .may_also_break(&[
        ("W-031", "the request itself has no response"),
        ("W-032", "the other id may be one that was answered or that is open"),
    ]),
    Fault::new(
        "id-16-bit",
        "keeps the low 16 bits of an id",
        &["W-033"],
        session(|_| edit(|response, _| response.request_id &= 0xffff)),
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("W-031", "a request with a high or negative id has no response"),
        ("W-032", "the shortened id may be one that was answered"),
        ("W-071", "a request with a high id has no response"),
        ("W-072", "a request with a negative id has no response"),
    ]),
    Fault::new(
        "no-flush",
        "holds each response back until the next one or the end of standard input",
        &["W-034"],
        session(|_| Box::new(NoFlush::default())),
    )
    .may_also_break(&[(
        "W-031",
        "a response that is held back looks like none as long as nothing follows it",
    )]),
    Fault::new(
        "interleave",
        "writes a response into the middle of another one when two requests are open",
        &["W-035"],
        session(|_| Box::new(Interleave::default())),
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("W-032", "what is mixed up can read as a response to nothing"),
        ("W-033", "what is mixed up can read as a response with another id"),
        ("W-048", "what is mixed up can read as a response in an unusual encoding"),
        ("W-036", "the pieces are not well-formed responses"),
        ("W-038", "the outer frame does not have the bytes that it declares"),
        ("W-030", "what is left of the outer response is no response"),
        ("W-031", "a response that cannot be read is none"),
        ("W-040", "the pieces are not JSON objects"),
        ("W-074", "the first of the two responses waits for the second"),
        ("W-075", "the responses to requests in flight cannot be read"),
    ]),
    Fault::new(
        "truncated-frame",
        "writes half of its second response and then nothing more",
        &["W-038"],
        session(|_| {
            second(|out, response| {
                let bytes = out.encode(response);
                out.write(&bytes[..bytes.len().div_ceil(2)])?;
                out.mute();
                Ok(())
            })
        }),
    )
    .may_also_break(&[
        ("W-031", "neither that request nor a later one has a response"),
        ("W-111", "a response that is not complete is not taken for one, so the request counts as open"),
    ]),
    Fault::new(
        "declare-2gb",
        "declares a length of 2147483647 bytes for its second response, writes ten, and then nothing more",
        &["W-038"],
        session(|_| {
            second(|out, _| {
                out.write(b"\xff\xff\xff\xff\x07\x12\x80\x80\x80\x08 text")?;
                out.mute();
                Ok(())
            })
        }),
    )
    .only(&[Framing::Proto])
    .may_also_break(&[("W-031", "neither that request nor a later one has a response")]),
    Fault::new(
        "close-stdout",
        "closes standard output after its second response, and lives on",
        &["W-047"],
        session(|_| {
            second(|out, response| {
                out.send(response)?;
                out.close();
                Ok(())
            })
        }),
    )
    .may_also_break(&[("W-031", "a later request has no response")]),
];

/// Text on standard output.
enum Text {
    Banner,
    BeforeResponse,
    AtExit,
    IfVerbose,
}

impl Hooks for Text {
    fn begin(&self, out: &mut Out) -> Result<(), Error> {
        if matches!(self, Self::Banner) { out.write(b"Reference worker, at your service.\n") } else { Ok(()) }
    }

    fn respond(&self, out: &mut Out, _response: &WorkResponse, about: &Answer) -> Result<bool, Error> {
        match self {
            Self::BeforeResponse => out.write(b"Compiling, please wait...\n")?,
            Self::IfVerbose if about.verbosity > 0 => out.write(b"DEBUG: the request is done\n")?,
            Self::Banner | Self::AtExit | Self::IfVerbose => {}
        }
        Ok(false)
    }

    fn ending(&self, out: Option<&mut Out>, result: &Result<(), Error>, _open: usize) -> Ending {
        if let (Self::AtExit, Ok(()), Some(out)) = (self, result, out) {
            // The client may be gone already.
            let _ = out.write(b"Goodbye!\n");
        }
        Ending::default()
    }
}

struct SwallowPanic;

impl Hooks for SwallowPanic {
    fn respond(&self, _out: &mut Out, _response: &WorkResponse, about: &Answer) -> Result<bool, Error> {
        Ok(about.panicked)
    }
}

#[derive(Default)]
struct NoFlush(Mutex<Vec<u8>>);

impl Hooks for NoFlush {
    fn respond(&self, out: &mut Out, response: &WorkResponse, _about: &Answer) -> Result<bool, Error> {
        let before = std::mem::replace(&mut *lock(&self.0), out.encode(response));
        out.write(&before).map(|()| true)
    }

    fn ending(&self, out: Option<&mut Out>, _result: &Result<(), Error>, _open: usize) -> Ending {
        if let Some(out) = out {
            // The client may be gone already.
            let _ = out.write(&lock(&self.0));
        }
        Ending::default()
    }
}

/// The response that waits for another one to be written into it.
#[derive(Default)]
struct Interleave(Mutex<Option<Vec<u8>>>);

impl Hooks for Interleave {
    fn respond(&self, out: &mut Out, response: &WorkResponse, about: &Answer) -> Result<bool, Error> {
        let mut outer = lock(&self.0);
        let bytes = out.encode(response);
        match outer.take() {
            Some(outer) => {
                let (head, tail) = outer.split_at(outer.len() / 2);
                out.write(&[head, &bytes, tail].concat())?;
            }
            None if about.others > 0 => *outer = Some(bytes),
            None => return Ok(false),
        }
        Ok(true)
    }
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] = &[
        ("banner", |d, _| each(d, &[print("x")]), |o| o.bytes.starts_with(b"Reference worker")),
        ("print-during-work", |d, _| each(d, &[print("x")]), |o| o.bytes.starts_with(b"Compiling")),
        ("print-at-exit", |d, _| each(d, &[print("x")]), |o| o.bytes.ends_with(b"Goodbye!\n")),
        ("verbose-stdout", |d, _| each(d, &[verbose()]), |o| o.bytes.starts_with(b"DEBUG")),
        ("drop-response", |d, _| each(d, &three()), |o| o.responses.len() == 2),
        ("swallow-panic", |d, _| each(d, &[work(&["--panic"])]), |o| o.responses.is_empty()),
        (
            "duplicate-response",
            |d, _| each(d, &three()),
            |o| o.responses.len() == 4 && o.responses[2] == o.responses[3],
        ),
        (
            "unsolicited-response",
            |d, _| each(d, &three()),
            |o| o.responses.len() == 4 && o.responses[3].request_id > 3,
        ),
        ("wrong-id", |d, _| each(d, &[id(5)]), |o| o.responses[0].request_id == 6),
        ("id-16-bit", |d, _| each(d, &[id(70_000)]), |o| o.responses[0].request_id == 4_464),
        ("no-flush", |d, _| each(d, &[print("x")]), |o| o.events[..2] == [Event::Read, Event::Read]),
        (
            "truncated-frame",
            |d, _| each(d, &three()),
            |o| o.responses.len() == 1 && !o.rest.is_empty() && lives_on(o),
        ),
        (
            "declare-2gb",
            |d, _| each(d, &three()),
            |o| o.rest.starts_with(b"\xff\xff\xff\xff\x07") && lives_on(o),
        ),
        ("close-stdout", |d, _| each(d, &three()), |o| !lives_on(o)),
    ];
}
