//! Requests as people write them: JSON on the command line or in files, or the transcript of a run.

use std::io::Read as _;
use std::path::Path;

use pwp_proto::{FrameReader, Framing, NoteKind, WorkRequest, decode};

use crate::history::TranscriptFile;

/// Bytes of one file that are read.
const LIMIT: u64 = 64 << 20;

/// The reason why a request can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The file with requests can't be read.
    #[error(
        "can't read the requests in {path}: {source}; behind @ stands the path of a file, or - for stdin"
    )]
    Read {
        /// The path as it was given behind `@`.
        path: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is too large.
    #[error("{path} has more than {} MiB; send fewer requests at once", LIMIT >> 20)]
    TooLarge {
        /// The path as it was given behind `@`.
        path: String,
    },
    /// The text is no JSON.
    #[error(
        "{place} is no request: {problem}; write one as {{\"arguments\": [\"--flag\"], \"requestId\": 1}}, and several one behind the other"
    )]
    Json {
        /// The source and the place of the request, for example a file and the number of the request in it.
        place: String,
        /// The mistake in the text, in the words of the parser or as the name of the field.
        problem: String,
    },
    /// A name or value that a `WorkRequest` does not have.
    #[error(
        "{place}: {problem}; a WorkRequest has arguments, inputs (with path and digest), requestId, cancel, verbosity and sandboxDir"
    )]
    Field {
        /// The source and the place of the request, for example a file and the number of the request in it.
        place: String,
        /// The mistake in the text, in the words of the parser or as the name of the field.
        problem: String,
    },
    /// The file is a script, not a list of requests.
    #[error(
        "{path} is a script, which says how to make requests; run it with `pwp replay {path} -- COMMAND`"
    )]
    Script {
        /// The path as it was given behind `@`.
        path: String,
    },
    /// A transcript that has only the beginning of a request.
    #[error(
        "{path} keeps {kept} of the {bytes} bytes that were sent at event {event}; give that request as JSON instead"
    )]
    Cut {
        /// The path as it was given behind `@`.
        path: String,
        /// The number of the event in the transcript.
        event: usize,
        /// The number of bytes that the transcript keeps.
        kept: usize,
        /// The number of bytes that were sent.
        bytes: u64,
    },
    /// The source has no request.
    #[error("there is no request in {place}; leave --request out to send an empty one")]
    Empty {
        /// The source that was read.
        place: String,
    },
}

/// Reads requests. Each text is JSON, with one request or several behind each other, or `@` and the path of a file with
/// such requests or with a transcript (`schema/transcript/v1`). `@-` is stdin.
///
/// # Errors
/// Where one is no request. Names that a `WorkRequest` does not have are errors too, since they are slips of the pen.
pub fn requests(texts: &[String]) -> Result<Vec<WorkRequest>, RequestError> {
    let mut all = Vec::new();
    for text in texts {
        let found = match text.strip_prefix('@') {
            Some(path) => of_file(path, &read(path)?)?,
            None => of_json("--request", text.as_bytes())?,
        };
        all.extend(found);
    }
    Ok(all)
}

