//! The end that the user wants: signals as a flag that everything asks for, and a descriptor that wakes whatever waits.

use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, c_int};

/// Signals that end a run.
pub(super) const ENDING: [c_int; 5] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1];
/// A signal that comes so long behind the first one is meant: `timeout` sends one to the process and one to its group, at the same moment.
const MEANT: Duration = Duration::from_secs(2);
/// The number of signals after which one is meant however soon it comes.
const INSISTING: u32 = 3;

/// The signal that has ended the run; 0 without one.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);
/// Whether a [guardian](super::guardian) decides when a further signal cuts the end of the run short.
static GUARDED: AtomicBool = AtomicBool::new(false);
/// Two ends of a connection. The first can be read from as soon as the run is interrupted, and nobody ever reads.
static WAKE: OnceLock<(UnixStream, UnixStream)> = OnceLock::new();

/// Makes the run end when the user interrupts it, in order: subjects are ended, files removed. Where a
/// [guardian](super::guard) watches this process, that decides when a further signal cuts this short; elsewhere the third one does, and the kernel kills
/// the subjects then. Fails where the system refuses the signal handlers.
pub fn end_on_signals() -> io::Result<()> {
    if WAKE.get().is_none() {
        let (reader, writer) = UnixStream::pair()?;
        writer.set_nonblocking(true)?;
        // Somebody was quicker: then theirs is used.
        let _ = WAKE.set((reader, writer));
    }
    let count = Arc::new(AtomicUsize::new(0));
    for signal in ENDING.into_iter().filter(|signal| is_wanted(*signal)) {
        let count = Arc::clone(&count);
        let many = move || {
            if count.fetch_add(1, Ordering::Relaxed) + 1 >= INSISTING as usize
                && !GUARDED.load(Ordering::Relaxed)
            {
                signal_hook::low_level::exit(128 + signal);
            }
        };
        // SAFETY: the handler counts and ends the process, which may be done at any time.
        unsafe { signal_hook::low_level::register(signal, many) }?;
        signal_hook::flag::register_usize(signal, Arc::clone(&SIGNAL), signal as usize)?;
        if let Some((_, writer)) = WAKE.get() {
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
        }
    }
    Ok(())
}

/// Whether a signal is to end a run: not the one with which a terminal closes, where `nohup` has switched it off.
pub(super) fn is_wanted(signal: c_int) -> bool {
    signal != SIGHUP || !is_ignored(signal)
}

pub(super) fn is_ignored(signal: c_int) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the call writes to the place that it is given, and changes nothing.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zeros is a value of this type.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// From now on a guardian decides what a further signal means.
pub(super) fn let_guardian_decide() {
    GUARDED.store(true, Ordering::Relaxed);
}

/// A signal came by way of the guardian.
pub(super) fn note(signal: c_int) {
    SIGNAL.store(signal as usize, Ordering::Relaxed);
    if let Some((_, writer)) = WAKE.get() {
        // It can be full only of what wakes as well.
        let _ = (&*writer).write(&[0]);
    }
}

/// Whether the user has ended the run.
pub fn interrupted() -> bool {
    interrupted_by().is_some()
}

/// The signal with which the user has ended the run.
pub fn interrupted_by() -> Option<i32> {
    Some(SIGNAL.load(Ordering::Relaxed) as i32).filter(|signal| *signal != 0)
}

/// What can be read from as soon as the run is interrupted.
pub(super) fn wake() -> Option<BorrowedFd<'static>> {
    WAKE.get().map(|(reader, _)| reader.as_fd())
}

/// Tells a signal that means what it says from one of the pair that `timeout` sends.
#[derive(Debug, Default)]
pub(super) struct Insistence {
    first: Option<Instant>,
    count: u32,
}

impl Insistence {
    /// Whether the user wants the end at once, when another signal has come at `now`.
    pub(super) fn grows(&mut self, now: Instant) -> bool {
        self.count += 1;
        let first = *self.first.get_or_insert(now);
        self.count >= INSISTING || now.saturating_duration_since(first) >= MEANT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_signals_at_once_are_one() {
        let began = Instant::now();
        let mut user = Insistence::default();
        assert!(!user.grows(began) && !user.grows(began));
        assert!(user.grows(began), "a third one is meant");
        let mut user = Insistence::default();
        assert!(!user.grows(began));
        assert!(user.grows(began + MEANT), "one that comes later is meant");
    }
}
