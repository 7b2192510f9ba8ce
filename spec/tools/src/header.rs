//! The first line of a block: `**W-031** · MUST · proto, json · with multiplex · workload · since 1.0 · draft`.

use std::fmt::Display;
use std::str::FromStr;

use super::Problem;
use pwp_spec::{
    Chapter, Dialect, FeatureCondition, Level, Requirement, RequirementId, Status, UnknownLevel,
    UnknownStatus, WorkloadNeed,
};

/// Between the parts of the line.
const SEPARATOR: &str = " · ";

/// Whether a line (without its `> `) is meant as the first line of a block: it begins with bold text of the form
/// letters, dash, digits. Meant, not correct: `**w-31**` counts, so that the slip is reported.
pub(super) fn is_header(line: &str) -> bool {
    let Some((name, _)) = line.strip_prefix("**").and_then(|rest| rest.split_once("**")) else {
        return false;
    };
    let Some((letters, digits)) = name.split_once('-') else { return false };
    let all = |text: &str, test: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(test);
    all(letters, u8::is_ascii_alphabetic) && all(digits, u8::is_ascii_digit)
}

/// The requirement of a block as far as its first line, which is given without its `> `, states it.
pub(super) fn parse_header(line: &str) -> Result<Requirement, Problem> {
    let mut parts = line.trim_end().split(SEPARATOR).peekable();
    let unexpected = |found: Option<&str>, expected| {
        let found = found.unwrap_or_default();
        let message = format!(
            "a block's first line has {found:?} where {expected} belongs: write `> **W-031** · MUST · proto, json · \
             [with multiplex ·] [workload ·] since 1.0 [· draft]`"
        );
        Problem::new("block-header", message)
    };

    let first = parts.next();
    let id = first
        .and_then(|part| part.strip_prefix("**")?.strip_suffix("**"))
        .ok_or_else(|| unexpected(first, "the ID between ** and **"))?;
    let id = RequirementId::parse_canonical(id).map_err(|error| Problem::new("block-id", error))?;

    let level = parts.next().ok_or_else(|| unexpected(None, "a level"))?;
    // What people type in any case is upper case here.
    let level = *Level::ALL
        .iter()
        .find(|known| known.as_str() == level)
        .ok_or_else(|| Problem::new("unknown-level", UnknownLevel(level.to_owned())))?;

    let dialects = parse_dialects(parts.next().ok_or_else(|| unexpected(None, "the dialects"))?)?;

    let condition = match parts.next_if(|part| part.starts_with("with ") || part.starts_with("without ")) {
        Some(part) => parse_condition(part)?,
        None => FeatureCondition::Always,
    };
    let workload = match parts.next_if(|part| *part == "workload" || part.starts_with("workload ")) {
        Some(part) => {
            let kind = part.strip_prefix("workload ").unwrap_or("any").to_owned();
            Some(WorkloadNeed::try_from(kind).map_err(|error| Problem::new("unknown-workload", error))?)
        }
        None => None,
    };

    let since = parts.next();
    let since = since
        .and_then(|part| part.strip_prefix("since "))
        .filter(|version| is_version(version))
        .ok_or_else(|| unexpected(since, "`with …`, `workload` or `since 1.0`"))?;

    let status = match parts.next() {
        // A block that is stable says nothing, so that there is one way to write it.
        Some("stable") => {
            return Err(Problem::new("unknown-status", UnknownStatus("stable".to_owned())));
        }
        Some(part) => parse("unknown-status", part)?,
        None => Status::Stable,
    };
    match parts.next() {
        None => Ok(Requirement {
            id,
            level,
            status,
            dialects,
            condition,
            workload,
            since: since.to_owned(),
            text: String::new(),
            why: String::new(),
            sources: Vec::new(),
            remedy: None,
            clients: None,
            untested: None,
            // The book's script gives each block its ID as an anchor.
            chapter: Chapter { file: String::new(), anchor: id.to_string() },
        }),
        extra => Err(unexpected(extra, "the end of the line")),
    }
}

fn parse_dialects(part: &str) -> Result<Vec<Dialect>, Problem> {
    let mut dialects = Vec::new();
    for name in part.split(", ") {
        let dialect = parse("unknown-dialect", name)?;
        if dialects.contains(&dialect) {
            let message = format!("dialect {name:?} stands there twice: remove one");
            return Err(Problem::new("unknown-dialect", message));
        }
        dialects.push(dialect);
    }
    Ok(dialects)
}

fn parse_condition(part: &str) -> Result<FeatureCondition, Problem> {
    if let Some(feature) = part.strip_prefix("without ") {
        return Ok(FeatureCondition::Without(parse("unknown-feature", feature)?));
    }
    let names = part.strip_prefix("with ").unwrap_or(part);
    let split =
        |joint| names.split(joint).map(|name| parse("unknown-feature", name)).collect::<Result<_, _>>();
    match (names.contains(" and "), names.contains(" or ")) {
        (true, true) => Err(Problem::new(
            "unknown-feature",
            "a condition joined by both `and` and `or` has two readings: use one of them",
        )),
        (false, true) => split(" or ").map(FeatureCondition::AnyOf),
        (_, false) => split(" and ").map(FeatureCondition::AllOf),
    }
}

fn parse<T: FromStr<Err: Display>>(rule: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::new(rule, error))
}

/// Numbers separated by dots: `1.0`.
fn is_version(text: &str) -> bool {
    text.split('.').all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}
