//! The faults of one process, as one.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use pwp_proto::{Decoded, Frame, WorkRequest, WorkResponse};

use super::remembered::{Memory, Seen};
use super::{Fault, find};
use crate::{
    Error,
    session::{
        Out,
        hooks::{Answer, CancelAction, Ending, Hooks, Verdict},
    },
};

/// How the process starts.
#[derive(Debug, PartialEq)]
pub(crate) enum Start {
    Persistent,
    Once,
    /// With a message.
    Refuse(String),
}

/// The faults that are switched on in this process; usually none or one.
///
/// Several at once are tried in the order of the command line: the first that objects to something wins, edits
/// are made one after the other, and the first that writes a response has written it.
#[derive(Default)]
pub(crate) struct Active {
    faults: Vec<&'static Fault>,
    hooks: Vec<Box<dyn Hooks>>,
    /// Whether the process works once and ends.
    pub(super) once: AtomicBool,
    pub(super) memory: Memory,
    pub(super) sandboxes: Mutex<Seen>,
    /// Threads that write files when they should not, for tests to wait for.
    pub(super) late: Mutex<Vec<JoinHandle<()>>>,
}

impl fmt::Debug for Active {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.faults.iter().map(|fault| fault.name)).finish()
    }
}

impl Active {
    /// The faults with these names, or a message that names them all.
    pub(crate) fn named(names: &[String]) -> Result<Self, String> {
        let mut active = Self::default();
        for name in names {
            let fault = find(name).ok_or_else(|| {
                let all: Vec<&str> = super::ALL.iter().map(|fault| fault.name).collect();
                format!("there is no fault {name}; choose one of {}", all.join(", "))
            })?;
            active.faults.push(fault);
            if let Some(make) = fault.hook.0 {
                active.hooks.push(make(fault.name));
            }
        }
        Ok(active)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.faults.iter().any(|fault| fault.name == name)
    }

    pub(super) fn is_once(&self) -> bool {
        self.once.load(Ordering::Relaxed)
    }

    /// Adds hooks that are no fault.
    #[cfg(test)]
    pub(super) fn push(&mut self, hooks: Box<dyn Hooks>) {
        self.hooks.push(hooks);
    }

    fn first<T: PartialEq>(
        &self,
        usual: T,
        mut ask: impl FnMut(&dyn Hooks) -> Result<T, Error>,
    ) -> Result<T, Error> {
        for hooks in &self.hooks {
            let answer = ask(&**hooks)?;
            if answer != usual {
                return Ok(answer);
            }
        }
        Ok(usual)
    }
}

impl Hooks for Arc<Active> {
    fn begin(&self, out: &mut Out) -> Result<(), Error> {
        self.hooks.iter().try_for_each(|hooks| hooks.begin(out))
    }

    fn starved(&self, pending: &[u8]) -> Result<(), Error> {
        self.hooks.iter().try_for_each(|hooks| hooks.starved(pending))
    }

    fn frame(&self, frame: &mut Frame, nth: usize, pending: &[u8]) -> Result<Verdict, Error> {
        for hooks in &self.hooks {
            let verdict = hooks.frame(frame, nth, pending)?;
            if verdict != Verdict::Accept {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Accept)
    }

    fn survives(&self, error: &Error) -> bool {
        self.hooks.iter().any(|hooks| hooks.survives(error))
    }

    fn request(&self, request: &Decoded<WorkRequest>, open: usize) -> Result<Verdict, Error> {
        self.first(Verdict::Accept, |hooks| hooks.request(request, open))
    }

    fn cancel(&self, cancel: &WorkRequest, open: bool, repeated: bool) -> Result<CancelAction, Error> {
        let usual = if open { CancelAction::Signal } else { CancelAction::Ignore };
        self.first(usual, |hooks| hooks.cancel(cancel, open, repeated))
    }

    fn protects_input(&self) -> bool {
        self.hooks.iter().all(|hooks| hooks.protects_input())
    }

    fn reads_while_busy(&self) -> bool {
        self.hooks.iter().all(|hooks| hooks.reads_while_busy())
    }

    fn work(&self, request: &WorkRequest) {
        self.hooks.iter().for_each(|hooks| hooks.work(request));
    }

    fn edit(&self, response: &mut WorkResponse, about: &Answer) {
        self.hooks.iter().for_each(|hooks| hooks.edit(response, about));
    }

    fn respond(&self, out: &mut Out, response: &WorkResponse, about: &Answer) -> Result<bool, Error> {
        self.first(false, |hooks| hooks.respond(out, response, about))
    }

    fn ending(&self, mut out: Option<&mut Out>, result: &Result<(), Error>, open: usize) -> Ending {
        let mut all = Ending::default();
        if let Err(Error::Fault { status, .. }) = result {
            all.status = Some(*status);
        }
        for hooks in &self.hooks {
            let one = hooks.ending(out.as_deref_mut(), result, open);
            all.silent |= one.silent;
            all.hang |= one.hang;
            all.status = one.status.or(all.status);
        }
        all
    }
}
