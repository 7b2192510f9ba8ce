//! One unit of work, as the tool sees it.

use std::{
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use pwp_proto::{Input, WorkRequest};

use crate::cancellation::Cancellation;

/// Room for the messages of an ordinary request, in bytes, so that they are not moved as they grow.
const OUTPUT: usize = 256;

/// One `WorkRequest` while it is handled, or the one piece of work of a one-shot run.
#[derive(Debug)]
pub struct Request {
    message: WorkRequest,
    output: Mutex<Sink>,
    cancellation: Cancellation,
}

impl Request {
    pub(crate) fn new(message: WorkRequest, cancellation: Cancellation) -> Self {
        Self { message, output: Mutex::new(Sink::Kept(Vec::with_capacity(OUTPUT))), cancellation }
    }

    /// The request of a one-shot run: its output goes to standard error, where a client shows it, too.
    pub(crate) fn one_shot(arguments: Vec<String>) -> Self {
        let message = WorkRequest { arguments, ..WorkRequest::default() };
        Self { message, output: Mutex::new(Sink::StandardError), cancellation: Cancellation::default() }
    }

    /// The arguments of this unit of work, without the start-up arguments, `@file` arguments expanded.
    pub fn arguments(&self) -> &[String] {
        &self.message.arguments
    }

    /// The files that the work may read. A digest is an opaque token, possibly empty: equal digests of the
    /// same path mean equal contents, nothing else can be read from it (worker_protocol.proto, bazelbuild/bazel).
    /// Empty in one-shot mode.
    pub fn inputs(&self) -> &[Input] {
        &self.message.inputs
    }

    /// The id that ties the response to this request; 0 outside multiplexing. For logs only.
    pub fn request_id(&self) -> i32 {
        self.message.request_id
    }

    /// How much to [`log`](Self::log): 0 is normal, Bazel's `--worker_verbose` sends 10.
    pub fn verbosity(&self) -> i32 {
        self.message.verbosity
    }

    /// The directory under which relative paths of this request lie; empty for the working directory.
    pub fn sandbox_dir(&self) -> &Path {
        Path::new(&self.message.sandbox_dir)
    }

    /// Where a path of this request's arguments or inputs really is: relative paths lie under
    /// [`sandbox_dir`](Self::sandbox_dir), absolute ones are where they say. Use it for reading and for writing.
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.sandbox_dir().join(path)
    }

    /// Where messages for the person who builds go. They become `output` of the response and are shown even
    /// if the work succeeds. Bytes that are not UTF-8 are replaced by U+FFFD when the response is made.
    /// In one-shot mode they go to standard error at once.
    pub fn output(&self) -> Output<'_> {
        Output(&self.output)
    }

    /// Whether the client no longer wants this work. Stop soon, and write no further file.
    pub fn cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Calls `callback` once if the work is cancelled; see [`Cancellation::on_cancel`].
    pub fn on_cancel(&self, callback: impl FnOnce() + Send + 'static) {
        self.cancellation.on_cancel(callback);
    }

    /// The signal behind [`cancelled`](Self::cancelled), to hand to other threads.
    pub fn cancellation(&self) -> &Cancellation {
        &self.cancellation
    }

    /// Writes one line to standard error, which is the worker's log file. Never shown to the user unless the
    /// worker breaks. A line that cannot be written is dropped: a full disk is no reason to fail the work.
    pub fn log(&self, text: impl fmt::Display) {
        let line = format!("request {}: {text}\n", self.request_id());
        let _ = io::stderr().write_all(line.as_bytes());
    }

    pub(crate) fn set_arguments(&mut self, arguments: Vec<String>) {
        self.message.arguments = arguments;
    }

    pub(crate) fn take_arguments(&mut self) -> Vec<String> {
        std::mem::take(&mut self.message.arguments)
    }

    pub(crate) fn into_output(self) -> String {
        match self.output.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Sink::Kept(bytes) => match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            },
            Sink::StandardError => String::new(),
        }
    }
}

/// The messages of one request; see [`Request::output`]. What one `write!` formats stays together, whatever other
/// threads write at the same time.
#[derive(Debug)]
pub struct Output<'a>(&'a Mutex<Sink>);

#[derive(Debug)]
enum Sink {
    Kept(Vec<u8>),
    StandardError,
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Sink::Kept(kept) => kept.write(bytes),
            Sink::StandardError => io::stderr().write(bytes),
        }
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Sink::Kept(kept) => kept.write_fmt(text),
            Sink::StandardError => io::stderr().write_fmt(text),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_lie_under_sandbox_dir() {
        let message = WorkRequest { sandbox_dir: "__sandbox/3/_main".to_owned(), ..WorkRequest::default() };
        let request = Request::new(message, Cancellation::default());
        assert_eq!(request.resolve("a/b"), Path::new("__sandbox/3/_main/a/b"));
        assert_eq!(request.resolve("/abs"), Path::new("/abs"));
        let plain = Request::new(WorkRequest::default(), Cancellation::default());
        assert_eq!(plain.resolve("a/b"), Path::new("a/b"));
    }

    #[test]
    fn output_is_always_utf8() {
        let request = Request::new(WorkRequest::default(), Cancellation::default());
        request.output().write_all(b"caf\xc3\xa9 \xff").unwrap();
        assert_eq!(request.into_output(), "café \u{fffd}");
    }
}
