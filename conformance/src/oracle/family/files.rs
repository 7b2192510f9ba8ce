//! What the work leaves on disk: outputs complete before the response, nothing written after it.

use std::collections::HashMap;

use crate::history::FileState;
use crate::oracle::finding::Findings;
use crate::oracle::{Violation, ids};

/// Output files that are remembered until the end of the run.
const REMEMBERED: usize = 4096;

/// The output files of the answered requests, as they were when the response came.
#[derive(Debug, Default)]
pub(in crate::oracle) struct Files {
    at_response: HashMap<String, (FileState, usize)>,
    /// What counts at the end, if the answers were paired with the right requests.
    deferred: Vec<(Violation, Vec<usize>)>,
}

impl Files {
    pub(in crate::oracle) fn seen(
        &mut self,
        request: u64,
        path: &str,
        state: &FileState,
        at_end: bool,
        out: &mut Findings,
    ) {
        if at_end {
            self.at_end(path, state, out);
            return;
        }
        let found = match state {
            FileState::Good(_) => None,
            FileState::Missing => Some("missing".to_owned()),
            FileState::Different(_, content) => Some(format!("different: {content:?}")),
        };
        match found {
            None => out.uphold(ids::OUTPUTS),
            Some(found) => {
                let name = format!("#{request}");
                self.defer(Violation::OutputFile { name, path: path.to_owned(), found }, vec![out.event]);
            }
        }
        if self.at_response.len() < REMEMBERED || self.at_response.contains_key(path) {
            self.at_response.insert(path.to_owned(), (state.clone(), out.event));
        }
    }

    /// Two requests may write the same file; only the last response counts for it.
    fn at_end(&mut self, path: &str, state: &FileState, out: &mut Findings) {
        match self.at_response.get(path) {
            Some((before, _)) if before == state => out.uphold(ids::WRITES_LATER),
            Some((_, event)) => {
                let events = vec![*event, out.event];
                self.defer(Violation::WrittenLater { path: path.to_owned() }, events);
            }
            None => {}
        }
    }

    fn defer(&mut self, violation: Violation, events: Vec<usize>) {
        if self.deferred.len() < REMEMBERED {
            self.deferred.push((violation, events));
        }
    }

    /// `mispaired`: some answers were those of other requests, so files were looked at too early.
    pub(in crate::oracle) fn finish(&mut self, mispaired: bool, out: &mut Findings) {
        for (violation, events) in std::mem::take(&mut self.deferred) {
            if !mispaired {
                out.violate_by(violation, Vec::new(), events);
            }
        }
    }
}
