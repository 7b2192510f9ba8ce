//! Bytes from the client, to messages.

use std::{
    fmt,
    io::{ErrorKind, Read},
};

use pwp_proto::{Decoded, Frame, FrameReader, Framing, WorkRequest, decode};

use super::hooks::{Hooks, Verdict};
use crate::Error;

/// Bytes asked for in one read: what a Linux pipe holds.
const CHUNK: usize = 64 * 1024;

/// The protocol's input. Whoever has it reads; there is one for a session.
pub(crate) struct Input {
    source: Box<dyn Read + Send>,
    dialect: Framing,
    /// The largest request, in bytes. Memory is used as bytes arrive, not before.
    largest: usize,
    frames: FrameReader,
    chunk: Box<[u8]>,
    /// Frames cut since the last read.
    since_read: usize,
    /// A frame that a hook wants to see again after the next read.
    held: Option<Frame>,
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl Input {
    pub(crate) fn new(source: Box<dyn Read + Send>, dialect: Framing, largest: usize) -> Self {
        let frames = FrameReader::new(dialect, largest);
        Self { source, dialect, largest, frames, chunk: vec![0; CHUNK].into(), since_read: 0, held: None }
    }

    /// Waits for the next message; nothing when the input ends between two of them.
    pub(crate) fn next(&mut self, hooks: &impl Hooks) -> Result<Option<Decoded<WorkRequest>>, Error> {
        loop {
            let error = match self.try_next(hooks) {
                Ok(next) => return Ok(next),
                Err(error) => error,
            };
            if !hooks.survives(&error) {
                return Err(error);
            }
            if matches!(error, Error::Framing { .. }) {
                // Where the next frame begins is unknown; this forgets what has arrived.
                self.frames = FrameReader::new(self.dialect, self.largest);
            }
        }
    }

    fn try_next(&mut self, hooks: &impl Hooks) -> Result<Option<Decoded<WorkRequest>>, Error> {
        loop {
            let Some(mut frame) = self.frame(hooks)? else { return Ok(None) };
            match hooks.frame(&mut frame, self.since_read - 1, self.frames.pending())? {
                Verdict::Accept => {}
                Verdict::Drop => continue,
                Verdict::Hold => {
                    self.held = Some(frame);
                    if !self.read()? {
                        return Ok(None);
                    }
                    continue;
                }
            }
            return match decode::<WorkRequest>(self.dialect, &frame.body) {
                Ok(decoded) => Ok(Some(decoded)),
                Err(source) => Err(Error::Decoding { dialect: self.dialect, offset: frame.offset, source }),
            };
        }
    }

    fn frame(&mut self, hooks: &impl Hooks) -> Result<Option<Frame>, Error> {
        if let Some(held) = self.held.take() {
            // Counted as it was: the read in between started from 0.
            self.since_read += 1;
            return Ok(Some(held));
        }
        loop {
            match self.frames.next_frame() {
                Ok(Some(frame)) => {
                    self.since_read += 1;
                    return Ok(Some(frame));
                }
                Ok(None) => hooks.starved(self.frames.pending())?,
                Err(source) => return Err(Error::Framing { dialect: self.dialect, source }),
            }
            if !self.read()? {
                return self.frames.finish().map(|()| None).map_err(Error::Truncated);
            }
        }
    }

    /// Reads once; whether there was anything.
    fn read(&mut self) -> Result<bool, Error> {
        let got = loop {
            match self.source.read(&mut self.chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result.map_err(Error::Read)?,
            }
        };
        self.frames.push(&self.chunk[..got]);
        self.since_read = 0;
        Ok(got > 0)
    }
}
