//! Workers that are raced against another branch: spec/src/client/dynamic.md.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::history::{Event, Timed};
use pwp_spec::Feature;

use super::exchange::Request;
use super::observation::{ActionSeen, StatusSeen};
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

/// How exactly the end of a build is known.
const NEAR: Duration = Duration::from_millis(100);

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for action in view.seen.actions.iter().filter(|action| action.declared.raced) {
        let name = &action.declared.name;
        for (session, request, _) in view.requests().filter(|(_, request, _)| request.name == *name) {
            sandbox(view, session, request, action, out);
            if action.declared.features.contains(&Feature::Cancellation)
                && action.status == StatusSeen::Succeeded
            {
                loser(view, session, request, out);
            }
        }
        if action.status == StatusSeen::Succeeded {
            branches(view, action, out);
        }
    }
}

/// Where the request works is not where the outputs have their places.
fn sandbox(view: &CaseView<'_>, session: usize, request: &Request, action: &ActionSeen, out: &mut Findings) {
    let place = &action.declared.outputs_in;
    if place.is_empty() {
        return;
    }
    let cwd = std::path::Path::new(&view.seen.sessions[session].start.cwd);
    // C-121: "A client that races a worker against another branch runs the request in a sandbox."
    let wrong = (cwd.join(&request.message.sandbox_dir) == *place)
        .then(|| ClientViolation::RacedInPlace { action: action.declared.name.clone() });
    out.say(ids::RACE_SANDBOX, session, wrong);
}

/// All files are from one process, and so is what the user is told.
fn branches(view: &CaseView<'_>, action: &ActionSeen, out: &mut Findings) {
    let name = &action.declared.name;
    let Some(files) = view.seen.end.signed.get(name).filter(|files| !files.is_empty()) else { return };
    let files: BTreeSet<u32> = files.iter().copied().collect();
    let messages = view.build(action).map_or("", |build| build.messages.as_str());
    let told: BTreeSet<u32> = (0..view.exchanges.len())
        .filter(|session| said(view, *session, name).any(|text| messages.contains(text)))
        .map(|session| session as u32 + 1)
        .collect();
    // C-120: "A client that races a worker against another branch takes the result of exactly one branch: its exit
    // code, its output and all of its output files."
    if files.len() == 1 && (told.is_empty() || told == files) {
        out.uphold(ids::ONE_BRANCH);
        return;
    }
    let list = |numbers: &BTreeSet<u32>| {
        numbers.iter().map(|number| format!("process {number}")).collect::<Vec<_>>().join(", ")
    };
    let (files, told) = (list(&files), list(&told));
    out.violate(ClientViolation::MixedBranches { action: name.clone(), files, told });
}

/// What a process has to say to the user about an action.
fn said<'a>(view: &'a CaseView<'_>, session: usize, name: &'a str) -> impl Iterator<Item = &'a str> {
    let answered = view.exchanges[session].requests.iter().filter(move |request| request.name == name);
    let outputs = answered.filter_map(|request| Some(request.answer.as_ref()?.message.output.as_str()));
    let printed = view.events(session).filter_map(|(_, event)| match event {
        Event::Printed(text) => Some(text.as_str()),
        _ => None,
    });
    outputs.chain(printed).map(str::trim_end).filter(|text| !text.is_empty())
}

/// The worker of a branch that has lost is told so, and lives on.
fn loser(view: &CaseView<'_>, session: usize, request: &Request, out: &mut Findings) {
    let file = format!("{}.out", request.name);
    let wrote = |event: &Event| matches!(event, Event::Wrote { path, .. } if path.ends_with(&file));
    let told = request.cancelled.unwrap_or_else(|| request.ended());
    let other_won = view.seen.sessions.iter().enumerate().any(|(other, seen)| {
        let is_done = |timed: &&Timed| matches!(timed.event, Event::Exiting { status: Some(0), .. });
        view.exchanges[other].requests.is_empty()
            && view.saw(other, wrote)
            && seen.events.iter().find(is_done).is_some_and(|timed| timed.at < told)
    });
    if !other_won {
        return;
    }
    // At the end of all every worker is ended.
    let over = view.seen.builds.last().map_or(Duration::ZERO, |build| build.ended).saturating_sub(NEAR);
    let asked_to_end = view.was_asked_to_end(session, request.ended().min(over));
    let name = request.name.clone();
    // C-122: "When the worker's branch has lost, a client sends a cancel request if the action declares
    // `cancellation`, and does not end the worker."
    let wrong = match (request.cancelled, asked_to_end) {
        (_, true) => Some(ClientViolation::LoserEnded { action: name }),
        (None, false) => Some(ClientViolation::LoserNotTold { action: name }),
        (Some(_), false) => None,
    };
    out.say(ids::LOSER, session, wrong);
}
