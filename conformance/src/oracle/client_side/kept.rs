//! Files that have to stay while a process uses them: spec/src/client/cancellation.md, spec/src/client/sandboxing.md.

use super::observation::SessionEvent;
use super::picture::Picture;
use super::requests::gave_up;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    for (session, seen) in picture.seen.sessions.iter().enumerate() {
        for (place, (at, event)) in seen.events.iter().enumerate() {
            match event {
                SessionEvent::Opened { there: true, .. } => out.uphold(ids::TOOL_FILES),
                SessionEvent::Opened { path, there: false } => {
                    out.violate_in(session, &[place], ClientViolation::ToolGone { path: path.clone() });
                }
                SessionEvent::Kept { request, path, kept } => {
                    let asked = picture.talks[session].asked.get((*request as usize).wrapping_sub(1));
                    let Some(asked) = asked.filter(|asked| gave_up(picture, asked) && asked.ended() > *at)
                    else {
                        continue;
                    };
                    if *kept {
                        out.uphold(ids::STILL_OPEN);
                    } else {
                        let (action, path) = (asked.name.clone(), path.clone());
                        out.violate_in(session, &[place], ClientViolation::TakenWhileOpen { action, path });
                    }
                }
                _ => {}
            }
        }
    }
}
