//! One-shot mode: a process of its own for one action.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::Duration;

use crate::faults::Kind;
use crate::options::Options;
use crate::spawn::Spawn;
use crate::worker::{Process, Streams, both};

/// How a process of one-shot mode ended.
#[derive(Debug)]
pub(crate) enum OneShot {
    /// By itself: its exit code, or 128 and the signal, and what it wrote to both streams.
    Ended(i32, String),
    /// It could not be started or watched.
    Failed(String),
}

/// Runs the action's own command line in `directory`, without `--persistent_worker` (C-002). What it writes goes to the file
/// `capture`, which is removed.
///
/// When the future is dropped, the process and its group are killed.
pub(crate) async fn run(spawn: &Spawn, directory: &Path, capture: &Path, options: &Options) -> OneShot {
    let limit = spawn.timeout.unwrap_or(options.limits.work);
    match attempt(spawn, directory, capture, options, limit).await {
        Ok((code, output)) => OneShot::Ended(code, output),
        Err(error) => OneShot::Failed(format!(
            "{} can't be run ({error}); run it by itself in {}",
            spawn.arguments.first().map_or("", String::as_str),
            directory.display()
        )),
    }
}

async fn attempt(
    spawn: &Spawn,
    directory: &Path,
    capture: &Path,
    options: &Options,
    limit: Duration,
) -> io::Result<(i32, String)> {
    let mut file = File::options().create_new(true).read(true).append(true).open(capture)?;
    // It lives for as long as it is open, and nobody has to remove it.
    std::fs::remove_file(capture)?;
    let (stdout, stderr) = both(&file)?;
    let mut command = spawn.arguments.clone();
    if options.faults.has(Kind::OneShotWorkerFlag) {
        command.push("--persistent_worker".to_owned());
    }
    let streams = Streams { stderr, input: false, stdout: Some(stdout) };
    let (mut process, ..) =
        Process::start(&command, directory, spawn.environment.iter(), false, true, streams)?;
    let in_time = tokio::time::timeout(limit, process.ended()).await.is_ok();
    let status = process.end().await;
    if !in_time {
        return Err(io::Error::other(format!(
            "it took longer than {limit:?} and was killed; raise its time limit"
        )));
    }
    let status = status.ok_or_else(|| io::Error::other("how it ended is not known"))?;
    file.seek(SeekFrom::Start(0))?;
    let mut output = Vec::new();
    file.take(options.limits.output as u64).read_to_end(&mut output)?;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok((code, String::from_utf8_lossy(&output).into_owned()))
}
