//! Base-128 varints: the length before a frame, the tags and the integers in a message.

/// The longest varint: ten bytes of seven bits hold 64.
pub(crate) const MAX_LEN: usize = 10;

/// A varint and how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Varint {
    /// The value; bits beyond the 64th are dropped, as all protobuf readers do.
    pub(crate) value: u64,
    /// How many bytes it took.
    pub(crate) len: usize,
    /// More bytes than the value needs.
    pub(crate) overlong: bool,
    /// Bits beyond the 64th were set.
    pub(crate) overflow: bool,
}

/// Why there is no varint at the start of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoVarint {
    /// The bytes end before it does.
    Truncated,
    /// It goes on after its tenth byte.
    TooLong,
}

/// Reads the varint at the start of `bytes`.
pub(crate) fn read(bytes: &[u8]) -> Result<Varint, NoVarint> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().take(MAX_LEN).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Varint {
                value,
                len: index + 1,
                overlong: index > 0 && byte == 0,
                overflow: index == MAX_LEN - 1 && byte > 1,
            });
        }
    }
    Err(if bytes.len() < MAX_LEN { NoVarint::Truncated } else { NoVarint::TooLong })
}

/// Appends the shortest varint of `value`.
pub(crate) fn write(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends `value` with one byte more than it needs; valid for values below 2^63.
pub(crate) fn write_overlong(value: u64, out: &mut Vec<u8>) {
    write(value, out);
    if let Some(last) = out.last_mut() {
        *last |= 0x80;
    }
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_value(bytes: &[u8]) -> Option<(u64, usize, bool)> {
        read(bytes).ok().map(|varint| (varint.value, varint.len, varint.overlong))
    }

    #[test]
    fn boundaries_are_written_and_read() {
        for (value, len) in [(0, 1), (127, 1), (128, 2), (16383, 2), (16384, 3), (1 << 28, 5), (u64::MAX, 10)]
        {
            let mut bytes = Vec::new();
            write(value, &mut bytes);
            assert_eq!(bytes.len(), len, "{value}");
            assert_eq!(read_value(&bytes), Some((value, len, false)));
        }
    }

    #[test]
    fn unusual_forms_are_told_apart() {
        let mut bytes = Vec::new();
        write_overlong(300, &mut bytes);
        assert_eq!(read_value(&bytes), Some((300, 3, true)));
        assert_eq!(read(&[0x80; 9]), Err(NoVarint::Truncated));
        assert_eq!(read(&[0x80; 10]), Err(NoVarint::TooLong));
        let last = |byte| [&[0xff; 9][..], &[byte]].concat();
        assert!(!read(&last(0x01)).unwrap().overflow);
        assert!(read(&last(0x02)).unwrap().overflow);
    }
}
