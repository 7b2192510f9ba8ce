//! What happens before a build, and the moments that a plan can name.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::error::PlanError;
use super::model::{Step, When};
use crate::client::Client;
use crate::files::remove;

/// The pause between two looks for a file.
const PAUSE: Duration = Duration::from_millis(3);
/// How long a step waits for a moment that may never come.
const LONGEST: Duration = Duration::from_secs(30);

/// Does one step.
pub(super) async fn step(step: &Step, directory: &Path, client: &Client) -> Result<(), PlanError> {
    let failed = |path: &Path, source| PlanError::Step { path: path.to_owned(), source };
    match step {
        Step::Write(file) => {
            let path = directory.join(&file.path);
            write(&path, &file.content, file.executable).map_err(|source| failed(&path, source))
        }
        Step::Remove(path) => remove(&directory.join(path)).map_err(|source| failed(path, source)),
        Step::Clean(path) => {
            let path = directory.join(path);
            let cleaned = client.clean(&path).await;
            cleaned.and_then(|()| fs::create_dir_all(&path)).map_err(|source| failed(&path, source))
        }
        Step::WaitFor(moment) => {
            let come = tokio::time::timeout(LONGEST, when(moment, directory, client)).await;
            come.map_err(|_| PlanError::NeverCame(format!("{moment:?}")))
        }
    }
}

/// Waits for a moment.
pub(super) async fn when(moment: &When, directory: &Path, client: &Client) {
    match moment {
        When::AfterMs(time) => tokio::time::sleep(Duration::from_millis(*time)).await,
        When::Exists(path) => {
            let path = directory.join(path);
            while !path.exists() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        When::NoWorkers => {
            while client.workers() > 0 {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn write(path: &Path, content: &str, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    // A new file, so that a program that runs stays what it was.
    let _ = fs::remove_file(path);
    fs::write(path, content)?;
    let mode = if executable { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}
