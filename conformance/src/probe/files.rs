//! The files that a probe looks at and writes.

use std::fs::File;
use std::path::{Path, PathBuf};

use pwp_proto::WorkRequest;
use sha2::{Digest as _, Sha256};

use crate::digest::{is, sha256};
use crate::files::read_start;
use crate::history::InputState;

/// Files of a directory that are listed.
const LISTED: usize = 2000;
/// Bytes of an argfile that are read.
const ARGFILE: u64 = 16 << 20;
/// Largest input that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// What stands between the name of an action and the number of the process that wrote its output.
const SIGNED: &str = " of process ";

/// What the arguments of an action say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) outs: Vec<String>,
    pub(super) dirs: Vec<String>,
    /// Outputs say which process wrote them.
    pub(super) signs: bool,
}

impl Job {
    /// Reads the arguments. An argfile that the client has left as it is is read below `base`, as every tool does.
    pub(super) fn of(arguments: &[String], base: &Path) -> Self {
        let mut job = Self::default();
        for argument in arguments {
            let argfile =
                argument.strip_prefix('@').and_then(|path| read_start(&base.join(path), ARGFILE).ok());
            let lines = argfile.and_then(|bytes| String::from_utf8(bytes).ok());
            for line in lines.iter().flat_map(|text| text.lines()).chain([argument.as_str()]) {
                job.take(line);
            }
        }
        job
    }

    fn take(&mut self, argument: &str) {
        match argument.split_once('=') {
            Some(("--name", name)) => name.clone_into(&mut self.name),
            Some(("--out", path)) => self.outs.push(path.to_owned()),
            Some(("--dir", path)) => self.dirs.push(path.to_owned()),
            None if argument == "--sign" => self.signs = true,
            _ => {}
        }
    }

    /// Writes the outputs below `base`; gives each path, and what went wrong.
    pub(super) fn work(&self, base: &Path, process: u32, half: bool) -> Vec<(String, String)> {
        let content = if half { self.name.clone() } else { self.content(process) };
        self.outputs()
            .map(|path| {
                let error = write(&base.join(&path), content.as_bytes()).err();
                (path, error.map(|error| error.to_string()).unwrap_or_default())
            })
            .collect()
    }

    /// The outputs that are there below `base`.
    pub(super) fn there(&self, base: &Path) -> Vec<String> {
        self.outputs().filter(|path| base.join(path).symlink_metadata().is_ok()).collect()
    }

    /// Each output, and whether it is below `base` as this process writes it.
    pub(super) fn kept(&self, base: &Path, process: u32) -> Vec<(String, bool)> {
        let content = self.content(process);
        let kept = |path: &String| {
            let file = File::open(base.join(path));
            file.and_then(|file| is(file, content.as_bytes())).unwrap_or(false)
        };
        self.outputs().map(|path| (path.clone(), kept(&path))).collect()
    }

    fn outputs(&self) -> impl Iterator<Item = String> {
        let in_dirs = self.dirs.iter().map(|path| format!("{path}/{}.txt", self.name));
        self.outs.iter().cloned().chain(in_dirs)
    }

    fn content(&self, process: u32) -> String {
        let name = &self.name;
        if self.signs { format!("{name}{SIGNED}{process}\n") } else { format!("{name}\n") }
    }
}

/// Which process has signed this output.
pub(crate) fn signature(content: &str) -> Option<u32> {
    content.trim_end().split_once(SIGNED)?.1.parse().ok()
}

/// Writes a file anew, and the directories above it.
pub(super) fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    // A build tool may have left a file that is not to be written to, or a link to one.
    let _ = std::fs::remove_file(path);
    crate::files::write(path, content)
}

/// Where the paths of a request start.
pub(super) fn base(request: &WorkRequest) -> PathBuf {
    Path::new(".").join(&request.sandbox_dir)
}

/// The inputs of a request, each with what is there now.
pub(super) fn inputs(request: &WorkRequest) -> Vec<(String, InputState)> {
    let base = base(request);
    let seen = |path: &str| match std::fs::metadata(base.join(path)) {
        Err(_) => InputState::Missing,
        Ok(data) if data.is_file() && data.len() <= LARGEST => File::open(base.join(path))
            .and_then(|file| sha256(file, LARGEST))
            .map_or(InputState::Other, InputState::File),
        Ok(_) => InputState::Other,
    };
    request.inputs.iter().take(LISTED).map(|input| (input.path.clone(), seen(&input.path))).collect()
}

/// SHA-256, in hex.
pub(crate) fn digest(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// The files below the directory of a request, sorted; links are listed, not followed.
pub(super) fn list(request: &WorkRequest) -> Vec<String> {
    let mut found = Vec::new();
    crate::files::walk(
        &base(request),
        |_, _| false,
        |path, _| {
            if found.len() < LISTED {
                found.push(path.to_string_lossy().into_owned());
            }
        },
    );
    found.sort();
    found
}
