//! Every way in which a worker session can fail, and what to do about it.

use std::io;

use pwp_proto::{DecodeError, Framing, frame::FrameError};

/// Why a worker ended although its client had not simply closed standard input.
///
/// [`crate::Worker::run`] prints it on standard error and exits with a non-zero status: after any of
/// these the two ends no longer agree on the stream, and a worker that goes on or falls silent
/// blocks the build for ever (bazelbuild/bazel#10288).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Standard input could not be read.
    #[error(
        "cannot read the next WorkRequest ({0}); the client has to keep the worker's standard input open"
    )]
    Read(#[source] io::Error),
    /// Standard output could not be written; usually the client is gone.
    #[error("cannot write a WorkResponse ({0}); the client has probably closed the worker's standard output")]
    Write(#[source] io::Error),
    /// The bytes cannot be cut into frames, so nothing that follows can be trusted.
    #[error(
        "the request stream is malformed: {source}; check that the client speaks the {dialect} dialect, \
         as this worker does"
    )]
    Framing {
        /// The dialect that this worker reads.
        dialect: Framing,
        /// What is wrong, with the offset in the stream in bytes.
        source: FrameError,
    },
    /// Standard input ended in the middle of a request. The request is neither run nor answered.
    #[error("the last request is cut short: {0}; it was not run, send it again to a new worker")]
    Truncated(#[source] FrameError),
    /// A whole frame arrived and is not a `WorkRequest`.
    #[error(
        "the request at byte {offset} is malformed: {source}; check that the client speaks the {dialect} \
         dialect, as this worker does"
    )]
    Decoding {
        /// The dialect that this worker reads.
        dialect: Framing,
        /// Where the frame begins, in bytes from the start of the stream.
        offset: u64,
        /// What is wrong inside the frame.
        source: DecodeError,
    },
    /// The thread that watches standard input while a request runs could not be started.
    #[error("cannot start a thread ({0}); raise the process limit of the worker")]
    Thread(#[source] io::Error),
    /// Standard input and output could not be put out of the tool's reach.
    #[error("cannot set standard input and output aside ({0}); start the worker with all three streams open")]
    Stdio(#[source] io::Error),
    /// A fault of the reference worker rejected its input or ended it.
    #[cfg(feature = "faults")]
    #[error("fault {name}: {reason}")]
    Fault {
        /// The fault.
        name: &'static str,
        /// What it disliked.
        reason: String,
        /// The exit status that it asks for.
        status: u8,
    },
}

impl Error {
    /// Who speaks, for the line on standard error. A fault says so itself.
    pub(crate) fn prefix(&self) -> &'static str {
        match self {
            #[cfg(feature = "faults")]
            Self::Fault { .. } => "",
            _ => "pwp-worker: ",
        }
    }
}
