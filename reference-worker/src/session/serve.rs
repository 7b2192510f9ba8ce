//! The threads of a session and what they agree on; `mod.rs` says who does what.

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError},
    thread::{self, ThreadId},
    time::Duration,
};

use pwp_proto::{Decoded, WorkRequest};

use super::hooks::{Answer, CancelAction, Hooks, Verdict};
use super::input::Input;
use super::lanes::{Job, Lanes};
use super::out::Out;
use super::work::{self, Done, Handler};
use crate::Error;

/// How often the watcher looks while there is traffic. Work that is quicker than this is never interrupted,
/// and slower work is seen by the client as busy for at most this long before further requests are read.
const TICK: Duration = Duration::from_millis(1);

/// After so many ticks without a request the watcher sleeps until the next one. An idle worker costs nothing.
const QUIET_TICKS: u32 = 20;

/// How long the end of the session waits for a response that is being written, in [`TICK`]s. A client that does
/// not read its last response has no use for it.
const LAST_WRITE_TICKS: u32 = 100;

/// The stack of pool threads, in bytes: the main thread's on Linux, so that a tool's recursion works on either.
const STACK: usize = 8 * 1024 * 1024;

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

/// A conversation with one client.
pub(crate) struct Session<H> {
    config: Config,
    handler: Handler,
    hooks: H,
    state: Mutex<State>,
    /// The main thread waits here for a job or for the input.
    main: Condvar,
    /// Pool threads wait here for a job.
    pool: Condvar,
    /// The watcher sleeps here.
    watcher: Condvar,
    out: Mutex<Out>,
    main_thread: ThreadId,
}

#[derive(Debug)]
struct State {
    /// The right to read. Not here: someone is reading.
    input: Option<Input>,
    lanes: Lanes,
    /// Jobs that may run and that no thread has taken.
    ready: VecDeque<Job>,
    /// Jobs that a thread has taken.
    running: usize,
    /// How many jobs were ever taken; shows the watcher whether time passes over one job or over many.
    taken: u64,
    main_waits: bool,
    watcher_sleeps: bool,
    /// Pool threads, and those of them that wait.
    pool: usize,
    idle: usize,
    /// Someone is ending the session.
    ending: bool,
    /// The session is over: what the main thread returns, with the exit status.
    end: Option<(Result<(), Error>, u8)>,
}

/// What reading one message led to.
enum Received {
    Job(Job),
    Nothing,
    End(Result<(), Error>),
}

/// What the main thread does next.
enum Next {
    Work(Job),
    Read(Input),
    Return(Result<(), Error>, u8),
}

