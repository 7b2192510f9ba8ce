//! The logs of workers: spec/src/client/logs.md.

use super::observation::SessionEvent;
use super::picture::Picture;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    // Nothing: this client can't be asked.
    let Some(logs) = &picture.seen.end.logs else { return };
    let sessions = &picture.seen.sessions;
    let wrote = |session: usize| {
        sessions[session].events.iter().filter_map(|(_, event)| match event {
            SessionEvent::Logged(text) => Some(text.trim_end()),
            _ => None,
        })
    };
    let all: Vec<(usize, &str)> =
        (0..sessions.len()).flat_map(|session| wrote(session).map(move |text| (session, text))).collect();
    for (session, text) in &all {
        let is_alone = all.iter().all(|(other, same)| other == session || same != text);
        if !is_alone || !was_ended(picture, *session) || picture.talks[*session].asked.is_empty() {
            continue;
        }
        let pid = sessions[*session].start.pid;
        let log = logs.iter().find(|log| log.text.contains(text));
        let foreign =
            log.filter(|log| all.iter().any(|(other, text)| other != session && log.text.contains(text)));
        let wrong = match (log, foreign) {
            (None, _) => Some(ClientViolation::NoLog { pid, text: (*text).to_owned() }),
            (Some(_), Some(log)) => Some(ClientViolation::SharedLog { path: log.path.clone() }),
            (Some(_), None) => None,
        };
        out.say(ids::OWN_LOG, *session, wrong);
    }
}

/// Whether a process lived until the client ended it: a client need not keep the log of another one.
fn was_ended(picture: &Picture<'_>, session: usize) -> bool {
    let end = picture.seen.sessions[session].events.iter().find(|(_, event)| {
        matches!(event, SessionEvent::Eof | SessionEvent::Signal(_) | SessionEvent::Exiting(_))
    });
    end.is_none_or(|(_, event)| !matches!(event, SessionEvent::Exiting(_)))
}
