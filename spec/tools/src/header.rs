//! The first line of a block: `**W-031** · MUST · proto, json · with multiplex · workload · since 1.0 · draft`.

use super::Problem;
use pwp_spec::{Dialect, Feature, FeatureCondition, Level, RequirementId, Status, WorkloadNeed};

/// Between the parts of the line.
const SEPARATOR: &str = " · ";

/// The parts of a block's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: RequirementId,
    pub(super) level: Level,
    pub(super) dialects: Vec<Dialect>,
    pub(super) condition: FeatureCondition,
    pub(super) workload: Option<WorkloadNeed>,
    pub(super) since: String,
    pub(super) status: Status,
}

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

/// Parses a block's first line, without its `> `.
pub(super) fn parse_header(line: &str) -> Result<Header, Problem> {
    let mut parts = line.trim_end().split(SEPARATOR).peekable();
    let unexpected = |found: Option<&str>, expected| Problem::Header {
        found: found.unwrap_or_default().to_owned(),
        expected,
    };

    let first = parts.next();
    let id = first
        .and_then(|part| part.strip_prefix("**")?.strip_suffix("**"))
        .ok_or_else(|| unexpected(first, "the ID between ** and **"))?;
    let id = RequirementId::parse_canonical(id)?;

    let level = parts.next().ok_or_else(|| unexpected(None, "a level"))?;
    let level = *Level::ALL
        .iter()
        .find(|known| known.as_str() == level)
        .ok_or_else(|| pwp_spec::UnknownLevel(level.to_owned()))?;

    let dialects = parse_dialects(parts.next().ok_or_else(|| unexpected(None, "the dialects"))?)?;

    let condition = match parts.next_if(|part| part.starts_with("with ") || part.starts_with("without ")) {
        Some(part) => parse_condition(part)?,
        None => FeatureCondition::Always,
    };
    let workload = match parts.next_if(|part| *part == "workload" || part.starts_with("workload ")) {
        Some(part) => match part.strip_prefix("workload ") {
            Some(kind) => Some(kind.parse()?),
            None => Some(WorkloadNeed::Any),
        },
        None => None,
    };

    let since = parts.next();
    let since = since
        .and_then(|part| part.strip_prefix("since "))
        .filter(|version| is_version(version))
        .ok_or_else(|| unexpected(since, "`with …`, `workload` or `since 1.0`"))?;

    let status = match parts.next() {
        // A block that is stable says nothing, so that there is one way to write it.
        Some("stable") => return Err(Problem::Status("stable".to_owned())),
        Some(part) => part.parse().map_err(|_| Problem::Status(part.to_owned()))?,
        None => Status::Stable,
    };
    match parts.next() {
        None => Ok(Header { id, level, dialects, condition, workload, since: since.to_owned(), status }),
        extra => Err(unexpected(extra, "the end of the line")),
    }
}

fn parse_dialects(part: &str) -> Result<Vec<Dialect>, Problem> {
    let mut dialects = Vec::new();
    for name in part.split(", ") {
        let dialect: Dialect = name.parse().map_err(|_| Problem::Dialect(name.to_owned()))?;
        if dialects.contains(&dialect) {
            return Err(Problem::DialectTwice(name.to_owned()));
        }
        dialects.push(dialect);
    }
    Ok(dialects)
}

fn parse_condition(part: &str) -> Result<FeatureCondition, Problem> {
    if let Some(feature) = part.strip_prefix("without ") {
        return Ok(FeatureCondition::Without(feature.parse()?));
    }
    let names = part.strip_prefix("with ").unwrap_or(part);
    let split = |joint| names.split(joint).map(str::parse).collect::<Result<Vec<Feature>, _>>();
    match (names.contains(" and "), names.contains(" or ")) {
        (true, true) => Err(Problem::MixedCondition),
        (false, true) => Ok(FeatureCondition::AnyOf(split(" or ")?)),
        (_, false) => Ok(FeatureCondition::AllOf(split(" and ")?)),
    }
}

/// Numbers separated by dots: `1.0`.
fn is_version(text: &str) -> bool {
    text.split('.').all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}
