//! Frames of the dialect `proto`: varint length, then body.

use super::FrameError;
use super::cut::Cut;
use crate::varint::{self, NoVarint};

/// The largest body that protobuf allows, in bytes.
const MAX_BODY: u64 = i32::MAX as u64;

/// The length at the start of `bytes`; `None` if more bytes are needed to know it.
pub(super) fn length(bytes: &[u8], limit: usize, offset: u64) -> Result<Option<(u64, Cut)>, FrameError> {
    let prefix = match varint::read(bytes) {
        Ok(prefix) => prefix,
        Err(NoVarint::Truncated) => return Ok(None),
        Err(NoVarint::TooLong) => return Err(FrameError::LengthMalformed { offset }),
    };
    if prefix.overflow {
        return Err(FrameError::LengthMalformed { offset });
    }
    let limit = MAX_BODY.min(limit as u64);
    if prefix.value > limit {
        return Err(FrameError::LengthTooLarge { offset, declared: prefix.value, limit });
    }
    let cut = Cut { prefix: prefix.len, body: prefix.value as usize, overlong: prefix.overlong };
    Ok(Some((prefix.value, cut)))
}

/// The first frame in `bytes`; `None` if it is not complete.
pub(super) fn cut(bytes: &[u8], limit: usize, offset: u64) -> Result<Option<Cut>, FrameError> {
    let cut = length(bytes, limit, offset)?;
    Ok(cut.map(|(_, cut)| cut).filter(|cut| bytes.len() - cut.prefix >= cut.body))
}

/// What the end of the stream means when `bytes` is all that is left.
pub(super) fn eof(bytes: &[u8], limit: usize, offset: u64) -> Result<(), FrameError> {
    if bytes.is_empty() {
        return Ok(());
    }
    Err(match length(bytes, limit, offset)? {
        None => FrameError::EofInLength { offset },
        Some((declared, cut)) => {
            FrameError::EofInBody { offset, declared, got: (bytes.len() - cut.prefix) as u64 }
        }
    })
}

/// What stands before a body of this length: the shortest varint of it.
pub fn length_prefix(length: usize) -> Vec<u8> {
    let mut prefix = Vec::new();
    varint::write(length as u64, &mut prefix);
    prefix
}

/// Appends one frame: the shortest varint of the body's length, then the body.
pub fn write_proto(body: &[u8], out: &mut Vec<u8>) {
    varint::write(body.len() as u64, out);
    out.extend_from_slice(body);
}

/// Appends one frame whose length has one byte more than it needs, which every protobuf reader accepts.
pub fn write_proto_overlong(body: &[u8], out: &mut Vec<u8>) {
    varint::write_overlong(body.len() as u64, out);
    out.extend_from_slice(body);
}
