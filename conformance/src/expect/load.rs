//! Reading expectations from a file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::files::{ReadError, read_text};
use crate::malformed;
use crate::report::{Symptom, Verdict, quoted};
use pwp_spec::{Feature, Features, RequirementId};

use super::model::{Entry, Expectations, SCHEMA_ID, Spans};

/// Largest expectations file that is read, in bytes.
const LIMIT: u64 = 8 << 20;

/// Why expectations can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ExpectError {
    /// The file can't be read.
    #[error(
        "can't read expectations {path}: {source}; give the path of a TOML file, or let --update-expectations make it"
    )]
    Read {
        /// The file that can't be read.
        path: PathBuf,
        /// The reason.
        source: ReadError,
    },
    /// The text is no TOML or does not have the form of expectations.
    #[error("{name} holds no expectations: {problem}; the form is described in schema/expectations/v1")]
    Form {
        /// The name of the file.
        name: String,
        /// The place and the mistake.
        problem: String,
    },
    /// The expectations contradict themselves.
    #[error("{name}: {problem}")]
    Meaning {
        /// The file, with the line where that helps.
        name: String,
        /// The contradiction, and what to do.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    #[serde(default)]
    expect: Vec<Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    requirement: Spanned<RequirementId>,
    verdict: Option<Spanned<Expected>>,
    reason: Spanned<String>,
    dialect: Option<Spanned<DialectName>>,
    features: Option<Spanned<Features>>,
    symptom: Option<Spanned<SymptomText>>,
    seen: Option<Spanned<Vec<Symptom>>>,
}

/// A verdict that can be expected.
#[derive(Deserialize)]
struct Expected(#[serde(with = "ExpectedVerdict")] Verdict);

/// The verdicts that can be expected.
#[derive(Deserialize)]
#[serde(remote = "Verdict", rename_all = "kebab-case")]
enum ExpectedVerdict {
    Fail,
    Warn,
    Flaky,
    NotExercised,
}

/// A dialect by its name.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct DialectName(pwp_proto::Framing);

impl TryFrom<String> for DialectName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map(Self).map_err(|_| format!("unknown dialect {name:?}: write proto or json"))
    }
}

/// A text that is not empty.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct SymptomText(String);

impl TryFrom<String> for SymptomText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_empty =
            "an empty symptom matches everything: leave it out, or write a part of the violation's summary";
        if text.is_empty() { Err(is_empty) } else { Ok(Self(text)) }
    }
}

/// Reads an expectations file of at most 8 MiB.
///
/// # Errors
/// Fails where the file can't be read or holds no valid expectations.
pub fn load(path: &Path) -> Result<Expectations, ExpectError> {
    let text =
        read_text(path, LIMIT).map_err(|source| ExpectError::Read { path: path.to_owned(), source })?;
    parse(&path.display().to_string(), &text)
}

/// Reads expectations from their text. `name` is for the errors.
///
/// # Errors
/// Fails where the text holds no valid expectations.
pub fn parse(name: &str, text: &str) -> Result<Expectations, ExpectError> {
    let file: File = toml::from_str(text).map_err(|error| ExpectError::Form {
        name: name.to_owned(),
        problem: malformed::toml(text, &error),
    })?;
    if file.schema != SCHEMA_ID {
        let schema = quoted(&file.schema, 60);
        let problem = format!("schema is {schema}; this version of pwp reads {SCHEMA_ID:?}");
        return Err(ExpectError::Meaning { name: name.to_owned(), problem });
    }
    let entries: Vec<Entry> = file.expect.into_iter().map(|written| entry(text, written)).collect();
    for (number, entry) in entries.iter().enumerate() {
        if let Some(first) = entries[..number].iter().find(|first| first.meets(entry)) {
            return Err(ExpectError::Meaning {
                name: format!("{name}:{}", entry.line),
                problem: format!(
                    "{} stands twice for the same run, here and in line {}; keep one, or say with dialect and features which runs each is about",
                    entry.requirement, first.line
                ),
            });
        }
    }
    Ok(Expectations { name: name.to_owned(), text: text.to_owned(), entries })
}

fn entry(text: &str, written: Spanned<Written>) -> Entry {
    let header = written.span();
    let written = written.into_inner();
    // The last value in the file may be any of them.
    let ends = [
        Some(written.requirement.span()),
        Some(written.reason.span()),
        span(written.verdict.as_ref()),
        span(written.dialect.as_ref()),
        span(written.features.as_ref()),
        span(written.symptom.as_ref()),
        span(written.seen.as_ref()),
    ];
    let end = ends.into_iter().flatten().map(|span| span.end).fold(header.end, usize::max);
    let spans = Spans {
        all: header.start..end,
        requirement: written.requirement.span(),
        verdict: span(written.verdict.as_ref()),
        seen: span(written.seen.as_ref()),
    };
    let mut features = written.features.map(Spanned::into_inner);
    if let Some(features) = features.as_mut().filter(|list| list.contains(&Feature::MultiplexSandboxing)) {
        // As on the command line: a sandbox for each request is about requests side by side.
        features.insert(Feature::Multiplex);
    }
    Entry {
        requirement: written.requirement.into_inner(),
        verdict: written.verdict.map(|verdict| verdict.into_inner().0),
        reason: written.reason.into_inner(),
        dialect: written.dialect.map(|name| name.into_inner().0),
        features,
        symptom: written.symptom.map(|symptom| symptom.into_inner().0),
        seen: written.seen.map(Spanned::into_inner).unwrap_or_default(),
        line: line(text, header.start),
        spans,
    }
}

fn span<T>(value: Option<&Spanned<T>>) -> Option<Range<usize>> {
    value.map(Spanned::span)
}

/// The line in which a byte stands, from 1.
fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}
