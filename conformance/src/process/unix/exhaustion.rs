//! Tables of the system that somebody has filled: processes, open files, memory. That is nobody's fault who is judged.

use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::interrupt::interrupted;

/// How long the system may have no room for a process or a file. What was ended a moment ago may still take it.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it is waited before the next attempt.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether the system, or a limit of the user, has no room for another process or another open file.
fn is_exhausted(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(number, Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE))
}

/// What a user can do where the system has no room.
pub(crate) const NO_ROOM: &str =
    "the system has no room for another process or open file: end what fills it, or raise the limits (ulimit -u, ulimit -n)";

/// Tries again for a while where the system has no room.
pub(super) fn patiently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(error) if is_exhausted(&error) && Instant::now() < until && !interrupted() => {
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// Why a subject could not be started.
#[derive(Debug, thiserror::Error)]
#[error("can't start {program}: {source}; {}", self.remedy())]
pub struct SpawnError {
    /// The program that was to be started.
    pub program: String,
    /// The error of the system.
    pub source: io::Error,
}

impl SpawnError {
    /// Whether it says nothing about the program: the system has no room for any process.
    pub fn is_exhaustion(&self) -> bool {
        is_exhausted(&self.source)
    }

    fn remedy(&self) -> &'static str {
        if self.is_exhaustion() {
            NO_ROOM
        } else {
            "run it by itself from another folder, and check the interpreter that its first line names"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_is_not_the_fault_of_the_program() {
        for (errno, is_full) in [(Errno::AGAIN, true), (Errno::NFILE, true), (Errno::NOENT, false)] {
            let error = SpawnError { program: "tool".into(), source: errno.into() };
            assert_eq!(error.is_exhaustion(), is_full);
            assert_eq!(error.to_string().contains("ulimit"), is_full, "{error}");
        }
    }

    #[test]
    fn room_that_comes_soon_is_waited_for() {
        let mut attempts = 0;
        let done = patiently(|| {
            attempts += 1;
            if attempts < 3 { Err(Errno::AGAIN.into()) } else { Ok(attempts) }
        });
        assert_eq!(done.unwrap(), 3);
        assert_eq!(patiently(|| Err::<(), _>(Errno::NOENT.into())).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
