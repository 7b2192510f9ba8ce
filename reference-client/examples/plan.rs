//! Runs a plan of actions: `cargo run -p pwp-client --features plan --example plan -- PLAN`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pwp_client::plan::run(std::env::args().skip(1).collect())
}