impl<H> fmt::Debug for Session<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("config", &self.config).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Handlers run outside of every lock, so a poisoned one was left in order.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
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
            if state.running > 0 || state.taken != last {
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
            let slow = state.running > 0 && (self.config.multiplex || state.taken == last);
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

    /// Reads one message and does all that its reader has to do about it.
    fn receive(&self, input: &mut Input) -> Received {
        let message = match input.next(&self.hooks) {
            Ok(Some(message)) => message,
            Ok(None) => return Received::End(Ok(())),
            Err(error) => return Received::End(Err(error)),
        };
        let received =
            if message.message.cancel { self.receive_cancel(message) } else { self.receive_work(message) };
        received.unwrap_or_else(|error| Received::End(Err(error)))
    }

    fn receive_work(&self, request: Decoded<WorkRequest>) -> Result<Received, Error> {
        let mut state = lock(&self.state);
        let verdict = self.hooks.request(&request, state.lanes.open())?;
        if verdict != Verdict::Accept {
            return Ok(Received::Nothing);
        }
        Ok(state.lanes.admit(request.message).map_or(Received::Nothing, Received::Job))
    }

    /// A cancel request has no response of its own, and only its id counts. For an id that is not open it is too late, or wrong: both
    /// are ignored. A worker without cancellation ignores all of them, and answers as if there were none.
    fn receive_cancel(&self, cancel: Decoded<WorkRequest>) -> Result<Received, Error> {
        let id = cancel.message.request_id;
        let mut state = lock(&self.state);
        let target = state.lanes.target(id);
        let signals = match self.hooks.cancel(&cancel.message, target.open, target.repeated)? {
            CancelAction::Signal if self.config.cancellation => state.lanes.cancel(Some(id)),
            CancelAction::SignalAll if self.config.cancellation => state.lanes.cancel(None),
            CancelAction::Signal | CancelAction::SignalAll | CancelAction::Ignore => Vec::new(),
            CancelAction::Work => {
                drop(state);
                return self.receive_work(cancel);
            }
            CancelAction::Answer(response) => {
                drop(state);
                lock(&self.out).send(&response)?;
                return Ok(Received::Nothing);
            }
        };
        drop(state);
        // Outside of the lock: callbacks are the tool's code.
        signals.iter().for_each(crate::Cancellation::raise);
        Ok(Received::Nothing)
    }

    fn run(&self, job: Job) {
        let lane = job.lane;
        self.hooks.work(&job.request);
        let done = work::perform(&self.config, &self.handler, job);
        if let Err(error) = self.respond(lane, done) {
            self.finish(Err(error));
        }
    }

    /// Retires the request, then answers it. In this order: the client may send its next request, with the same id, as soon as it
    /// has the response. With the output held in between: nobody may take the session for idle and end it before the
    /// response is out, and the next request of this lane is not answered first.
    fn respond(&self, lane: i32, done: Done) -> Result<(), Error> {
        let mut out = lock(&self.out);
        let mut state = lock(&self.state);
        let retired = state.lanes.retire(lane);
        state.running -= 1;
        // This thread looks for its next job in a moment.
        state.ready.extend(retired.next);
        let others = state.lanes.open();
        let ending = state.ending;
        drop(state);
        if ending {
            return Ok(());
        }
        let mut response = done.response;
        response.was_cancelled = retired.cancelled;
        let about = Answer { panicked: done.panicked, others, verbosity: done.verbosity };
        self.hooks.edit(&mut response, &about);
        if self.hooks.respond(&mut out, &response, &about)? { Ok(()) } else { out.send(&response) }
    }

    /// Ends the session: what runs is told to stop, and nothing of it is answered any more. There is no grace: whoever
    /// closed the input is gone or wants the worker gone, and a worker that stays on is an orphan.
    fn finish(&self, result: Result<(), Error>) {
        let mut state = lock(&self.state);
        if mem::replace(&mut state.ending, true) {
            return;
        }
        let open = state.lanes.open();
        let signals = state.lanes.cancel(None);
        drop(state);
        self.pool.notify_all();
        self.watcher.notify_all();
        signals.iter().for_each(crate::Cancellation::raise);

        let mut out = self.out_when_free();
        let ending = self.hooks.ending(out.as_deref_mut(), &result, open);
        if let Err(error) = &result
            && !ending.silent
            && self.config.exit.is_some()
        {
            eprintln!("{}{error}", error.prefix());
        }
        if ending.hang {
            drop(out);
            loop {
                thread::park();
            }
        }
        if let Some(out) = &mut out {
            out.close();
        }
        drop(out);
        let status = ending.status.unwrap_or(u8::from(result.is_err()));
        let mut state = lock(&self.state);
        let main_is_busy = !state.main_waits && thread::current().id() != self.main_thread;
        if let Some(exit) = self.config.exit
            && main_is_busy
        {
            exit(status);
        }
        state.end = Some((result, status));
        self.main.notify_one();
    }

    /// The output, as soon as no response is half written; nothing if the client does not read on.
    fn out_when_free(&self) -> Option<MutexGuard<'_, Out>> {
        for _ in 0..LAST_WRITE_TICKS {
            match self.out.try_lock() {
                Ok(out) => return Some(out),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => thread::sleep(TICK),
            }
        }
        None
    }

    fn spawn(self: &Arc<Self>, name: &str, body: fn(Arc<Self>)) -> Result<(), Error> {
        let session = Arc::clone(self);
        let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK);
        thread.spawn(move || body(session)).map(drop).map_err(Error::Thread)
    }
}

impl State {
    fn take_job(&mut self) -> Option<Job> {
        let job = self.ready.pop_front()?;
        self.running += 1;
        self.taken += 1;
        Some(job)
    }
}
