//! One message in, one response out: what a thread does with the right to read, and with a job.

use pwp_proto::{Decoded, WorkRequest};

use super::hooks::{Answer, CancelAction, Hooks, Verdict};
use super::input::Input;
use super::lanes::Job;
use super::state::{Session, lock};
use super::work::{self, Done};
use crate::Error;

/// What reading one message led to.
pub(super) enum Received {
    Job(Job),
    Nothing,
    End(Result<(), Error>),
}

impl<H: Hooks> Session<H> {
    /// Reads one message and does all that its reader has to do about it.
    pub(super) fn receive(&self, input: &mut Input) -> Received {
        let message = match input.next(&self.hooks) {
            Ok(Some(message)) => message,
            Ok(None) => return Received::End(Ok(())),
            Err(error) => return Received::End(Err(error)),
        };
        let received =
            if message.message.cancel { self.receive_cancel(message) } else { self.receive_work(message) };
        received.unwrap_or_else(|error| Received::End(Err(error)))
    }

    fn receive_work(&self, request: Decoded<WorkRequest>) -> Result<Received, Error> {
        let mut state = lock(&self.state);
        let verdict = self.hooks.request(&request, state.lanes.open())?;
        if verdict != Verdict::Accept {
            return Ok(Received::Nothing);
        }
        Ok(state.lanes.admit(request.message).map_or(Received::Nothing, Received::Job))
    }

    /// A cancel request has no response of its own, and only its id counts. For an id that is not open it is too late, or wrong: both
    /// are ignored. A worker without cancellation ignores all of them, and answers as if there were none.
    fn receive_cancel(&self, cancel: Decoded<WorkRequest>) -> Result<Received, Error> {
        let id = cancel.message.request_id;
        let mut state = lock(&self.state);
        let target = state.lanes.target(id);
        let signals = match self.hooks.cancel(&cancel.message, target.open, target.repeated)? {
            CancelAction::Signal if self.config.cancellation => state.lanes.cancel(Some(id)),
            CancelAction::SignalAll if self.config.cancellation => state.lanes.cancel(None),
            CancelAction::Signal | CancelAction::SignalAll | CancelAction::Ignore => Vec::new(),
            CancelAction::Work => {
                drop(state);
                return self.receive_work(cancel);
            }
            CancelAction::Answer(response) => {
                drop(state);
                lock(&self.out).send(&response)?;
                return Ok(Received::Nothing);
            }
        };
        drop(state);
        // Outside of the lock: callbacks are the tool's code.
        signals.iter().for_each(crate::Cancellation::raise);
        Ok(Received::Nothing)
    }

    /// Does a job and answers it.
    pub(super) fn run(&self, job: Job) {
        let lane = job.lane;
        self.hooks.work(&job.request);
        let done = work::perform(&self.config, &self.handler, job);
        if let Err(error) = self.respond(lane, done) {
            self.finish(Err(error));
        }
    }

    /// Retires the request, then answers it. In this order: the client may send its next request, with the same id, as soon as it
    /// has the response. With the output held in between: nobody may take the session for idle and end it before the
    /// response is out, and the next request of this lane is not answered first.
    fn respond(&self, lane: i32, done: Done) -> Result<(), Error> {
        let mut out = lock(&self.out);
        let mut state = lock(&self.state);
        let retired = state.lanes.retire(lane);
        state.running -= 1;
        // This thread looks for its next job in a moment.
        state.ready.extend(retired.next);
        let others = state.lanes.open();
        let ending = state.ending;
        drop(state);
        if ending {
            return Ok(());
        }
        let mut response = done.response;
        response.was_cancelled = retired.cancelled;
        let about = Answer { panicked: done.panicked, others, verbosity: done.verbosity };
        self.hooks.edit(&mut response, &about);
        if self.hooks.respond(&mut out, &response, &about)? { Ok(()) } else { out.send(&response) }
    }
}
