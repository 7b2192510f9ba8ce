//! Histories written by hand, and what the judge says of them.

mod builds;
mod case;
mod limits;
mod live;
mod requests;
mod shutdown;

use super::ids;
