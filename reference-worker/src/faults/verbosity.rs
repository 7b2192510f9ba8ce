//! Faults of verbosity.

use super::kit::{OUTSIDE, edit, reject_requests, session};
use super::{Fault, VERBOSITY};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "reject-verbosity",
        "rejects a request whose verbosity is not 0",
        &["W-120"],
        session(|name| reject_requests(name, "a verbosity", |request| request.message.verbosity != 0)),
    )
    .may_also_break(&[
        ("W-121", "a verbose request writes nothing to standard error but the rejection"),
        ("W-122", "a verbose request has no result"),
    ]),
    Fault::new(
        "ignore-verbosity",
        "writes as much to standard error for a verbose request as for another",
        &["W-121"],
        OUTSIDE,
    )
    .with(VERBOSITY),
    Fault::new(
        "verbosity-fails",
        "answers a verbose request with exit code 1",
        &["W-122"],
        session(|_| {
            edit(|response, about| {
                if about.verbosity != 0 {
                    response.exit_code = 1;
                }
            })
        }),
    ),
];

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] = &[
        ("reject-verbosity", |d, _| each(d, &[verbose()]), rejected),
        ("verbosity-fails", |d, _| each(d, &[verbose()]), |o| o.responses[0].exit_code == 1),
    ];
}
