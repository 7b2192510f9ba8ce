//! Why the system refuses to start a process. Tables that somebody has filled, of processes, open files, memory, are nobody's fault who is judged.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::interrupt::interrupted;

/// How long the system may have no room for a process or a file. What was ended a moment ago may still take it.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it is waited before the next attempt.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether the system, or a limit of the user, has no room for another process or another open file.
pub(crate) fn is_exhausted(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(number, Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE))
}

/// What a user can do where the system has no room.
pub(crate) const NO_ROOM: &str = "the system has no room for another process or open file: end what fills it, or raise the limits (ulimit -u, ulimit -n)";

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
#[error("can't start {program}: {source}; {}", remedy(.source))]
pub struct SpawnError {
    /// The program that was to be started.
    pub program: String,
    /// The error of the system.
    pub source: io::Error,
}

impl SpawnError {
    /// Whether no program at all can be given these arguments in this environment, so that nothing is known of this one.
    pub fn is_of_arguments(&self) -> bool {
        matches!(Refusal::of(&self.source), Refusal::TooLong | Refusal::Nul)
    }

    /// Whether the system has no room for any process, so that nothing is known of this one.
    pub fn is_exhaustion(&self) -> bool {
        Refusal::of(&self.source) == Refusal::NoRoom
    }
}

/// What the system refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Arguments or an environment that are too long.
    TooLong,
    /// A NUL character in them.
    Nul,
    /// Another process, or another open file.
    NoRoom,
    /// This program.
    Program,
}

impl Refusal {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::ArgumentListTooLong => Self::TooLong,
            // The standard library itself finds it, so the error has no number.
            ErrorKind::InvalidInput if error.raw_os_error().is_none() => Self::Nul,
            _ if is_exhausted(error) => Self::NoRoom,
            _ => Self::Program,
        }
    }
}

fn remedy(error: &io::Error) -> &'static str {
    match Refusal::of(error) {
        Refusal::TooLong => {
            "the system hands a program at most 128 KiB in one argument or variable, and in all a quarter of the stack's limit: shorten its arguments, for example with an argfile, or the environment"
        }
        Refusal::Nul => {
            "no program can be given a NUL character: take it out of its arguments or its environment"
        }
        Refusal::NoRoom => NO_ROOM,
        Refusal::Program => {
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
        assert_eq!(patiently(|| Err::<(), _>(Errno::NOENT.into())).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
