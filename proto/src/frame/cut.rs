//! What the code for each framing says of the next frame in the pending bytes.

/// The lengths of a frame's two parts, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// The length that is written in front of the body; 0 in the framing `json`.
    pub(super) prefix: usize,
    /// The message.
    pub(super) body: usize,
    /// The prefix took more bytes than it needs.
    pub(super) overlong: bool,
}
