//! The logs of workers: spec/src/client/logs.md.

use crate::history::Event;

use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    // Nothing: this client can't be asked.
    let Some(logs) = &view.seen.end.logs else { return };
    let sessions = &view.seen.sessions;
    let wrote = |session: usize| {
        view.events(session).filter_map(|(_, event)| match event {
            Event::Stderr(bytes) => Some(String::from_utf8_lossy(bytes).trim_end().to_owned()),
            _ => None,
        })
    };
    let all: Vec<(usize, String)> =
        (0..sessions.len()).flat_map(|session| wrote(session).map(move |text| (session, text))).collect();
    for (session, text) in &all {
        let is_alone = all.iter().all(|(other, same)| other == session || same != text);
        // A client need not keep the log of a process that ended by itself.
        let was_ended = sessions[*session].end().is_none_or(|end| !end.event.exits());
        if !is_alone || !was_ended || view.exchanges[*session].requests.is_empty() {
            continue;
        }
        let pid = sessions[*session].start.pid;
        let log = logs.iter().find(|log| log.text.contains(text.as_str()));
        let foreign = log.filter(|log| {
            all.iter().any(|(other, text)| other != session && log.text.contains(text.as_str()))
        });
        // C-141: "A client keeps the standard error of each worker process in a log of its own, for as long as the
        // worker lives, and tells the user where it is."
        let wrong = match log {
            None => Some(ClientViolation::NoLog { pid, text: text.clone() }),
            Some(_) => foreign.map(|log| ClientViolation::SharedLog { path: log.path.clone() }),
        };
        out.say(ids::OWN_LOG, *session, wrong);
    }
}
