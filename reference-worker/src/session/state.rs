//! What a session consists of, and what its threads share.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use super::hooks::Hooks;
use super::input::Input;
use super::lanes::{Job, Lanes};
use super::out::Out;
use crate::{Error, Request};

/// What a session is told about the tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub(crate) multiplex: bool,
    pub(crate) cancellation: bool,
    pub(crate) multiplex_sandboxing: bool,
    pub(crate) argfiles: bool,
    /// The largest number of requests that run at once; at least 1.
    pub(crate) jobs: usize,
    /// Ends the process when the session is over while the main thread works. A session in a process of its own
    /// needs it; a session inside a test waits for the work instead.
    pub(crate) exit: Option<fn(u8) -> !>,
}

/// What a tool does with a request; returns the exit code.
pub(crate) type Handler = Box<dyn Fn(&mut Request) -> i32 + Send + Sync>;

/// A conversation with one client.
pub(crate) struct Session<H> {
    pub(super) config: Config,
    pub(super) handler: Handler,
    pub(super) hooks: H,
    pub(super) state: Mutex<State>,
    /// The main thread waits here for a job or for the input.
    pub(super) main: Condvar,
    /// Pool threads wait here for a job.
    pub(super) pool: Condvar,
    /// The watcher sleeps here.
    pub(super) watcher: Condvar,
    pub(super) out: Mutex<Out>,
    pub(super) main_thread: ThreadId,
}

/// What the threads agree on.
#[derive(Debug)]
pub(super) struct State {
    /// The right to read. Not here: someone is reading.
    pub(super) input: Option<Input>,
    pub(super) lanes: Lanes,
    /// Jobs that may run and that no thread has taken.
    pub(super) ready: VecDeque<Job>,
    /// Jobs that a thread has taken.
    pub(super) running: usize,
    /// How many jobs were ever taken; shows the watcher whether time passes over one job or over many.
    pub(super) taken: u64,
    pub(super) main_waits: bool,
    pub(super) watcher_sleeps: bool,
    /// Pool threads, and those of them that wait.
    pub(super) pool: usize,
    pub(super) idle: usize,
    /// Someone is ending the session.
    pub(super) ending: bool,
    /// The session is over: what the main thread returns, with the exit status.
    pub(super) end: Option<(Result<(), Error>, u8)>,
}

impl<H> fmt::Debug for Session<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("config", &self.config).finish_non_exhaustive()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Handlers run outside of every lock, so a poisoned one was left in order.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condition.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

impl<H: Hooks> Session<H> {
    /// The thread that calls this is the main thread.
    pub(crate) fn new(config: Config, handler: Handler, hooks: H, input: Input, out: Out) -> Arc<Self> {
        let state = State {
            input: Some(input),
            lanes: Lanes::new(config.multiplex),
            ready: VecDeque::new(),
            running: 0,
            taken: 0,
            main_waits: false,
            watcher_sleeps: false,
            pool: 0,
            idle: 0,
            ending: false,
            end: None,
        };
        Arc::new(Self {
            config,
            handler,
            hooks,
            state: Mutex::new(state),
            main: Condvar::new(),
            pool: Condvar::new(),
            watcher: Condvar::new(),
            out: Mutex::new(out),
            main_thread: thread::current().id(),
        })
    }
}

impl State {
    /// A job for the thread that asks.
    pub(super) fn take_job(&mut self) -> Option<Job> {
        let job = self.ready.pop_front()?;
        self.running += 1;
        self.taken += 1;
        Some(job)
    }
}
