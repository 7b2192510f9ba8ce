//! Makes reports (`schema/report/v1`) of what passes: one about the worker, one about its client.
//!
//! Several taps of one build write the same reports, and any of them may be killed. So each has a part of its own, which it writes when a
//! requirement is broken for the first time and when it ends. Whoever ends makes the reports anew, under a lock, and puts the parts of
//! ended taps together: what is read stays as small as the number of different workers.
//!
//! ```text
//! tap.json            about the worker; tap-2.json about the next one, with another command or another client
//! tap.client.json     about its client; tap-2.client.json
//! tap.json.parts/     what taps have counted; not needed any more when the build is over
//! ```
//!
//! - [`Reporter`]: one tap's part (`reporter`)
//! - `part`: what a part has in it, and how parts become one
//! - `merge`: parts into reports
//! - `conclude`: verdicts

mod conclude;
mod merge;
mod part;
mod reporter;

pub(super) use reporter::Reporter;

/// What stands in a report where a violation was not found by a script: it was seen in a live session.
pub(super) const FOUND_IN: &str = "tap";
