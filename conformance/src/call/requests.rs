//! Requests as people write them: JSON on the command line or in files, or the transcript of a run.

use std::fmt::Display;
use std::io::{Read as _, stdin};
use std::path::Path;

use anyhow::{anyhow, bail, ensure};
use pwp_proto::{FrameReader, Framing, MAX_MESSAGE, NoteKind, WorkRequest, decode};
use serde::Deserialize;

use crate::files::{ReadError, read_limited};
use crate::history::TranscriptFile;

/// Bytes of one file that are read: a single request can have as many.
const LIMIT: u64 = MAX_MESSAGE as u64;

/// Reads requests. Each text is JSON, with one request or several behind each other, or `@` and the path of a file with
/// such requests or with a transcript (`schema/transcript/v1`). `@-` is stdin.
///
/// # Errors
/// Where one is no request. Names that a `WorkRequest` does not have are errors too, since they are slips of the pen.
pub(crate) fn requests(texts: &[String]) -> anyhow::Result<Vec<WorkRequest>> {
    let mut all = Vec::new();
    for text in texts {
        let (place, found) = match text.strip_prefix('@') {
            Some(path) => (path, of_file(path)?),
            None => ("--request", of_json("--request", text.as_bytes())?),
        };
        ensure!(
            !found.is_empty(),
            "there is no request in {place}; leave --request out to send an empty one"
        );
        all.extend(found);
    }
    Ok(all)
}

fn of_file(path: &str) -> anyhow::Result<Vec<WorkRequest>> {
    #[derive(Deserialize)]
    struct Form {
        schema: String,
    }
    let read = match path {
        "-" => of_stdin(),
        _ => read_limited(Path::new(path), LIMIT),
    };
    let bytes = read.map_err(|error| match error {
        ReadError::TooLarge(_) => {
            anyhow!("{path} has more than {} MiB; send fewer requests at once", LIMIT >> 20)
        }
        error => anyhow!(
            "can't read the requests in {path}: {error}; behind @ stands the path of a file, or - for stdin"
        ),
    })?;
    match serde_json::from_slice::<Form>(&bytes) {
        Ok(form) if form.schema.starts_with("pwp/script/") => bail!(
            "{path} is a script, which says how to make requests; run it with `pwp replay {path} -- COMMAND`"
        ),
        Ok(form) if form.schema.starts_with("pwp/transcript/") => of_transcript(path, &bytes),
        _ => of_json(path, &bytes),
    }
}

/// What somebody types or pipes to it, for as long as that takes.
fn of_stdin() -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    stdin().take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT { Err(ReadError::TooLarge(LIMIT)) } else { Ok(bytes) }
}

fn of_json(place: &str, bytes: &[u8]) -> anyhow::Result<Vec<WorkRequest>> {
    use NoteKind::{DuplicateKey, IntOutOfRange, UnknownKey, WrongType};
    let mut reader = FrameReader::new(Framing::Json, MAX_MESSAGE);
    reader.push(bytes);
    let mut found = Vec::new();
    while let Some(frame) = reader.next_frame().map_err(no_request(place))? {
        let decoded = decode::<WorkRequest>(Framing::Json, &frame.body).map_err(no_request(place))?;
        let slips = [UnknownKey, WrongType, IntOutOfRange, DuplicateKey];
        if let Some(slip) = decoded.notes.iter().find(|note| slips.contains(&note.kind)) {
            let (field, problem) = (slip.field.as_deref().unwrap_or("a value"), slip.kind.as_str());
            bail!(
                "{place}: `{field}`: {problem}; a WorkRequest has arguments, inputs (with path and digest), requestId, cancel, verbosity and sandboxDir"
            );
        }
        found.push(decoded.message);
    }
    reader.finish().map_err(no_request(place))?;
    Ok(found)
}

/// The requests that a client sent.
fn of_transcript(path: &str, bytes: &[u8]) -> anyhow::Result<Vec<WorkRequest>> {
    let file: TranscriptFile = serde_json::from_slice(bytes).map_err(no_request(path))?;
    let dialect: Framing = file.dialect.parse().map_err(no_request(path))?;
    let mut reader = FrameReader::new(dialect, MAX_MESSAGE);
    for entry in file.entries.iter().filter(|entry| entry.kind == "sent") {
        let kept = hex::decode(&entry.hex).unwrap_or_default();
        ensure!(
            entry.bytes == Some(kept.len() as u64),
            "{path} keeps {} of the {} bytes that were sent at event {}; give that request as JSON instead",
            kept.len(),
            entry.bytes.unwrap_or(0),
            entry.event
        );
        reader.push(&kept);
    }
    let mut found = Vec::new();
    while let Some(frame) = reader.next_frame().map_err(no_request(path))? {
        found.push(decode(dialect, &frame.body).map_err(no_request(path))?.message);
    }
    Ok(found)
}

/// The error for a text that is no request, with the place where it stands.
fn no_request<E: Display>(place: &str) -> impl Fn(E) -> anyhow::Error {
    move |problem| {
        anyhow!(
            "{place} is no request: {problem}; write one as {{\"arguments\": [\"--flag\"], \"requestId\": 1}}, and several one behind the other"
        )
    }
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
        // The .proto file's names are taken too.
        let found = of("{\"arguments\":[\"a\"]} {\"requestId\":2}\n{}{\"request_id\":7}").unwrap();
        assert_eq!(found.iter().map(|request| request.request_id).collect::<Vec<_>>(), [0, 2, 0, 7]);
        assert_eq!(found[0].arguments, ["a"]);
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
