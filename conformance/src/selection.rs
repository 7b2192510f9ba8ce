//! The selection of what is run and judged, by the patterns of `--only` and `--skip`.

use wildmatch::WildMatch;

use crate::report::quoted;
use crate::script::{FAMILIES, Script, fixed};
use pwp_spec::{Catalogue, RequirementId};

/// The name under which all generated scripts are selected.
const GENERATED: &str = "generated";

/// Patterns of what to run and what to leave out: names of scripts or IDs of requirements, with `*` and `?`.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
}

/// A pattern that matches nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{} matches no script and no requirement; `pwp list` names the requirements, `pwp list --scripts` the scripts",
    quoted(.0, 60)
)]
pub struct NoMatch(pub String);

impl Selection {
    /// A selection by patterns; several in one text are separated by commas.
    pub fn new(only: &[String], skip: &[String]) -> Self {
        let parse = |list: &[String]| {
            let all = list.iter().flat_map(|text| text.split(','));
            let patterns: Vec<String> = all.filter(|text| !text.is_empty()).map(str::to_owned).collect();
            // A variable of a shell that is not set is no wish for everything.
            if patterns.is_empty() {
                list.first().map(|_| String::new()).into_iter().collect()
            } else {
                patterns
            }
        };
        Self { only: parse(only), skip: parse(skip) }
    }

    /// Whether anything is left out.
    pub fn is_partial(&self) -> bool {
        !self.only.is_empty() || !self.skip.is_empty()
    }

    /// Checks that each pattern matches something, since a typing error would look like success.
    ///
    /// # Errors
    /// Names the first pattern that matches nothing.
    pub fn check(&self) -> Result<(), NoMatch> {
        // The scripts of a family have its name and a number.
        let families =
            FAMILIES.iter().flat_map(|family| [family.name.to_owned(), format!("{}-1", family.name)]);
        let families: Vec<String> = families.collect();
        let scripts = fixed().iter().map(|script| script.name.as_str());
        let names: Vec<&str> =
            scripts.chain(families.iter().map(String::as_str)).chain([GENERATED]).collect();
        self.check_names(&names)
    }

    /// Checks the same for a client, whose cases have these names.
    ///
    /// # Errors
    /// Names the first pattern that matches nothing.
    pub fn check_names(&self, names: &[&str]) -> Result<(), NoMatch> {
        let ids: Vec<RequirementId> =
            Catalogue::standard().iter().map(|requirement| requirement.id).collect();
        let known = |pattern: &String| {
            names.iter().any(|name| matches(pattern, name)) || ids.iter().any(|id| matches_id(pattern, *id))
        };
        let unknown = self.only.iter().chain(&self.skip).find(|pattern| !known(pattern));
        unknown.map_or(Ok(()), |pattern| Err(NoMatch(pattern.clone())))
    }

    /// Whether a fixed script or a case with this name is run.
    pub fn takes_case(&self, name: &str, exercises: &[RequirementId]) -> bool {
        let named =
            |pattern: &String| matches(pattern, name) || exercises.iter().any(|id| matches_id(pattern, *id));
        // What is skipped by its requirement is still run where it was made for another one too.
        (self.only.is_empty() || self.only.iter().any(named))
            && !self.skip.iter().any(|pattern| matches(pattern, name))
    }

    /// Whether a fixed script is run.
    pub fn takes_script(&self, script: &Script) -> bool {
        self.takes_case(&script.name, &script.exercises)
    }

    /// Whether generated scripts are run.
    pub fn takes_generated(&self) -> bool {
        self.takes_case(GENERATED, &[])
    }

    /// Whether a requirement is judged.
    pub fn takes_requirement(&self, id: RequirementId) -> bool {
        // Patterns that name scripts say nothing about requirements.
        let names_ids = |pattern: &&String| pattern.starts_with(['W', 'C', 'S', 'R', '*']);
        let mut only = self.only.iter().filter(names_ids).peekable();
        (only.peek().is_none() || only.any(|pattern| matches_id(pattern, id)))
            && !self.skip.iter().any(|pattern| matches_id(pattern, id))
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    WildMatch::new(pattern).matches(name)
}

fn matches_id(pattern: &str, id: RequirementId) -> bool {
    matches(pattern, &id.to_string())
}
