//! One request: from the start of its child to the exit code.

use std::{
    io::{self, Write as _},
    os::{fd::OwnedFd, unix::process::ExitStatusExt as _},
    process::{Child, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    process::{Pid, PidfdFlags, Signal, pidfd_open},
};

use super::capture::Capture;
use super::ending::{self, Permit};
use super::family::Family;
use super::template::Template;
use crate::Request;

/// Exit codes of a shell for a program that is not found, and for one that cannot be started.
pub(super) const NOT_FOUND: u8 = 127;
pub(super) const NOT_STARTED: u8 = 126;
/// What a shell adds to the number of the signal that ended a program.
const SIGNALLED: i32 = 128;

/// What is the same for all requests.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) template: Template,
    pub(super) grace: Duration,
    pub(super) output_limit: usize,
    /// What the kernel sends a child whose worker dies.
    pub(super) death: Signal,
}

impl Tool {
    /// Does the work of one request; returns the exit code.
    pub(super) fn run(&self, request: &Request) -> i32 {
        let directory = self.template.directory(request.sandbox_dir());
        let mut command = self.template.command(request.arguments(), directory.as_deref());
        if request.verbosity() > 0 {
            request.log(format_args!("{command:?}"));
        }
        if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
            tell(
                request,
                &format!("sandbox_dir {} is no directory; the client has to make it", directory.display()),
            );
            return i32::from(NOT_STARTED);
        }
        let mark = Family::prepare(&mut command, self.death);
        let permit = Permit::get();
        let started = io::pipe().and_then(|(reader, writer)| {
            command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
            let capture = Capture::new(reader, self.output_limit)?;
            Ok((command.spawn()?, capture))
        });
        drop(permit);
        // It holds the writing ends of the pipe.
        drop(command);
        match started {
            Ok((child, capture)) => {
                let family = Family::of(&child, mark);
                let code = self.attend(request, child, &family, capture);
                ending::check();
                code.unwrap_or_else(|error| {
                    tell(
                        request,
                        &format!("cannot watch the tool ({error}); raise the limits of the worker"),
                    );
                    i32::from(NOT_STARTED)
                })
            }
            Err(error) => {
                tell(request, &cannot_start(&self.template, request.arguments(), &error));
                i32::from(status_of(&error))
            }
        }
    }

    /// Stays with the child until it and all that it has started are gone.
    fn attend(
        &self,
        request: &Request,
        mut child: Child,
        family: &Family,
        mut capture: Capture,
    ) -> io::Result<i32> {
        let watched = self.watch(request, &child, family, &mut capture);
        if watched.is_err() {
            family.signal(Signal::KILL);
        }
        let cancelled = watched.as_ref().ok().copied().flatten();
        if !family.end(cancelled, self.grace) {
            request.log("a process that the tool has started cannot be killed");
        }
        capture.finish(request);
        let status = child.wait()?;
        watched?;
        Ok(exit_code(request, status, cancelled.is_some()))
    }

    /// Reads what the child prints until it ends. If the request is cancelled it is made to. Returns when the grace for that
    /// is over.
    fn watch(
        &self,
        request: &Request,
        child: &Child,
        family: &Family,
        capture: &mut Capture,
    ) -> io::Result<Option<Instant>> {
        let ended = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
        let cancel: Arc<OwnedFd> = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
        let wake = Arc::clone(&cancel);
        request.on_cancel(move || {
            // An event that cannot be counted has been counted before.
            let _ = rustix::io::write(&*wake, &1_u64.to_ne_bytes());
        });
        let (mut until, mut killed) = (None, false);
        loop {
            let mut events = vec![PollFd::new(&ended, PollFlags::IN)];
            events.extend(until.is_none().then(|| PollFd::new(&*cancel, PollFlags::IN)));
            events.extend(capture.pipe().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
            let limit = until
                .filter(|_| !killed)
                .map(|until: Instant| timespec(until.saturating_duration_since(Instant::now())));
            match poll(&mut events, limit.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            if !events[0].revents().is_empty() {
                return Ok(until);
            }
            capture.read(request);
            if until.is_none() && request.cancelled() {
                family.signal(Signal::TERM);
                until = Some(Instant::now() + self.grace);
            } else if !killed && until.is_some_and(|until| Instant::now() >= until) {
                family.signal(Signal::KILL);
                killed = true;
            }
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// The exit code of a child as a shell gives it.
fn exit_code(request: &Request, status: ExitStatus, cancelled: bool) -> i32 {
    if let Some(code) = status.code() {
        return code;
    }
    let signal = status.signal().unwrap_or_default();
    let name = signal_hook::low_level::signal_name(signal).unwrap_or("a signal without a name");
    let why = if cancelled { ", because the request was cancelled" } else { "" };
    tell(request, &format!("the tool was ended by {name} ({signal}){why}"));
    SIGNALLED + signal
}

/// Why a program does not start, and what to do.
pub(super) fn cannot_start(template: &Template, arguments: &[String], error: &io::Error) -> String {
    let program = template.program().display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!(
                "cannot start {program} ({error}); install it, or give its path, and check the interpreter in its first line"
            )
        }
        io::ErrorKind::PermissionDenied => format!("cannot start {program} ({error}); make it executable"),
        io::ErrorKind::ArgumentListTooLong => {
            let bytes: usize = arguments.iter().map(|argument| argument.len() + 1).sum();
            format!(
                "cannot start {program}: its {} arguments are {bytes} bytes, more than the system hands to a program ({error}); \
                 put them into an @file and leave that to the tool with --argfile=keep",
                arguments.len()
            )
        }
        io::ErrorKind::InvalidInput => {
            format!("cannot start {program} ({error}); an argument holds a NUL character")
        }
        _ => format!("cannot start {program} ({error})"),
    }
}

/// The exit code for a program that does not start.
pub(super) fn status_of(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED }
}

fn tell(request: &Request, message: &str) {
    // Output is kept in memory, so this cannot fail.
    let _ = writeln!(request.output(), "pwp-worker: {message}");
}
