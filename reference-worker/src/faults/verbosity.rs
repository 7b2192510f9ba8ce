//! Faults of verbosity.

use super::kit::{
    Hook::{Elsewhere, Session},
    edit, reject_requests,
};
use super::{Fault, VERBOSITY};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "reject-verbosity",
        "rejects a request whose verbosity is not 0",
        &["W-120"],
        Session(|name| reject_requests(name, "a verbosity", |request| request.message.verbosity != 0)),
    )
    .may_also_break(&[
        ("W-121", "a verbose request writes nothing to standard error but the rejection"),
        ("W-122", "a verbose request has no result"),
    ]),
    Fault::new(
        "ignore-verbosity",
        "writes as much to standard error for a verbose request as for another",
        &["W-121"],
        Elsewhere,
    )
    .with(VERBOSITY),
    Fault::new(
        "verbosity-fails",
        "answers a verbose request with exit code 1",
        &["W-122"],
        Session(|_| {
            edit(|response, about| {
                if about.verbosity != 0 {
                    response.exit_code = 1;
                }
            })
        }),
    ),
];
