//! All rules, one after the other.

use super::observation::Observation;
use super::picture::{Picture, spoilt};
use super::{
    again, arguments, cancellation, dynamic, expected, failures, kept, key, limits, logs, pools, requests,
    responses, sandboxing, shutdown, starting,
};
use crate::oracle::Finding;
use crate::oracle::finding::Findings;

/// Judges a case.
pub fn judge(seen: &Observation) -> Vec<Finding> {
    let mut picture = Picture::of(seen);
    let mut out = Findings::default();
    starting::judge(&picture, &mut out);
    key::judge(&picture, &mut out);
    pools::judge(&picture, &mut out);
    arguments::judge(&picture, &mut out);
    requests::judge(&picture, &mut out);
    picture.spoilt = spoilt(&picture, &out);
    responses::judge(&picture, &mut out);
    failures::judge(&picture, &mut out);
    cancellation::judge(&picture, &mut out);
    sandboxing::judge(&picture, &mut out);
    limits::judge(&picture, &mut out);
    again::judge(&picture, &mut out);
    kept::judge(&picture, &mut out);
    dynamic::judge(&picture, &mut out);
    shutdown::judge(&picture, &mut out);
    logs::judge(&picture, &mut out);
    expected::judge(&picture, &mut out);
    out.list
}
