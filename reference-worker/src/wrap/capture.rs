//! What a child prints, up to a limit.

use std::io::{self, ErrorKind, PipeReader, Read as _, Write as _};

use crate::Request;

/// Bytes of one read: what a pipe holds.
const CHUNK: usize = 64 * 1024;

/// How often an end that nobody should hold any more is read at most: a pipe can be enlarged to 1 MiB.
const LAST_READS: usize = 1024 * 1024 / CHUNK;

/// The reading end of a child's standard output and standard error, which are one stream: so their lines stay in the order
/// in which they were written.
#[derive(Debug)]
pub(super) struct Capture {
    /// Nothing: the child and all that it started have closed their ends.
    pipe: Option<PipeReader>,
    chunk: Box<[u8]>,
    left: usize,
    dropped: u64,
    limit: usize,
}

impl Capture {
    /// Keeps the first `limit` bytes and reads on, so that the tool is never blocked.
    pub(super) fn new(pipe: PipeReader, limit: usize) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Self { pipe: Some(pipe), chunk: vec![0; CHUNK].into(), left: limit, dropped: 0, limit })
    }

    /// What to wait for; nothing when the stream has ended.
    pub(super) fn pipe(&self) -> Option<&PipeReader> {
        self.pipe.as_ref()
    }

    /// Reads once, without waiting. Whether there was anything.
    pub(super) fn read(&mut self, request: &Request) -> bool {
        let Some(pipe) = &mut self.pipe else { return false };
        let got = match pipe.read(&mut self.chunk) {
            Ok(got) => got,
            Err(error) if error.kind() == ErrorKind::Interrupted => return true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => 0,
        };
        if got == 0 {
            self.pipe = None;
            return false;
        }
        let kept = got.min(self.left);
        self.left -= kept;
        self.dropped += (got - kept) as u64;
        // Output is kept in memory, so this cannot fail.
        let _ = request.output().write_all(&self.chunk[..kept]);
        true
    }

    /// Reads what is left in the pipe, and says what is missing.
    pub(super) fn finish(mut self, request: &Request) {
        let mut reads = 0;
        while reads < LAST_READS && self.read(request) {
            reads += 1;
        }
        if self.dropped > 0 {
            let _ = writeln!(
                request.output(),
                "\npwp-worker: the tool printed {} bytes more; the first {} are kept, print less or print to a file",
                self.dropped,
                self.limit
            );
        }
    }
}
