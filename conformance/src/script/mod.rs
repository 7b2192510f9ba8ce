//! Scripts: a run as data.
//!
//! A script says what the suite does to a subject, step by step. Fixed scripts are files; generated
//! ones come from seeded strategies; a failing one is reduced to a smaller one and saved. All of them
//! have the same form (`schema/script/v1`), so seed, replay, shrinking and regression tests are one
//! mechanism.
//!
//! - [`Script`], [`Step`], [`Message`]: the form (`model`)
//! - [`load()`]: reading a file, with errors that say where and what (`load`)
//! - [`fixed()`]: the scripts that are built in (`fixed`)
//! - [`drawn()`], [`alone()`]: scripts that a workload's requests are put into (`drawn`)
//! - [`generate()`]: scripts from a seed (`generate`)
//! - [`reductions()`]: the smaller scripts to try in place of a failing one (`reduce`)
//! - [`strip()`]: the same script without what is unusual about it (`strip`)

mod drawn;
mod fixed;
mod generate;
mod load;
mod model;
mod reduce;
mod strip;

pub use drawn::{DRAWN, Drawn, alone, drawn};
pub use fixed::fixed;
pub use generate::{Traffic, generate};
pub use load::{ScriptError, load, parse};
pub use model::{
    Await, Cancel, Digest, Encoding, Filler, Message, Needs, Raw, SCHEMA_ID, Script, Send, Split, StartStep,
    Step, Work,
};
pub use reduce::reductions;
pub(crate) use strip::STRIPPABLE;
pub use strip::strip;
