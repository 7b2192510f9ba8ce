//! Workers that are raced against another branch: spec/src/client/dynamic.md.

use std::collections::BTreeSet;

use pwp_spec::Feature;

use super::observation::{ActionSeen, SessionEvent, StatusSeen};
use super::picture::Picture;
use super::talk::Asked;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

/// How exactly the end of a build is known, in microseconds.
const NEAR: u64 = 100_000;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    for action in picture.seen.actions.iter().filter(|action| action.declared.raced) {
        let name = &action.declared.name;
        for (session, asked, _) in picture.requests().filter(|(_, asked, _)| asked.name == *name) {
            sandbox(picture, session, asked, action, out);
            if action.declared.features.contains(&Feature::Cancellation) {
                loser(picture, session, asked, action, out);
            }
        }
        if action.status == StatusSeen::Succeeded {
            branches(picture, action, out);
        }
    }
}

/// Where the request works is not where the outputs have their places.
fn sandbox(picture: &Picture<'_>, session: usize, asked: &Asked, action: &ActionSeen, out: &mut Findings) {
    let place = &action.declared.outputs_in;
    if place.is_empty() {
        return;
    }
    let cwd = std::path::Path::new(&picture.seen.sessions[session].start.cwd);
    let wrong = (cwd.join(&asked.request.sandbox_dir) == *place)
        .then(|| ClientViolation::RacedInPlace { action: action.declared.name.clone() });
    out.say(ids::RACE_SANDBOX, session, wrong);
}

/// All files are from one process, and so is what the user is told.
fn branches(picture: &Picture<'_>, action: &ActionSeen, out: &mut Findings) {
    let name = &action.declared.name;
    let Some(files) = picture.seen.end.signed.get(name).filter(|files| !files.is_empty()) else { return };
    let files: BTreeSet<u32> = files.iter().copied().collect();
    let messages = picture.seen.builds.get(action.declared.build).map_or("", |build| build.messages.as_str());
    let told: BTreeSet<u32> = (0..picture.talks.len())
        .filter(|session| said(picture, *session, name).any(|text| messages.contains(text)))
        .map(|session| session as u32 + 1)
        .collect();
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
fn said<'a>(picture: &'a Picture<'_>, session: usize, name: &'a str) -> impl Iterator<Item = &'a str> {
    let answered = picture.talks[session].asked.iter().filter(move |asked| asked.name == name);
    let outputs = answered.filter_map(|asked| Some(asked.answer.as_ref()?.response.output.as_str()));
    let printed = picture.seen.sessions[session].events.iter().filter_map(|(_, event)| match event {
        SessionEvent::Printed(text) => Some(text.as_str()),
        _ => None,
    });
    outputs.chain(printed).map(str::trim_end).filter(|text| !text.is_empty())
}

/// The worker of a branch that has lost is told so, and lives on.
fn loser(picture: &Picture<'_>, session: usize, asked: &Asked, action: &ActionSeen, out: &mut Findings) {
    let file = format!("{}.out", asked.name);
    let other_won = picture.seen.sessions.iter().enumerate().any(|(other, seen)| {
        let wrote = |(_, event): &(u64, SessionEvent)| matches!(event, SessionEvent::Wrote { path, .. } if path.ends_with(&file));
        let ended = seen.events.iter().find(|(_, event)| matches!(event, SessionEvent::Exiting(Some(0))));
        picture.talks[other].asked.is_empty()
            && seen.events.iter().any(wrote)
            && ended.is_some_and(|(at, _)| *at < asked.cancelled.unwrap_or_else(|| asked.ended()))
    });
    if !other_won || action.status != StatusSeen::Succeeded {
        return;
    }
    // At the end of all every worker is ended.
    let over = picture.seen.builds.last().map_or(0, |build| build.ended).saturating_sub(NEAR);
    let asked_to_end = picture.seen.sessions[session].events.iter().any(|(at, event)| {
        *at < asked.ended().min(over) && matches!(event, SessionEvent::Eof | SessionEvent::Signal(_))
    });
    let name = asked.name.clone();
    let wrong = match (asked.cancelled, asked_to_end) {
        (_, true) => Some(ClientViolation::LoserEnded { action: name }),
        (None, false) => Some(ClientViolation::LoserNotTold { action: name }),
        (Some(_), false) => None,
    };
    out.say(ids::LOSER, session, wrong);
}
