//! Why the evidence pages cannot be made.

use crate::SourceTableError;

/// Why there is no material.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// A saved report is not one.
    #[error("{file} is no report: {source}; save it anew with `tests/interop/run --save`, or remove it")]
    Report {
        /// The path of the file, from the root of the repository.
        file: String,
        /// The error of the JSON parser.
        source: serde_json::Error,
    },
    /// The results of build tools with workers cannot be read.
    #[error("{file} has another form: {source}; save it anew with `tests/interop/matrix/run --save`")]
    Pairs {
        /// The path of the file, from the root of the repository.
        file: String,
        /// The error of the JSON parser.
        source: serde_json::Error,
    },
    /// A file or folder that cannot be read or written.
    #[error("cannot use {file}: {source}; run the command in the root of the pwp repository")]
    File {
        /// The path of the file, from the root of the repository.
        file: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// `sources.toml` cannot be read.
    #[error(transparent)]
    Sources(#[from] SourceTableError),
}
