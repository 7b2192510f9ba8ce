//! What is said between a client and one process, message by message: which requests are open, and what the process did
//! wrong. Its memory is bounded by what is open.

use std::collections::{HashMap, VecDeque};

use crate::oracle::Excerpt;
use pwp_proto::{Frame, FrameError, FrameReader, Framing, Note, WorkRequest, WorkResponse, decode};

/// One thing that a client said, or an answer to it.
#[derive(Debug)]
pub(super) enum Heard {
    /// A request that is no cancel.
    Asked(Box<Question>),
    /// A cancel request.
    Cancel {
        /// The message.
        request: Box<WorkRequest>,
        /// Its request, by place, if one with this id is open.
        of: Option<usize>,
        /// Its bytes.
        frame: Excerpt,
    },
    /// The client's bytes can't be read, from here on.
    Unreadable(Unreadable),
    /// The first answer to an open request.
    Answered {
        /// The request, by place.
        of: usize,
        /// The answer.
        response: Box<WorkResponse>,
        /// A cancel had come for the request.
        cancelled: bool,
    },
    /// The process did something wrong.
    Fault(FaultKind),
}

/// A request as it came.
#[derive(Debug)]
pub(super) struct Question {
    /// Its place, from 0, among the requests that are no cancel.
    pub(super) place: usize,
    pub(super) request: WorkRequest,
    pub(super) notes: Vec<Note>,
    /// The oldest open request with the same id.
    pub(super) twin: Option<Waiting>,
    /// Its bytes.
    pub(super) frame: Excerpt,
}

/// An open request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) place: usize,
    pub(super) cancelled: bool,
}

/// Why the bytes of a client can't be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) error: String,
    /// A length or a message is larger than what is looked at, which is no mistake by itself.
    pub(super) too_large: bool,
    pub(super) frame: Excerpt,
}

/// What a process did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A response that nobody waits for, while a request is open.
    UnknownId,
    /// Something while no request is open.
    Unasked,
    /// `was_cancelled` without a cancel.
    WasCancelled,
    /// What can't be read.
    Malformed,
}

impl FaultKind {
    /// What it is, in words.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "bytes that can't be read",
            Self::WasCancelled => "was_cancelled for a request that was not cancelled",
            Self::UnknownId => "a response with the id of no open request",
            Self::Unasked => "something while no request was open",
        }
    }
}

/// How the requests stand on lines, in the dialect `json`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lines {
    messages: usize,
    newlines: usize,
    ended: bool,
    apart: bool,
}

impl Lines {
    /// Each message is on one line that ends with one newline. Only true at the end of the stream, or where nothing is half written.
    pub(super) fn are_whole(&self) -> bool {
        !self.apart && self.ended && self.newlines == self.messages
    }

    /// Whether what has come so far can still become whole lines.
    pub(super) fn may_become_whole(&self) -> bool {
        !self.apart
    }
}

/// The two streams of one process, cut and decoded.
#[derive(Debug)]
pub(super) struct Conversation {
    dialect: Framing,
    requests: FrameReader,
    responses: FrameReader,
    open: HashMap<i32, VecDeque<Waiting>>,
    open_count: usize,
    asked: usize,
    lines: Lines,
    is_readable: bool,
    is_answerable: bool,
    /// Whether no request was open when the process wrote last.
    was_idle: bool,
    /// Bytes of the process, counted to the end of the last of them.
    written: u64,
    /// Up to where they were written while no request was open.
    idle_until: u64,
    /// Whether something wrong was seen in what the process wrote last.
    was_wrong: bool,
}

impl Conversation {
    /// Nothing was said yet. `largest`: the largest message that is looked at, in bytes.
    pub(super) fn new(dialect: Framing, largest: usize) -> Self {
        Self {
            dialect,
            requests: FrameReader::new(dialect, largest),
            responses: FrameReader::new(dialect, largest),
            open: HashMap::new(),
            open_count: 0,
            asked: 0,
            lines: Lines::default(),
            is_readable: true,
            is_answerable: true,
            was_idle: false,
            written: 0,
            idle_until: 0,
            was_wrong: false,
        }
    }

    /// The client wrote this. What it means is told by [`next_sent`](Self::next_sent).
    pub(super) fn sent(&mut self, bytes: &[u8]) {
        self.lines.newlines += bytes.iter().filter(|byte| **byte == b'\n').count();
        self.lines.ended = bytes.last().map_or(self.lines.ended, |last| *last == b'\n');
        if self.is_readable {
            self.requests.push(bytes);
        }
    }

