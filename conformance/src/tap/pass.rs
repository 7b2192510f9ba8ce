//! One direction: bytes go on unchanged, and so do the end of the stream and the refusal to read any more.

use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, retry_on_intr};

/// Bytes of one read: what a pipe holds.
const READ: usize = 64 * 1024;

/// How a direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// The sender has closed its end.
    End,
    /// The receiver has closed its end; of what was read, `unsent` bytes did not go out.
    Refused { unsent: usize },
    /// `over` was closed, and all that had been written by then has gone on.
    Over,
}

/// Passes bytes on until one of the ends is closed. `tell` hears of them before they go on, so that no answer is heard
/// before its request.
///
/// Nothing is read while the receiver takes nothing: the sender feels its back pressure.
pub(super) fn pass(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    over: Option<BorrowedFd<'_>>,
    mut tell: impl FnMut(&[u8]),
) -> Result<Passed, Errno> {
    let mut buffer = vec![0; READ];
    loop {
        // Without any event asked for, the receiver's end shows when nobody reads from it any more.
        let mut ends = vec![PollFd::from_borrowed_fd(from, PollFlags::IN)];
        ends.push(PollFd::from_borrowed_fd(to, PollFlags::empty()));
        ends.extend(over.map(|over| PollFd::from_borrowed_fd(over, PollFlags::IN)));
        wait(&mut ends)?;
        let readable = !ends[0].revents().is_empty();
        if ends[1].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            return Ok(Passed::Refused { unsent: 0 });
        }
        if !readable {
            if ends.get(2).is_some_and(|over| !over.revents().is_empty()) {
                return Ok(Passed::Over);
            }
            continue;
        }
        let count = match rustix::io::read(from, buffer.as_mut_slice()) {
            Ok(0) => return Ok(Passed::End),
            Ok(count) => count,
            Err(Errno::INTR | Errno::AGAIN) => continue,
            // A socket whose other end is gone with bytes unread.
            Err(Errno::CONNRESET) => return Ok(Passed::End),
            Err(error) => return Err(error),
        };
        tell(&buffer[..count]);
        let unsent = write_all(to, &buffer[..count])?;
        if unsent > 0 {
            return Ok(Passed::Refused { unsent });
        }
    }
}

/// Writes all; the number of bytes that nobody wants any more.
fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<usize, Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(&mut [PollFd::from_borrowed_fd(to, PollFlags::OUT)])?,
            Err(Errno::PIPE | Errno::CONNRESET) => return Ok(bytes.len()),
            Err(error) => return Err(error),
        }
    }
    Ok(0)
}

fn wait(ends: &mut [PollFd<'_>]) -> Result<(), Errno> {
    retry_on_intr(|| poll(ends, None)).map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _, pipe};
    use std::os::fd::AsFd as _;

    use super::*;

    #[test]
    fn bytes_go_on_and_are_told_first() {
        let (from, mut client) = pipe().unwrap();
        let (mut worker, to) = pipe().unwrap();
        client.write_all(b"any bytes \xff\0").unwrap();
        drop(client);
        let mut told = Vec::new();
        assert_eq!(
            pass(from.as_fd(), to.as_fd(), None, |bytes| told.extend_from_slice(bytes)).unwrap(),
            Passed::End
        );
        drop(to);
        let mut got = Vec::new();
        worker.read_to_end(&mut got).unwrap();
        assert_eq!((told, got), (b"any bytes \xff\0".to_vec(), b"any bytes \xff\0".to_vec()));
    }

    #[test]
    fn a_receiver_that_is_gone_is_noticed_before_anything_is_sent() {
        let (from, _client) = pipe().unwrap();
        let (worker, to) = pipe().unwrap();
        drop(worker);
        let passed = pass(from.as_fd(), to.as_fd(), None, |_| panic!("nothing came")).unwrap();
        assert_eq!(passed, Passed::Refused { unsent: 0 });
    }

    #[test]
    fn when_it_is_over_the_rest_goes_on_first() {
        let (from, mut sender) = pipe().unwrap();
        let (mut receiver, to) = pipe().unwrap();
        let (over, end) = pipe().unwrap();
        sender.write_all(b"rest").unwrap();
        drop(end);
        let passed = pass(from.as_fd(), to.as_fd(), Some(over.as_fd()), |_| {}).unwrap();
        assert_eq!(passed, Passed::Over);
        let mut got = [0; 4];
        receiver.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"rest");
        drop(sender);
    }
}
