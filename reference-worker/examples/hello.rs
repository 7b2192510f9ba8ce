//! A worker that greets whoever its arguments name. Started without `--persistent_worker` it greets once.

use std::{io::Write, process::ExitCode};

use pwp_worker::{Request, Worker};

fn main() -> ExitCode {
    Worker::new().multiplex(true).cancellation(true).run(|request: &mut Request| {
        for name in request.arguments() {
            let _ = writeln!(request.output(), "hello, {name}");
        }
        i32::from(request.arguments().is_empty())
    })
}
