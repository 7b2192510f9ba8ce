//! Actions that run again because their worker has failed: spec/src/client/failures.md.

use super::observation::SessionEvent;
use super::picture::Picture;
use super::talk::Asked;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    for action in &picture.seen.actions {
        let name = &action.declared.name;
        // The first request of each process for this action: a second one to the same process is another matter.
        let mut had: Vec<(usize, &Asked)> = picture
            .talks
            .iter()
            .enumerate()
            .filter_map(|(session, talk)| {
                talk.asked.iter().find(|asked| asked.name == *name).map(|asked| (session, asked))
            })
            .collect();
        had.sort_by_key(|(_, asked)| asked.at);
        for pair in had.windows(2) {
            let [(before, first), (session, second)] = pair else { continue };
            let lives = lives_at(picture, *before, second.at);
            let found = left_for(picture, *session, second);
            if lives && first.ended() > second.at {
                let violation = ClientViolation::AgainTooEarly { action: name.clone() };
                out.violate_in(*session, &[second.event], violation);
            } else if let Some((event, outputs)) = found {
                let violation = ClientViolation::OutputsKept { action: name.clone(), outputs };
                out.violate_in(*session, &[event], violation);
            } else {
                out.uphold(ids::RETRIES);
            }
        }
    }
}

/// Whether a process is heard of after this moment.
fn lives_at(picture: &Picture<'_>, session: usize, moment: u64) -> bool {
    picture.seen.sessions[session].events.last().is_some_and(|(at, _)| *at > moment)
}

/// The outputs that were there when a process got this request.
fn left_for(picture: &Picture<'_>, session: usize, asked: &Asked) -> Option<(usize, Vec<String>)> {
    let number = picture.talks[session].asked.iter().position(|other| other.event == asked.event)? + 1;
    picture.seen.sessions[session].events.iter().enumerate().find_map(|(place, (_, event))| match event {
        SessionEvent::Found { request, outputs } if *request as usize == number => {
            Some((place, outputs.clone()))
        }
        _ => None,
    })
}
