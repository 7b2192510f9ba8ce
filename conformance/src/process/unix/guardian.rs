//! The guardian: the process that the user has started, and that outlives the one that does the work.
//!
//! A process that gets SIGKILL can't tidy up, so two share the work. The process that the user has started makes a copy of itself before it has done anything.
//! The copy does the work. The guardian passes signals on, waits, and ends as the copy has ended. If the copy is killed, what it had started
//! becomes the guardian's, which ends it and removes the files of the run. If the guardian is killed, the copy reads the end of a pipe, and
//! ends the run as at an interrupt.
//!
//! If both are killed at once, the kernel kills what the copy has started itself. What that had started lives on, until the [next run](super::previous) finds it by its mark
//! or its working directory. A process that has cleared its environment and left its directory is not found then.

use std::fs::File;
use std::io::{self, PipeWriter, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libc::{SIGCHLD, SIGCONT, SIGKILL, SIGTSTP, c_int};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};
use signal_hook::iterator::Signals;

use super::children::{become_subreaper, bury_always};
use super::interrupt::{self, ENDING, Insistence, is_ignored, is_wanted};
use super::leftovers::{kill_children, kill_strays};
use super::table::ProcessId;
use super::terminal::Terminal;
use super::{mark, previous};
use crate::files::RunFolder;

/// How long the copy may take to end the run when its guardian was killed. Nobody else could end it.
const ALONE: Duration = Duration::from_secs(8);
/// The exit code of a program that has a bug, in Rust.
const PANICKED: i32 = 101;
/// The exit code of a run in which the suite itself failed.
const FAILED: i32 = 4;
/// What the shell says of a command that was interrupted.
const INTERRUPTED: i32 = 130;

/// The process that has started the guardian.
static STARTED_BY: OnceLock<i32> = OnceLock::new();

/// Puts a guardian before this process, for a run that starts subjects: from here on, this is the copy, in a session of its own, so
/// that what the terminal sends reaches the guardian alone. It inherits orphans, and signals [end the run](super::interrupted). What runs that were killed have left is ended.
///
/// There is no guardian where the process has several threads, as in a test: only one thread survives in a copy.
///
/// # Errors
/// Where the system has no room for another process or for open files.
pub fn guard() -> io::Result<()> {
    let orders = split(&Kind { passes_on: &ENDING, own_session: true })?;
    interrupt::end_on_signals()?;
    if let Some(orders) = orders {
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            obey(orders, interrupt::note);
            // The guardian is gone.
            interrupt::note(SIGKILL);
            std::thread::sleep(ALONE);
            kill_children();
            std::process::exit(128 + SIGKILL);
        })?;
    }
    become_subreaper();
    bury_always()?;
    previous::end_leftovers();
    Ok(())
}

/// Signals that reach this process, directly or by way of its guardian.
#[derive(Debug)]
pub(crate) struct Incoming {
    signals: Signals,
    orders: Option<File>,
}

/// Puts a guardian before this process that leaves it where it is, in the group and with the signals that it was started with, and passes on the signals in
/// `passes_on`: for a process that stands between two others. Each signal arrives once, also if it was sent to the whole group.
///
/// # Errors
/// As with [`guard`].
pub(crate) fn guard_in_place(passes_on: &'static [c_int]) -> io::Result<Guarded> {
    let orders = split(&Kind { passes_on, own_session: false })?;
    become_subreaper();
    Ok(Guarded { orders, passes_on })
}

/// A process that has a guardian, and takes no signals yet: what it starts finds them as they were handed down.
#[derive(Debug)]
pub(crate) struct Guarded {
    orders: Option<File>,
    passes_on: &'static [c_int],
}

impl Guarded {
    /// Takes the signals from here on.
    ///
    /// # Errors
    /// Where the system refuses the handlers.
    pub(crate) fn receive(self) -> io::Result<Incoming> {
        Ok(Incoming { signals: Signals::new(self.passes_on)?, orders: self.orders })
    }
}

impl Incoming {
    /// Gives each signal to `came`. Returns when the guardian was killed.
    pub(crate) fn for_each(mut self, mut came: impl FnMut(c_int)) {
        match self.orders {
            // What comes directly was sent to the whole group, and the guardian has it, too.
            Some(orders) => obey(orders, came),
            None => self.signals.forever().for_each(&mut came),
        }
    }
}

