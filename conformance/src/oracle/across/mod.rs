//! Rules about several processes, builds and actions: judges a client by what its workers saw and by what came of its builds.
//!
//! It takes an [`Observation`] of one case, whole, since a rule about several processes needs what became of all of them. What
//! one process shows by itself the [session judge](super::Oracle) says, who is told here what the actions declare.
//!
//! - [`Observation`] and its parts: what is known (`observation`)
//! - `exchange`: what passed between the client and one process; `view`: a case as the rules look at it
//! - [`judge`]: all rules, one file for each chapter of the book (`starting`, `key`, `pools`, `arguments`, `requests`,
//!   `responses`, `failures`, `cancellation`, `sandboxing`, `dynamic`, `shutdown`, `logs`), and what a case itself expects in
//!   `expected`

mod arguments;
mod cancellation;
mod dynamic;
mod exchange;
mod expected;
mod failures;
mod key;
mod logs;
mod observation;
mod pools;
mod requests;
mod responses;
mod sandboxing;
mod shutdown;
mod starting;
mod view;

pub use observation::{
    ActionSeen, Bounds, BuildSeen, Declared, EndSeen, Expectation, LogSeen, Observation, ProcessRule,
    StatusSeen, StatusWanted,
};

use crate::history::{Mode, Start};
use pwp_spec::{Feature, Features};

use super::finding::{Finding, Findings};
use super::session::{CaseDeclarations, DeclaredRequest, Oracle};
use requests::gave_up;
use view::{CaseView, spoilt};

/// Judges a case.
pub fn judge(seen: &Observation) -> Vec<Finding> {
    let mut view = CaseView::of(seen);
    let mut out = Findings::default();
    for session in 0..seen.sessions.len() {
        out.list.extend(judge_process(&view, session));
    }
    starting::judge(&view, &mut out);
    key::judge(&view, &mut out);
    pools::judge(&view, &mut out);
    arguments::judge(&view, &mut out);
    requests::judge(&view, &mut out);
    view.spoilt = spoilt(&view, &out);
    responses::judge(&view, &mut out);
    failures::judge(&view, &mut out);
    cancellation::judge(&view, &mut out);
    sandboxing::judge(&view, &mut out);
    pools::limits(&view, &mut out);
    failures::retries(&view, &mut out);
    cancellation::kept_files(&view, &mut out);
    dynamic::judge(&view, &mut out);
    shutdown::judge(&view, &mut out);
    logs::judge(&view, &mut out);
    expected::judge(&view, &mut out);
    out.list
}

fn judge_process(view: &CaseView<'_>, session: usize) -> Vec<Finding> {
    let process = &view.seen.sessions[session];
    let start = Start {
        argv: process.start.argv.clone(),
        dialect: view.exchanges[session].framing.into(),
        features: [].into(),
        mode: Mode::Worker,
        flag: None,
        one_shot: None,
        confined: false,
    };
    let mut oracle = Oracle::of_case(declared(view, session));
    oracle.begin(&start, session);
    let mut findings: Vec<Finding> = process.events.iter().flat_map(|timed| oracle.observe(timed)).collect();
    findings.extend(oracle.finish());
    findings
}

/// What the actions declare of the requests of a process.
fn declared(view: &CaseView<'_>, session: usize) -> CaseDeclarations {
    let exchange = &view.exchanges[session];
    let requests = exchange.requests.iter().map(|request| {
        let features = view.action(&request.name).map(|action| action.declared.features.clone());
        let declares = |features: &Features| features.contains(&Feature::MultiplexSandboxing);
        DeclaredRequest {
            name: request.name.clone(),
            is_sandboxed: view.seen.bounds.sandboxing && features.as_ref().is_some_and(declares),
            features,
            is_given_up: gave_up(view, request),
        }
    });
    CaseDeclarations {
        requests: requests.collect(),
        verbosity: view.seen.bounds.verbosity,
        is_torn: exchange.torn.is_some() && !exchange.requests.is_empty(),
    }
}
