//! The permanent name of a requirement: a role and a number, written `W-031`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Whom a requirement binds. The order is the order of the book.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownRole, parse_err_fn = unknown_role)]
pub enum Role {
    /// The long-lived tool process that answers work requests, `W`.
    Worker,
    /// Whatever starts workers and sends them requests, `C`.
    Client,
    /// A Remote Execution API server that runs actions on workers, `S`.
    Server,
    /// A build tool that sends actions to such a server, `R`.
    RemoteClient,
}

impl Role {
    /// The roles, in the order of the book.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The letter that an ID begins with.
    pub const fn letter(self) -> char {
        match self {
            Self::Worker => 'W',
            Self::Client => 'C',
            Self::Server => 'S',
            Self::RemoteClient => 'R',
        }
    }

    /// The name as it is written on the command line: `worker`, `client`, `server`, `remote-client`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A role that the standard does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}: write worker, client, server or remote-client")]
pub struct UnknownRole(pub String);

fn unknown_role(name: &str) -> UnknownRole {
    UnknownRole(name.to_owned())
}

/// The permanent ID of one requirement, `W-031`. It is allocated once, never reused, and says nothing about where in
/// the book the requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId {
    role: Role,
    number: u16,
}

impl RequirementId {
    /// The ID with this role and number. Numbers start at 1; 0 is never allocated.
    pub const fn new(role: Role, number: u16) -> Self {
        Self { role, number }
    }

    /// The ID `W-n`, of a requirement on workers.
    pub const fn worker(number: u16) -> Self {
        Self::new(Role::Worker, number)
    }

    /// The ID `C-n`, of a requirement on clients.
    pub const fn client(number: u16) -> Self {
        Self::new(Role::Client, number)
    }

    /// The role that the requirement binds.
    pub const fn role(self) -> Role {
        self.role
    }

    /// The number behind the letter.
    pub const fn number(self) -> u16 {
        self.number
    }

    /// Parses the one written form, `W-031`: what files hold, as opposed to what people type.
    pub fn parse_canonical(s: &str) -> Result<Self, RequirementIdError> {
        let id: Self = s.parse()?;
        if id.to_string() == s {
            Ok(id)
        } else {
            let remedy = format!("is not how the ID is written: write {id}");
            Err(RequirementIdError { found: s.to_owned(), remedy })
        }
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{:03}", self.role.letter(), self.number))
    }
}

/// Why a text is no requirement ID, and how to write one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} {remedy}")]
pub struct RequirementIdError {
    found: String,
    remedy: String,
}

impl FromStr for RequirementId {
    type Err = RequirementIdError;

    /// Forgives what a person types: lower case and missing zeros (`w-31`). Files go through
    /// [`RequirementId::parse_canonical`].
    fn from_str(s: &str) -> Result<Self, RequirementIdError> {
        let wrong = |remedy: &str| RequirementIdError { found: s.to_owned(), remedy: remedy.to_owned() };
        let form = || wrong("is not a requirement ID: write a letter, a dash and a number, such as W-031");
        let (letter, digits) = s.split_once('-').ok_or_else(form)?;
        let mut letters = letter.chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else { return Err(form()) };
        if !letter.is_ascii_alphabetic() || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(form());
        }
        let role = Role::ALL.iter().find(|role| role.letter() == letter.to_ascii_uppercase());
        let role = *role.ok_or_else(|| {
            wrong("begins with no known role: write W (worker), C (client), S (server) or R (remote client)")
        })?;
        match digits.parse() {
            Ok(number) if number > 0 => Ok(Self::new(role, number)),
            _ => Err(wrong("has a number that is never allocated: write one from 1 to 65535")),
        }
    }
}

impl Serialize for RequirementId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequirementId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_canonical(&text).map_err(serde::de::Error::custom)
    }
}
