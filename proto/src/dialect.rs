//! The dialects of the protocol: two over stdin and stdout, and those that are carried over gRPC.

use std::fmt;
use std::str::FromStr;

use crate::Framing;

/// The form in which a client and a worker, or a client and a server, speak with each other.
///
/// The enum is exhaustive and matched without a wildcard, so that a new dialect is a compile error wherever it has to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Dialect {
    /// Bazel's protobuf frames over stdin and stdout.
    Proto,
    /// Bazel's JSON objects over stdin and stdout.
    Json,
    /// Buck2's gRPC services over a Unix socket.
    Grpc,
    /// Actions for workers over the Remote Execution API.
    Remote,
}

impl Dialect {
    /// Every dialect, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Proto, Self::Json, Self::Grpc, Self::Remote];

    /// How its messages follow one another in a stream of bytes; `None` where they are calls of their own.
    pub const fn framing(self) -> Option<Framing> {
        match self {
            Self::Proto => Some(Framing::Proto),
            Self::Json => Some(Framing::Json),
            Self::Grpc | Self::Remote => None,
        }
    }

    /// The name in the book, on the command line and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::Json => "json",
            Self::Grpc => "grpc",
            Self::Remote => "remote",
        }
    }
}

impl From<Framing> for Dialect {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Proto => Self::Proto,
            Framing::Json => Self::Json,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is not a dialect's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect {0:?}: write proto, json, grpc or remote")]
pub struct UnknownDialect(pub String);

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(s: &str) -> Result<Self, UnknownDialect> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == s)
            .ok_or_else(|| UnknownDialect(s.to_owned()))
    }
}
