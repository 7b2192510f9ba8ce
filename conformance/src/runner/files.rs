//! The directory of a run: inputs before it, outputs after each response.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::history::FileState;
use crate::workload::{Content, OutputFile, Workload};

/// Most bytes of an output that are read.
const LIMIT: u64 = 64 << 20;
/// Characters of an unexpected content that are shown.
const SHOWN: usize = 80;

/// Which outputs belong to which request, and whether two requests share one.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    waiting: BTreeMap<u64, Vec<OutputFile>>,
    /// How many open requests write a path; one that was ever shared can't be judged.
    busy: HashMap<String, u32>,
    shared: BTreeMap<u64, Vec<String>>,
    seen: BTreeMap<String, (u64, OutputFile)>,
}

impl Outputs {
    /// A request that writes these files is being sent.
    pub(super) fn sent(&mut self, request: u64, files: &[OutputFile]) {
        for file in files {
            let count = self.busy.entry(file.path.clone()).or_default();
            *count += 1;
            if *count > 1 {
                for (other, waiting) in &self.waiting {
                    if waiting.iter().any(|waited| waited.path == file.path) {
                        self.shared.entry(*other).or_default().push(file.path.clone());
                    }
                }
                self.shared.entry(request).or_default().push(file.path.clone());
            }
        }
        if !files.is_empty() {
            self.waiting.insert(request, files.to_vec());
        }
    }

    /// The requests that wait for their answer.
    pub(super) fn waiting(&self) -> Vec<u64> {
        self.waiting.keys().copied().collect()
    }

    /// A request was answered: the state of its files.
    pub(super) fn answered(
        &mut self,
        request: u64,
        folder: &Path,
        cancelled: bool,
    ) -> Vec<(String, FileState)> {
        let shared = self.shared.remove(&request).unwrap_or_default();
        let mut states = Vec::new();
        for file in self.waiting.remove(&request).unwrap_or_default() {
            if let Some(count) = self.busy.get_mut(&file.path) {
                *count -= 1;
            }
            let busy = self.busy.get(&file.path).is_some_and(|count| *count > 0);
            if busy || cancelled || shared.contains(&file.path) {
                self.seen.remove(&file.path);
                continue;
            }
            states.push((file.path.clone(), state(folder, &file)));
            self.seen.insert(file.path.clone(), (request, file));
        }
        states
    }

    /// The end of the run: the state of all files that were looked at.
    pub(super) fn at_end(&self, folder: &Path) -> Vec<(u64, String, FileState)> {
        let idle = |path: &String| self.busy.get(path).is_none_or(|count| *count == 0);
        self.seen
            .iter()
            .filter(|(path, _)| idle(path))
            .map(|(path, (request, file))| (*request, path.clone(), state(folder, file)))
            .collect()
    }
}

/// Makes the files and folders that the workload's requests need.
pub(super) fn prepare(folder: &Path, workload: &Workload) -> io::Result<()> {
    std::fs::create_dir_all(folder.join("tmp"))?;
    for (path, content) in &workload.inputs {
        put(&folder.join(path), content, folder)?;
    }
    for output in workload.requests.iter().flat_map(|item| &item.outputs) {
        if let Some(parent) = folder.join(&output.path).parent() {
            std::fs::create_dir_all(parent)?;
        }
    }
    Ok(())
}

/// Makes the directory of a run one again that can be written, whatever the subject made of it.
pub(super) fn repair(folder: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(folder) {
        Ok(there) if there.is_dir() => super::process::open_up(folder),
        Ok(_) => std::fs::remove_file(folder)?,
        Err(_) => {}
    }
    std::fs::create_dir_all(folder.join("tmp"))
}

/// Writes a file and the folders above it.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, content)
}

/// Writes an input with the content that it has in the run's directory.
fn put(path: &Path, content: &Content, run: &Path) -> io::Result<()> {
    write(path, &content.bytes_in(run))?;
    if content.executable { make_executable(path) } else { Ok(()) }
}

/// The same where the file may have that content already; then it is not touched.
pub(super) fn restore(path: &Path, content: &Content, run: &Path) -> io::Result<()> {
    let same = std::fs::read(path).is_ok_and(|there| there == *content.bytes_in(run));
    if same {
        return Ok(());
    }
    put(path, content, run).or_else(|_| {
        take_away(path)?;
        put(path, content, run)
    })
}

/// Removes what is at the path of a file, which may be nothing, or a folder that the subject put there.
pub(super) fn take_away(path: &Path) -> io::Result<()> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn state(folder: &Path, file: &OutputFile) -> FileState {
    let path = folder.join(&file.path);
    let Ok(opened) = std::fs::File::open(&path) else { return FileState::Missing };
    let mut content = Vec::new();
    let changed = opened.metadata().and_then(|data| data.modified()).ok();
    if opened.take(LIMIT).read_to_end(&mut content).is_err() {
        return FileState::Missing;
    }
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).hash(&mut hasher);
    let print = hasher.finish();
    match &file.content {
        Some(wanted) if *wanted.bytes_in(folder) != *content => {
            let text: String = String::from_utf8_lossy(&content).chars().take(SHOWN).collect();
            FileState::Different(print, text)
        }
        _ => FileState::Good(print),
    }
}
