//! One-shot mode: a process for a single action.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::hooks::ProcessHooks;
use crate::options::Options;
use crate::spawn::Spawn;
use crate::unix::{Launch, Process};

/// Runs the action's own command line in `directory`, and returns its exit code, or 128 and the signal that ended it, and the text that it
/// wrote to both streams. That text goes through the file `capture`, which is removed.
///
/// When the future is dropped, the process and its group are killed.
///
/// # Errors
/// A message: the process could not be started or watched.
pub(crate) async fn run(
    spawn: &Spawn,
    directory: &Path,
    capture: &Path,
    options: &Options,
    hooks: ProcessHooks,
) -> Result<(i32, String), String> {
    let run = async {
        let limit = spawn.timeout.unwrap_or(options.limits.work);
        let mut file = File::options().create_new(true).read(true).append(true).open(capture)?;
        // The file lives for as long as it is open, and nobody has to remove it.
        std::fs::remove_file(capture)?;
        let (mut process, ..) = Process::start(Launch {
            // C-002: "A client adds the argument `--persistent_worker` to the command line of each process that it starts as a worker, and to no other."
            command: (hooks.one_shot_command)(&spawn.arguments),
            directory: Cow::Borrowed(directory),
            environment: Cow::Borrowed(&spawn.environment),
            stdin: Stdio::null(),
            stdout: Stdio::from(file.try_clone()?),
            stderr: Stdio::from(file.try_clone()?),
            own_group: true,
            kill_on_drop: true,
        })?;
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
    };
    run.await.map_err(|error: io::Error| {
        let program = spawn.arguments.first().map_or("", String::as_str);
        format!("{program} can't be run ({error}); run it by itself in {}", directory.display())
    })
}
