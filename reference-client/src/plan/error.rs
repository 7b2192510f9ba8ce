//! Why a plan could not be run.

use std::io;
use std::path::PathBuf;

use super::model::PLAN_SCHEMA;
use crate::client::StartError;

/// Why a plan could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The plan has another schema, or none.
    #[error("the plan has the schema {0:?}; this client understands \"{PLAN_SCHEMA}\"")]
    Schema(String),
    /// The client could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The directory of the actions can't be made.
    #[error("the directory {path} can't be made ({source}); name one that this user can write to")]
    Directory {
        /// The path of the directory.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A step before a build failed.
    #[error("a step before a build failed at {path} ({source}); is the path right?")]
    Step {
        /// The path that the step is about.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// What a step waits for did not happen.
    #[error("a step before a build waits for {0}, which did not come; does an earlier build bring it about?")]
    NeverCame(String),
}
