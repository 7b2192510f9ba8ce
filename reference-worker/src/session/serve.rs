//! The threads of a session; `mod.rs` says who does what.

use std::{
    mem,
    sync::{Arc, PoisonError},
    thread,
    time::Duration,
};

use super::exchange::Received;
use super::hooks::Hooks;
use super::input::Input;
use super::lanes::Job;
use super::state::{Session, lock, wait};
use crate::Error;

/// How often the watcher looks while there is traffic. Work that is quicker than this is never interrupted,
/// and slower work is seen by the client as busy for at most this long before further requests are read.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// After so many ticks without a request the watcher sleeps until the next one. An idle worker costs nothing.
const QUIET_TICKS: u32 = 20;

/// The stack of pool threads, in bytes: the main thread's on Linux, so that a tool's recursion works on either.
const STACK: usize = 8 * 1024 * 1024;

/// What the main thread does next.
enum Next {
    Work(Job),
    Read(Input),
    Return(Result<(), Error>, u8),
}

impl<H: Hooks> Session<H> {
    /// Converses until the client ends the input or something breaks. Returns the exit status, too.
    pub(crate) fn serve(self: &Arc<Self>) -> (Result<(), Error>, u8) {
        let begun = self.hooks.begin(&mut lock(&self.out));
        let begun = begun.and_then(|()| self.spawn("pwp watcher", Self::watch));
        if let Err(error) = begun {
            self.finish(Err(error));
        }
        loop {
            match self.next() {
                Next::Work(job) => self.run(job),
                Next::Read(input) => self.read_and_work(input),
                Next::Return(result, status) => return (result, status),
            }
        }
    }

    fn next(&self) -> Next {
        let mut state = lock(&self.state);
        loop {
            if let Some((result, status)) = state.end.take() {
                return Next::Return(result, status);
            }
            if !state.ending {
                if let Some(job) = state.take_job() {
                    return Next::Work(job);
                }
                if let Some(input) = state.input.take() {
                    return Next::Read(input);
                }
            }
            state.main_waits = true;
            state = wait(&self.main, state);
            state.main_waits = false;
        }
    }

    /// The main thread's way of a request, from the read to the response. While it works the input lies
    /// open for the watcher.
    fn read_and_work(&self, mut input: Input) {
        loop {
            match self.receive(&mut input) {
                Received::Nothing => {}
                Received::End(result) => return self.finish(result),
                Received::Job(job) => {
                    let mut state = lock(&self.state);
                    state.input = Some(input);
                    state.running += 1;
                    state.taken += 1;
                    if mem::take(&mut state.watcher_sleeps) {
                        self.watcher.notify_one();
                    }
                    drop(state);
                    return self.run(job);
                }
            }
        }
    }

    fn watch(self: Arc<Self>) {
        let mut state = lock(&self.state);
        let (mut last, mut quiet) = (0, 0);
        while !state.ending {
            // The input lies there only while the main thread works or writes.
            if state.input.is_some() || state.taken != last {
                quiet = 0;
            } else {
                quiet += 1;
            }
            last = state.taken;
            if quiet < QUIET_TICKS {
                state = self.watcher.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner).0;
            } else {
                quiet = 0;
                state.watcher_sleeps = true;
                state = wait(&self.watcher, state);
                state.watcher_sleeps = false;
                continue;
            }
            // Without multiplexing nothing can be gained from reading on before the one job is clearly a slow one.
            let slow = self.config.multiplex || state.taken == last;
            if slow
                && !state.ending
                && self.hooks.reads_while_busy()
                && let Some(input) = state.input.take()
            {
                drop(state);
                self.read_and_pass_on(input);
                state = lock(&self.state);
            }
        }
    }

    /// The watcher's way of a request: to whoever is free.
    fn read_and_pass_on(self: &Arc<Self>, mut input: Input) {
        loop {
            let job = match self.receive(&mut input) {
                Received::Nothing => continue,
                Received::End(result) => return self.finish(result),
                Received::Job(job) => job,
            };
            let mut state = lock(&self.state);
            let alone = state.running == 0 && state.ready.is_empty();
            state.ready.push_back(job);
            if mem::take(&mut state.main_waits) {
                self.main.notify_one();
                if alone {
                    state.input = Some(input);
                    return;
                }
            } else if self.config.multiplex {
                if state.ready.len() <= state.idle {
                    self.pool.notify_one();
                } else if state.pool + 1 < self.config.jobs {
                    state.pool += 1;
                    // Without the thread the job waits for one that is busy now.
                    if self.spawn("pwp pool", Self::work).is_err() {
                        state.pool -= 1;
                    }
                }
            }
        }
    }

    /// A pool thread.
    fn work(self: Arc<Self>) {
        let mut state = lock(&self.state);
        while !state.ending {
            if let Some(job) = state.take_job() {
                drop(state);
                self.run(job);
                state = lock(&self.state);
            } else {
                state.idle += 1;
                state = wait(&self.pool, state);
                state.idle -= 1;
            }
        }
    }

    fn spawn(self: &Arc<Self>, name: &str, body: fn(Arc<Self>)) -> Result<(), Error> {
        let session = Arc::clone(self);
        let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK);
        thread.spawn(move || body(session)).map(drop).map_err(Error::Thread)
    }
}
