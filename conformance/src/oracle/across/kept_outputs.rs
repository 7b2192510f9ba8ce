//! Files that have to stay while a process uses them: spec/src/client/cancellation.md, spec/src/client/sandboxing.md.

use crate::history::{Event, Timed};

use super::requests::gave_up;
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for (session, seen) in view.seen.sessions.iter().enumerate() {
        for (place, Timed { at, event }) in seen.events.iter().enumerate() {
            match event {
                Event::Opened { there: true, .. } => out.uphold(ids::TOOL_FILES),
                Event::Opened { path, there: false } => {
                    out.violate_in(session, &[place], ClientViolation::ToolGone { path: path.clone() });
                }
                Event::Kept { request, path, kept } => {
                    let asked = view.exchanges[session].requests.get((*request as usize).wrapping_sub(1));
                    let Some(asked) = asked.filter(|asked| gave_up(view, asked) && asked.ended() > *at)
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
