//! Finds out from the first bytes of a client which framing it uses, and whether it multiplexes.

use pwp_proto::{FrameReader, Framing, Note, NoteKind, WorkRequest, decode};

/// Bytes of a first request after which the framing is guessed.
const LOOKED_AT: usize = 1 << 20;

/// The beginning of a client's stream, as far as it tells how the rest has to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sniffed {
    /// The framing of the first request, or the likeliest one where it can't be read.
    pub(crate) framing: Framing,
    /// The first request has an id other than 0, as requests of multiplex workers have.
    pub(crate) has_id: bool,
}

/// Reads the first request of a client in each framing that it can be in.
///
/// A length of 123 looks like the `{` of an object, and one of 10 like white space, so in doubt the whole request is read.
#[derive(Debug)]
pub(crate) struct Sniffer {
    /// The framings that are possible, the likeliest one first.
    attempts: Vec<Attempt>,
    /// Bytes that were taken so far.
    seen: usize,
}

impl Sniffer {
    /// A sniffer for a client of which nothing was seen. `given` is the framing, if it is known.
    pub(crate) fn new(given: Option<Framing>) -> Self {
        let possible = match given {
            Some(framing) => vec![framing],
            None => vec![Framing::Json, Framing::Proto],
        };
        Self { attempts: possible.into_iter().map(Attempt::new).collect(), seen: 0 }
    }

    /// Takes the bytes that the client sent next. Returns [`None`] if more are needed.
    pub(crate) fn push(&mut self, sent: &[u8]) -> Option<Sniffed> {
        let is_first = self.seen == 0 && !sent.is_empty();
        if is_first && self.attempts.len() > 1 && !sent[0].is_ascii_whitespace() && sent[0] != b'{' {
            self.attempts.retain(|attempt| attempt.framing == Framing::Proto);
        }
        self.seen += sent.len();
        self.attempts.iter_mut().for_each(|attempt| attempt.take(sent));
        let read = self.attempts.iter().find_map(|attempt| {
            let has_id = attempt.outcome?.ok()?;
            Some(Sniffed { framing: attempt.framing, has_id })
        });
        let is_decided =
            self.seen >= LOOKED_AT || self.attempts.iter().all(|attempt| attempt.outcome.is_some());
        read.or_else(|| is_decided.then(|| self.guess()))
    }

    /// The likeliest framing if nothing more comes.
    pub(crate) fn guess(&self) -> Sniffed {
        let is_open = |attempt: &&Attempt| attempt.outcome.is_none() && self.seen > 0;
        let likeliest = self.attempts.iter().find(is_open).or_else(|| self.attempts.last());
        Sniffed { framing: likeliest.map_or(Framing::Proto, |attempt| attempt.framing), has_id: false }
    }
}

/// The first request, read in one framing.
#[derive(Debug)]
struct Attempt {
    framing: Framing,
    reader: FrameReader,
    /// Whether the request has an id, or an error if the bytes are no request in this framing.
    outcome: Option<Result<bool, ()>>,
}

impl Attempt {
    fn new(framing: Framing) -> Self {
        Self { framing, reader: FrameReader::new(framing, LOOKED_AT), outcome: None }
    }

    fn take(&mut self, sent: &[u8]) {
        if self.outcome.is_some() {
            return;
        }
        self.reader.push(sent);
        self.outcome = match self.reader.next_frame() {
            Ok(Some(frame)) => Some(match decode::<WorkRequest>(self.framing, &frame.body) {
                // Text can happen to be a message of fields that nobody knows.
                Ok(decoded) if !decoded.notes.iter().any(is_odd) => Ok(decoded.message.request_id != 0),
                _ => Err(()),
            }),
            Ok(None) => None,
            Err(_) => Some(Err(())),
        };
    }
}

fn is_odd(note: &Note) -> bool {
    matches!(note.kind, NoteKind::UnknownField | NoteKind::WrongWireType)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pwp_proto::encode;

    fn request(length: usize, id: i32) -> WorkRequest {
        WorkRequest { arguments: vec!["x".repeat(length)], request_id: id, ..WorkRequest::default() }
    }

    /// What is seen of bytes that come one by one.
    fn seen(bytes: &[u8]) -> Option<Sniffed> {
        let mut sniffer = Sniffer::new(None);
        bytes.chunks(1).find_map(|byte| sniffer.push(byte))
    }

    #[test]
    fn requests_of_every_length_are_told_apart_however_they_come() {
        for framing in Framing::ALL {
            for length in 0..140 {
                let has_id = length % 2 == 0;
                let bytes = encode(framing, &request(length, i32::from(has_id)));
                assert_eq!(seen(&bytes), Some(Sniffed { framing, has_id }), "{length}");
                assert_eq!(Sniffer::new(None).push(&bytes), Some(Sniffed { framing, has_id }), "{length}");
            }
        }
    }

    #[test]
    fn white_space_before_an_object_is_no_length() {
        let mut bytes = b"\n \r\n".to_vec();
        bytes.extend(encode(Framing::Json, &request(3, 0)));
        assert_eq!(seen(&bytes).unwrap().framing, Framing::Json);
    }

    #[test]
    fn garbage_and_endless_requests_are_decided_too() {
        assert_eq!(seen(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").unwrap().framing, Framing::Proto);
        let mut sniffer = Sniffer::new(None);
        assert_eq!(sniffer.push(b"{\"arguments\":[\""), None);
        assert_eq!(sniffer.guess().framing, Framing::Json);
        assert!(sniffer.push(&vec![b'x'; LOOKED_AT]).is_some());
    }

    #[test]
    fn what_is_given_holds() {
        let bytes = encode(Framing::Proto, &request(3, 1));
        let sniff = |framing| Sniffer::new(Some(framing)).push(&bytes);
        assert_eq!(sniff(Framing::Proto), Some(Sniffed { framing: Framing::Proto, has_id: true }));
        assert_eq!(sniff(Framing::Json), Some(Sniffed { framing: Framing::Json, has_id: false }));
    }
}
