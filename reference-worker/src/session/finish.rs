//! The end of a session.

use std::{
    io::{self, Write as _},
    mem,
    sync::{MutexGuard, TryLockError},
    thread,
};

use super::hooks::Hooks;
use super::out::Out;
use super::serve::TICK;
use super::state::{Session, lock};
use crate::Error;

/// How long the end of the session waits for a response that is being written, in [`TICK`]s. A client that does
/// not read its last response has no use for it.
const LAST_WRITE_TICKS: u32 = 100;

impl<H: Hooks> Session<H> {
    /// Ends the session: what runs is told to stop, and nothing of it is answered any more. There is no grace: whoever
    /// closed the input is gone or wants the worker gone, and a worker that stays on is an orphan.
    pub(super) fn finish(&self, result: Result<(), Error>) {
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
            // One write, so that nothing comes in between.
            let line = format!("{}{error}\n", error.prefix());
            let _ = io::stderr().write_all(line.as_bytes());
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
        let status = ending.status.unwrap_or_else(|| u8::from(result.is_err()));
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
}
