//! One call of the tool's handler.

use std::{
    any::Any,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
};

use pwp_proto::WorkResponse;

use super::lanes::Job;
use super::state::{Config, Handler};
use crate::{Request, argfile};

/// The response to a job, and whether the handler panicked.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) response: WorkResponse,
    pub(crate) panicked: bool,
    pub(crate) verbosity: i32,
}

/// Does the job. Whatever goes wrong becomes an exit code and a message: a request without a response blocks
/// the build for ever, and one without a message leaves its author without a clue.
pub(crate) fn perform(config: &Config, handler: &Handler, job: Job) -> Done {
    let request_id = job.request.request_id;
    let verbosity = job.request.verbosity;
    let mut request = Request::new(job.request, job.cancellation);
    let mut panicked = false;
    let exit_code = match prepare(config, &mut request) {
        Ok(()) => match catch_unwind(AssertUnwindSafe(|| handler(&mut request))) {
            Ok(exit_code) => exit_code,
            Err(payload) => {
                panicked = true;
                tell(&request, &format!("internal error: {}", message_of(&*payload)));
                1
            }
        },
        Err(message) => {
            tell(&request, &message);
            1
        }
    };
    let output = request.into_output();
    let response = WorkResponse { exit_code, output, request_id, ..WorkResponse::default() };
    Done { response, panicked, verbosity }
}

/// Brings a request into the shape that the handler expects, or says why it cannot be handled.
fn prepare(config: &Config, request: &mut Request) -> Result<(), String> {
    if request.cancelled() {
        return Err("cancelled before it was started".to_owned());
    }
    if !config.multiplex_sandboxing && !request.sandbox_dir().as_os_str().is_empty() {
        return Err(format!(
            "sandbox_dir is {}, which this worker cannot honour; do not declare supports-multiplex-sandboxing",
            request.sandbox_dir().display()
        ));
    }
    if config.argfiles {
        let arguments = request.take_arguments();
        let expanded =
            argfile::expand(arguments, request.sandbox_dir()).map_err(|error| error.to_string())?;
        request.set_arguments(expanded);
    }
    Ok(())
}

fn tell(request: &Request, message: &str) {
    // Output is kept in memory, so this cannot fail.
    let _ = writeln!(request.output(), "{message}");
}

/// What `panic!` was given.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the tool panicked without a message")
}
