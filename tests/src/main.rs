//! `pwp` as the tests of this crate start it.

fn main() -> pwp::cli::ExitCode {
    pwp::cli::main(std::env::args_os())
}
