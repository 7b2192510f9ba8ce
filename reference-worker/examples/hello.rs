//! A worker that greets whoever its arguments name. Started without `--persistent_worker` it greets once.
use std::{io::Write, process::ExitCode};

use pwp_worker::{Request, Worker};

fn main() -> ExitCode {
    Worker::new().multiplex(true).cancellation(true).run(|request: &mut Request| {
        let names = request.arguments().to_vec();
        for name in &names {
            let _ = writeln!(request.output(), "hello, {name}");
        }
        i32::from(names.is_empty())
    })
}
