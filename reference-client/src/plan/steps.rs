//! What happens before a build or an action, the moments that a plan can name, and why a plan could not be run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::model::{PLAN_SCHEMA, Step, When};
use crate::client::{Client, StartError};
use crate::files::remove;

/// The pause between two looks for a file.
const PAUSE: Duration = Duration::from_millis(3);
/// How long a step waits for a moment that may never come.
const LONGEST: Duration = Duration::from_secs(30);

/// Why a plan could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a path and an error of the system need no words")]
pub enum PlanError {
    /// The plan has another schema, or none.
    #[error("the plan has the schema {0:?}; this client understands \"{PLAN_SCHEMA}\"")]
    Schema(String),
    /// The client could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The directory of the actions can't be made.
    #[error("the directory {path} can't be made ({source}); name one that this user can write to")]
    Directory { path: PathBuf, source: io::Error },
    /// A step before a build failed.
    #[error("a step before a build failed at {path} ({source}); is the path right?")]
    Step { path: PathBuf, source: io::Error },
    /// What a step waits for did not happen.
    #[error("a step before a build waits for {0}, which did not come; does an earlier build bring it about?")]
    NeverCame(String),
}

pub(super) async fn all(steps: &[Step], client: &Client) -> Result<(), PlanError> {
    let directory = &client.options().directory;
    for step in steps {
        let (path, done) = match step {
            Step::Write(file) => {
                let path = directory.join(&file.path);
                let written = write(&path, &file.content, file.executable);
                (path, written)
            }
            Step::Remove(path) => (path.clone(), remove(&directory.join(path))),
            Step::Clean(path) => {
                let path = directory.join(path);
                let cleaned = client.clean(&path).await.and_then(|()| fs::create_dir_all(&path));
                (path, cleaned)
            }
            Step::WaitFor(moment) => {
                let come = tokio::time::timeout(LONGEST, when(moment, client)).await;
                come.map_err(|_| PlanError::NeverCame(format!("{moment:?}")))?;
                continue;
            }
        };
        done.map_err(|source| PlanError::Step { path, source })?;
    }
    Ok(())
}

pub(super) async fn when(moment: &When, client: &Client) {
    let came = || match moment {
        When::AfterMs(_) => true,
        When::Exists(path) => client.options().directory.join(path).exists(),
        When::NoWorkers => client.workers() == 0,
    };
    if let When::AfterMs(time) = moment {
        tokio::time::sleep(Duration::from_millis(*time)).await;
    }
    while !came() {
        tokio::time::sleep(PAUSE).await;
    }
}

fn write(path: &Path, content: &str, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    // A new file, so that a program that runs stays what it was.
    let _ = fs::remove_file(path);
    fs::write(path, content)?;
    let mode = if executable { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}
