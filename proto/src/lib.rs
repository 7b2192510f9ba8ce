//! Messages, framings and the JSON mapping of the persistent worker protocol, without any io.
//!
//! | module | what it does |
//! |---|---|
//! | [`v1`] | [`WorkRequest`], [`WorkResponse`] and [`Input`], generated from `pwp/worker/v1/worker.proto` |
//! | [`frame`] | cuts a stream of bytes into frames, in both framings, however it arrives |
//! | [`decode`](mod@decode) | reads one frame body and notes everything in it that is tolerated but off |
//! | [`wire`] | looks at the fields of a protobuf message, with their offsets |
//! | [`encode_with`](mod@encode_with) | writes whole frames: the canonical form, or an unusual one that is just as valid |
//! | `fault` | what a deliberate misbehaviour of a reference implementation is, with the feature `faults` |
//!
//! Nothing here allocates because a peer declared a length: memory is bounded by the bytes that arrived, and those of one message by
//! [`MAX_MESSAGE`].
//!
//! ```
//! use pwp_proto::{Framing, WorkRequest, decode, encode, frame::FrameReader};
//!
//! let request = WorkRequest { arguments: vec!["--help".into()], request_id: 7, ..Default::default() };
//! let bytes = encode(Framing::Json, &request);
//! assert_eq!(bytes, b"{\"arguments\":[\"--help\"],\"requestId\":7}\n");
//!
//! let mut reader = FrameReader::new(Framing::Json, 1 << 20);
//! reader.push(&bytes);
//! let frame = reader.next_frame()?.expect("the object is complete");
//! let decoded = decode::<WorkRequest>(Framing::Json, &frame.body)?;
//! assert_eq!(decoded.message, request);
//! assert!(decoded.notes.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod decode;
mod dialect;
pub mod encode_with;
#[cfg(feature = "faults")]
pub mod fault;
mod fields;
pub mod frame;
mod framing;
mod message;
pub mod v1;
mod varint;
pub mod wire;

pub use decode::{DecodeError, Decoded, Note, NoteKind, decode};
pub use dialect::{Dialect, UnknownDialect};
pub use encode_with::{EncodeOptions, encode, encode_with};
pub use frame::{Frame, FrameError, FrameReader};
pub use framing::{Framing, UnknownFraming};
pub use message::Message;
pub use v1::{Input, WorkRequest, WorkResponse};

/// How deep arrays, objects and groups may be nested; the same number as in protobuf's own readers.
pub const MAX_DEPTH: usize = 100;

/// The largest message, in bytes: the body of a frame, or one JSON object. All readers of pwp share this limit.
///
/// The standard asks every reader to take 5 MiB (W-011, C-065) and every worker to write no more than this (W-038). It is three times what
/// has to be read, and small enough that a reader can hold a message as bytes and as values at once and stay far below 100 MiB.
pub const MAX_MESSAGE: usize = 16 << 20;

/// How many arguments and inputs one request may have together. A message that is all empty strings would otherwise take 25 times its
/// length in memory. An input of a real client has a path and a digest, so [`MAX_MESSAGE`] bytes hold about half as many.
pub const MAX_ELEMENTS: usize = 1 << 18;
