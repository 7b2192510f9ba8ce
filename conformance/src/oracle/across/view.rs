//! A case as the rules look at it.

use std::collections::BTreeSet;

use super::exchange::{Exchange, Request};
use super::observation::{ActionSeen, Observation};
use crate::oracle::ClientViolation;
use crate::oracle::finding::{Findings, Verdict};

/// What the rules look at.
pub(super) struct CaseView<'a> {
    pub(super) seen: &'a Observation,
    pub(super) exchanges: Vec<Exchange>,
    /// Actions of which nothing can be expected, because their worker could not do what they declare: the client has
    /// asked it for something else, in another place, or in bytes that nobody can read. That is what is reported then.
    pub(super) spoilt: BTreeSet<String>,
}

impl<'a> CaseView<'a> {
    /// Of a case of which nothing is spoilt yet.
    pub(super) fn of(seen: &'a Observation) -> Self {
        let exchanges = seen.sessions.iter().map(|process| Exchange::of(seen.dialect, process)).collect();
        Self { seen, exchanges, spoilt: BTreeSet::new() }
    }

    /// The action with this name.
    pub(super) fn action(&self, name: &str) -> Option<&'a ActionSeen> {
        self.seen.actions.iter().find(|action| action.declared.name == name)
    }

    /// Each request of which the action is known, with its session.
    pub(super) fn requests(&self) -> impl Iterator<Item = (usize, &Request, &'a ActionSeen)> {
        self.exchanges.iter().enumerate().flat_map(move |(session, exchange)| {
            exchange
                .requests
                .iter()
                .filter_map(move |request| Some((session, request, self.action(&request.name)?)))
        })
    }

    /// The actions whose requests a session got.
    pub(super) fn actions_of(&self, session: usize) -> impl Iterator<Item = &'a ActionSeen> {
        self.exchanges[session].requests.iter().filter_map(|request| self.action(&request.name))
    }
}

/// The actions of sessions in which the client has kept the worker from its work.
pub(super) fn spoilt(view: &CaseView<'_>, out: &Findings) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for finding in &out.list {
        let (Some(session), Verdict::Violated(breach)) = (finding.session, &finding.verdict) else {
            continue;
        };
        if !breach.violation.of_client().is_some_and(ClientViolation::spoils_the_work) {
            continue;
        }
        names.extend(view.actions_of(session).map(|action| action.declared.name.clone()));
        if view.exchanges[session].requests.is_empty() {
            // Whose request it was to be can't be known.
            names.extend(view.seen.actions.iter().map(|action| action.declared.name.clone()));
        }
    }
    names
}
