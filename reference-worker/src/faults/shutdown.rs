//! Faults of the end of the process.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use pwp_proto::{Decoded, WorkRequest, WorkResponse};

use super::kit::{OUTSIDE, end, session};
use super::{Active, Fault};
use crate::{
    Error,
    session::{
        Out,
        hooks::{Answer, Ending, Hooks, Verdict},
    },
};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "ignore-eof",
        "stays alive when standard input ends and nothing is open",
        &["W-110"],
        session(|name| Box::new(AtEof { name, hangs: |open| open == 0, status: None })),
    )
    .may_also_break(&[("W-111", "what was open when standard input ended may have been answered since")]),
    Fault::new(
        "eof-in-flight-hangs",
        "stays alive when standard input ends while requests are open",
        &["W-111"],
        session(|name| Box::new(AtEof { name, hangs: |open| open > 0, status: None })),
    ),
    Fault::new(
        "eof-status",
        "exits with status 3 when standard input ends",
        &["W-113"],
        session(|name| Box::new(AtEof { name, hangs: |_| false, status: Some(3) })),
    ),
    Fault::new(
        "ignore-sigterm",
        "ignores SIGTERM",
        &["W-114"],
        session(|name| Box::new(IgnoreSigterm(name))),
    )
    .may_also_break(&[("W-115", "it ignores SIGTERM also while requests are open")]),
    Fault::new(
        "sigterm-waits",
        "ignores SIGTERM while requests are open",
        &["W-115"],
        session(|name| Box::new(SigtermWaits { name, idle: Arc::new(AtomicBool::new(true)) })),
    ),
    Fault::new(
        "leave-child",
        "starts a process that holds its standard output and outlives it",
        &["W-116"],
        OUTSIDE,
    )
    .may_also_break(&[("W-110", "standard output does not end when the worker does")]),
];

/// What happens at the end of standard input.
struct AtEof {
    name: &'static str,
    hangs: fn(usize) -> bool,
    status: Option<u8>,
}

impl Hooks for AtEof {
    fn ending(&self, _out: Option<&mut Out>, result: &Result<(), Error>, open: usize) -> Ending {
        let hang = result.is_ok() && (self.hangs)(open);
        if hang {
            eprintln!("fault {}: standard input has ended, and so what", self.name);
        }
        Ending { hang, status: self.status.filter(|_| result.is_ok()), ..Ending::default() }
    }
}

struct IgnoreSigterm(&'static str);

impl Hooks for IgnoreSigterm {
    fn begin(&self, _out: &mut Out) -> Result<(), Error> {
        ignore_sigterm_unless(self.0, Arc::default())
    }
}

struct SigtermWaits {
    name: &'static str,
    idle: Arc<AtomicBool>,
}

impl Hooks for SigtermWaits {
    fn begin(&self, _out: &mut Out) -> Result<(), Error> {
        ignore_sigterm_unless(self.name, Arc::clone(&self.idle))
    }

    fn request(&self, _request: &Decoded<WorkRequest>, _open: usize) -> Result<Verdict, Error> {
        self.idle.store(false, Ordering::SeqCst);
        Ok(Verdict::Accept)
    }

    fn edit(&self, _response: &mut WorkResponse, about: &Answer) {
        if about.others == 0 {
            self.idle.store(true, Ordering::SeqCst);
        }
    }
}

/// Ignores SIGTERM as long as `dies` is false.
fn ignore_sigterm_unless(name: &'static str, dies: Arc<AtomicBool>) -> Result<(), Error> {
    let failed = |error: io::Error| end(name, format!("cannot handle SIGTERM ({error})"));
    #[cfg(unix)]
    signal_hook::flag::register_conditional_default(signal_hook::consts::SIGTERM, dies).map_err(failed)?;
    #[cfg(not(unix))]
    {
        let _ = dies;
        return Err(failed(io::ErrorKind::Unsupported.into()));
    }
    Ok(())
}

impl Active {
    /// For the fault `leave-child`: starts a process that has this one's standard output and a process group of its own.
    pub(crate) fn leave_child(&self) -> Result<(), String> {
        if !self.has("leave-child") {
            return Ok(());
        }
        use std::process::{Command, Stdio};
        let mut command = Command::new("sleep");
        command.arg("1000").stdin(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child =
            command.spawn().map_err(|error| format!("fault leave-child: cannot start sleep ({error})"))?;
        eprintln!("fault leave-child: left process {}", child.id());
        Ok(())
    }
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] =
        &[("eof-status", |d, _| each(d, &[print("x")]), |o| o.status == 3)];
}
