//! All rules, one after the other.

use crate::history::{Mode, Start};
use pwp_spec::{Feature, Features};

use crate::oracle::finding::{Finding, Findings};
use crate::oracle::session::{CaseDeclarations, DeclaredRequest, Oracle};

use super::observation::Observation;
use super::requests::gave_up;
use super::view::{CaseView, spoilt};
use super::{
    arguments, cancellation, dynamic, expected, failures, key, logs, pools, requests, responses, sandboxing,
    shutdown, starting,
};

/// What was found in some processes of a case, from which on the others are not judged by themselves: a client that floods its workers with
/// requests would only fill memory.
const FINDINGS: usize = 400_000;

/// Judges a case.
pub fn judge(seen: &Observation) -> Vec<Finding> {
    let mut view = CaseView::of(seen);
    let mut out = Findings::default();
    for session in 0..seen.sessions.len() {
        if out.list.len() < FINDINGS {
            out.list.extend(judge_process(&view, session));
        }
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
        verbosity: view.seen.bounds.verbosity.unwrap_or(0),
        is_torn: exchange.torn.is_some() && !exchange.requests.is_empty(),
    }
}
