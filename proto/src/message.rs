//! The trait of the two messages that travel as frames.

use std::fmt::Debug;

use crate::fields::Reflect;
use crate::v1::{WorkRequest, WorkResponse};

/// A message that travels as a frame: [`WorkRequest`] or [`WorkResponse`]. Nothing else can implement it.
pub trait Message: Reflect + Sized + Default + PartialEq + Clone + Debug + Send + Sync + 'static {
    /// The message's name in the schema.
    const NAME: &'static str;
}

impl Message for WorkRequest {
    const NAME: &'static str = "WorkRequest";
}

impl Message for WorkResponse {
    const NAME: &'static str = "WorkResponse";
}
