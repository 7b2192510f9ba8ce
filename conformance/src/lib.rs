//! The conformance suite for persistent build workers.
//!
//! Everything stands on one idea: a [history](history) of what happened is judged by one [oracle],
//! and many drivers feed it. See `ARCHITECTURE.md` for the map.
//!
//! | module | what it does |
//! |---|---|
//! | [`history`] | events with times, transcripts |
//! | [`oracle`] | reads a history, returns findings |
//! | [`script`] | runs as data: fixed, generated, reduced |
//! | [`workload`] | real requests of a real tool |
//! | [`survey`] | what a workload is good for |
//! | [`process`] | starts, watches and ends processes that are not library code |
//! | [`runner`] | runs one script against one process |
//! | [`selection`] | which scripts, cases and requirements a run is about |
//! | [`suite`] | runs many, resolves, shrinks, confirms |
//! | [`expect`] | known failures, each with its reason |
//! | [`report`] | the crate `pwp-report`: one event stream, many reporters |
//! | [`probe`] | a worker that obeys a scenario and writes down what its client did |
//! | [`client`] | makes a build tool build with the probe, and judges it |
//! | `call` | a few requests by hand |
//! | `tap` | between a real client and a real worker |
//! | [`files`] | files in the directories of subjects, whatever a subject makes of them |
//! | [`builtin`] | the lists of checks and faults |
//! | [`cli`] | the command |

pub mod builtin;
mod call;
pub mod cli;
pub mod client;
mod digest;
mod embedded;
pub mod expect;
pub mod files;
pub mod history;
mod malformed;
pub mod oracle;
pub mod probe;
pub mod process;
pub mod runner;
pub mod script;
pub mod selection;
pub mod suite;
pub mod survey;
mod tap;
pub mod workload;

pub use pwp_report as report;
