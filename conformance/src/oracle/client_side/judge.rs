//! All rules, one after the other.

use std::collections::BTreeSet;

use super::finding::{ClientFinding, ClientVerdict, Findings};
use super::observation::{ActionSeen, Observation};
use super::talk::{Asked, Talk, talks};
use super::{
    arguments, cancellation, expected, failures, key, pools, requests, responses, sandboxing, shutdown,
    starting,
};

/// What the rules look at.
pub(super) struct Picture<'a> {
    pub(super) seen: &'a Observation,
    pub(super) talks: Vec<Talk>,
    /// Actions of which nothing can be expected, because their worker could not do what they declare: the client has
    /// asked it for something else, in another place, or in bytes that nobody can read. That is what is reported then.
    pub(super) spoilt: BTreeSet<String>,
}

impl<'a> Picture<'a> {
    /// The action with this name.
    pub(super) fn action(&self, name: &str) -> Option<&'a ActionSeen> {
        self.seen.actions.iter().find(|action| action.declared.name == name)
    }

    /// Each request of which the action is known, with its session.
    pub(super) fn requests(&self) -> impl Iterator<Item = (usize, &Asked, &'a ActionSeen)> {
        self.talks.iter().enumerate().flat_map(move |(session, talk)| {
            talk.asked.iter().filter_map(move |asked| Some((session, asked, self.action(&asked.name)?)))
        })
    }

    /// The actions whose requests a session got.
    pub(super) fn actions_of(&self, session: usize) -> impl Iterator<Item = &'a ActionSeen> {
        self.talks[session].asked.iter().filter_map(|asked| self.action(&asked.name))
    }
}

/// The actions of sessions in which the client has kept the worker from its work.
fn spoilt(picture: &Picture<'_>, out: &Findings) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for finding in &out.list {
        let (Some(session), ClientVerdict::Violated(breach)) = (finding.session, &finding.verdict) else {
            continue;
        };
        if !breach.violation.spoils_the_work() {
            continue;
        }
        names.extend(picture.actions_of(session).map(|action| action.declared.name.clone()));
        if picture.talks[session].asked.is_empty() {
            // Whose request it was to be can't be known.
            names.extend(picture.seen.actions.iter().map(|action| action.declared.name.clone()));
        }
    }
    names
}

/// Judges a case.
pub fn judge(seen: &Observation) -> Vec<ClientFinding> {
    let mut picture = Picture { seen, talks: talks(seen), spoilt: BTreeSet::new() };
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
    shutdown::judge(&picture, &mut out);
    expected::judge(&picture, &mut out);
    out.list
}
