//! The way of responses to the client.

use std::{
    fmt,
    io::{self, Write},
    mem,
};

use prost::Message as _;
use pwp_proto::{EncodeOptions, Framing, WorkResponse, encode_with};

use crate::Error;

/// The protocol's output. Everything goes through here, whole, and is flushed.
pub(crate) struct Out {
    sink: Box<dyn Write + Send>,
    dialect: Framing,
    /// The bytes of a response while it is written. Kept for the next one, so that it needs no memory of its own.
    buffer: Vec<u8>,
}

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

    /// Writes one response, in the dialect `proto` by way of the kept buffer; the bytes are those of
    /// [`encode`](Self::encode).
    pub(crate) fn send(&mut self, response: &WorkResponse) -> Result<(), Error> {
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
