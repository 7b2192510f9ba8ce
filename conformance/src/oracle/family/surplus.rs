//! Responses that answer no open request: what they may be instead.

use crate::oracle::client::{Cancel, CancelKind, Client, LastSent};
use crate::oracle::finding::Findings;
use crate::oracle::{Trait, WorkerViolation, ids};
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

/// Judges a response whose id is not open.
pub(super) fn judge(id: i32, client: &Client, out: &mut Findings) -> Taken {
    let last_answer = client.answered(id).map_or(0, |old| old.event);
    if let Some(cancel) = client.stray_cancel(id).filter(|cancel| cancel.event >= last_answer) {
        let violation = if client.declares(Feature::Cancellation) {
            WorkerViolation::CancelUnknownAnswered { id }
        } else {
            WorkerViolation::CancelUndeclaredAnswered { id }
        };
        let mut suspects = fields(cancel);
        suspects.push(ids::ECHO_ID);
        suspects.push(ids::SURPLUS);
        out.violate_at(violation, suspects, &[cancel.event]);
        return Taken::Cancel;
    }
    if let Some(old) = client.answered(id) {
        let mut events: Vec<usize> = old.cancels.iter().map(|cancel| cancel.event).collect();
        events.push(old.event);
        if let Some((violation, mut suspects)) = of_cancels(id, &old.cancels, client) {
            // A worker that answers twice anyway, or with other ids, does not do so for the cancel's sake.
            suspects.extend([ids::ECHO_ID, ids::SURPLUS]);
            out.violate_at(violation, suspects, &events);
            return Taken::Cancel;
        }
        let mut suspects = pieces(client);
        if client.open_count() > 0 && !suspects.contains(&ids::ECHO_ID) {
            // It may be the answer to one of those, under the id of another.
            suspects.push(ids::ECHO_ID);
        }
        out.violate_at(WorkerViolation::Surplus { id, answered: true }, suspects, &[old.event]);
        return Taken::Further;
    }
    if client.open_count() > 0 {
        out.violate(WorkerViolation::WrongId { got: id, open: client.open_ids() });
        return Taken::WrongId;
    }
    out.violate_at(WorkerViolation::Surplus { id, answered: false }, pieces(client), &[]);
    Taken::Further
}

fn of_cancels(id: i32, cancels: &[Cancel], client: &Client) -> Option<(WorkerViolation, Vec<RequirementId>)> {
    let last = cancels.last()?;
    let violation = if !client.declares(Feature::Cancellation) {
        WorkerViolation::CancelUndeclaredAnswered { id }
    } else if cancels.iter().any(|cancel| cancel.kind == CancelKind::Late) {
        WorkerViolation::CancelLateAnswered { id }
    } else if cancels.len() > 1 {
        WorkerViolation::CancelTwiceAnswered { id }
    } else {
        WorkerViolation::CancelAnswered { id }
    };
    Some((violation, fields(last)))
}

/// A worker that misreads pieces of a request takes one of them for a whole one.
fn pieces(client: &Client) -> Vec<RequirementId> {
    let pending = client.pending_traits();
    let last = match &client.last {
        Some(LastSent::Request { traits } | LastSent::Cancel { traits }) => traits.as_slice(),
        None => &[],
    };
    let mut suspects = Vec::new();
    if pending.contains(&Trait::Split) || last.contains(&Trait::Split) {
        suspects.push(ids::SPLIT);
    }
    suspects.extend(left_over(client));
    suspects
}

/// An answer to a cancel may have been taken for that of a request with the same id, and the real one is left over.
pub(super) fn left_over(client: &Client) -> Vec<RequirementId> {
    let mut suspects = client.cancels_seen();
    if !suspects.is_empty() {
        suspects.push(ids::ECHO_ID);
    }
    suspects
}

/// A cancel with other fields may have been run for their sake.
fn fields(cancel: &Cancel) -> Vec<RequirementId> {
    if cancel.with_fields { vec![ids::CANCEL_FIELDS] } else { Vec::new() }
}
