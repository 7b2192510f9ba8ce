//! What faults remember from one request to the next.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::kit::lock;
use crate::Request;

/// Where the fault `temp-elsewhere` has its file: neither a working directory nor a usual `TMPDIR`.
pub(super) const ELSEWHERE: &str = "/var/tmp";

/// What the faults of isolation remember.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What the request before printed.
    pub(super) printed: Mutex<Vec<String>>,
    pub(super) poisoned: AtomicBool,
    pub(super) presence: Mutex<Presence>,
    pub(super) held: Mutex<VecDeque<File>>,
}

/// The requests in the tool.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Presence {
    pub(super) now: usize,
    /// How many there ever were.
    pub(super) ever: usize,
}

/// A request from the moment when the tool begins it until the tool is done with it.
#[derive(Debug)]
pub(crate) struct Visit<'a> {
    pub(super) memory: &'a Memory,
    /// As it was when the request began, with the request itself.
    pub(super) begun: Presence,
    #[cfg_attr(not(test), expect(dead_code, reason = "it is there to be dropped"))]
    pub(super) temporary: Option<Temporary>,
}

impl Visit<'_> {
    /// Whether another request was in the tool at any moment of this one.
    pub(super) fn had_company(&self) -> bool {
        self.begun.now > 1 || lock(&self.memory.presence).ever > self.begun.ever
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        lock(&self.memory.presence).now -= 1;
    }
}

/// A file that goes away at the end of the request. Also when the request is cancelled, because a process that ends
/// with open requests cancels them and waits for nobody.
#[derive(Debug)]
pub(super) struct Temporary(pub(super) PathBuf);

/// Numbers the temporary files of this process.
static TEMPORARY: AtomicUsize = AtomicUsize::new(1);

impl Temporary {
    pub(super) fn new(request: &Request) -> io::Result<Self> {
        let nth = TEMPORARY.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(ELSEWHERE).join(format!("pwp-temp-elsewhere-{}-{nth}", process::id()));
        // A process that was killed may have left its file, and the system given its number to this one.
        let _ = fs::remove_file(&path);
        File::create_new(&path)?.write_all(b"temporary\n")?;
        let same = path.clone();
        request.on_cancel(move || drop(fs::remove_file(same)));
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may have been cancelled.
        let _ = fs::remove_file(&self.0);
    }
}

/// The `sandbox_dir`s of requests that were not empty.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) first: Option<PathBuf>,
    pub(super) last: Option<PathBuf>,
}
