//! The book tooling on small made-up books. The command itself is run on the real one in `tests/lint.rs`.

mod coverage;
mod lint;
mod markdown;
mod parse;
mod revision;
mod source;
mod sync;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use pwp_spec::{Evidence, RequirementId};

/// A block that nothing is wrong with.
const GOOD: &str = "\
> **W-031** · MUST · proto, json · since 1.0
> A worker writes one `WorkResponse` for each `WorkRequest`.
>
> *Why:* a missing response hangs the build.
> *Sources:* worker.proto (example/build); example/build#1.
";

/// A book in a temporary folder.
struct TestBook {
    dir: TempDir,
}

impl TestBook {
    /// A book with the chapter `output.md` of this text, a summary, a changelog and a current `requirements.json`
    /// (as far as the text allows one).
    fn new(chapter: &str) -> Self {
        let book = Self { dir: TempDir::new().unwrap() };
        fs::create_dir_all(book.root().join("spec/src")).unwrap();
        book.write("spec/src/SUMMARY.md", "# Summary\n\n- [Output](output.md)\n");
        book.write("spec/CHANGELOG.md", "# Changelog\n\n## 2026-12 (draft)\n\n### Added\n");
        book.write(
            "spec/sources.toml",
            "[files.\"example/build\"]\n\"worker.proto\" = \"src/worker.proto\"\n",
        );
        book.write("spec/src/output.md", chapter);
        let _ = super::sync(book.root());
        book
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.root().join(file), text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root().join(file)).unwrap()
    }

    /// What the lint says with this evidence, one problem a line.
    fn lint_with(&self, evidence: &Evidence) -> Vec<String> {
        super::lint(self.root(), evidence).iter().map(ToString::to_string).collect()
    }

    /// What the lint says when W-031 has a check and a fault.
    fn lint(&self) -> Vec<String> {
        self.lint_with(&evidence())
    }
}

/// A check and a fault for W-031.
fn evidence() -> Evidence {
    let mut evidence = Evidence::default();
    evidence.add_check("one-response", [RequirementId::worker(31)]);
    evidence.add_fault("drop-response", [RequirementId::worker(31)]);
    evidence
}

/// The one finding begins so, after the path of the chapter if it is about that.
#[track_caller]
fn only(found: Vec<String>, beginning: &str) {
    let [finding] = found.as_slice() else { panic!("expected {beginning}, found {found:#?}") };
    let finding = finding.strip_prefix("spec/src/output.md:").unwrap_or(finding).trim_start();
    assert!(finding.starts_with(beginning), "expected {beginning}, found {finding}");
}

/// Nothing is found.
#[track_caller]
fn nothing(found: Vec<String>) {
    assert!(found.is_empty(), "{found:#?}");
}

/// What the lint says of a book with this one chapter.
fn lint_chapter(chapter: &str) -> Vec<String> {
    TestBook::new(chapter).lint()
}
