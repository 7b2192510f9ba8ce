//! Standard input and output, out of the tool's reach.

use std::{
    fs::{File, OpenOptions},
    io,
    os::fd::AsFd,
};

/// The protocol's two ends, and nothing else can reach them: the descriptors are private copies that child
/// processes do not inherit, descriptor 0 reads `/dev/null`, and what is written to descriptor 1 goes to standard
/// error. So neither a `println!` nor a child process can put a byte into the stream of responses
/// or take one from the stream of requests.
pub(crate) fn set_aside() -> io::Result<(File, File)> {
    let requests = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let responses = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let nothing = OpenOptions::new().read(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(nothing)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((requests, responses))
}

/// The two ends as they are, within the tool's reach. Only a fault wants that.
pub(crate) fn unprotected() -> io::Result<(File, File)> {
    let requests = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let responses = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((requests, responses))
}
