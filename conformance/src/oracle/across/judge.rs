//! All rules, one after the other.

use crate::history::{Mode, Start};
use crate::oracle::finding::{Finding, Findings};
use crate::oracle::session::Oracle;

use super::declared::CaseDeclarations;
use super::observation::Observation;
use super::view::{CaseView, spoilt};
use super::{
    arguments, cancellation, dynamic, expected, failures, kept_outputs, key, limits, logs, pools, requests,
    responses, retries, sandboxing, shutdown, starting,
};

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
    limits::judge(&view, &mut out);
    retries::judge(&view, &mut out);
    kept_outputs::judge(&view, &mut out);
    dynamic::judge(&view, &mut out);
    shutdown::judge(&view, &mut out);
    logs::judge(&view, &mut out);
    expected::judge(&view, &mut out);
    out.list
}

/// What one process shows by itself.
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
    let mut oracle = Oracle::of_client(Box::new(CaseDeclarations::of(view, session)));
    oracle.begin(&start, session);
    let mut findings: Vec<Finding> = process.events.iter().flat_map(|timed| oracle.observe(timed)).collect();
    findings.extend(oracle.finish());
    findings
}
