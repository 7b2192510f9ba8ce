//! The kill matrix of clients: every fault of the reference client against all cases.
//!
//! Everything that a fault breaks is reported as violated, nothing outside what it declares is, and the clean client
//! violates nothing. One test for each fault and dialect.
//!
//! `cargo test --release -p pwp-tests --features kill-matrix --test client_kill_matrix`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use pwp::client::{Options, PlanTool, check_client};
use pwp::requirement::{Catalogue, RequirementId};
use pwp::runner::become_subreaper;
use pwp::suite::{Selection, Silent};
use pwp_client::faults::{ALL, Fault};
use pwp_proto::Dialect;

fn main() {
    become_subreaper();
    let mut arguments = Arguments::from_args();
    // Each trial runs three clients at once, and most of a run is waiting.
    arguments.test_threads.get_or_insert(2);
    let mut trials = Vec::new();
    for dialect in [Dialect::Proto, Dialect::Json] {
        trials.push(Trial::test(format!("clean::{dialect}"), move || judge(None, dialect)));
    }
    for fault in ALL {
        let waits = fault.breaks.iter().all(|id| requirement(id).is_some_and(is_untested));
        for dialect in fault.dialects {
            let trial =
                Trial::test(format!("{}::{dialect}", fault.name), move || judge(Some(fault), *dialect));
            // Its requirement has a written reason why it is not tested yet. Shown as ignored, never as passed.
            trials.push(trial.with_ignored_flag(waits));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn judge(fault: Option<&Fault>, dialect: Dialect) -> Result<(), Failed> {
    let pwp = Path::new(env!("CARGO_BIN_EXE_pwp-under-test"));
    let names: Vec<String> = fault.iter().map(|fault| fault.name.to_owned()).collect();
    let options = Options {
        dialect,
        selection: Selection::default(),
        pwp: pwp.to_owned(),
        command: "pwp check client reference".into(),
        repetitions: 0,
    };
    let report = check_client(&PlanTool::reference(pwp, &names)?, &options, &mut Silent)?;
    let found: BTreeMap<RequirementId, String> = report
        .violated()
        .map(|result| {
            let shown = result.violations.first();
            let what = shown.map(|one| format!("{} ({})", one.summary, one.found_in)).unwrap_or_default();
            (result.id, what)
        })
        .collect();
    let list = |ids: &mut dyn Iterator<Item = &'static str>| -> BTreeSet<RequirementId> {
        ids.filter_map(requirement).collect()
    };
    let (breaks, may) = match fault {
        None => Default::default(),
        Some(fault) => (
            list(&mut fault.breaks.iter().copied()),
            list(&mut fault.may_also_break.iter().map(|(id, _)| *id)),
        ),
    };
    let applies =
        |id: &RequirementId| Catalogue::standard().get(*id).is_some_and(|known| known.is_for(dialect));
    let missed: Vec<&RequirementId> =
        breaks.iter().filter(|id| !is_untested(**id) && applies(id) && !found.contains_key(id)).collect();
    let outside: Vec<_> = found.iter().filter(|(id, _)| !breaks.contains(id) && !may.contains(id)).collect();
    if missed.is_empty() && outside.is_empty() {
        return Ok(());
    }
    Err(format!("breaks {missed:?} unseen; reported outside what it declares: {outside:#?}").into())
}

fn requirement(id: &str) -> Option<RequirementId> {
    id.parse().ok()
}

fn is_untested(id: RequirementId) -> bool {
    Catalogue::standard().get(id).is_some_and(|requirement| requirement.untested.is_some())
}
