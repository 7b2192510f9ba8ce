//! What the first bytes of a client show: the dialect, and whether it multiplexes.

use pwp_proto::{FrameReader, Framing, Note, NoteKind, WorkRequest, decode};

/// Bytes of a first request that are looked at.
const LOOKED_AT: usize = 1 << 20;

/// What the beginning of the client's stream shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct First {
    pub(crate) dialect: Framing,
    /// The first request has an id other than 0, as requests of multiplex workers have.
    pub(super) has_id: bool,
}

/// Reads the first request of a client in both dialects.
///
/// A length of 123 looks like the `{` of an object, and one of 10 like white space, so in doubt the whole request is read.
#[derive(Debug)]
pub(crate) struct Looker {
    given: Option<Framing>,
    proto: Attempt,
    json: Attempt,
    head: Option<u8>,
    seen: usize,
}

impl Looker {
    /// For a client of which nothing was seen. `given`: the dialect, if it is known.
    pub(crate) fn new(given: Option<Framing>) -> Self {
        Self {
            given,
            proto: Attempt::new(Framing::Proto),
            json: Attempt::new(Framing::Json),
            head: None,
            seen: 0,
        }
    }

    /// Takes what the client sent next; [`None`] if more is needed.
    pub(crate) fn look(&mut self, sent: &[u8]) -> Option<First> {
        self.head = self.head.or_else(|| sent.first().copied());
        self.seen += sent.len();
        self.proto.take(sent);
        self.json.take(sent);
        let certain = match (self.given, self.head?) {
            (Some(dialect), _) => Some(dialect),
            (None, byte) if !byte.is_ascii_whitespace() && byte != b'{' => Some(Framing::Proto),
            _ => None,
        };
        let (proto, json) = (self.proto.outcome, self.json.outcome);
        let of = |dialect, outcome: Result<bool, ()>| First { dialect, has_id: outcome.unwrap_or(false) };
        let first = match certain {
            Some(Framing::Json) => json.map(|outcome| of(Framing::Json, outcome)),
            Some(dialect) => proto.map(|outcome| of(dialect, outcome)),
            None => match (json, proto) {
                (Some(Ok(has_id)), _) => Some(First { dialect: Framing::Json, has_id }),
                (_, Some(Ok(has_id))) => Some(First { dialect: Framing::Proto, has_id }),
                (Some(Err(())), Some(Err(()))) => Some(First { dialect: Framing::Proto, has_id: false }),
                _ => None,
            },
        };
        first.or_else(|| (self.seen >= LOOKED_AT).then(|| self.guess()))
    }

    /// What can be said if nothing more comes.
    pub(crate) fn guess(&self) -> First {
        let looks_json = self.head == Some(b'{') || self.head.is_some_and(|byte| byte.is_ascii_whitespace());
        let likely = if looks_json && self.json.outcome.is_none() { Framing::Json } else { Framing::Proto };
        First { dialect: self.given.unwrap_or(likely), has_id: false }
    }
}

/// The first request, read in one dialect.
#[derive(Debug)]
struct Attempt {
    dialect: Framing,
    reader: FrameReader,
    /// Whether it has an id; an error if it is no request in this dialect.
    outcome: Option<Result<bool, ()>>,
}

impl Attempt {
    fn new(dialect: Framing) -> Self {
        Self { dialect, reader: FrameReader::new(dialect, LOOKED_AT), outcome: None }
    }

    fn take(&mut self, sent: &[u8]) {
        if self.outcome.is_some() {
            return;
        }
        self.reader.push(sent);
        self.outcome = match self.reader.next_frame() {
            Ok(Some(frame)) => Some(match decode::<WorkRequest>(self.dialect, &frame.body) {
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
    fn seen(bytes: &[u8]) -> Option<First> {
        let mut looker = Looker::new(None);
        bytes.chunks(1).find_map(|byte| looker.look(byte))
    }

    #[test]
    fn requests_of_every_length_are_told_apart_however_they_come() {
        for dialect in Framing::ALL {
            for length in 0..140 {
                let has_id = length % 2 == 0;
                let bytes = encode(dialect, &request(length, i32::from(has_id)));
                assert_eq!(seen(&bytes), Some(First { dialect, has_id }), "{length}");
                assert_eq!(Looker::new(None).look(&bytes), Some(First { dialect, has_id }), "{length}");
            }
        }
    }

    #[test]
    fn white_space_before_an_object_is_no_length() {
        let mut bytes = b"\n \r\n".to_vec();
        bytes.extend(encode(Framing::Json, &request(3, 0)));
        assert_eq!(seen(&bytes).unwrap().dialect, Framing::Json);
    }

    #[test]
    fn garbage_and_endless_requests_are_decided_too() {
        assert_eq!(seen(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").unwrap().dialect, Framing::Proto);
        let mut looker = Looker::new(None);
        assert_eq!(looker.look(b"{\"arguments\":[\""), None);
        assert_eq!(looker.guess().dialect, Framing::Json);
        assert!(looker.look(&vec![b'x'; LOOKED_AT]).is_some());
    }

    #[test]
    fn what_is_given_holds() {
        let bytes = encode(Framing::Proto, &request(3, 1));
        let look = |dialect| Looker::new(Some(dialect)).look(&bytes);
        assert_eq!(look(Framing::Proto), Some(First { dialect: Framing::Proto, has_id: true }));
        assert_eq!(look(Framing::Json), Some(First { dialect: Framing::Json, has_id: false }));
    }
}
