//! A case as the rules look at it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::history::Event;

use super::exchange::{Exchange, Request};
use super::observation::{ActionSeen, BuildSeen, Observation};
use crate::oracle::finding::{Breach, Findings};

pub(super) struct CaseView<'a> {
    pub(super) seen: &'a Observation,
    pub(super) exchanges: Vec<Exchange>,
    /// Actions of which nothing can be expected, because their worker could not do what they declare: the client has
    /// asked it for something else, in another place, or in bytes that nobody can read. That is what is reported then.
    pub(super) spoilt: BTreeSet<String>,
}

impl<'a> CaseView<'a> {
    pub(super) fn of(seen: &'a Observation) -> Self {
        let exchanges = seen.sessions.iter().map(|process| Exchange::of(seen.dialect, process)).collect();
        Self { seen, exchanges, spoilt: BTreeSet::new() }
    }

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

    /// The actions of which something can be expected.
    pub(super) fn sound_actions(&self) -> impl Iterator<Item = &'a ActionSeen> {
        self.seen.actions.iter().filter(|action| !self.spoilt.contains(&action.declared.name))
    }

    pub(super) fn build(&self, action: &ActionSeen) -> Option<&'a BuildSeen> {
        self.seen.builds.get(action.declared.build)
    }

    /// The first request that each process got for an action, in the order of the processes.
    pub(super) fn first_requests(&self, name: &str) -> impl Iterator<Item = (usize, &Request)> {
        self.exchanges.iter().enumerate().filter_map(move |(session, exchange)| {
            let request = exchange.requests.iter().find(|request| request.name == name)?;
            Some((session, request))
        })
    }

    /// What a process saw, each event with its place.
    pub(super) fn events(&self, session: usize) -> impl Iterator<Item = (usize, &'a Event)> {
        self.seen.sessions[session].events.iter().map(|timed| &timed.event).enumerate()
    }

    pub(super) fn saw(&self, session: usize, is: impl Fn(&Event) -> bool) -> bool {
        self.events(session).any(|(_, event)| is(event))
    }

    /// Whether a process was asked to end before this moment.
    pub(super) fn was_asked_to_end(&self, session: usize, before: Duration) -> bool {
        let events = &self.seen.sessions[session].events;
        events.iter().any(|timed| timed.at < before && timed.event.asks_to_end())
    }

    /// The actions whose requests a session got.
    pub(super) fn actions_of(&self, session: usize) -> impl Iterator<Item = &'a ActionSeen> {
        self.exchanges[session].requests.iter().filter_map(|request| self.action(&request.name))
    }
}

/// Whether a path is this one, or ends with it. Clients have folders of their own to put in front.
pub(super) fn is_or_ends_with(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|folders| folders.is_empty() || folders.ends_with('/'))
}

/// The actions of sessions in which the client has kept the worker from its work.
pub(super) fn spoilt(view: &CaseView<'_>, out: &Findings) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let spoils = |breach: &Breach| breach.violation.spoils_the_work();
    for finding in out.list.iter().filter(|finding| finding.breach().is_some_and(spoils)) {
        let Some(session) = finding.session else { continue };
        names.extend(view.actions_of(session).map(|action| action.declared.name.clone()));
        if view.exchanges[session].requests.is_empty() {
            // Whose request it was to be can't be known.
            names.extend(view.seen.actions.iter().map(|action| action.declared.name.clone()));
        }
    }
    names
}
