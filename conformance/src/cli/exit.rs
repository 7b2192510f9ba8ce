//! The exit codes of `pwp`, in one place.

use std::io::ErrorKind;

use crate::client::ClientError;
use crate::report::SaveError;
use crate::runner::{CommandError, RunError};
use crate::suite::SuiteError;

/// What the command says to the shell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExitCode {
    /// 0: conformant, or everything as expected, or the command did what it was asked.
    Conformant,
    /// 1: not conformant, or an expectation that no longer holds.
    NotConformant,
    /// 2: the command line, or a file that it names, is wrong.
    Usage,
    /// 3: the subject could not be started.
    NotStarted,
    /// 4: the suite itself failed; that is a bug of `pwp` or a full disk.
    Internal,
    /// The worker's own, for `pwp worker` and `pwp tap`.
    Worker(std::process::ExitCode),
}

impl std::process::Termination for ExitCode {
    fn report(self) -> std::process::ExitCode {
        match self {
            Self::Conformant => 0.into(),
            Self::NotConformant => 1.into(),
            Self::Usage => 2.into(),
            Self::NotStarted => 3.into(),
            Self::Internal => 4.into(),
            Self::Worker(code) => code,
        }
    }
}

/// An error and the exit code that goes with it.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: anyhow::Error,
    pub(super) code: ExitCode,
}

impl Failure {
    /// A mistake on the command line or in a file that it names.
    pub(super) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), code: ExitCode::Usage }
    }

    /// A failure of the suite.
    pub(super) fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), code: ExitCode::Internal }
    }
}

impl From<SaveError> for Failure {
    fn from(error: SaveError) -> Self {
        let is_full = matches!(error.source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
        Self { error: error.into(), code: if is_full { ExitCode::Internal } else { ExitCode::Usage } }
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let code = if error == CommandError::Empty { ExitCode::Usage } else { ExitCode::NotStarted };
        Self { error: error.into(), code }
    }
}

impl From<SuiteError> for Failure {
    fn from(error: SuiteError) -> Self {
        let code = match &error {
            SuiteError::Run(RunError::Spawn(_)) => ExitCode::NotStarted,
            SuiteError::Run(RunError::Folder(_)) | SuiteError::Interrupted => ExitCode::Internal,
            SuiteError::Run(RunError::UnknownRequest(..))
            | SuiteError::Selection(_)
            | SuiteError::DoesNotFit { .. } => ExitCode::Usage,
        };
        Self { error: error.into(), code }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let code = match &error {
            ClientError::Unusable { .. } => ExitCode::NotStarted,
            ClientError::Folder { .. } | ClientError::Outcomes { .. } | ClientError::Interrupted => {
                ExitCode::Internal
            }
            ClientError::Selection(_) => ExitCode::Usage,
        };
        Self { error: error.into(), code }
    }
}
