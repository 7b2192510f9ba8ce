//! The settings of a client in a plan: [`Options`], with the same defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Limits, Options, PerMnemonic};

/// The settings of a client; what is left out has the default of [`Options`] and [`Limits`]. Times are in milliseconds, sizes in bytes.
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
    pub fn options(
        &self,
        directory: impl Into<std::path::PathBuf>,
        state: impl Into<std::path::PathBuf>,
    ) -> Options {
        let defaults = Options::new(directory, state);
        let ms = |value: Option<u64>, default| value.map_or(default, Duration::from_millis);
        let limit = |all: Option<usize>, by_name: &BTreeMap<String, usize>, default: PerMnemonic<usize>| {
            PerMnemonic { default: all.unwrap_or(default.default), by_name: by_name.clone() }
        };
        let limits = Limits::default();
        Options {
            max_instances: limit(self.max_instances, &self.max_instances_of, defaults.max_instances),
            max_multiplex_instances: limit(
                self.max_multiplex_instances,
                &self.max_multiplex_instances_of,
                defaults.max_multiplex_instances,
            ),
            max_waiting: self.max_waiting.unwrap_or(defaults.max_waiting),
            extra_flags: self.extra_flags.clone(),
            high_priority: self.high_priority.clone(),
            idle_limit: self.idle_limit_ms.map(Duration::from_millis),
            memory_limit: self.memory_limit,
            poll_interval: ms(self.poll_interval_ms, defaults.poll_interval),
            multiplex: self.multiplex.unwrap_or(defaults.multiplex),
            cancellation: self.cancellation.unwrap_or(defaults.cancellation),
            sandboxing: self.sandboxing.unwrap_or(defaults.sandboxing),
            multiplex_sandboxing: self.multiplex_sandboxing.unwrap_or(defaults.multiplex_sandboxing),
            one_shot: self.one_shot.unwrap_or(defaults.one_shot),
            retries: self.retries.unwrap_or(defaults.retries),
            verbosity: self.verbosity.unwrap_or(defaults.verbosity),
            quit_after_build: self.quit_after_build.unwrap_or(defaults.quit_after_build),
            limits: Limits {
                silence: ms(self.silence_ms, limits.silence),
                work: ms(self.work_ms, limits.work),
                cancelled: ms(self.cancelled_ms, limits.cancelled),
                grace: ms(self.grace_ms, limits.grace),
                short_grace: ms(self.short_grace_ms, limits.short_grace),
                frame: self.frame_limit.unwrap_or(limits.frame),
                ..limits
            },
            directory: defaults.directory,
            state: defaults.state,
        }
    }
}
