//! One tap's part of a report, as it happens.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pwp_proto::Framing;
use sha2::{Digest as _, Sha256};

use crate::report::{Tallies, millis};
use crate::runner;
use crate::tap::OptionsError;
use pwp_spec::Features;

use super::merge::{Places, merge};
use super::part::{Part, Program};

/// Collects the part of one tap.
#[derive(Debug)]
pub(in crate::tap) struct Reporter {
    places: Places,
    /// The program that started this process.
    client: Program,
    sent: Sha256,
    part: Option<Part>,
    file: PathBuf,
    problem: Option<String>,
}

impl Reporter {
    /// A reporter for the report `path`.
    ///
    /// # Errors
    /// Fails where it can't be written there.
    pub(in crate::tap) fn new(path: &Path) -> Result<Self, OptionsError> {
        let places = Places::new(path)?;
        let (part, file, problem) = (None, PathBuf::new(), None);
        Ok(Self { places, client: parent(), sent: Sha256::new(), part, file, problem })
    }

    /// Begins the part, since the dialect is known. The command is without `--persistent_worker`, and the worker was started when it
    /// `began`.
    pub(in crate::tap) fn begin(
        &mut self,
        command: &[String],
        dialect: Framing,
        features: &Features,
        began: SystemTime,
    ) {
        let since = began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.file =
            self.places.parts().join(format!("{:016}-{}.json", since.as_micros(), std::process::id()));
        let resolved = runner::Command::resolve(command, Path::new("."));
        let file = resolved.map(|command| command.program().to_owned()).unwrap_or_default();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.part = Some(Part {
            worker: Program { command: command.to_vec(), name },
            client: self.client.clone(),
            dialect: dialect.into(),
            features: features.clone(),
            started_unix: since.as_secs(),
            took_ms: 0,
            processes: 1,
            requests: 0,
            answered: 0,
            sent_sha256: String::new(),
            torn: false,
            ended: false,
            tally: Tallies::default(),
        });
    }

    /// Takes bytes that the client wrote.
    pub(in crate::tap) fn sent(&mut self, bytes: &[u8]) {
        self.sent.update(bytes);
    }

    /// Keeps all that is known by now, so that it is not lost with this process. The numbers of requests are those sent, and those
    /// open.
    pub(in crate::tap) fn keep(&mut self, tally: &Tallies, at: Duration, requests: [u64; 2]) {
        let Some(part) = &mut self.part else { return };
        part.took_ms = millis(at);
        [part.requests, part.answered] = [requests[0], requests[0].saturating_sub(requests[1])];
        part.sent_sha256 = hex::encode(self.sent.clone().finalize());
        part.tally = tally.clone();
        if let Err(error) = part.save(&self.file) {
            let path = self.file.display();
            self.problem.get_or_insert_with(|| format!("can't write {path}: {error}; make room for it"));
        }
    }

    /// Makes the reports when the worker has ended. Events were lost if the record is `torn`. A problem is returned in words.
    pub(in crate::tap) fn finish(
        mut self,
        tally: &Tallies,
        took: Duration,
        requests: [u64; 2],
        torn: bool,
    ) -> Option<String> {
        if let Some(part) = &mut self.part {
            (part.ended, part.torn) = (true, torn);
        }
        self.keep(tally, took, requests);
        let merged = merge(&self.places).err();
        self.problem.or(merged)
    }
}

/// The client, as far as the system tells: the program that started this process.
fn parent() -> Program {
    let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    let file = PathBuf::from(format!("/proc/{parent}/exe"));
    // Its arguments may hold secrets, so only its name is taken.
    let words = std::fs::read(format!("/proc/{parent}/cmdline")).unwrap_or_default();
    let first =
        String::from_utf8_lossy(words.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned();
    let name = Path::new(&first).file_name().map(|name| name.to_string_lossy().into_owned());
    let path = std::fs::read_link(file).map(|path| path.to_string_lossy().into_owned());
    Program { command: vec![path.unwrap_or(first)], name: name.unwrap_or_default() }
}
