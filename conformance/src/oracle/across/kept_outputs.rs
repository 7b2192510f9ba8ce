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
                // C-115: "The worker's own tool files stay where they were at its start for as long as the process
                // lives."
                Event::Opened { there: true, .. } => out.uphold(ids::TOOL_FILES),
                Event::Opened { path, there: false } => {
                    out.violate_in(session, &[place], ClientViolation::ToolGone { path: path.clone() });
                }
                Event::Kept { request, path, kept } => {
                    let request = view.exchanges[session].requests.get((*request as usize).wrapping_sub(1));
                    let Some(request) =
                        request.filter(|request| gave_up(view, request) && request.ended() > *at)
                    else {
                        continue;
                    };
                    // C-103: "After giving up a request a client neither reads, moves, deletes nor replaces a file in
                    // the request's directory before the response was read or the process has ended."
                    if *kept {
                        out.uphold(ids::STILL_OPEN);
                    } else {
                        let (action, path) = (request.name.clone(), path.clone());
                        out.violate_in(session, &[place], ClientViolation::TakenWhileOpen { action, path });
                    }
                }
                _ => {}
            }
        }
    }
}
