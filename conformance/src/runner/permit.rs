//! The right to hold a large message in memory. However many subjects run side by side, only a few of them can make `pwp` hold one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::process::interrupted;

/// How many runs hold a large message at once. A message of [`pwp_proto::MAX_MESSAGE`] bytes takes that much as bytes and as much again as
/// values, so two of them stay below 64 MiB.
const AT_ONCE: usize = 2;
/// How often a run that waits looks whether the user has ended all of them.
const LOOK: Duration = Duration::from_millis(50);

/// Bytes that any run may hold. Messages of ordinary tools are smaller.
pub(super) const SMALL: usize = 512 << 10;

static TAKEN: Mutex<usize> = Mutex::new(0);
static GIVEN_BACK: Condvar = Condvar::new();

/// The right to hold a large message. It is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Permit(());

fn taken() -> MutexGuard<'static, usize> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Permit {
    /// A permit, if one is free.
    pub(super) fn if_free() -> Option<Self> {
        let mut taken = taken();
        (*taken < AT_ONCE).then(|| {
            *taken += 1;
            Self(())
        })
    }

    /// Waits for a permit, before a subject is started: who has one waits for no other. Gives none if the user wants the end.
    pub(super) fn wait() -> Option<Self> {
        let mut taken = taken();
        while *taken >= AT_ONCE {
            if interrupted() {
                return None;
            }
            taken = GIVEN_BACK.wait_timeout(taken, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        *taken += 1;
        Some(Self(()))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *taken() -= 1;
        GIVEN_BACK.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_given_back_to_one_that_waits() {
        let held: Vec<Permit> = std::iter::from_fn(Permit::if_free).take(AT_ONCE).collect();
        assert!(Permit::if_free().is_none());
        std::thread::scope(|scope| {
            let waits = scope.spawn(Permit::wait);
            drop(held);
            assert!(waits.join().unwrap().is_some());
        });
    }
}
