//! What our own readers say to a file that a schema is about.

use pwp::history::TranscriptFile;
use pwp::report::Report;
use pwp_proto::{Framing, Message, NoteKind, WorkRequest, WorkResponse};
use pwp_spec::Catalogue;

/// What our reader of files with the schema `name` says to `text`: nothing, or why it refuses it.
///
/// # Panics
/// For a schema without a reader: give it one here.
pub(crate) fn read(name: &str, text: &str) -> Result<(), String> {
    match name {
        "script" => pwp::script::parse("example", text).map(drop).map_err(|e| e.to_string()),
        "case" => pwp::client::parse("example", text).map(drop).map_err(|e| e.to_string()),
        "scenario" => pwp::probe::parse("example", text).map(drop).map_err(|e| e.to_string()),
        "workload" => {
            pwp::workload::WorkloadFile::parse("example", text).map(drop).map_err(|e| e.to_string())
        }
        "expectations" => pwp::expect::parse("example", text).map(drop).map_err(|e| e.to_string()),
        "requirements" => Catalogue::from_json(text).map(drop).map_err(|e| e.to_string()),
        "transcript" => serde_json::from_str::<TranscriptFile>(text).map(drop).map_err(|e| e.to_string()),
        "report" => serde_json::from_str::<Report>(text).map(drop).map_err(|e| e.to_string()),
        "work-request" => decode::<WorkRequest>(text),
        "work-response" => decode::<WorkResponse>(text),
        _ => panic!("no reader is known for schema {name}; add it to tests/tests/schemas/loaders.rs"),
    }
}

/// Whether the reader refuses all that the schema refuses. The others read on where a later version adds something,
/// and where a value is none of their business.
pub(crate) fn is_strict(name: &str) -> bool {
    matches!(name, "script" | "workload" | "expectations" | "work-request" | "work-response")
}

/// A message as a careful peer writes it: nothing in it is off, apart from what is free.
fn decode<M: Message>(text: &str) -> Result<(), String> {
    let free = [NoteKind::ExplicitDefault, NoteKind::Whitespace, NoteKind::Escaped];
    let decoded = pwp_proto::decode::<M>(Framing::Json, text.trim().as_bytes()).map_err(|e| e.to_string())?;
    match decoded.notes.iter().find(|note| !free.contains(&note.kind)) {
        Some(note) => Err(note.to_string()),
        // W-044: a response has at least one member.
        None if std::any::type_name::<M>() == std::any::type_name::<WorkResponse>() && is_bare(text) => {
            Err("the bare object {}".into())
        }
        None => Ok(()),
    }
}

fn is_bare(text: &str) -> bool {
    text.chars().filter(|c| !c.is_whitespace()).eq("{}".chars())
}
