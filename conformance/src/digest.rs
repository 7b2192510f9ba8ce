//! What stands in a file, found out without ever having all of it in memory: the file may be as large as a disk, or a device without end.

use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, ErrorKind, Read, Write};

use sha2::{Digest as _, Sha256};

/// Bytes that are looked at at once.
const PIECE: usize = 64 << 10;

/// Gives the first bytes of what is read, at most `limit`, to `take`, piece by piece. Ends early where `take` says so.
fn pieces(from: impl Read, limit: u64, mut take: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut from = from.take(limit);
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) if take(&piece[..count]) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The SHA-256 of the first bytes, at most `limit`, in hex.
pub(crate) fn sha256(from: impl Read, limit: u64) -> io::Result<String> {
    let mut digest = Sha256::new();
    pieces(from, limit, |piece| {
        digest.update(piece);
        true
    })?;
    Ok(hex::encode(digest.finalize()))
}

/// Copies the first bytes, at most `limit`; their SHA-256 in hex, and how many there were.
pub(crate) fn copy(from: impl Read, limit: u64, to: &mut impl Write) -> io::Result<(String, u64)> {
    let (mut digest, mut length, mut written) = (Sha256::new(), 0, Ok(()));
    pieces(from, limit, |piece| {
        digest.update(piece);
        length += piece.len() as u64;
        written = to.write_all(piece);
        written.is_ok()
    })?;
    written.map(|()| (hex::encode(digest.finalize()), length))
}

/// Whether exactly these bytes are read. No more than one piece behind them is looked at.
pub(crate) fn is(from: impl Read, wanted: &[u8]) -> io::Result<bool> {
    let mut rest = Some(wanted);
    pieces(from, u64::MAX, |piece| {
        rest = rest.and_then(|rest| rest.strip_prefix(piece));
        rest.is_some()
    })?;
    Ok(rest == Some(&[]))
}

/// What two runs compare of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Print {
    /// A hash of the content. It means something in this process only.
    pub(crate) hash: u64,
    /// The first bytes, for people.
    pub(crate) head: Vec<u8>,
    /// Whether the content is what was wanted, if something was.
    pub(crate) is_wanted: bool,
}

/// The print of the first bytes, at most `limit`, of which `shown` are kept.
pub(crate) fn print(from: impl Read, limit: u64, shown: usize, wanted: Option<&[u8]>) -> io::Result<Print> {
    let (mut hasher, mut head, mut rest, mut length) = (DefaultHasher::new(), Vec::new(), wanted, 0_u64);
    pieces(from, limit, |piece| {
        hasher.write(piece);
        length += piece.len() as u64;
        head.extend_from_slice(&piece[..piece.len().min(shown - head.len())]);
        rest = rest.and_then(|rest| rest.strip_prefix(piece));
        true
    })?;
    hasher.write_u64(length);
    let is_wanted = wanted.is_none() || rest == Some(&[]);
    Ok(Print { hash: hasher.finish(), head, is_wanted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_compared_however_long_it_is() {
        let long = vec![b'x'; 3 * PIECE + 1];
        assert!(is(long.as_slice(), &long).unwrap());
        assert!(!is(&long[1..], &long).unwrap() && !is(long.as_slice(), &long[1..]).unwrap());
        assert!(is([].as_slice(), &[]).unwrap() && !is(io::repeat(0), &[0]).unwrap());
        let one = print(long.as_slice(), u64::MAX, 5, Some(&long)).unwrap();
        assert_eq!((one.head.as_slice(), one.is_wanted), (b"xxxxx".as_slice(), true));
        let other = print(&long[1..], u64::MAX, 5, Some(&long)).unwrap();
        assert!(!other.is_wanted && other.hash != one.hash);
    }

    #[test]
    fn a_device_without_end_has_a_beginning() {
        let zeros = vec![0; 1000];
        assert_eq!(sha256(io::repeat(0), 1000).unwrap(), sha256(zeros.as_slice(), u64::MAX).unwrap());
        assert_eq!(
            sha256([].as_slice(), 1).unwrap(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let mut copied = Vec::new();
        assert_eq!(copy(io::repeat(0), 3, &mut copied).unwrap(), (sha256([0; 3].as_slice(), 3).unwrap(), 3));
        assert_eq!(copied, [0; 3]);
        assert_eq!(
            print(io::repeat(0), 1000, 2, None).unwrap(),
            print(zeros.as_slice(), 1000, 2, None).unwrap()
        );
    }
}
