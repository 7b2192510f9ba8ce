//! The files that a probe looks at and writes.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use pwp_proto::WorkRequest;
use sha2::{Digest as _, Sha256};

use crate::digest::{is, sha256};
use crate::files::{Folder, open_regular, read_start};
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
            let argfile = argument.strip_prefix('@');
            let lines = argfile.and_then(|path| read_start(&base.join(path), ARGFILE).ok());
            let lines = lines.map(|text| String::from_utf8_lossy(&text).into_owned());
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

    /// Writes the outputs below `base`, and nothing outside of `within`; gives each path, and what went wrong.
    pub(super) fn work(
        &self,
        within: Option<&Folder>,
        base: &Path,
        process: u32,
        half: bool,
    ) -> Vec<(String, String)> {
        let content = if half { self.name.clone() } else { self.content(process) };
        self.outputs()
            .map(|path| {
                let error = write(within, &base.join(&path), content.as_bytes()).err();
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
            let file = open_regular(&base.join(path));
            file.is_ok_and(|file| is(file, content.as_bytes()).unwrap_or(false))
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

/// Writes a file anew, and the directories above it. A link in its path is followed, as every tool does, if it does not lead out of
/// `within`.
pub(super) fn write(within: Option<&Folder>, path: &Path, content: &[u8]) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    let Some(within) = within else {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        // A build tool may have left a file that is not to be written to, or a link to one.
        let _ = std::fs::remove_file(&path);
        return std::fs::File::create_new(&path)?.write_all(content);
    };
    let real = without_links(&path)?;
    if !real.starts_with(within.path()) {
        let problem = format!("{} leads out of the folder of the run", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
    }
    within.write(real, content)
}

/// The path of a file that need not be there, without the links in the path of its folder.
fn without_links(path: &Path) -> io::Result<PathBuf> {
    let mut above = path.ancestors().skip(1);
    let (there, real) = loop {
        let Some(folder) = above.next() else { return Err(io::ErrorKind::NotFound.into()) };
        match folder.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            real => break (folder, real?),
        }
    };
    Ok(path.strip_prefix(there).map_or_else(|_| real.clone(), |rest| real.join(rest)))
}

/// Where the paths of a request start.
pub(super) fn base(request: &WorkRequest) -> PathBuf {
    Path::new(".").join(&request.sandbox_dir)
}

/// The inputs of a request, each with what is there now.
pub(super) fn inputs(request: &WorkRequest) -> Vec<(String, InputState)> {
    let base = base(request);
    let seen = |path: &str| {
        let file = match open_regular(&base.join(path)) {
            Ok(file) => file,
            Err(error) if error.is_missing() => return InputState::Missing,
            Err(_) => return InputState::Other,
        };
        if file.metadata().is_ok_and(|data| data.len() > LARGEST) {
            return InputState::Other;
        }
        sha256(file, LARGEST).map_or(InputState::Other, InputState::File)
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
    let Ok(base) = Folder::open(&base(request)) else { return found };
    // Of more than is looked at, what was seen is enough for the judge.
    let _ = base.walk(
        "",
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
