//! Names that become names of files: scripts, cases, marks. They come from files that anybody may have written.

use std::fmt::{self, Display};
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::text::quoted;

/// The most characters of such a name. With what is put before and behind it, it stays below the 255 bytes of a name on Linux.
const LONGEST: usize = 150;

/// A name that is a name of a file wherever it is used as one: letters of ASCII, digits, `.`, `-` and `_`, at most 150, the first of them a
/// letter or a digit. So it names nothing outside of the folder that it stands in, no hidden file, and no option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct FileName(String);

/// A name that can't be that of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is no name, since it becomes the name of a file: write a letter or digit, then letters, digits, `.`, `-` and `_`, at most {longest} in all",
    longest = LONGEST
)]
pub struct NoFileName(String);

impl FileName {
    /// The name `text`, with `-` in place of what a name can't have, and cut where it is too long.
    pub fn made_of(text: &str) -> Self {
        let fits = |c: char| if is_part(c) { c } else { '-' };
        let name: String =
            text.chars().skip_while(|c| !c.is_ascii_alphanumeric()).map(fits).take(LONGEST).collect();
        Self(if name.is_empty() { "unnamed".into() } else { name })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

impl TryFrom<String> for FileName {
    type Error = NoFileName;

    fn try_from(name: String) -> Result<Self, NoFileName> {
        let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.len() <= LONGEST
            && name.chars().all(is_part);
        if is_name { Ok(Self(name)) } else { Err(NoFileName(quoted(&name, 60))) }
    }
}

impl std::str::FromStr for FileName {
    type Err = NoFileName;

    fn from_str(name: &str) -> Result<Self, NoFileName> {
        Self::try_from(name.to_owned())
    }
}

impl Deref for FileName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<std::path::Path> for FileName {
    fn as_ref(&self) -> &std::path::Path {
        self.0.as_ref()
    }
}

impl Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl PartialEq<str> for FileName {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for FileName {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        let long = "x".repeat(LONGEST + 1);
        for name in
            ["", ".", "..", "../a", "a/b", "/a", "a\0", "a\n", "-a", ".a", "ä", "a b", "a\\b", "a:b", &long]
        {
            let error = name.parse::<FileName>().unwrap_err().to_string();
            assert!(
                error.contains("letters, digits") && error.len() < 400 && !error.contains('\n'),
                "{error}"
            );
            let made = FileName::made_of(name);
            assert_eq!(made.parse::<FileName>().as_ref(), Ok(&made), "{name:?}");
        }
        for name in ["a", "W-031", "first-answers", "1.2_x", &long[1..]] {
            assert_eq!(name.parse::<FileName>().unwrap(), name);
            assert_eq!(FileName::made_of(name), name);
        }
        assert_eq!(FileName::made_of("../../etc/pass wd"), "etc-pass-wd");
    }
}
