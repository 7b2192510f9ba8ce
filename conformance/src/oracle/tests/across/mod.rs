//! Cases of several processes, written by hand, and what the judge says of their client.
//!
//! - `case`: a small language in which they are written; `live`: dialogues with one process, judged as a tap judges them

mod builds;
mod case;
mod limits;
mod live;
mod requests;
mod shutdown;

use crate::oracle::ids;
