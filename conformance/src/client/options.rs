//! How a client is checked.

use std::path::PathBuf;

use pwp_proto::Framing;

use crate::report::KnownFailure;
use crate::selection::Selection;

/// How to run the cases.
#[derive(Debug, Clone)]
pub struct Options {
    /// The wire form that the actions declare.
    pub dialect: Framing,
    /// Which cases and requirements.
    pub selection: Selection,
    /// The program that is the probe: `pwp` itself.
    pub pwp: PathBuf,
    /// How the run is repeated, up to the selection: `pwp check client …`.
    pub command: String,
    /// How often a case that shows a violation is run again.
    pub repetitions: u32,
    /// Expected failures that are recognised and not repeated.
    pub known: Vec<KnownFailure>,
}
