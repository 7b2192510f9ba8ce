//! The dialects that requirements name: the two that `pwp-proto` reads, and those that are carried over gRPC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A dialect, as the first line of a block names it.
///
/// More than [`pwp_proto::Dialect`]: a chapter about a dialect is written before the suite can speak it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

    /// Whether it is the dialect that a subject of the suite speaks.
    pub fn is(self, spoken: pwp_proto::Dialect) -> bool {
        self.as_str() == spoken.as_str()
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
