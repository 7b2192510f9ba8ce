//! Reading a script from a file, and those that are built in: `conformance/scripts/*.json`.

use std::path::Path;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use pwp_proto::{Framing, MAX_MESSAGE};

use crate::files::ReadError;
use crate::history::{Mode, Signal};
use crate::report::quoted;
use crate::{embedded, files, malformed};

use super::model::{Await, Message, SCHEMA_ID, Script, Step};

/// Largest script file that is read, in bytes.
const LIMIT: u64 = 8 << 20;

/// Why a script can't be used: its file, or the name of a built-in one, what is wrong with it, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ScriptError(String);

/// Reads a script file of at most 8 MiB.
pub fn load(path: &Path) -> Result<Script, ScriptError> {
    let name = path.display().to_string();
    match files::read_text(path, LIMIT) {
        Ok(text) => parse(&name, &text),
        Err(ReadError::TooLarge(_)) => Err(ScriptError(format!(
            "script {name} has more than {LIMIT} bytes; scripts are small JSON files, see schema/script/v1"
        ))),
        Err(error) => Err(ScriptError(format!(
            "can't read script {name}: {error}; give the path of a script file as `pwp check worker --transcripts DIR` saves it"
        ))),
    }
}

/// Reads a script from its text. `name` is for the errors.
pub fn parse(name: &str, text: &str) -> Result<Script, ScriptError> {
    let form = |error| {
        let problem = malformed::json(&error);
        ScriptError(format!("{name} is no script: {problem}; the form is described in schema/script/v1"))
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(form)?;
    let schema = value.get("schema").and_then(serde_json::Value::as_str).unwrap_or("");
    if schema != SCHEMA_ID {
        return Err(ScriptError(format!(
            "{name} has schema {}; this version of pwp reads {SCHEMA_ID:?}",
            quoted(schema, 60)
        )));
    }
    let script: Script = serde_json::from_str(text).map_err(form)?;
    check(&script).map_err(|problem| ScriptError(format!("{name}: {problem}")))?;
    Ok(script)
}

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scripts");

static FIXED: LazyLock<Vec<Script>> = LazyLock::new(|| {
    // Tests prove that each file parses, so none is ever left out.
    embedded::files(&FOLDER).into_iter().filter_map(|(name, text)| parse(name, text).ok()).collect()
});

/// The built-in scripts, in the order in which they are run.
pub fn fixed() -> &'static [Script] {
    &FIXED
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
        match step {
            Step::Send(send) if send.messages.is_empty() => {
                return Err("a `send` step without messages; add one or drop the step".into());
            }
            Step::Send(send) if send.messages.iter().any(|message| message.size > Some(MAX_MESSAGE)) => {
                return Err(format!("a message of more than {} MiB; make it smaller", MAX_MESSAGE >> 20));
            }
            Step::Signal(signal @ (Signal::Hup | Signal::Quit)) => {
                return Err(format!("a `signal` step with {signal}; scripts send TERM, INT or KILL"));
            }
            Step::Quiet(60_001..) => {
                return Err("a quiet time of more than 60000 milliseconds; make it shorter".into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether requests that can be open at the same time do not get in each other's way on disk.
pub(super) fn no_shared_files(steps: &[Step]) -> Result<(), String> {
    let mut open: Vec<&Message> = Vec::new();
    for step in steps {
        if *step == Step::Await(Await::Responses) {
            open.clear();
        }
        for message in step.requests() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_parses_and_has_the_name_of_its_script() {
        for (name, text) in embedded::files(&FOLDER) {
            assert_eq!(parse(name, text).unwrap().name, name);
        }
    }
}