    /// The next thing that the client said in what it has written.
    pub(super) fn next_sent(&mut self) -> Option<Heard> {
        if !self.is_readable {
            return None;
        }
        let frame = match self.requests.next_frame() {
            Ok(frame) => frame?,
            Err(error) => {
                self.is_readable = false;
                let frame = Excerpt::of(self.requests.offset(), self.requests.pending());
                let too_large = match error {
                    FrameError::LengthTooLarge { declared, .. } => declared <= i32::MAX as u64,
                    FrameError::ObjectTooLarge { .. } => true,
                    _ => false,
                };
                return Some(Heard::Unreadable(Unreadable { error: error.to_string(), too_large, frame }));
            }
        };
        let shown = Excerpt::of(frame.offset, &frame.body).with_prefix(&frame);
        let decoded = match decode::<WorkRequest>(self.dialect, &frame.body) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.is_readable = false;
                let error = error.to_string();
                return Some(Heard::Unreadable(Unreadable { error, too_large: false, frame: shown }));
            }
        };
        // Each but the first stands behind the newline of the one before.
        self.lines.apart |= (self.lines.messages > 0 && frame.before != 1) || frame.body.contains(&b'\n');
        self.lines.messages += 1;
        let request = decoded.message;
        let id = request.request_id;
        Some(if request.cancel {
            let open = self.open.get_mut(&id).and_then(VecDeque::front_mut);
            let of = open.map(|open| {
                open.cancelled = true;
                open.place
            });
            Heard::Cancel { request: Box::new(request), of, frame: shown }
        } else {
            let place = self.asked;
            self.asked += 1;
            let queue = self.open.entry(id).or_default();
            let twin = queue.front().copied();
            queue.push_back(Waiting { place, cancelled: false });
            self.open_count += 1;
            Heard::Asked(Box::new(Question { place, request, notes: decoded.notes, twin, frame: shown }))
        })
    }

    /// The process wrote this. What it means is told by [`next_received`](Self::next_received).
    pub(super) fn received(&mut self, bytes: &[u8]) {
        if self.is_answerable {
            (self.was_idle, self.was_wrong) = (self.open_count == 0, false);
            self.responses.push(bytes);
            self.written += bytes.len() as u64;
            if self.was_idle {
                self.idle_until = self.written;
            }
        }
    }

    /// The next thing that the process said in what it has written.
    pub(super) fn next_received(&mut self) -> Option<Heard> {
        if !self.is_answerable {
            return self.unasked();
        }
        let frame = match self.responses.next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => return self.unasked(),
            Err(_) => return Some(self.malformed()),
        };
        let Ok(decoded) = decode::<WorkResponse>(self.dialect, &frame.body) else {
            return Some(self.malformed());
        };
        let response = decoded.message;
        // Begun while nothing was open: that was said then, and it answers nothing.
        if self.open_count > 0 && frame.offset < self.idle_until {
            return self.next_received();
        }
        let Some(open) = self.close(response.request_id) else {
            let kind = if self.open_count > 0 { FaultKind::UnknownId } else { FaultKind::Unasked };
            return Some(self.fault(kind));
        };
        let (of, cancelled) = (open.place, open.cancelled);
        Some(Heard::Answered { of, response: Box::new(response), cancelled })
    }

    /// Bytes while nothing is open are wrong, whatever they are: said once for what was written together.
    fn unasked(&mut self) -> Option<Heard> {
        let is = std::mem::take(&mut self.was_idle) && !self.was_wrong;
        is.then(|| self.fault(FaultKind::Unasked))
    }

    fn malformed(&mut self) -> Heard {
        self.is_answerable = false;
        self.fault(FaultKind::Malformed)
    }

    fn fault(&mut self, kind: FaultKind) -> Heard {
        self.was_wrong = true;
        Heard::Fault(kind)
    }

    /// Closes the oldest open request with this id.
    fn close(&mut self, id: i32) -> Option<Waiting> {
        let queue = self.open.get_mut(&id)?;
        let open = queue.pop_front();
        if queue.is_empty() {
            self.open.remove(&id);
        }
        self.open_count -= usize::from(open.is_some());
        open
    }

    /// Requests that have no answer yet.
    pub(super) fn open_count(&self) -> usize {
        self.open_count
    }

    /// Requests so far that are no cancel.
    pub(super) fn asked(&self) -> usize {
        self.asked
    }

    /// Bytes of a message that was begun and not completed, white space not counted.
    pub(super) fn left_over(&self) -> usize {
        if !self.is_readable {
            return 0;
        }
        self.requests.pending().iter().filter(|byte| !byte.is_ascii_whitespace()).count()
    }

    /// How the requests stand on lines.
    pub(super) fn lines(&self) -> Lines {
        self.lines
    }
}

impl Excerpt {
    /// Bytes that are kept of what is shown.
    const HEAD: usize = 64;

    fn of(offset: u64, bytes: &[u8]) -> Self {
        Self { offset, length: bytes.len(), head: bytes[..bytes.len().min(Self::HEAD)].to_vec() }
    }

    /// With the length in front of the message, as it stood in the stream.
    fn with_prefix(mut self, frame: &Frame) -> Self {
        self.length = frame.len();
        let mut number = frame.body.len();
        let mut prefix = Vec::new();
        for place in 0..frame.prefix {
            let more = if place + 1 < frame.prefix { 0x80 } else { 0 };
            prefix.push((number & 0x7f) as u8 | more);
            number >>= 7;
        }
        self.head.splice(..0, prefix);
        self.head.truncate(Self::HEAD);
        self
    }
}
