//! Runs scripts side by side, at most as many as there are processors.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::runner::{Outcome, RunError, Subject, TimeLimits, run};
use crate::script::Script;

/// Runs `scripts` and hands each outcome to `done`, in the order in which they end. Gives back the first error.
///
/// No script is begun once `enough` says so.
pub(super) fn execute<E: From<RunError>>(
    subject: &Subject,
    scripts: &[Arc<Script>],
    limits: &TimeLimits,
    jobs: usize,
    enough: impl Fn() -> bool + Sync,
    mut done: impl FnMut(usize, Outcome) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for number in 0..jobs.clamp(1, scripts.len().max(1)) {
            let send = send.clone();
            let (next, enough) = (&next, &enough);
            let runs = move || {
                loop {
                    let position = next.fetch_add(1, Ordering::Relaxed);
                    let late = enough();
                    let Some(script) = scripts.get(position).filter(|_| !late) else { break };
                    let outcome = run(subject, script, limits);
                    let stop = outcome.as_ref().map_or(true, |outcome| outcome.interrupted);
                    if send.send((position, outcome)).is_err() || stop {
                        next.store(usize::MAX / 2, Ordering::Relaxed);
                        break;
                    }
                }
            };
            match std::thread::Builder::new().spawn_scoped(scope, runs) {
                Ok(_) => {}
                Err(error) if number == 0 => return Err(RunError::System(error).into()),
                // The others do all of it.
                Err(_) => break,
            }
        }
        drop(send);
        let mut result = Ok(());
        for (position, outcome) in receive {
            // What ended after an error is counted as well.
            let taken = outcome.map_err(E::from).and_then(|outcome| done(position, outcome));
            result = result.and(taken);
        }
        result
    })
}
