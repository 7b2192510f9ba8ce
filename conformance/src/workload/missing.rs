//! What a script needs that a workload does not have.

use std::collections::BTreeSet;
use std::fmt;

use super::{Kind, Workload};
use crate::history::Mode;
use crate::script::{Script, Step};

/// One thing for which a script can't be run with a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// It has no request of a kind.
    Requests(Kind),
    /// It names no startup flag.
    StartupFlag,
    /// By its word the tool can't be started for one piece of work.
    OneShot,
    /// By its word the tool does not expand `@file` inside a request.
    Argfile,
}

impl Missing {
    /// Why what the scripts would show is not exercised, with what to do about it.
    pub fn reason(self) -> String {
        match self {
            Self::Requests(kind) => {
                format!("needs a workload with a `{}` request (--workload FILE)", kind.as_str())
            }
            Self::StartupFlag => "needs a workload with a `startup_flag` (--workload FILE)".into(),
            Self::OneShot => {
                "left out: the workload says that the tool has no one-shot mode (one_shot)".into()
            }
            Self::Argfile => {
                "left out: the workload says that the tool expands no argfile in a request (argfile)".into()
            }
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests(kind) => write!(f, "no `{}` request", kind.as_str()),
            Self::StartupFlag => f.write_str("no `startup_flag`"),
            Self::OneShot => f.write_str("one_shot = false"),
            Self::Argfile => f.write_str("argfile = false"),
        }
    }
}

impl Workload {
    /// What a script needs that this workload does not have; empty if the script can be run with it.
    pub fn lacks(&self, script: &Script) -> BTreeSet<Missing> {
        let kinds = Kind::ALL.into_iter().filter(|kind| script.needs.workload.contains(&kind.work()));
        let mut missing: BTreeSet<Missing> =
            kinds.filter(|kind| !self.has(kind.work())).map(Missing::Requests).collect();
        if script.needs.startup_flag && self.startup_flag.is_none() {
            missing.insert(Missing::StartupFlag);
        }
        if !self.one_shot && script.start().mode == Mode::OneShot {
            missing.insert(Missing::OneShot);
        }
        let leaves_argfile = |step: &Step| matches!(step, Step::Send(send) if send.messages.iter().any(|message| message.argfile));
        if !self.argfile && script.steps.iter().any(leaves_argfile) {
            missing.insert(Missing::Argfile);
        }
        missing
    }
}