/// The process that has started the command of the user.
pub(crate) fn started_by() -> i32 {
    let parent = || rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    STARTED_BY.get().copied().unwrap_or_else(parent)
}

/// Takes signals from the guardian until that is gone.
fn obey(mut orders: File, mut came: impl FnMut(c_int)) {
    let mut number = [0];
    loop {
        match orders.read(&mut number) {
            Ok(0) => return,
            Ok(_) => came(number[0].into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// What a guardian is for.
struct Kind {
    passes_on: &'static [c_int],
    own_session: bool,
}

/// Makes the copy. Returns in it, with the pipe that the guardian writes signals to; or without a guardian, [`None`].
fn split(kind: &Kind) -> io::Result<Option<File>> {
    if std::fs::read_dir("/proc/self/task").map_or(2, Iterator::count) > 1 {
        return Ok(None);
    }
    become_subreaper();
    let (run, parent) = (ProcessId::own(), started_by());
    let (orders, to_worker) = io::pipe()?;
    // What comes while there are no handlers waits.
    let mask = block_signals();
    // SAFETY: this process has one thread.
    match unsafe { libc::fork() } {
        -1 => {
            set_mask(&mask);
            Err(io::Error::last_os_error())
        }
        0 => {
            drop(to_worker);
            if kind.own_session {
                // A new process leads no group, so this can't fail.
                let _ = rustix::process::setsid();
            }
            // Where the user had stopped both, and the guardian is killed, it has to run to see that.
            let _ = rustix::process::set_parent_process_death_signal(Some(Signal::CONT));
            mark::works_for(run);
            interrupt::let_guardian_decide();
            let _ = STARTED_BY.set(parent);
            set_mask(&if kind.own_session { without(mask, &ENDING) } else { mask });
            Ok(Some(OwnedFd::from(orders).into()))
        }
        worker => {
            drop(orders);
            match Pid::from_raw(worker) {
                Some(worker) => Guardian::new(worker, to_worker, kind).watch(mask),
                None => Ok(None),
            }
        }
    }
}

struct Guardian {
    worker: Pid,
    orders: PipeWriter,
    terminal: Option<Terminal>,
    passes_on: &'static [c_int],
    /// The copy ends the run at a signal. Otherwise it hands signals on, and what has come of them is the matter of others.
    ends_run: bool,
    insistence: Insistence,
    /// A signal that ends processes was passed on.
    asked: bool,
    /// The user wants the end at once.
    insists: bool,
    /// The user has stopped the run.
    stopped: bool,
}

impl Guardian {
    fn new(worker: Pid, orders: PipeWriter, kind: &Kind) -> Self {
        let terminal = Terminal::of_user();
        // With a name of its own, `killall -9 pwp` leaves somebody to tidy up.
        let _ = rustix::thread::set_name(c"pwp-guardian");
        // The ends of the streams are those of the copy. What it prints last is followed by nothing, or by a word of this one about its end.
        if let Ok(nothing) = File::options().read(true).write(true).open("/dev/null") {
            let _ = rustix::stdio::dup2_stdin(&nothing).and_then(|()| rustix::stdio::dup2_stdout(&nothing));
        }
        Self {
            worker,
            orders,
            terminal,
            passes_on: kind.passes_on,
            ends_run: kind.own_session,
            insistence: Insistence::default(),
            asked: false,
            insists: false,
            stopped: false,
        }
    }

    /// Waits for the end of the copy, and ends as it has ended.
    fn watch(mut self, mask: libc::sigset_t) -> ! {
        let stops = [SIGTSTP].into_iter().filter(|_| !is_ignored(SIGTSTP));
        let passed = self.passes_on.iter().copied().filter(|signal| is_wanted(*signal));
        let watched: Vec<c_int> = passed.chain(stops).chain([SIGCONT, SIGCHLD]).collect();
        let Ok(mut signals) = Signals::new(&watched) else {
            // Without handlers there is nothing to do but to wait.
            set_mask(&mask);
            self.wait()
        };
        set_mask(&if self.ends_run {
            without(mask, &watched)
        } else {
            without(mask, &[SIGCHLD, SIGTSTP, SIGCONT])
        });
        loop {
            if let Some(status) = self.look() {
                self.finish(status, Some(&mut signals));
            }
            for signal in signals.wait() {
                match signal {
                    SIGCHLD => {}
                    SIGTSTP => self.stop(),
                    SIGCONT => self.go_on(),
                    _ => self.pass(signal),
                }
            }
        }
    }

    /// How the copy has ended, if it has. One that a subject has stopped goes on.
    fn look(&self) -> Option<WaitStatus> {
        let (_, status) = waitpid(Some(self.worker), WaitOptions::NOHANG | WaitOptions::UNTRACED).ok()??;
        if status.stopped() && !self.stopped {
            self.send(Signal::CONT);
        }
        (!status.stopped()).then_some(status)
    }

    fn wait(mut self) -> ! {
        loop {
            match waitpid(Some(self.worker), WaitOptions::empty()) {
                Ok(Some((_, status))) => self.finish(status, None),
                Err(rustix::io::Errno::INTR) | Ok(None) => {}
                Err(_) => std::process::exit(FAILED),
            }
        }
    }

    fn send(&self, signal: Signal) {
        // It may have ended.
        let _ = kill_process(self.worker, signal);
    }

    fn pass(&mut self, signal: c_int) {
        self.asked |= ENDING.contains(&signal);
        // The pipe holds more than any user sends.
        let _ = self.orders.write(&[signal as u8]);
        if self.ends_run && self.insistence.grows(Instant::now()) {
            self.insists = true;
            self.send(Signal::KILL);
        }
    }

    /// Ctrl-Z stops the run, not its subjects: what they do meanwhile is there when it goes on.
    fn stop(&mut self) {
        self.stopped = true;
        self.send(Signal::STOP);
        let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
    }

    fn go_on(&mut self) {
        self.stopped = false;
        self.send(Signal::CONT);
        if self.passes_on.contains(&SIGCONT) {
            let _ = self.orders.write(&[SIGCONT as u8]);
        }
    }

    /// The copy has ended: ends what it has left behind, and this process. A signal that comes meanwhile, in `signals`, waits: this has an end
    /// by itself, and cut short it would leave processes behind.
    fn finish(&mut self, status: WaitStatus, signals: Option<&mut Signals>) -> ! {
        let killed = status.terminating_signal();
        // What a worker leaves behind that ends by itself is left alone by one that only stands before it.
        let left = if self.ends_run || self.asked || killed.is_some() { kill_strays() } else { Vec::new() };
        let failed = killed.is_some() || matches!(status.exit_status(), Some(PANICKED | FAILED));
        if self.ends_run && failed {
            // The folder of the run is no longer locked, so this removes it. The copy may have had no room for that.
            for left in RunFolder::current().iter().flat_map(|folder| folder.earlier()) {
                eprintln!("pwp: {left}");
            }
        }
        if let Some(terminal) = &self.terminal {
            terminal.restore();
        }
        let interrupted =
            signals.is_some_and(|signals| signals.pending().any(|signal| ENDING.contains(&signal)));
        match killed {
            _ if self.insists || (self.ends_run && interrupted) => std::process::exit(INTERRUPTED),
            Some(signal) => {
                if self.ends_run {
                    let name = signal_hook::low_level::signal_name(signal).unwrap_or("a signal");
                    let many = left.len();
                    eprintln!(
                        "pwp: ended by {name}, which did not come from pwp; {many} processes of its subjects were ended, and its files removed"
                    );
                }
                end_by(signal)
            }
            None => std::process::exit(status.exit_status().unwrap_or(FAILED)),
        }
    }
}

/// Ends this process by a signal, without a core dump: there is one of the copy.
fn end_by(signal: c_int) -> ! {
    let nothing = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, nothing);
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}

/// Blocks all signals; gives those that were blocked.
fn block_signals() -> libc::sigset_t {
    let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::zeroed());
    // SAFETY: the first set is written before it is read; all zeros is an empty set.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

fn set_mask(mask: &libc::sigset_t) {
    // SAFETY: the set is one.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, mask, std::ptr::null_mut()) };
}

fn without(mut mask: libc::sigset_t, signals: &[c_int]) -> libc::sigset_t {
    for signal in signals {
        // SAFETY: the set is one.
        unsafe { libc::sigdelset(&raw mut mask, *signal) };
    }
    mask
}
