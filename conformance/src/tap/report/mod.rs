//! Makes reports (`schema/report/v1`) of what passes: one about the worker, one about its client.
//!
//! Several taps of one build write the same reports, and any of them may be killed. So each has a part of its own, which it writes when a
//! requirement is broken for the first time and when it ends. The tap that ends makes the reports anew, under a lock, and puts the parts of
//! ended taps together: what is read stays as small as the number of different workers.
//!
//! ```text
//! tap.json            about the worker; tap-2.json about the next one, with another command or another client
//! tap.client.json     about its client; tap-2.client.json
//! tap.json.parts/     what taps have counted; not needed any more when the build is over
//! ```
//!
//! - [`Reporter`]: one tap's part (`reporter`)
//! - `part`: the content of a part, and how parts become one
//! - `merge`: parts into reports

mod merge;
mod part;
mod reporter;

pub(super) use reporter::Reporter;

/// The name that stands in a report in place of a script: the violation was seen in a live session.
pub(super) const FOUND_IN: &str = "tap";
/// The number of violations of one requirement that are kept with their evidence.
pub(super) const EVIDENCE: usize = 3;
