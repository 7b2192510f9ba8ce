//! The rules, one file per family of requirements.
//!
//! - [`Form`]: what stands on stdout, byte for byte (W-030, W-036 to W-048)
//! - [`Answers`]: which response answers what, and with which result (W-031 to W-035, W-05x, W-07x, W-08x)
//! - [`Life`]: how the process starts, lives and ends (W-001 to W-004, W-024 to W-028, W-05x, W-11x)
//! - [`Files`]: what the work leaves on disk (W-054, W-055)
//! - [`Logs`]: stderr, verbosity, memory (W-065, W-12x)

mod answers;
mod files;
mod form;
mod life;
mod logs;
mod surplus;

pub(super) use answers::Answers;
pub(super) use files::Files;
pub(super) use form::Form;
pub(super) use life::Life;
pub(super) use logs::Logs;
