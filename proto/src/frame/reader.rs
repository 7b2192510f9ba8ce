//! The incremental reader that cuts a stream into frames.

use super::cut::Cut;
use super::{FrameError, json, proto};
use crate::Framing;

/// One frame as it stood in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where its first byte (of the length, or the `{`) stands, in bytes from the start of the stream.
    pub offset: u64,
    /// How many bytes the length took; 0 in the dialect `json`.
    pub prefix: usize,
    /// The message: the bytes after the length, or the object from `{` to `}`.
    pub body: Vec<u8>,
    /// How many bytes of white space stood before the object; 0 in the dialect `proto`.
    pub before: usize,
    /// The length took more bytes than it needs; never in the dialect `json`.
    pub overlong: bool,
}

impl Frame {
    /// The length of the frame in the stream, in bytes, without white space before it.
    pub fn len(&self) -> usize {
        self.prefix + self.body.len()
    }

    /// Always false: a frame has at least one byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How many bytes are kept for a diagnosis once the stream cannot be read any further.
const KEPT_AFTER_ERROR: usize = 64 * 1024;
/// The capacity that an empty buffer may keep between frames.
const KEPT_CAPACITY: usize = 64 * 1024;
/// From this length on, in bytes, a body takes the memory of the buffer with it and is not copied.
const LARGE: usize = 256 * 1024;

/// Cuts a stream of bytes into frames, however the bytes arrive.
///
/// It takes what [`push`](Self::push) brings and never allocates because of a length that a peer declared, so its memory
/// is bounded by the bytes that are pending. Its time is linear in the bytes pushed, whatever the chunks.
///
/// White space between JSON objects is dropped as it arrives: it is counted in [`Frame::before`] and not kept.
#[derive(Clone, Debug)]
pub struct FrameReader {
    limit: usize,
    splitter: Splitter,
    buffer: Vec<u8>,
    /// Where the pending bytes begin in `buffer`.
    start: usize,
    offset: u64,
    before: usize,
    failed: Option<FrameError>,
}

/// How a dialect finds the next frame at the start of the pending bytes.
#[derive(Clone, Copy, Debug)]
enum Splitter {
    Proto,
    Json(json::Splitter),
}

impl Splitter {
    /// How many bytes before the frame are of no account.
    fn skip(&self, bytes: &[u8]) -> usize {
        match self {
            Self::Proto => 0,
            Self::Json(splitter) => splitter.skip(bytes),
        }
    }

    /// The frame at the start of `bytes`; `None` if it is not complete.
    fn cut(&mut self, bytes: &[u8], limit: usize, offset: u64) -> Result<Option<Cut>, FrameError> {
        match self {
            Self::Proto => proto::cut(bytes, limit, offset),
            Self::Json(splitter) => splitter.cut(bytes, limit, offset),
        }
    }

    /// What it means that the stream ends after `bytes`, in which [`cut`](Self::cut) found no whole frame.
    fn eof(&self, bytes: &[u8], limit: usize, offset: u64) -> Result<(), FrameError> {
        match self {
            Self::Proto => proto::eof(bytes, limit, offset),
            Self::Json(_) => json::eof(bytes, offset),
        }
    }
}

impl FrameReader {
    /// A reader at the start of a stream. `limit` is the largest frame body that is accepted, in bytes.
    pub fn new(dialect: Framing, limit: usize) -> Self {
        let splitter = match dialect {
            Framing::Proto => Splitter::Proto,
            Framing::Json => Splitter::Json(json::Splitter::default()),
        };
        Self { limit, splitter, buffer: Vec::new(), start: 0, offset: 0, before: 0, failed: None }
    }

    /// Takes the next bytes of the stream. After an error only as many are kept as a diagnosis needs (64 KiB).
    ///
    /// Ask for [frames](Self::next_frame) after each read: what is pushed is kept until then, and only then is it seen that a message is too
    /// large.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = match self.failed {
            Some(_) => KEPT_AFTER_ERROR.saturating_sub(self.pending().len()),
            None => bytes.len(),
        };
        // Moving no more bytes than were consumed since the last move keeps the total linear.
        if self.start > 0 && self.start >= self.buffer.len() - self.start {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The next frame; `Ok(None)` if more bytes are needed.
    ///
    /// # Errors
    /// The first error stays: where a further frame would begin is unknown, so every later call returns it again.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let pending = &self.buffer[self.start..];
        let skipped = self.splitter.skip(pending);
        self.consume(skipped);
        self.before = self.before.saturating_add(skipped);

        let pending = &self.buffer[self.start..];
        let cut = match self.splitter.cut(pending, self.limit, self.offset) {
            Ok(Some(cut)) => cut,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.fail(error.clone());
                return Err(error);
            }
        };
        let Cut { prefix, overlong, .. } = cut;
        let (offset, before) = (self.offset, std::mem::take(&mut self.before));
        let body = self.take_body(cut);
        Ok(Some(Frame { offset, prefix, body, before, overlong }))
    }

    /// The body of the frame at the start of the pending bytes, which are consumed.
    fn take_body(&mut self, cut: Cut) -> Vec<u8> {
        let length = cut.prefix + cut.body;
        let behind = self.pending().len() - length;
        if cut.body < LARGE || behind > cut.body {
            let body = self.pending()[cut.prefix..][..cut.body].to_vec();
            self.consume(length);
            return body;
        }
        // A copy of a large body would need as much memory again. What stands behind it is no longer than it, so time stays linear.
        let rest = self.buffer.split_off(self.start + length);
        let mut body = std::mem::replace(&mut self.buffer, rest);
        body.drain(..self.start + cut.prefix);
        self.start = 0;
        self.offset += length as u64;
        body
    }

    /// Nothing more can be read: only the beginning of what is pending is kept.
    fn fail(&mut self, error: FrameError) {
        self.failed = Some(error);
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.truncate(KEPT_AFTER_ERROR);
        self.buffer.shrink_to_fit();
    }

    /// Tells what it means that the stream ends here, after the pending bytes.
    ///
    /// # Errors
    /// The stream ended inside a frame, or could not be read any further before it ended.
    pub fn finish(&self) -> Result<(), FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let (mut splitter, mut rest, mut offset) = (self.splitter, self.pending(), self.offset);
        // Frames that were not taken yet are whole.
        loop {
            let skipped = splitter.skip(rest);
            (rest, offset) = (&rest[skipped..], offset + skipped as u64);
            let Some(cut) = splitter.cut(rest, self.limit, offset)? else {
                return splitter.eof(rest, self.limit, offset);
            };
            let len = cut.prefix + cut.body;
            (rest, offset) = (&rest[len..], offset + len as u64);
        }
    }

    /// The bytes that arrived and are not part of a frame that was returned; after an error the first 64 KiB of them.
    pub fn pending(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Where the first pending byte stands, in bytes from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The length that the pending, incomplete frame declares, in bytes; `None` in the dialect `json`, between frames, and
    /// while the length itself is incomplete or malformed.
    pub fn declared(&self) -> Option<u64> {
        match self.splitter {
            Splitter::Proto => {
                proto::length(self.pending(), usize::MAX, self.offset).ok()?.map(|(declared, _)| declared)
            }
            Splitter::Json(_) => None,
        }
    }

    /// How many bytes of memory the reader holds for the stream; at most about twice what was pending since it was last
    /// empty.
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
        if self.start == self.buffer.len() {
            self.start = 0;
            self.buffer.clear();
            self.buffer.shrink_to(KEPT_CAPACITY);
        }
    }
}
