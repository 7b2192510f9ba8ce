//! The exit codes of `pwp`, in one place.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use crate::client::ClientError;
use crate::report::{CutShort, Report, RunOutcome, SaveError};
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
    /// 4: the suite itself failed, or has left something behind; that is a bug of `pwp` or a full disk.
    Internal,
    /// 5: no claim: nothing was found broken, in a run that was not one of everything or did not get to all of it.
    NoClaim,
    /// 130: the user has ended the run.
    Interrupted,
    /// The worker's own, for `pwp worker` and `pwp tap`.
    Worker(std::process::ExitCode),
}

impl ExitCode {
    /// The exit code of a run that has a report. An error of ours, or what could not be removed (`leftovers`), comes before an interrupt, and
    /// both before what was found of the subject: 0 is only for what the run has earned.
    pub fn of_run(report: &Report, leftovers: bool) -> Self {
        match report.outcome() {
            RunOutcome::NotStarted => Self::NotStarted,
            RunOutcome::SuiteFailed => Self::Internal,
            _ if leftovers => Self::Internal,
            RunOutcome::Interrupted => Self::Interrupted,
            RunOutcome::NotConformant | RunOutcome::NotAsExpected => Self::NotConformant,
            RunOutcome::NoClaim if report.cuts() == BTreeSet::from([CutShort::Replay]) => Self::Conformant,
            RunOutcome::NoClaim => Self::NoClaim,
            RunOutcome::Conformant | RunOutcome::AsExpected => Self::Conformant,
        }
    }
}

impl std::process::Termination for ExitCode {
    fn report(self) -> std::process::ExitCode {
        match self {
            Self::Conformant => 0.into(),
            Self::NotConformant => 1.into(),
            Self::Usage => 2.into(),
            Self::NotStarted => 3.into(),
            Self::Internal => 4.into(),
            Self::NoClaim => 5.into(),
            // As a shell says it of a program that SIGINT has ended.
            Self::Interrupted => 130.into(),
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

    /// The system has no room for the processes of a run.
    pub(super) fn no_room(error: std::io::Error) -> Self {
        Self::internal(anyhow::anyhow!("can't begin: {error}; {}", crate::process::NO_ROOM))
    }

    /// Why the run has no result.
    pub(super) const fn cut(&self) -> CutShort {
        match self.code {
            ExitCode::NotStarted => CutShort::NotStarted,
            ExitCode::Interrupted => CutShort::Interrupted,
            _ => CutShort::Error,
        }
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
            SuiteError::Run(RunError::Spawn(error)) if error.is_exhaustion() => ExitCode::Internal,
            SuiteError::Run(RunError::Spawn(_)) => ExitCode::NotStarted,
            SuiteError::Run(RunError::Folder(_) | RunError::System(_)) => ExitCode::Internal,
            SuiteError::Interrupted => ExitCode::Interrupted,
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
            ClientError::Folder { .. } | ClientError::NoRoom { .. } | ClientError::Outcomes { .. } => {
                ExitCode::Internal
            }
            ClientError::Selection(_) => ExitCode::Usage,
        };
        Self { error: error.into(), code }
    }
}
