//! What a command prints, and the error where nobody takes it.

use std::io::Write as _;

use serde::Serialize;

use crate::report::SaveError;

use super::exit::Failure;

/// Prints a text.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    printed.map_err(|error| Failure::internal(SaveError::of_stdout(error)))
}

/// Prints what `--format json` asks for.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(&(serde_json::to_string_pretty(value).map_err(Failure::internal)? + "\n"))
}
