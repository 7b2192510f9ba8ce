//! The selection of what is run and judged, by the patterns of `--only` and `--skip`.

use wildmatch::WildMatch;

use crate::script::{FAMILIES, Script};
use pwp_spec::{Catalogue, RequirementId};

/// Patterns of what to run and what to leave out: names of scripts or IDs of requirements, with `*` and `?`.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<Pattern>,
    skip: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    glob: WildMatch,
}

/// A pattern that matches nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} matches no script and no requirement; `pwp list` names the requirements, `pwp list --scripts` the scripts"
)]
pub struct NoMatch(pub String);

impl Selection {
    /// A selection by patterns; several in one text are separated by commas.
    pub fn new(only: &[String], skip: &[String]) -> Self {
        let parse = |list: &[String]| {
            list.iter()
                .flat_map(|text| text.split(','))
                .filter(|text| !text.is_empty())
                .map(|text| Pattern { text: text.to_owned(), glob: WildMatch::new(text) })
                .collect()
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
    pub fn check(&self, scripts: &[Script], catalogue: &Catalogue) -> Result<(), NoMatch> {
        let ids: Vec<String> = catalogue.iter().map(|requirement| requirement.id.to_string()).collect();
        for pattern in self.only.iter().chain(&self.skip) {
            let matches = |name: &str| pattern.glob.matches(name);
            if !matches("generated")
                && !scripts.iter().any(|script| matches(&script.name))
                && !FAMILIES
                    .iter()
                    .any(|family| matches(family.name) || matches(&format!("{}-1", family.name)))
                && !ids.iter().any(|id| matches(id))
            {
                return Err(NoMatch(pattern.text.clone()));
            }
        }
        Ok(())
    }

    /// Checks the same for a client, whose cases have these names.
    ///
    /// # Errors
    /// Names the first pattern that matches nothing.
    pub fn check_names(&self, names: &[&str]) -> Result<(), NoMatch> {
        let catalogue = Catalogue::standard();
        let ids: Vec<String> = catalogue.iter().map(|requirement| requirement.id.to_string()).collect();
        let known = |pattern: &&Pattern| {
            names.iter().any(|name| pattern.glob.matches(name))
                || ids.iter().any(|id| pattern.glob.matches(id))
        };
        match self.only.iter().chain(&self.skip).find(|pattern| !known(pattern)) {
            Some(pattern) => Err(NoMatch(pattern.text.clone())),
            None => Ok(()),
        }
    }

    /// Whether a case is run.
    pub fn takes_case(&self, name: &str, exercises: &[RequirementId]) -> bool {
        let named = |pattern: &Pattern| {
            pattern.glob.matches(name) || exercises.iter().any(|id| pattern.glob.matches(&id.to_string()))
        };
        (self.only.is_empty() || self.only.iter().any(named))
            && !self.skip.iter().any(|pattern| pattern.glob.matches(name))
    }

    /// Whether a fixed script is run.
    pub fn takes_script(&self, script: &Script) -> bool {
        let named = |pattern: &Pattern| {
            pattern.glob.matches(&script.name)
                || script.exercises.iter().any(|id| pattern.glob.matches(&id.to_string()))
        };
        // What is skipped by its requirement is still run where it was made for another one too.
        let skipped = |pattern: &Pattern| pattern.glob.matches(&script.name);
        (self.only.is_empty() || self.only.iter().any(named)) && !self.skip.iter().any(skipped)
    }

    /// Whether generated scripts are run.
    pub fn takes_generated(&self) -> bool {
        let named = |pattern: &Pattern| pattern.glob.matches("generated");
        (self.only.is_empty() || self.only.iter().any(named)) && !self.skip.iter().any(named)
    }

    /// Whether a requirement is judged.
    pub fn takes_requirement(&self, id: RequirementId) -> bool {
        let id = id.to_string();
        // Patterns that name scripts say nothing about requirements.
        let by_id: Vec<&Pattern> =
            self.only.iter().filter(|pattern| pattern.text.starts_with(['W', 'C', 'S', 'R', '*'])).collect();
        (by_id.is_empty() || by_id.iter().any(|pattern| pattern.glob.matches(&id)))
            && !self.skip.iter().any(|pattern| pattern.glob.matches(&id))
    }
}
