//! Starts processes that are hard to end, and then becomes another program.
//!
//! `hostile-processes BEHAVIOUR COMMAND ARGS...`

use std::ffi::CString;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

/// Processes of `many`.
const MANY: usize = 60;
/// Chains of `chains`.
const CHAINS: usize = 4;
/// After this time nothing is started any more: where the suite fails to end a chain, it must not fill the process table for ever.
const LIFETIME: Duration = Duration::from_secs(60);

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let behaviour = arguments.next().unwrap_or_default();
    match behaviour.to_str().unwrap_or_default() {
        "chain" => child(|| chain(false)),
        "chain-of-sessions" => child(|| chain(true)),
        "chains" => (0..CHAINS).for_each(|_| child(|| chain(true))),
        "respawns" => child(|| respawn()),
        "many" => (0..MANY).for_each(|_| child(|| sleep(true))),
        "sibling" => sibling(),
        "headless" => child(|| headless()),
        "stops" => child(|| {
            // SAFETY: signals to itself.
            unsafe { libc::raise(libc::SIGSTOP) };
            sleep(false)
        }),
        "renames" => child(|| {
            let name = CString::new("\u{1b}[2J\nx").unwrap_or_default();
            // SAFETY: the name ends with a zero byte.
            unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
            sleep(true)
        }),
        // Where its file belongs to root and has the bit for that.
        "becomes-root" => drop(become_root()),
        "traced" => tracer(libc::PTRACE_SEIZE),
        "stopped-by-tracer" => tracer(libc::PTRACE_ATTACH),
        other => eprintln!("hostile-processes: there is no behaviour {other:?}"),
    }
    let error = Command::new(arguments.next().unwrap_or_default()).args(arguments).exec();
    eprintln!("hostile-processes: {error}");
    std::process::exit(99);
}

/// Does something in a child that has none of the streams of this process.
fn child(work: impl FnOnce() -> std::convert::Infallible) {
    // SAFETY: this process has one thread.
    if unsafe { libc::fork() } == 0 {
        if let Ok(nothing) = File::options().read(true).write(true).open("/dev/null") {
            let _ = rustix::stdio::dup2_stdin(&nothing);
            let _ = rustix::stdio::dup2_stdout(&nothing);
            let _ = rustix::stdio::dup2_stderr(&nothing);
        }
        work();
    }
}

/// Forks and exits without pause: each process is there for a moment only.
fn chain(sessions: bool) -> ! {
    let began = Instant::now();
    loop {
        end_in_time(began);
        // SAFETY: this process has one thread.
        if unsafe { libc::fork() } > 0 {
            // SAFETY: ends this process.
            unsafe { libc::_exit(0) };
        }
        if sessions {
            let _ = rustix::process::setsid();
        }
    }
}

fn end_in_time(began: Instant) {
    if began.elapsed() > LIFETIME {
        std::process::exit(0);
    }
}

/// Two processes, each of which starts the other one again if that ends.
fn respawn() -> ! {
    let began = Instant::now();
    loop {
        end_in_time(began);
        let Ok((reader, writer)) = std::io::pipe() else { std::process::exit(1) };
        // SAFETY: this process has one thread.
        match unsafe { libc::fork() } {
            0 => {
                drop(writer);
                let _ = rustix::process::setsid();
                // Ends when the other process has ended. Then this one takes its place.
                let _ = std::io::Read::read(&mut &reader, &mut [0]);
            }
            other => {
                drop(reader);
                // SAFETY: waits for a child.
                unsafe { libc::waitpid(other, std::ptr::null_mut(), 0) };
            }
        }
    }
}

/// A process that is started as a child of the parent of this one.
fn sibling() {
    // SAFETY: like fork, in a process with one thread; the child only makes system calls.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::CLONE_PARENT | libc::SIGCHLD, 0, 0, 0, 0) };
    if pid == 0 {
        for stream in 0..3 {
            // SAFETY: nothing of this process uses the streams.
            unsafe { libc::close(stream) };
        }
        sleep(true);
    }
}

/// The first thread has ended, another one has not: to the system that looks much like a process that has ended.
fn headless() -> ! {
    std::thread::spawn(|| sleep(true));
    // SAFETY: ends this thread alone. Nothing of it is on the heap.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    sleep(true)
}

/// A child that traces this process, and lives on. What is traced has ended for its tracer before it has for its parent.
fn tracer(request: libc::c_uint) {
    let this = rustix::process::getpid().as_raw_nonzero().get();
    let Ok((reader, writer)) = std::io::pipe() else { return };
    child(|| {
        // SAFETY: no memory of this process is named.
        unsafe { libc::ptrace(request, this, 0, 0) };
        let _ = std::io::Write::write(&mut &writer, &[0]);
        sleep(true)
    });
    // Until it is traced.
    let _ = std::io::Read::read(&mut &reader, &mut [0]);
}

/// Is another user from now on, in all respects, so that the one who has started it may not send it signals.
fn become_root() -> std::io::Result<()> {
    // SAFETY: changes the user of this process, which has one thread.
    if unsafe { libc::setuid(0) } == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

fn sleep(deaf: bool) -> ! {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGQUIT].into_iter().filter(|_| deaf) {
        // SAFETY: ignoring a signal is always possible.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    if deaf {
        let _ = rustix::process::setsid();
    }
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}
