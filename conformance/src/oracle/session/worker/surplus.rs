//! Responses that answer no open request: what they may be instead.

use crate::oracle::finding::Findings;
use crate::oracle::session::calls::{Calls, Cancel};
use crate::oracle::{CallId, Trait, WorkerViolation, ids};
use pwp_spec::{Feature, RequirementId};

/// What a response with an id that is not open is taken for.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Taken {
    /// For the answer to an open request, with a wrong id.
    WrongId,
    /// For a further one.
    Further,
    /// For the answer to a cancel.
    Cancel,
}

/// Judges a response to no open call. `named`: the answered call that its id names.
pub(super) fn judge(id: i32, named: Option<CallId>, calls: &Calls, out: &mut Findings) -> Taken {
    let answered = named.and_then(|call| calls.answered(call));
    let last_answer = answered.map_or(0, |old| old.event);
    if let Some(cancel) = calls.stray_cancel(id).filter(|cancel| cancel.event >= last_answer) {
        let violation = if calls.declares(Feature::Cancellation) {
            WorkerViolation::CancelUnknownAnswered { id }
        } else {
            WorkerViolation::CancelUndeclaredAnswered { id }
        };
        out.violate_at(violation, suspects(cancel), &[cancel.event]);
        return Taken::Cancel;
    }
    if let Some(old) = answered {
        let mut events: Vec<usize> = old.cancels.iter().map(|cancel| cancel.event).collect();
        events.push(old.event);
        if let Some(last) = old.cancels.last() {
            let violation = of_cancels(id, &old.cancels, calls);
            out.violate_at(violation, suspects(last), &events);
            return Taken::Cancel;
        }
        let mut suspects = pieces(calls);
        if !calls.open.is_empty() && !suspects.contains(&ids::ECHO_ID) {
            // It may be the answer to one of those, under the id of another.
            suspects.push(ids::ECHO_ID);
        }
        out.violate_at(WorkerViolation::Surplus { id, answered: true }, suspects, &[old.event]);
        return Taken::Further;
    }
    if !calls.open.is_empty() {
        out.violate(WorkerViolation::WrongId { got: id, open: calls.open_ids() });
        return Taken::WrongId;
    }
    out.violate_at(WorkerViolation::Surplus { id, answered: false }, pieces(calls), &[]);
    Taken::Further
}

fn of_cancels(id: i32, cancels: &[Cancel], calls: &Calls) -> WorkerViolation {
    if !calls.declares(Feature::Cancellation) {
        WorkerViolation::CancelUndeclaredAnswered { id }
    } else if cancels.iter().any(|cancel| cancel.kind == Trait::CancelLate) {
        WorkerViolation::CancelLateAnswered { id }
    } else if cancels.len() > 1 {
        WorkerViolation::CancelTwiceAnswered { id }
    } else {
        WorkerViolation::CancelAnswered { id }
    }
}

/// A worker that misreads pieces of a request takes one of them for a whole one.
fn pieces(calls: &Calls) -> Vec<RequirementId> {
    let pending = calls.pending_traits();
    let last = calls.last.iter().flat_map(|last| &last.traits);
    let is_split = last.chain(&pending).any(|what| *what == Trait::Split);
    is_split.then_some(ids::SPLIT).into_iter().chain(left_over(calls)).collect()
}

/// An answer to a cancel may have been taken for that of a request with the same id, and the real one is left over.
pub(super) fn left_over(calls: &Calls) -> Vec<RequirementId> {
    let echo = (!calls.cancels_seen.is_empty()).then_some(ids::ECHO_ID);
    calls.cancels_seen.iter().copied().chain(echo).collect()
}

/// A cancel with other fields may have been run for their sake. A worker that answers twice anyway, or with other ids, does
/// not do so for the cancel's sake.
fn suspects(cancel: &Cancel) -> Vec<RequirementId> {
    let of_fields = cancel.with_fields.then_some(ids::CANCEL_FIELDS);
    of_fields.into_iter().chain([ids::ECHO_ID, ids::SURPLUS]).collect()
}
