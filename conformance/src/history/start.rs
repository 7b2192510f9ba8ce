//! How a process of the probe was started.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How a process was started, as it sees that itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStart {
    /// The process ID.
    pub pid: u32,
    /// The ID of the process group.
    pub group: u32,
    /// The start time of the process as `/proc/PID/stat` gives it, in clock ticks. Together with `pid` it names a process for ever.
    pub ticks: u64,
    /// The arguments that the client gave, without the program.
    pub argv: Vec<String>,
    /// The environment variables with which the client started the process.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: String,
    /// The versions that the tool files had at the start: of the program, and of the file beside it.
    pub tools: [String; 2],
}
