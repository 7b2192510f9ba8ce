//! Frames: where a message begins and ends in a stream of bytes.
//!
//! In the dialect `proto` a frame is a varint, which tells the length of the body in bytes, and the body. In the dialect
//! `json` a frame is one JSON object; white space between objects is of no account.
//!
//! [`FrameReader`] is incremental: it takes bytes as they arrive and gives each frame as soon as its last byte is there.

mod cut;
mod error;
mod json;
mod proto;
mod reader;

pub use error::FrameError;
pub use proto::{length_prefix, write_proto, write_proto_overlong};
pub use reader::{Frame, FrameReader};
