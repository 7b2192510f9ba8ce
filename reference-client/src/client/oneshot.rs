//! One-shot mode: a process for a single action.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;

use super::in_flight::{Held, Staged};
use super::start::Inner;
use crate::files::remove_outputs;
use crate::hooks::Contents;
use crate::key::Tools;
use crate::outcome::{Outcome, Runner, Status};
use crate::sandbox::{SandboxDirectory, fill};
use crate::spawn::Spawn;
use crate::unix::{Launch, Process};

impl Inner {
    /// Runs an action without a worker. `isolated`: in a directory for itself, whatever the options say.
    pub(super) async fn one_shot(&self, spawn: &Spawn, isolated: bool) -> Staged {
        let directory = match self.one_shot_directory(spawn, isolated) {
            Ok(directory) => directory,
            Err(error) => {
                let message = format!("the directory of the action can't be prepared: {error}");
                return Staged::without_files(Outcome::new(Status::Error(message)));
            }
        };
        let place = directory.as_ref().map_or(&*self.options.directory, SandboxDirectory::path);
        let (status, output) = match self.run_process(spawn, place).await {
            Ok((code, output)) => (Status::of_exit_code(code), output),
            Err(error) => {
                let program = spawn.arguments.first().map_or("", String::as_str);
                let place = place.display();
                let message = format!("{program} can't be run ({error}); run it by itself in {place}");
                (Status::Error(message), String::new())
            }
        };
        let outcome = Outcome { status, output, runner: Runner::OneShot, attempts: 1 };
        Staged { outcome, held: directory.map_or(Held::Nothing, Held::Directory) }
    }

    /// Prepares where a process of one-shot mode reads and writes: a directory for itself, if it is to have one.
    fn one_shot_directory(&self, spawn: &Spawn, isolated: bool) -> io::Result<Option<SandboxDirectory>> {
        let source = &*self.options.directory;
        if !isolated && !self.options.sandboxing {
            remove_outputs(spawn, source)?;
            return Ok(None);
        }
        let directory = SandboxDirectory::create(self.scratch("one-shot"), true)?;
        let (tools, hooks) = (&Tools::default(), self.hooks.sandbox);
        fill(directory.path(), Contents { spawn, tools, source, fresh: true, hooks })?;
        Ok(Some(directory))
    }

    /// Runs the action's own command line in `directory`, and returns its exit code, or 128 and the signal that ended it, and the text that it
    /// wrote to both streams.
    ///
    /// When the future is dropped, the process and its group are killed.
    async fn run_process(&self, spawn: &Spawn, directory: &Path) -> io::Result<(i32, String)> {
        let capture = self.scratch("output");
        let limit = spawn.timeout.unwrap_or(self.options.limits.work);
        let mut file = File::options().create_new(true).read(true).append(true).open(&capture)?;
        // The file lives for as long as it is open, and nobody has to remove it.
        std::fs::remove_file(&capture)?;
        let (mut process, ..) = Process::start(Launch {
            // C-002: "A client adds the argument `--persistent_worker` to the command line of each process that it starts as a worker, and to no other."
            command: (self.hooks.process.one_shot_command)(&spawn.arguments),
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
            let message = format!("it took longer than {limit:?} and was killed; raise its time limit");
            return Err(io::Error::other(message));
        }
        let status = status.ok_or_else(|| io::Error::other("how it ended is not known"))?;
        file.seek(SeekFrom::Start(0))?;
        let mut output = Vec::new();
        file.take(self.options.limits.output as u64).read_to_end(&mut output)?;
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Ok((code, String::from_utf8_lossy(&output).into_owned()))
    }
}
