//! Reading a script from a file.

use std::path::{Path, PathBuf};

use pwp_proto::Framing;

use crate::files;
use crate::history::{Mode, Signal};

use super::model::{Await, Message, SCHEMA_ID, Script, Step};

/// Largest script file that is read, in bytes.
const LIMIT: u64 = 8 << 20;

/// Why a script can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file can't be read.
    #[error(
        "can't read script {path}: {source}; give the path of a script file as `pwp check worker --transcripts DIR` saves it"
    )]
    Read {
        /// The script file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is too large.
    #[error("script {path} has more than {LIMIT} bytes; scripts are small JSON files, see schema/script/v1")]
    TooLarge {
        /// The script file.
        path: PathBuf,
    },
    /// It is no JSON or does not have the form of a script.
    #[error("{name} is no script: {source}; the form is described in schema/script/v1")]
    Form {
        /// The file or the name of the built-in script.
        name: String,
        /// The place and the kind of the mistake.
        source: serde_json::Error,
    },
    /// It is of another version.
    #[error("{name} has schema {found:?}; this version of pwp reads {SCHEMA_ID:?}")]
    Schema {
        /// The file or the name of the built-in script.
        name: String,
        /// The value of `schema` in the file.
        found: String,
    },
    /// Parts of the script contradict each other.
    #[error("{name}: {problem}")]
    Meaning {
        /// The file or the name of the built-in script.
        name: String,
        /// What and what to do.
        problem: String,
    },
}

/// Reads a script file.
///
/// # Errors
/// Where the file can't be read, is larger than 8 MiB or is no valid script.
pub fn load(path: &Path) -> Result<Script, ScriptError> {
    let read = |source| ScriptError::Read { path: path.to_owned(), source };
    let text = files::read_text(path, LIMIT).map_err(read)?;
    let text = text.ok_or_else(|| ScriptError::TooLarge { path: path.to_owned() })?;
    parse(&path.display().to_string(), &text)
}

/// Reads a script from its text. `name` is for the errors.
///
/// # Errors
/// Where the text is no valid script.
pub fn parse(name: &str, text: &str) -> Result<Script, ScriptError> {
    let form = |source| ScriptError::Form { name: name.to_owned(), source };
    let value: serde_json::Value = serde_json::from_str(text).map_err(form)?;
    let schema = value.get("schema").and_then(serde_json::Value::as_str).unwrap_or("");
    if schema != SCHEMA_ID {
        return Err(ScriptError::Schema { name: name.to_owned(), found: schema.to_owned() });
    }
    let script: Script = serde_json::from_str(text).map_err(form)?;
    check(&script).map_err(|problem| ScriptError::Meaning { name: name.to_owned(), problem })?;
    Ok(script)
}

/// What the form alone does not say.
pub(super) fn check(script: &Script) -> Result<(), String> {
    if script.dialects.is_empty() {
        return Err("`dialects` is empty; name proto, json or both".into());
    }
    for name in &script.dialects {
        let dialect: Framing =
            name.parse().map_err(|_| format!("unknown dialect {name:?}; write proto or json"))?;
        for step in &script.steps {
            if let Step::Raw(raw) = step {
                let bytes =
                    raw.bytes(dialect).ok_or("`proto` of a raw step is not hex; write two digits a byte")?;
                if bytes.is_empty() {
                    return Err(format!(
                        "a raw step has no bytes for dialect {name}; add them or drop the dialect"
                    ));
                }
            }
        }
    }
    if script.steps.iter().skip(1).any(|step| matches!(step, Step::Start(_))) {
        return Err("`start` stands behind another step; it can only be the first".into());
    }
    if script.start().mode == Mode::OneShot && script.start().confined {
        return Err("`confined` stands beside mode one-shot; only a worker is confined, so drop one".into());
    }
    no_shared_files(&script.steps)?;
    for step in &script.steps {
        if let Step::Send(send) = step {
            if send.messages.is_empty() {
                return Err("a `send` step without messages; add one or drop the step".into());
            }
            if send.messages.iter().any(|message| message.size.is_some_and(|size| size > 64 << 20)) {
                return Err("a message of more than 64 MiB; make it smaller".into());
            }
        }
        if let Step::Signal(signal @ (Signal::Hup | Signal::Quit)) = step {
            return Err(format!("a `signal` step with {signal}; scripts send TERM, INT or KILL"));
        }
        if let Step::Quiet(time) = step
            && *time > 60_000
        {
            return Err("a quiet time of more than 60000 milliseconds; make it shorter".into());
        }
    }
    Ok(())
}

/// Whether requests that can be open at the same time do not get in each other's way on disk.
pub(super) fn no_shared_files(steps: &[Step]) -> Result<(), String> {
    let mut open: Vec<&Message> = Vec::new();
    for step in steps {
        let send = match step {
            Step::Send(send) => send,
            Step::Await(Await::Responses) => {
                open.clear();
                continue;
            }
            _ => continue,
        };
        for message in send.messages.iter().filter(|message| message.cancel.is_none()) {
            if let Some(number) = message.sandbox
                && open.iter().any(|other| other.sandbox == Some(number))
            {
                return Err(format!(
                    "two requests that can be open at the same time have the same sandbox, {number}; give each \
                     its own, or put `await` `responses` between them"
                ));
            }
            if message.only_inputs && open.iter().any(|other| other.sandbox.is_none()) {
                return Err(
                    "`only-inputs` takes away the inputs of a request that can be open; put `await` \
                            `responses` before it"
                        .into(),
                );
            }
            open.push(message);
        }
    }
    Ok(())
}
