//! The way of responses to the client.

use std::{
    fmt,
    io::{self, Write},
    mem,
};

use prost::Message as _;
use pwp_proto::{EncodeOptions, Framing, MAX_MESSAGE, WorkResponse, encode_with};

use crate::Error;

/// The protocol's output. Everything goes through here, whole, and is flushed.
pub(crate) struct Out {
    sink: Box<dyn Write + Send>,
    dialect: Framing,
    /// The bytes of a response while it is written. Kept for the next one, so that it needs no memory of its own.
    buffer: Vec<u8>,
}

/// What stands at the end of an output that was cut.
const CUT: &str = "\npwp-worker: the rest of this output is left out, as a response has at most 16 MiB; print less or print to a file\n";

/// The memory that is kept between responses, in bytes. Large ones are rare, and theirs is given back.
const KEPT: usize = 64 * 1024;

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl Out {
    pub(crate) fn new(sink: Box<dyn Write + Send>, dialect: Framing) -> Self {
        Self { sink, dialect, buffer: Vec::new() }
    }

    #[cfg(feature = "faults")]
    pub(crate) fn dialect(&self) -> Framing {
        self.dialect
    }

    /// The bytes of one response.
    ///
    /// In JSON every field is spelled out: Bazel's reader blocks on a first response of `{}`, because it looks
    /// for a longer prefix before it begins (JsonWorkerProtocol.java, bazelbuild/bazel).
    pub(crate) fn encode(&self, response: &WorkResponse) -> Vec<u8> {
        let explicit_defaults = matches!(self.dialect, Framing::Json);
        encode_with(self.dialect, response, &EncodeOptions { explicit_defaults, ..EncodeOptions::default() })
    }

    /// Writes one response. Where it is larger than a message may be, its `output` is cut, and says so at its end.
    ///
    /// W-038: "A worker completes each frame or object that it has begun, and none has more than 16777216 bytes (16 MiB)."
    pub(crate) fn send(&mut self, response: &WorkResponse) -> Result<(), Error> {
        match self.cut(response) {
            Some(shorter) => self.send_whole(&shorter),
            None => self.send_whole(response),
        }
    }

    /// The response with as much of its output as fits; nothing if all of it does.
    fn cut(&self, response: &WorkResponse) -> Option<WorkResponse> {
        let length = |response: &WorkResponse| match self.dialect {
            Framing::Proto => response.encoded_len(),
            // A character takes six bytes at most, so most responses need not be written to know that they fit.
            Framing::Json if response.output.len() < MAX_MESSAGE / 8 => 0,
            Framing::Json => self.encode(response).len(),
        };
        let mut shorter: Option<WorkResponse> = None;
        loop {
            let now = shorter.as_ref().unwrap_or(response);
            let needed = length(now);
            if needed <= MAX_MESSAGE {
                return shorter;
            }
            // In the same proportion, and a little less: what is left may have more escapes.
            let kept = now.output.len() as u64 * (MAX_MESSAGE - CUT.len()) as u64 / needed as u64;
            let kept = usize::try_from(kept).unwrap_or(0) / 64 * 63;
            let end = (0..=kept).rev().find(|end| now.output.is_char_boundary(*end)).unwrap_or(0);
            let output = [&now.output[..end], CUT].concat();
            let WorkResponse { exit_code, request_id, was_cancelled, .. } = *response;
            shorter = Some(WorkResponse { exit_code, output, request_id, was_cancelled });
        }
    }

    /// Writes one response, in the dialect `proto` by way of the kept buffer; the bytes are those of
    /// [`encode`](Self::encode).
    fn send_whole(&mut self, response: &WorkResponse) -> Result<(), Error> {
        let mut bytes = mem::take(&mut self.buffer);
        if matches!(self.dialect, Framing::Proto) {
            let too_large = |error| Error::Write(io::Error::new(io::ErrorKind::InvalidData, error));
            response.encode_length_delimited(&mut bytes).map_err(too_large)?;
        } else {
            bytes = self.encode(response);
        }
        let result = self.write(&bytes);
        bytes.clear();
        bytes.shrink_to(KEPT);
        self.buffer = bytes;
        result
    }

    /// Writes bytes as they are: one system call unless the pipe is full.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.sink.write_all(bytes).and_then(|()| self.sink.flush()).map_err(Error::Write)
    }

    /// Keeps the stream open and writes nothing more to it.
    #[cfg(feature = "faults")]
    pub(crate) fn mute(&mut self) {
        let open = mem::replace(&mut self.sink, Box::new(io::sink()));
        self.sink = Box::new(Muted(open));
    }

    /// Lets go of the stream; what is written from now on goes nowhere.
    pub(crate) fn close(&mut self) {
        self.sink = Box::new(io::sink());
    }
}

/// A stream that is held open for nothing.
#[cfg(feature = "faults")]
struct Muted(#[expect(dead_code, reason = "it is there to be open")] Box<dyn Write + Send>);

#[cfg(feature = "faults")]
impl Write for Muted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::PipeWriter;

    #[test]
    fn an_output_that_is_too_large_for_a_message_is_cut_and_says_so() {
        // The second one has six bytes for each character in JSON.
        for output in ["größer ".repeat(3 << 20), "\u{1}".repeat(4 << 20)] {
            let response = WorkResponse { exit_code: 3, output, request_id: 7, was_cancelled: true };
            for dialect in [Framing::Proto, Framing::Json] {
                let (sender, chunks) = std::sync::mpsc::channel();
                Out::new(Box::new(PipeWriter(sender)), dialect).send(&response).unwrap();
                let mut frames = pwp_proto::FrameReader::new(dialect, MAX_MESSAGE);
                frames.push(&chunks.try_recv().unwrap());
                let frame = frames.next_frame().unwrap().expect("the response is whole");
                let sent = pwp_proto::decode::<WorkResponse>(dialect, &frame.body).unwrap().message;
                let cut = sent.output.strip_suffix(CUT);
                assert_eq!(cut.is_none(), sent.output == response.output);
                assert!(
                    response.output.starts_with(cut.unwrap_or(&sent.output))
                        && frame.body.len() > MAX_MESSAGE / 5
                );
                assert_eq!((sent.exit_code, sent.request_id, sent.was_cancelled), (3, 7, true));
            }
        }
    }

    #[test]
    fn the_kept_buffer_gives_the_canonical_bytes() {
        let responses = [
            WorkResponse::default(),
            WorkResponse {
                exit_code: -1,
                output: "größer".repeat(30_000),
                request_id: 7,
                was_cancelled: true,
            },
            WorkResponse { exit_code: 3, output: "short".to_owned(), ..WorkResponse::default() },
        ];
        for dialect in [Framing::Proto, Framing::Json] {
            let (sender, chunks) = std::sync::mpsc::channel();
            let mut out = Out::new(Box::new(PipeWriter(sender)), dialect);
            for response in &responses {
                out.send(response).unwrap();
                assert_eq!(chunks.try_recv(), Ok(out.encode(response)), "one write, {dialect}");
                assert!(out.buffer.capacity() <= KEPT);
            }
        }
    }
}
