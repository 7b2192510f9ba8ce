//! What can be typed: one file for each kind of command.

mod catalogue;
mod check;
mod client;
mod command;
mod session;
mod tools;
mod value;

pub(super) use catalogue::{Explain, Faults, List, Workload};
pub(super) use check::{CheckWorker, Expect, FeatureName, Output, Replay, RunFormat, Subject};
pub(super) use client::{CheckBazel, CheckClient, ClientRun};
pub(super) use command::{Args, Check, Command};
pub(super) use session::{Call, Tap};
pub(super) use tools::{Argfile, Worker, WorkerTool, Wrap};
pub(super) use value::Format;
