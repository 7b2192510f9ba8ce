//! The kill matrix of clients: every fault of the reference client against the cases that were made for what it declares.
//!
//! Everything that a fault breaks is reported as violated, nothing outside what it declares is, and the clean client
//! violates nothing. One test for each fault and dialect.
//!
//! `cargo test --release -p pwp-tests --features kill-matrix --test client_kill_matrix`, with `PWP_ALL_CASES=1` against all cases:
//! that takes half an hour.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use pwp::client::{Case, Options, PlanTool, check_client, fixed_cases};
use pwp::process::become_subreaper;
use pwp::report::{Silent, Verdict};
use pwp::selection::Selection;
use pwp_client::faults::{ALL, Fault};
use pwp_proto::Framing;
use pwp_spec::{Catalogue, RequirementId};

/// Where this is set, each fault is run against all cases.
const ALL_CASES: &str = "PWP_ALL_CASES";
/// Cases that every fault is run with: nothing in them goes wrong.
const ALWAYS: [&str; 2] = ["plain", "multiplex"];
/// Trials at once. Each runs three clients at once.
const THREADS: usize = 4;

fn main() {
    become_subreaper();
    let mut arguments = Arguments::from_args();
    // Most of a run is waiting.
    arguments.test_threads.get_or_insert(THREADS);
    let mut trials = Vec::new();
    for dialect in [Framing::Proto, Framing::Json] {
        trials.push(Trial::test(format!("clean::{dialect}"), move || judge(None, dialect)));
    }
    for fault in ALL {
        let waits = fault.breaks.iter().all(|id| requirement(id).is_some_and(is_untested));
        for dialect in fault.framings {
            let trial =
                Trial::test(format!("{}::{dialect}", fault.name), move || judge(Some(fault), *dialect));
            // Its requirement has a written reason why it is not tested yet. Shown as ignored, never as passed.
            trials.push(trial.with_ignored_flag(waits));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn judge(fault: Option<&Fault>, dialect: Framing) -> Result<(), Failed> {
    let pwp = Path::new(env!("CARGO_BIN_EXE_pwp-under-test"));
    let names: Vec<String> = fault.iter().map(|fault| fault.name.to_owned()).collect();
    let options = Options {
        dialect,
        selection: cases(fault),
        pwp: pwp.to_owned(),
        command: "pwp check client reference".into(),
        last_words: String::new(),
        repetitions: 2,
        // The reference client needs a fraction of a second for a build, and a fault that hangs costs this in each case.
        limit: Some(Duration::from_secs(15)),
        known: Vec::new(),
    };
    let report = check_client(&PlanTool::reference(pwp, &names)?, &options, &mut Silent)?;
    let found: BTreeMap<RequirementId, (Verdict, String)> = report
        .violated()
        .map(|result| {
            let shown = result.violations.first();
            let what = shown.map(|one| {
                let confirmed = one.confirmed;
                format!("{} ({}/{}, {})", one.summary, confirmed.shown, confirmed.of, one.found_in)
            });
            let what = what.unwrap_or_default();
            (result.id, (result.verdict, what))
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
    let outside = found.into_iter().filter(|(id, _)| !breaks.contains(id) && !may.contains(id));
    // A violation that shows only at times is reported as flaky. It fails the trial as any other one does.
    let outside: Vec<_> = outside.collect();
    if missed.is_empty() && outside.is_empty() {
        return Ok(());
    }
    Err(format!("breaks {missed:?} unseen; reported outside what it declares: {outside:#?}").into())
}

/// Which cases are run. The clean client runs all of them. A fault runs those that were made for what it declares, or the matrix would
/// take half an hour; with the environment variable [`ALL_CASES`] it runs all of them, too.
fn cases(fault: Option<&Fault>) -> Selection {
    let Some(fault) = fault.filter(|_| std::env::var_os(ALL_CASES).is_none()) else {
        return Selection::default();
    };
    let declared: Vec<RequirementId> = fault
        .breaks
        .iter()
        .copied()
        .chain(fault.may_also_break.iter().map(|(id, _)| *id))
        .filter_map(requirement)
        .collect();
    let touches = |case: &&Case| {
        ALWAYS.contains(&case.name.as_str()) || case.exercises.iter().any(|id| declared.contains(id))
    };
    let names: Vec<String> = fixed_cases().iter().filter(touches).map(|case| case.name.to_string()).collect();
    Selection::new(&names, &[])
}

fn requirement(id: &str) -> Option<RequirementId> {
    id.parse().ok()
}

fn is_untested(id: RequirementId) -> bool {
    Catalogue::standard().get(id).is_some_and(|requirement| requirement.untested.is_some())
}
