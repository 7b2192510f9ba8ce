//! The `pwp` command.

use std::process::{ExitCode, Termination as _};

fn main() -> ExitCode {
    pwp::cli::main(std::env::args_os()).report()
}
