//! All requirements of one revision, as `spec/requirements.json` holds them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{Requirement, RequirementId};

/// The value of `schema` in the file, and the folder of its JSON Schema under `schema/`.
pub const SCHEMA_ID: &str = "pwp/requirements/v1";

/// The file as it was when `pwp` was built.
const EMBEDDED: &str = include_str!("../../requirements.json");

static STANDARD: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::from_json(EMBEDDED).unwrap_or_default());

/// The requirements of one revision of the standard, sorted by ID.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    revision: String,
    requirements: BTreeMap<RequirementId, Requirement>,
}

/// The file's shape. Kept apart from [`Catalogue`] so that the file can have a list and the program a map.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    revision: String,
    requirements: Vec<Requirement>,
}

/// Why a text is no catalogue, and the way out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CatalogueError(String);

const REMEDY: &str = "write it anew with `cargo run --release -p pwp-spec-tools -- sync`";

impl Catalogue {
    /// The standard that this build of `pwp` judges by.
    pub fn standard() -> &'static Self {
        // A test proves that the embedded file parses, so the empty catalogue is never seen.
        &STANDARD
    }

    /// A catalogue of these requirements; of two with the same ID the later wins.
    pub fn new(revision: &str, requirements: impl IntoIterator<Item = Requirement>) -> Self {
        let requirements =
            requirements.into_iter().map(|requirement| (requirement.id, requirement)).collect();
        Self { revision: revision.to_owned(), requirements }
    }

    /// Reads the text of a `requirements.json`.
    ///
    /// # Errors
    /// [`CatalogueError`] if it is not JSON of this schema or has an ID twice.
    pub fn from_json(text: &str) -> Result<Self, CatalogueError> {
        let file: File = serde_json::from_str(text)
            .map_err(|error| CatalogueError(format!("not a requirements file: {error}; {REMEDY}")))?;
        if file.schema != SCHEMA_ID {
            let remedy = "use the version of pwp that wrote the file";
            return Err(CatalogueError(format!("schema {:?} is not {SCHEMA_ID:?}: {remedy}", file.schema)));
        }
        let mut requirements = BTreeMap::new();
        for requirement in file.requirements {
            let id = requirement.id;
            if requirements.insert(id, requirement).is_some() {
                return Err(CatalogueError(format!("{id} stands in the file twice: {REMEDY}")));
            }
        }
        Ok(Self { revision: file.revision, requirements })
    }

    /// The text of a `requirements.json`: indented by two, sorted by ID, with a newline at its end.
    pub fn to_json(&self) -> String {
        let requirements = self.requirements.values().cloned().collect();
        let file = File { schema: SCHEMA_ID.to_owned(), revision: self.revision.clone(), requirements };
        // Strings and lists under string keys: nothing in the file can fail to serialize.
        serde_json::to_string_pretty(&file).map(|text| text + "\n").unwrap_or_default()
    }

    /// The dated revision, such as `2026-12-draft`.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The requirement with this ID.
    pub fn get(&self, id: RequirementId) -> Option<&Requirement> {
        self.requirements.get(&id)
    }

    /// The requirements, sorted by ID.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Requirement> {
        self.requirements.values()
    }

    /// The number of requirements.
    pub fn len(&self) -> usize {
        self.requirements.len()
    }

    /// Whether the catalogue has no requirement.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}
