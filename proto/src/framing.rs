//! The two framings of messages on stdin and stdout.

use std::fmt;
use std::str::FromStr;

/// How messages follow one another in a stream of bytes.
///
/// Code about bytes takes a framing. Everything else takes a [`Dialect`](crate::Dialect), some of which have no stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Framing {
    /// Protobuf messages, each behind a varint that tells its length in bytes.
    Proto,
    /// JSON objects, one after the other, in UTF-8.
    Json,
}

impl Framing {
    /// Both framings, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Proto, Self::Json];

    /// The framing's name on the command line and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is not a framing's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect `{}`; use `proto` or `json`", .name.escape_debug())]
pub struct UnknownFraming {
    /// The name that was given.
    pub name: String,
}

impl FromStr for Framing {
    type Err = UnknownFraming;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|framing| framing.as_str() == name)
            .ok_or_else(|| UnknownFraming { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for framing in Framing::ALL {
            assert_eq!(framing.to_string().parse(), Ok(framing));
        }
        let error = "Json".parse::<Framing>().unwrap_err();
        assert_eq!(error.to_string(), "unknown dialect `Json`; use `proto` or `json`");
    }
}
