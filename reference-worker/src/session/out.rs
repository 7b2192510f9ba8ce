//! The way of responses to the client.

use std::{
    fmt,
    io::{self, Write},
};

use pwp_proto::{Dialect, EncodeOptions, WorkResponse, encode_with};

use crate::Error;

/// The protocol's output. Everything goes through here, whole, and is flushed.
pub(crate) struct Out {
    sink: Box<dyn Write + Send>,
    dialect: Dialect,
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl Out {
    pub(crate) fn new(sink: Box<dyn Write + Send>, dialect: Dialect) -> Self {
        Self { sink, dialect }
    }

    #[cfg(feature = "faults")]
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The bytes of one response.
    ///
    /// In JSON every field is spelled out: Bazel's reader blocks on a first response of `{}`, because it looks
    /// for a longer prefix before it begins (JsonWorkerProtocol.java, bazelbuild/bazel).
    pub(crate) fn encode(&self, response: &WorkResponse) -> Vec<u8> {
        let explicit_defaults = matches!(self.dialect, Dialect::Json);
        encode_with(self.dialect, response, &EncodeOptions { explicit_defaults, ..EncodeOptions::default() })
    }

    pub(crate) fn send(&mut self, response: &WorkResponse) -> Result<(), Error> {
        let bytes = self.encode(response);
        self.write(&bytes)
    }

    /// Writes bytes as they are: one system call unless the pipe is full.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.sink.write_all(bytes).and_then(|()| self.sink.flush()).map_err(Error::Write)
    }

    /// Keeps the stream open and writes nothing more to it.
    #[cfg(feature = "faults")]
    pub(crate) fn mute(&mut self) {
        let open = std::mem::replace(&mut self.sink, Box::new(io::sink()));
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
