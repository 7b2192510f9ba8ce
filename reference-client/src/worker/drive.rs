//! The task of each process: it watches all at once, and ends the process.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::end::{Cause, WorkerFault};
use super::session::Session;
use super::state::{Closing, Flushed, Pumped};
use super::ticket::Lost;
use super::unix::Process;
use crate::faults::Kind;

/// Bytes of one read of what nobody wants.
const DISCARD: usize = 16 * 1024;

/// Runs from the start of the process to its end.
pub(super) async fn drive(session: Arc<Session>, mut process: Process) {
    if session.faults.has(Kind::LeaveWorkers) {
        process.leave();
    }
    let seen = watch(&session, &process).await;
    if seen == Seen::Ended && !session.faults.has(Kind::DropLastResponse) {
        // All that the process wrote is in the pipe now: a whole response in it is good (C-084).
        let mut state = session.lock();
        while state.closing.is_none() && session.pump(&mut state) == Pumped::More {}
    }
    let was_running = !process.has_ended();
    let (closing, consumed) = {
        let mut state = session.lock();
        let closing = state.closing.get_or_insert_with(|| seen.closing(was_running)).clone();
        (closing, state.consumed())
    };
    if session.faults.has(Kind::RetryTooEarly) {
        let ended = Arc::new(session.ended_with(closing.clone(), None, was_running));
        for open in session.lock().exchange.close() {
            let _ = open.waiter.send(Err(Lost { ended: Arc::clone(&ended), never_read: false }));
        }
    }
    let status = end(&session, &mut process, &closing.cause).await;
    let ended = Arc::new(session.ended_with(closing, status, was_running));
    let (open, own) = {
        let mut state = session.lock();
        (state.exchange.close().collect::<Vec<_>>(), state.own.take())
    };
    // A request whose outputs are being moved may hold it for a moment longer.
    drop(own);
    for open in open {
        let never_read = open.start.is_none_or(|start| start >= consumed);
        // Nobody may wait for it.
        let _ = open.waiter.send(Err(Lost { ended: Arc::clone(&ended), never_read }));
    }
    session.ended.send_replace(Some(ended));
}

/// What ends the watching.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    /// The process has ended.
    Ended,
    /// Standard output has ended.
    OutputEnded,
    /// The worker has closed its standard input.
    InputRefused,
    /// Someone asked for the end.
    Asked,
}

impl Seen {
    /// The cause, if none was given.
    fn closing(self, was_running: bool) -> Closing {
        let cause = match self {
            _ if !was_running => Cause::Exited,
            Self::InputRefused => Cause::Fault(WorkerFault::ClosedInput),
            Self::Ended | Self::OutputEnded | Self::Asked => Cause::Fault(WorkerFault::ClosedOutput),
        };
        Closing { cause, excerpt: Vec::new() }
    }
}

/// How long a process that has closed a pipe may take to end, before it counts as one that lives without it.
const ENDING: Duration = Duration::from_millis(500);

/// Watches standard output, the process, the pipe that is written to, and the wish to end it, all at once.
async fn watch(session: &Session, process: &Process) -> Seen {
    let seen = tokio::select! {
        biased;
        () = session.closing.notified() => Seen::Asked,
        seen = read(session, process) => seen,
        () = write(session) => Seen::InputRefused,
        () = process_ended(session, process) => Seen::Ended,
    };
    if matches!(seen, Seen::OutputEnded | Seen::InputRefused) {
        // A process that ends closes its pipes a moment before.
        if timeout(ENDING, process.ended()).await.is_ok() {
            return Seen::Ended;
        }
    }
    seen
}

async fn process_ended(session: &Session, process: &Process) {
    process.ended().await;
    if session.faults.has(Kind::IgnoreExit) {
        session.closing.notified().await;
    }
}

/// Reads until the end of the stream or of the session.
async fn read(session: &Session, process: &Process) -> Seen {
    loop {
        let Ok(mut ready) = session.output.readable().await else { break };
        while_written(session).await;
        if session.faults.has(Kind::DropLastResponse)
            && timeout(Duration::from_millis(200), process.ended()).await.is_ok()
        {
            return Seen::Ended;
        }
        let mut state = session.lock();
        match session.pump(&mut state) {
            Pumped::More => {}
            Pumped::Empty => ready.clear_ready(),
            Pumped::End if state.closing.is_some() => return Seen::Asked,
            Pumped::End => break,
        }
    }
    if session.faults.has(Kind::IgnoreStdoutEnd) || session.faults.has(Kind::IgnoreExit) {
        session.closing.notified().await;
        return Seen::Asked;
    }
    Seen::OutputEnded
}

/// Looks away while a request is being written, if a fault says so.
async fn while_written(session: &Session) {
    let pause = Duration::from_millis(1);
    while session.faults.has(Kind::WriteThenRead) && !session.lock().queue.is_empty() {
        tokio::time::sleep(pause).await;
    }
}

/// Writes what the pipe did not take at once, until it is closed.
async fn write(session: &Session) {
    loop {
        session.to_write.notified().await;
        loop {
            let Some(input) = session.lock().input.clone() else { return };
            let Ok(mut ready) = input.writable().await else { return };
            match session.flush(&mut session.lock()) {
                Flushed::All => break,
                Flushed::Blocked => ready.clear_ready(),
                Flushed::Refused => return,
            }
        }
    }
}

/// Ends the process: the end of its input, SIGTERM, a while, SIGKILL to its group (C-131 to C-134).
async fn end(session: &Session, process: &mut Process, cause: &Cause) -> Option<std::process::ExitStatus> {
    let faults = &session.faults;
    let limits = &session.limits;
    let patient = matches!(cause, Cause::Idle | Cause::Shutdown | Cause::ToolsChanged(_) | Cause::Memory(_));
    let grace = if patient { limits.grace } else { limits.short_grace };
    if !faults.has(Kind::KeepInputOpen) {
        let mut state = session.lock();
        state.input = None;
        state.queue.clear();
    }
    if !faults.has(Kind::KillAtOnce) {
        process.terminate();
        tokio::select! {
            biased;
            () = process.ended() => {}
            () = discard(session) => {}
            () = tokio::time::sleep(grace) => {}
        }
        if faults.has(Kind::NeverKill) {
            process.ended().await;
        }
    }
    process.end().await
}

/// Takes what the worker still writes, so that a full pipe does not keep it from ending. Never returns.
async fn discard(session: &Session) {
    let mut buffer = vec![0; DISCARD];
    while let Ok(mut ready) = session.output.readable().await {
        match rustix::io::read(&session.output, &mut buffer[..]) {
            Ok(0) => break,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => ready.clear_ready(),
        }
    }
    std::future::pending::<()>().await;
}
