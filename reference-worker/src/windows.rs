//! Standard input and output where they cannot yet be set aside.
//!
//! This is a plain fallback: the protocol works, but a tool that prints to standard output, or a child process that
//! inherits it, breaks the stream of responses. Linux is the platform that is tested.

use std::io::{self, Stdin, Stdout};

/// The protocol's two ends, shared with the tool.
pub(crate) fn set_aside() -> io::Result<(Stdin, Stdout)> {
    Ok((io::stdin(), io::stdout()))
}

/// The two ends as they are, within the tool's reach.
pub(crate) fn unprotected() -> io::Result<(Stdin, Stdout)> {
    set_aside()
}
