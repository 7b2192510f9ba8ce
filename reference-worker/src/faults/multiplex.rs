//! Faults of workers that take several requests at a time.

use std::{thread, time::Duration};

use pwp_proto::{Decoded, WorkRequest};

use super::kit::{Ids, OUTSIDE, end, reject_requests, session};
use super::{Fault, MULTIPLEX};
use crate::{
    Error,
    session::hooks::{Hooks, Verdict},
};

/// How long a busy worker is busy with each request at least, so that others come while it is.
const BUSY: Duration = Duration::from_millis(30);

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "reject-zero-id",
        "rejects request_id 0",
        &["W-070"],
        session(|name| reject_requests(name, "request_id 0", |request| request.message.request_id == 0)),
    )
    .with(MULTIPLEX),
    Fault::new(
        "reject-high-id",
        "rejects a request_id above 65535",
        &["W-071"],
        session(|name| {
            reject_requests(name, "a request_id above 65535", |request| request.message.request_id > 0xffff)
        }),
    )
    .with(MULTIPLEX),
    Fault::new(
        "reject-negative-id",
        "rejects a negative request_id",
        &["W-072"],
        session(|name| {
            reject_requests(name, "a negative request_id", |request| request.message.request_id < 0)
        }),
    )
    .with(MULTIPLEX),
    Fault::new(
        "reject-reused-id",
        "rejects a request_id, other than 0, that was used before",
        &["W-073"],
        session(|name| Box::new(RejectReusedId(name, Ids::default()))),
    )
    .with(MULTIPLEX),
    Fault::new("serial", "handles one request after the other", &["W-074"], OUTSIDE)
        .with(MULTIPLEX)
        .may_also_break(&[("W-086", "a cancel is read only when the work is done")]),
    Fault::new(
        "drop-when-busy",
        "takes 30 ms for each request, and forgets a request that comes while two others are open",
        &["W-075"],
        session(|_| Box::new(DropWhenBusy)),
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        (
            "W-013",
            "which request is forgotten differs from run to run, so requests that are not sent together can look right by chance",
        ),
        ("W-031", "a forgotten request is not answered"),
        (
            "W-074",
            "of the quick requests behind a slow one all but one are forgotten, and that one is not so quick",
        ),
    ]),
];

struct RejectReusedId(&'static str, Ids);

impl Hooks for RejectReusedId {
    fn request(&self, request: &Decoded<WorkRequest>, _open: usize) -> Result<Verdict, Error> {
        let id = request.message.request_id;
        if id == 0 || self.1.insert(id) {
            Ok(Verdict::Accept)
        } else {
            Err(end(self.0, "a request_id once more"))
        }
    }
}

struct DropWhenBusy;

impl Hooks for DropWhenBusy {
    fn request(&self, _request: &Decoded<WorkRequest>, open: usize) -> Result<Verdict, Error> {
        Ok(if open < 2 { Verdict::Accept } else { Verdict::Drop })
    }

    fn work(&self, _request: &WorkRequest) {
        thread::sleep(BUSY);
    }
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] = &[
        ("reject-zero-id", |d, _| each(d, &[id(1), id(0)]), rejected_second),
        ("reject-high-id", |d, _| each(d, &[id(65_535), id(65_536)]), rejected_second),
        ("reject-negative-id", |d, _| each(d, &[id(1), id(-1)]), rejected_second),
        ("reject-reused-id", |d, _| each(d, &[id(0), id(0), id(5), id(5)]), |o| o.responses.len() == 3),
    ];
}
