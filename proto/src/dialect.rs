//! The two wire forms that are spoken over stdin and stdout.

use std::fmt;
use std::str::FromStr;

/// A wire form of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// Protobuf messages, each behind a varint that tells its length in bytes.
    Proto,
    /// JSON objects, one after the other, in UTF-8.
    Json,
}

impl Dialect {
    /// Both dialects, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Proto, Self::Json];

    /// The dialect's name on the command line and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is not a dialect's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect `{name}`; use `proto` or `json`")]
pub struct UnknownDialect {
    /// The name that was given.
    pub name: String,
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
            .ok_or_else(|| UnknownDialect { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        let error = "Json".parse::<Dialect>().unwrap_err();
        assert_eq!(error.to_string(), "unknown dialect `Json`; use `proto` or `json`");
    }
}