fn read(path: &str) -> Result<Vec<u8>, RequestError> {
    let failed = |source| RequestError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let read = match path {
        "-" => std::io::stdin().take(LIMIT + 1).read_to_end(&mut bytes),
        _ => {
            std::fs::File::open(Path::new(path)).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        }
    };
    read.map_err(failed)?;
    if bytes.len() as u64 > LIMIT {
        return Err(RequestError::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}

fn of_file(path: &str, bytes: &[u8]) -> Result<Vec<WorkRequest>, RequestError> {
    #[derive(serde::Deserialize)]
    struct Form {
        schema: String,
    }
    match serde_json::from_slice::<Form>(bytes) {
        Ok(form) if form.schema.starts_with("pwp/script/") => {
            Err(RequestError::Script { path: path.to_owned() })
        }
        Ok(form) if form.schema.starts_with("pwp/transcript/") => of_transcript(path, bytes),
        _ => of_json(path, bytes),
    }
}

fn of_json(place: &str, bytes: &[u8]) -> Result<Vec<WorkRequest>, RequestError> {
    let json = |problem: String| RequestError::Json { place: place.to_owned(), problem };
    let mut reader = FrameReader::new(Framing::Json, usize::MAX);
    reader.push(bytes);
    let mut found = Vec::new();
    while let Some(frame) = reader.next_frame().map_err(|error| json(error.to_string()))? {
        let decoded =
            decode::<WorkRequest>(Framing::Json, &frame.body).map_err(|error| json(error.to_string()))?;
        let wrong = decoded.notes.iter().find(|note| {
            matches!(
                note.kind,
                NoteKind::UnknownKey | NoteKind::WrongType | NoteKind::IntOutOfRange | NoteKind::DuplicateKey
            )
        });
        if let Some(note) = wrong {
            let field = note.field.as_deref().unwrap_or("a value");
            let problem = format!("`{field}`: {}", note.kind.as_str());
            return Err(RequestError::Field { place: place.to_owned(), problem });
        }
        found.push(decoded.message);
    }
    reader.finish().map_err(|error| json(error.to_string()))?;
    if found.is_empty() { Err(RequestError::Empty { place: place.to_owned() }) } else { Ok(found) }
}

/// The requests that a client sent.
fn of_transcript(path: &str, bytes: &[u8]) -> Result<Vec<WorkRequest>, RequestError> {
    let json = |problem: String| RequestError::Json { place: path.to_owned(), problem };
    let file: TranscriptFile = serde_json::from_slice(bytes).map_err(|error| json(error.to_string()))?;
    let dialect: Framing =
        file.dialect.parse().map_err(|error: pwp_proto::UnknownFraming| json(error.to_string()))?;
    let mut reader = FrameReader::new(dialect, usize::MAX);
    for entry in file.entries.iter().filter(|entry| entry.kind == "sent") {
        let kept = hex::decode(&entry.hex).unwrap_or_default();
        if entry.bytes != Some(kept.len() as u64) {
            let (event, bytes) = (entry.event, entry.bytes.unwrap_or(0));
            return Err(RequestError::Cut { path: path.to_owned(), event, kept: kept.len(), bytes });
        }
        reader.push(&kept);
    }
    let mut found = Vec::new();
    while let Some(frame) = reader.next_frame().map_err(|error| json(error.to_string()))? {
        let decoded = decode::<WorkRequest>(dialect, &frame.body).map_err(|error| json(error.to_string()))?;
        found.push(decoded.message);
    }
    if found.is_empty() { Err(RequestError::Empty { place: path.to_owned() }) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Event, Timed, Transcript};

    fn of(text: &str) -> Result<Vec<WorkRequest>, String> {
        requests(&[text.to_owned()]).map_err(|error| error.to_string())
    }

    #[test]
    fn requests_stand_behind_each_other() {
        let found = of("{\"arguments\":[\"a\"]} {\"requestId\":2}\n{}").unwrap();
        assert_eq!(found.iter().map(|request| request.request_id).collect::<Vec<_>>(), [0, 2, 0]);
        assert_eq!(found[0].arguments, ["a"]);
        assert_eq!(
            of("{\"request_id\":7}").unwrap()[0].request_id,
            7,
            "the .proto file's names are taken too"
        );
    }

    #[test]
    fn slips_are_told() {
        for (text, words) in [
            ("{\"args\":[]}", "`args`"),
            ("{\"requestId\":\"many\"}", "requestId"),
            ("{\"arguments\":\"one\"}", "arguments"),
            ("[]", "is no request"),
            ("{\"arguments\":[", "is no request"),
            ("", "no request in"),
            ("@nowhere.json", "can't read"),
        ] {
            let error = of(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn transcripts_give_what_was_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("transcript.json");
        let sent = |arguments: usize| {
            let mut transcript = Transcript::new(Framing::Proto);
            for id in [4, 5] {
                let request = WorkRequest {
                    arguments: vec!["x".into(); arguments],
                    request_id: id,
                    ..WorkRequest::default()
                };
                let bytes = pwp_proto::encode(Framing::Proto, &request);
                transcript.record(&Timed { at: std::time::Duration::ZERO, event: Event::Sent(bytes) });
            }
            std::fs::write(&path, serde_json::to_string(&transcript.to_file("test")).unwrap()).unwrap();
            of(&format!("@{}", path.display()))
        };
        let found = sent(3).unwrap();
        assert_eq!(found.iter().map(|request| request.request_id).collect::<Vec<_>>(), [4, 5]);
        assert!(sent(300).unwrap_err().contains("keeps 256 of the"));
        std::fs::write(&path, "{\"schema\":\"pwp/script/v1\"}").unwrap();
        assert!(of(&format!("@{}", path.display())).unwrap_err().contains("pwp replay"));
    }
}
