//! Room on the disk, of which a subject can take all.
//!
//! Subjects run side by side, and each has what it wrote until its end. So where a file can't be written for want of room before a subject
//! is started, another one may have filled the disk: its files go with it, and then there is room again. A disk that is full while no
//! other subject runs is full for another reason.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long to wait for room: subjects end within their time limits.
const LIMIT: Duration = Duration::from_secs(60);
/// How often it is tried again.
const LOOK: Duration = Duration::from_millis(50);

/// How many subjects have files at this moment.
static OCCUPANTS: AtomicUsize = AtomicUsize::new(0);

/// Stands for a subject that has files, until it is dropped.
#[derive(Debug)]
pub struct Occupant(());

impl Occupant {
    /// A subject begins to have files.
    pub fn enter() -> Self {
        OCCUPANTS.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Occupant {
    fn drop(&mut self) {
        OCCUPANTS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether an error says that there is no room.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Does something that takes room on the disk for an [`Occupant`]. As long as others are there, and `waits` says of an error that room would
/// help, it is tried again.
///
/// # Errors
/// Passes on the last error.
pub fn with_room<T, E>(
    mut attempt: impl FnMut() -> Result<T, E>,
    waits: impl Fn(&E) -> bool,
) -> Result<T, E> {
    let until = Instant::now() + LIMIT;
    loop {
        // Looked at first: one that ends meanwhile has made room.
        let is_alone = OCCUPANTS.load(Ordering::SeqCst) <= 1;
        match attempt() {
            Err(error) if !is_alone && waits(&error) && Instant::now() < until => std::thread::sleep(LOOK),
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_comes_when_another_subject_ends() {
        let full = || Err::<(), _>(io::Error::from(ErrorKind::StorageFull));
        let _own = Occupant::enter();
        let mut other = Some(Occupant::enter());
        let mut tries = 0;
        let done = with_room(
            || {
                tries += 1;
                if tries == 2 {
                    other = None;
                }
                if tries < 3 { full() } else { Ok(()) }
            },
            is_full,
        );
        assert!(done.is_ok() && tries == 3);
        // What has another cause is not tried again.
        let mut tries = 0;
        let other = Occupant::enter();
        let failed = with_room(
            || {
                tries += 1;
                Err::<(), _>(io::Error::from(ErrorKind::PermissionDenied))
            },
            is_full,
        );
        drop(other);
        assert!(failed.is_err() && tries == 1);
    }
}
