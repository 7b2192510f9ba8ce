//! Finds the schemas and their examples: `schema/NAME/vN/NAME.schema.json`, `examples/KIND/*`.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

/// A schema with its folder.
pub(crate) struct Family {
    /// `script`.
    pub(crate) name: String,
    /// `v1`.
    pub(crate) version: String,
    /// The schema itself.
    pub(crate) schema: Value,
    /// The schema, compiled.
    pub(crate) validator: Validator,
    folder: PathBuf,
}

/// A file that is tested against a schema.
pub(crate) struct Example {
    /// Its path from the root of the repository.
    pub(crate) path: String,
    /// Its name without the extension.
    pub(crate) stem: String,
    /// What stands in it.
    pub(crate) text: String,
    /// The same, parsed.
    pub(crate) value: Value,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the crate is one level below the root").to_owned()
}

/// Every version of every schema.
pub(crate) fn families() -> Vec<Family> {
    let mut families = Vec::new();
    for folder in children(&root().join("schema")).into_iter().filter(|path| path.is_dir()) {
        let versions = children(&folder);
        assert!(!versions.is_empty(), "{} holds no version", folder.display());
        families.extend(versions.iter().map(|version| family(&folder, version)));
    }
    families
}

/// The first version of one schema.
pub(crate) fn v1(name: &str) -> Family {
    let folder = root().join("schema").join(name);
    family(&folder, &folder.join("v1"))
}

fn family(folder: &Path, version: &Path) -> Family {
    let name = file_name(folder);
    let file = version.join(format!("{name}.schema.json"));
    let schema: Value =
        serde_json::from_str(&read(&file)).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let validator =
        jsonschema::draft202012::new(&schema).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    Family { name, version: file_name(version), schema, validator, folder: version.to_owned() }
}

impl Family {
    /// `script.v1`: its table in `schema/reasons.toml`.
    pub(crate) fn key(&self) -> String {
        format!("{}.{}", self.name, self.version)
    }

    /// Its examples of a kind: `valid`, `invalid` or `refused`; none if the folder is not there.
    pub(crate) fn examples(&self, kind: &str) -> Vec<Example> {
        let folder = self.folder.join("examples").join(kind);
        if folder.is_dir() {
            children(&folder).iter().map(|path| example(path)).collect()
        } else {
            Vec::new()
        }
    }

    /// The kinds of examples that it has, and nothing else that stands between them.
    pub(crate) fn kinds(&self) -> Vec<String> {
        children(&self.folder.join("examples")).iter().map(|path| file_name(path)).collect()
    }

    /// What the schema has against a value: where, which keyword, and the message.
    pub(crate) fn problems(&self, value: &Value) -> Vec<Problem> {
        self.validator
            .iter_errors(value)
            .map(|error| Problem {
                at: error.instance_path().to_string(),
                keyword: error.kind().keyword().to_owned(),
                message: error.to_string(),
            })
            .collect()
    }
}

/// One thing that a schema has against a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where in the value, as a JSON pointer.
    pub(crate) at: String,
    /// The keyword of the schema that it breaks.
    pub(crate) keyword: String,
    /// For people.
    pub(crate) message: String,
}

/// The files of a folder with one of these extensions.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<Example> {
    let folder = root().join(folder);
    let mut paths = if folder.is_dir() { children(&folder) } else { Vec::new() };
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.iter().map(|path| example(path)).collect()
}

/// One file, given by its path from the root of the repository.
pub(crate) fn file(path: &str) -> Example {
    example(&root().join(path))
}

fn example(path: &Path) -> Example {
    let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let text = read(path);
    let value = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => serde_json::from_str(&text).unwrap_or_else(|e| panic!("{shown}: {e}")),
        Some("toml") => from_toml(&text).unwrap_or_else(|e| panic!("{shown}: {e}")),
        _ => panic!("{shown} is neither JSON nor TOML"),
    };
    Example {
        path: shown,
        stem: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        text,
        value,
    }
}

/// A TOML document as JSON.
pub(crate) fn from_toml(text: &str) -> Result<Value, toml::de::Error> {
    toml::from_str(text)
}

/// The entries of a folder, sorted.
fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
