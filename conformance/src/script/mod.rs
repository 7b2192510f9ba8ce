//! Scripts: a run as data.
//!
//! A script says what the suite does to a subject, step by step. Fixed scripts are files; generated
//! ones come from seeded strategies; a failing one is reduced to a smaller one and saved. All of them
//! have the same form (`schema/script/v1`), so seed, replay, shrinking and regression tests are one
//! mechanism.
//!
//! - [`Script`], [`Step`], [`Message`]: the form; [`Missing`]: what a script needs that a workload does not have (`model`)
//! - [`load()`], [`fixed()`]: reading a file, with errors that say where and what; those that are built in (`load`)
//! - [`from_workload()`], [`alone()`]: scripts that the requests of a workload are put into (`from_workload`)
//! - [`generate()`]: scripts from a seed (`generate`)
//! - [`reductions()`]: the smaller scripts to try in place of a failing one (`reduce`)
//! - [`control_of()`]: the same script without what is unusual about it (`controls`)

mod controls;
mod from_workload;
mod generate;
mod load;
mod model;
mod reduce;

pub use controls::control_of;
pub(crate) use controls::is_controllable;
pub use from_workload::{FAMILIES, Family, alone, from_workload};
pub use generate::{Traffic, generate};
pub use load::{ScriptError, fixed, load, parse};
pub use model::{
    Await, Cancel, Digest, Encoding, Message, Missing, Needs, Raw, SCHEMA_ID, Script, Send, Split, StartStep,
    Step,
};
pub use reduce::reductions;
