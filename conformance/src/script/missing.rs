//! What a script needs that a workload does not have.

use std::collections::BTreeSet;

use crate::history::Mode;
use crate::workload::{Kind, Workload};

use super::{Script, Step};

/// One thing for which a script can't be run with a workload, as the workload has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Missing {
    /// It has no request of a kind.
    #[error("no `{}` request", .0.as_str())]
    Requests(Kind),
    /// It names no startup flag.
    #[error("no `startup_flag`")]
    StartupFlag,
    /// By its word the tool can't be started for one piece of work.
    #[error("one_shot = false")]
    OneShot,
    /// By its word the tool does not expand `@file` inside a request.
    #[error("argfile = false")]
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

impl Script {
    /// What this script needs that a workload does not have; empty if it can be run with the workload.
    pub fn missing_in(&self, workload: &Workload) -> BTreeSet<Missing> {
        let kinds = Kind::ALL.iter().filter(|kind| self.needs.workload.contains(&kind.work()));
        let mut missing: BTreeSet<Missing> =
            kinds.filter(|kind| !workload.has(kind.work())).copied().map(Missing::Requests).collect();
        if self.needs.startup_flag && workload.startup_flag.is_none() {
            missing.insert(Missing::StartupFlag);
        }
        if !workload.one_shot && self.start().mode == Mode::OneShot {
            missing.insert(Missing::OneShot);
        }
        if !workload.argfile && self.steps.iter().flat_map(Step::messages).any(|message| message.argfile) {
            missing.insert(Missing::Argfile);
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_why_a_script_cannot_be_run_says_what_to_do() {
        let requests = Kind::ALL.iter().copied().map(Missing::Requests);
        let all = requests.chain([Missing::StartupFlag, Missing::OneShot, Missing::Argfile]);
        let lines: Vec<String> = all.map(|missing| format!("{missing}: {}", missing.reason())).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
