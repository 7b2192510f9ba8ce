//! The client itself: its folders, its workers, its end.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::FlockOperation;
use tokio::sync::Semaphore;

use super::open_outputs::OpenOutputs;
use crate::ended::{Cause, WorkerEnded};
use crate::faults::Faults;
use crate::files::remove;
use crate::hooks::{CleaningStep, Hooks};
use crate::options::Options;
use crate::pool::{self, Pools, Registry};

/// Why a client could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a path and an error of the system need no words")]
pub enum StartError {
    /// A path is relative, but workers run in other directories than the client.
    #[error("the path {0} is relative; give an absolute one")]
    Relative(PathBuf),
    /// A folder cannot be made, or not be cleaned of what a killed client has left.
    #[error("the folder {path} can't be used ({source}); give one that this user can write to")]
    Folder { path: PathBuf, source: io::Error },
    /// Another client uses the folder of state; two clients would remove each other's sandboxes.
    #[error("another client uses the folder {0}; give each one its own")]
    InUse(PathBuf),
}

/// The start or the end of a worker, for a build tool that tells the user (C-141).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WorkerEvent {
    /// A process was started.
    Started {
        /// The number of the worker: this client counts its workers from 1.
        number: u64,
        /// The mnemonic of its worker key.
        mnemonic: String,
        /// The process id.
        pid: u32,
        /// The file that takes its standard error.
        log: PathBuf,
        /// The hash of its worker key.
        key: String,
    },
    /// A process has ended, and its group with it.
    Ended(Arc<WorkerEnded>),
}

/// Runs actions on persistent workers. Clones are the same client.
///
/// It lives in the tokio runtime in which it was started, of either flavour. When it is dropped without
/// [`shutdown`](Self::shutdown), its workers are killed with the runtime.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) options: Arc<Options>,
    pub(super) hooks: Hooks,
    pub(super) pools: Arc<Pools>,
    pub(super) registry: Arc<Registry>,
    /// How many further actions may be on their way, of low and of high priority.
    pub(super) admission: [Semaphore; 2],
    pub(super) open_outputs: OpenOutputs,
    pub(super) on_event: Box<dyn Fn(&WorkerEvent) + Send + Sync>,
    /// The number of the next path below the folder of sandboxes.
    scratch: AtomicU64,
    /// Keeps other clients from the folder of state for as long as this one lives.
    lock: Lock,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that tells nobody about its workers.
    ///
    /// Has to be called within a tokio runtime with io and time.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(options: Options) -> Result<Self, StartError> {
        Self::start_with(options, |_| ())
    }

    /// A client that calls `on_event` at the start and the end of each worker.
    ///
    /// What a client that was killed has left below [`Options::state`] is removed: its sandboxes (C-118) and its logs.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start_with(
        options: Options,
        on_event: impl Fn(&WorkerEvent) + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        Self::start_faulty(options, &Faults::default(), on_event)
    }

    /// A client that misbehaves in these ways.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start_faulty(
        mut options: Options,
        faults: &Faults,
        on_event: impl Fn(&WorkerEvent) + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        for path in [&options.directory, &options.state] {
            if path.is_relative() {
                return Err(StartError::Relative(path.clone()));
            }
        }
        let hooks = faults.hooks();
        if let Some(change) = hooks.settings {
            change(&mut options);
        }
        let lock = Lock::take(&options)?;
        for folder in ["sandbox", "logs"] {
            let path = options.state.join(folder);
            let made = match std::fs::remove_dir_all(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => std::fs::create_dir_all(&path),
            };
            made.map_err(|source| StartError::Folder { path, source })?;
        }
        let options = Arc::new(options);
        let pools = Pools::new(Arc::clone(&options), hooks.pool);
        let registry = Arc::<Registry>::default();
        if options.idle_limit.is_some() || options.memory_limit.is_some() {
            let (pools, registry) = (Arc::downgrade(&pools), Arc::clone(&registry));
            tokio::spawn(pool::watch(pools, registry, Arc::clone(&options)));
        }
        let inner = Inner {
            admission: [(); 2].map(|()| Semaphore::new(options.max_waiting.clamp(1, Semaphore::MAX_PERMITS))),
            options,
            hooks,
            pools,
            registry,
            open_outputs: OpenOutputs::default(),
            on_event: Box::new(on_event),
            scratch: AtomicU64::new(1),
            lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The options that the client was started with.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// How many worker processes live, those included that are about to end.
    pub fn workers(&self) -> usize {
        self.inner.registry.all().len()
    }

    /// Ends all workers, idle ones and others, and waits until they have ended (C-130). New actions start new ones.
    pub async fn end_workers(&self) {
        let connections = self.inner.registry.all();
        for connection in &connections {
            connection.close(Cause::Shutdown);
        }
        for connection in connections {
            connection.ended().await;
        }
    }

    /// Notes the end of a build: ends all workers if the options say so (C-136).
    pub async fn end_build(&self) {
        if self.options().quit_after_build {
            self.end_workers().await;
        }
    }

    /// Ends all workers, then removes the file or directory at `path`: a worker that runs in a directory that is gone fails in ways
    /// that nobody understands (C-138).
    ///
    /// # Errors
    /// It cannot be removed. That it is not there is no error.
    pub async fn clean(&self, path: &Path) -> io::Result<()> {
        let mut removed = Ok(());
        for step in self.inner.hooks.process.cleaning {
            match step {
                CleaningStep::EndWorkers => self.end_workers().await,
                CleaningStep::Remove => removed = remove(path),
            }
        }
        removed
    }

    /// Ends all workers that are idle, and waits for nothing.
    pub fn end_idle_workers(&self) {
        self.inner.pools.end_all_idle();
    }

    /// Ends all workers and removes what is left of their sandboxes. Their logs stay. Another client can use the same folders then.
    pub async fn shutdown(self) {
        // C-130: "When a client ends, it has ended all of its workers."
        if self.inner.hooks.process.ends_with_client {
            self.end_workers().await;
        }
        if self.inner.hooks.sandbox.removes_directory {
            // What cannot be removed is found again when the next client starts.
            let _ = std::fs::remove_dir_all(self.options().state.join("sandbox"));
        }
        self.inner.lock.release();
    }
}

impl Inner {
    /// A path below the folder of sandboxes that no other caller gets.
    pub(super) fn scratch(&self, kind: &str) -> PathBuf {
        let number = self.scratch.fetch_add(1, Ordering::Relaxed);
        self.options.state.join("sandbox").join(format!("{kind}-{number}"))
    }
}

/// A lock that keeps other clients from the folder of state.
struct Lock(File);

impl Lock {
    fn take(options: &Options) -> Result<Self, StartError> {
        let path = options.state.join("lock");
        let opened = std::fs::create_dir_all(&options.state).and_then(|()| File::create(&path));
        let file = opened.map_err(|source| StartError::Folder { path: options.state.clone(), source })?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| StartError::InUse(options.state.clone()))?;
        Ok(Self(file))
    }

    /// Closing the file is not enough: a process that is being started has a copy of it for a moment.
    fn release(&self) {
        // There is nothing that could be done about an error; the lock goes with this process.
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release();
    }
}
