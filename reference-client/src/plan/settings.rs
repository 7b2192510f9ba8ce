//! The settings of a client in a plan: [`Options`], with the same defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::Options;

/// The settings of a client; what is left out has the default of [`Options`] and its limits. Times are in milliseconds, sizes in bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the fields of Options and Limits have the same names and say what they mean"
)]
pub struct Settings {
    pub max_instances: Option<usize>,
    pub max_instances_of: BTreeMap<String, usize>,
    pub max_multiplex_instances: Option<usize>,
    pub max_multiplex_instances_of: BTreeMap<String, usize>,
    pub max_waiting: Option<usize>,
    pub extra_flags: BTreeMap<String, Vec<String>>,
    pub high_priority: BTreeSet<String>,
    pub idle_limit_ms: Option<u64>,
    pub memory_limit: Option<u64>,
    pub poll_interval_ms: Option<u64>,
    pub multiplex: Option<bool>,
    pub cancellation: Option<bool>,
    pub sandboxing: Option<bool>,
    pub multiplex_sandboxing: Option<bool>,
    pub one_shot: Option<bool>,
    pub retries: Option<u32>,
    pub verbosity: Option<i32>,
    pub quit_after_build: Option<bool>,
    pub silence_ms: Option<u64>,
    pub work_ms: Option<u64>,
    pub cancelled_ms: Option<u64>,
    pub grace_ms: Option<u64>,
    pub short_grace_ms: Option<u64>,
    pub frame_limit: Option<usize>,
}

impl Settings {
    /// The options of a client with these settings.
    pub fn options(&self, directory: impl Into<PathBuf>, state: impl Into<PathBuf>) -> Options {
        let mut options = Options::new(directory, state);
        set(&mut options.max_instances.default, self.max_instances);
        set(&mut options.max_multiplex_instances.default, self.max_multiplex_instances);
        options.max_instances.by_name.clone_from(&self.max_instances_of);
        options.max_multiplex_instances.by_name.clone_from(&self.max_multiplex_instances_of);
        options.extra_flags.clone_from(&self.extra_flags);
        options.high_priority.clone_from(&self.high_priority);
        options.idle_limit = self.idle_limit_ms.map(Duration::from_millis);
        options.memory_limit = self.memory_limit;
        set(&mut options.poll_interval, self.poll_interval_ms.map(Duration::from_millis));
        set(&mut options.max_waiting, self.max_waiting);
        set(&mut options.multiplex, self.multiplex);
        set(&mut options.cancellation, self.cancellation);
        set(&mut options.sandboxing, self.sandboxing);
        set(&mut options.multiplex_sandboxing, self.multiplex_sandboxing);
        set(&mut options.one_shot, self.one_shot);
        set(&mut options.retries, self.retries);
        set(&mut options.verbosity, self.verbosity);
        set(&mut options.quit_after_build, self.quit_after_build);
        let limits = &mut options.limits;
        set(&mut limits.silence, self.silence_ms.map(Duration::from_millis));
        set(&mut limits.work, self.work_ms.map(Duration::from_millis));
        set(&mut limits.cancelled, self.cancelled_ms.map(Duration::from_millis));
        set(&mut limits.grace, self.grace_ms.map(Duration::from_millis));
        set(&mut limits.short_grace, self.short_grace_ms.map(Duration::from_millis));
        set(&mut limits.frame, self.frame_limit);
        options
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
