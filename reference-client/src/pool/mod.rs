//! Which worker an action gets, and when.
//!
//! | module | what it does |
//! |---|---|
//! | `pools` | the places of every key, and who waits for one |
//! | `place` | a place that is taken, and comes back in whatever way its request ends (C-029) |
//! | `worker` | a worker with the tools that it was started with |
//! | `registry` | all workers that live |
//! | `evict` | ends idle workers because of their age or memory |

mod evict;
mod place;
mod pools;
mod registry;
mod worker;

pub(crate) use evict::watch;
pub(crate) use place::Place;
pub(crate) use pools::{Pools, Wanted};
pub(crate) use registry::Registry;
pub(crate) use worker::Worker;
