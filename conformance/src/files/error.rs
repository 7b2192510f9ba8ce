//! Why a file was not read, and what could not be removed.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// What stands at a path where a regular file should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
pub enum Kind {
    /// A symbolic link, at the path itself or in place of a folder above it.
    #[strum(serialize = "a link")]
    Link,
    /// A directory.
    #[strum(serialize = "a folder")]
    Folder,
    /// A named pipe, or another one.
    #[strum(serialize = "a FIFO")]
    Fifo,
    /// A Unix socket.
    #[strum(serialize = "a socket")]
    Socket,
    /// A character or block device.
    #[strum(serialize = "a device")]
    Device,
    /// What this version of `pwp` has no word for.
    #[strum(serialize = "no file")]
    Other,
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No regular file stands there; nothing of what does was opened.
    #[error("it is {0} and not a regular file")]
    NotAFile(Kind),
    /// The file has more bytes than are read.
    #[error("it has more than {}", size(*.0))]
    TooLarge(u64),
    /// A pipe gave nothing, or had no end.
    #[error("nobody wrote it to its end within {0} seconds; put it into a file first")]
    Silent(u64),
    /// The system refuses it.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl ReadError {
    /// Whether nothing stands at the path at all.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::System(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
    }
}

/// A number of bytes in words: whole MiB where it is some.
fn size(bytes: u64) -> String {
    match bytes {
        1_048_576.. if bytes.is_multiple_of(1_048_576) => format!("{} MiB", bytes >> 20),
        _ => format!("{bytes} bytes"),
    }
}

/// One thing that could not be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// Where it stands now.
    pub path: PathBuf,
    /// The reason that the system gives.
    pub reason: String,
    /// What removes it, as words of a shell in front of the path.
    pub remedy: &'static str,
}

/// What could not be removed: it is still there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LeftBehind {
    /// The directory that was to be removed.
    pub root: PathBuf,
    /// Some of what is still there, at least one.
    pub stuck: Vec<Stuck>,
    /// There is more than that, or it took too long.
    pub more: bool,
}

impl fmt::Display for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = self.root.display();
        let Some(first) = self.stuck.first() else {
            return write!(f, "{root} could not be removed; remove it with `rm -rf {root}`");
        };
        let Stuck { path, reason, remedy } = first;
        let path = path.display();
        let others = match (self.stuck.len() - 1, self.more) {
            (0, false) => String::new(),
            (0, true) => " (and more)".into(),
            (count, more) => format!(" (and {count}{} more)", if more { " or" } else { "" }),
        };
        // A second command is only there where the first one has to come before it.
        let first = if *remedy == "rm -rf" { String::new() } else { format!("`{remedy} {path}` and ") };
        write!(f, "{path}{others} could not be removed: {reason}; remove it with {first}`rm -rf {root}`")
    }
}
