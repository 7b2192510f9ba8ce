//! Everything that can be wrong with the book, each with its remedy.

use std::fmt;

use pwp_spec::{
    CatalogueError, RequirementId, RequirementIdError, UnknownFeature, UnknownLevel, WorkloadNeedError,
};

/// One problem and where it is.
#[derive(Debug)]
pub struct LintError {
    /// The file, relative to the root of the repository, with forward slashes: `spec/src/output.md`.
    pub file: String,
    /// The line, from 1; 0 if it concerns the file as a whole.
    pub line: usize,
    /// The rule that is broken, and how.
    pub problem: Problem,
}

impl LintError {
    pub(super) fn new(file: &str, line: usize, problem: Problem) -> Self {
        Self { file: file.to_owned(), line, problem }
    }
}

impl fmt::Display for LintError {
    /// `spec/src/output.md:12: duplicate-id: …`, the form that editors and CI systems make a link of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if self.line > 0 {
            write!(f, "{}:", self.line)?;
        }
        write!(f, " {}: {}", self.problem.rule(), self.problem)
    }
}

/// What is wrong with the book.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    // The block syntax.
    /// The first line of a block is not in the order of the syntax.
    #[error(
        "a block's first line has {found:?} where {expected} belongs: write `> **W-031** · MUST · proto, json · \
         [with multiplex ·] [workload ·] since 1.0 [· draft]`"
    )]
    Header {
        /// The part that does not fit; empty at the end of the line.
        found: String,
        /// What the syntax has there.
        expected: &'static str,
    },
    /// The ID of a block is misspelled.
    #[error(transparent)]
    Id(#[from] RequirementIdError),
    /// A level that the standard does not know, or one in lower case.
    #[error(transparent)]
    Level(#[from] UnknownLevel),
    /// A dialect that the standard does not know.
    #[error("unknown dialect {0:?}: write proto, json, grpc or remote")]
    Dialect(String),
    /// A block names one dialect twice.
    #[error("dialect {0:?} stands there twice: remove one")]
    DialectTwice(String),
    /// A feature that the standard does not know.
    #[error(transparent)]
    Feature(#[from] UnknownFeature),
    /// `with A and B or C`.
    #[error("a condition joined by both `and` and `or` has two readings: use one of them")]
    MixedCondition,
    /// A status that the standard does not know.
    #[error("unknown status {0:?}: write draft, disputed or deprecated, or nothing for stable")]
    Status(String),
    /// A workload kind that is no kebab-case word.
    #[error(transparent)]
    Workload(#[from] WorkloadNeedError),
    /// A block without a sentence.
    #[error("{0} has no sentence: write it on the line after the block's first line")]
    NoText(RequirementId),
    /// A block without `*Why:*`.
    #[error("{0} has no reason: add a line `> *Why:* …`")]
    NoWhy(RequirementId),
    /// A block without `*Sources:*`.
    #[error("{0} has no source: add a line `> *Sources:* file (owner/repository); owner/repository#123.`")]
    NoSources(RequirementId),
    /// A field of a block that the syntax does not have.
    #[error("{id} has an unknown field {field:?}: write Why, Sources, Remedy, Clients or Untested")]
    UnknownField {
        /// The ID of the block.
        id: RequirementId,
        /// The name between `*` and `:*`.
        field: String,
    },
    /// A field twice in one block.
    #[error("{id} has two fields {field:?}: join them")]
    FieldTwice {
        /// The ID of the block.
        id: RequirementId,
        /// The name of the field.
        field: &'static str,
    },
    /// A field with nothing in it.
    #[error("{id} has an empty field {field:?}: fill it or remove it")]
    EmptyField {
        /// The ID of the block.
        id: RequirementId,
        /// The name of the field.
        field: &'static str,
    },
    /// A paragraph of a block after its fields began that is no field.
    #[error(
        "{0} has a paragraph after its fields began that is none: put it before `*Why:*` or into a field"
    )]
    StrayParagraph(RequirementId),
    /// A field in the same paragraph as the sentence.
    #[error("{0} has a field right after its sentence: put a line `>` between them")]
    NoBlankBeforeFields(RequirementId),
    /// A line that Markdown would count to the block although it lacks the `>`.
    #[error("{0} goes on in a line without `>`: begin it with `> `, or put an empty line before it")]
    LazyLine(RequirementId),
    /// A block that begins inside another one or after other quoted text.
    #[error("a requirement begins in the middle of a quote: put an empty line without `>` before it")]
    BlocksTouch,
    /// A block's first line without the `>`.
    #[error("a requirement stands outside a block quote: begin each of its lines with `> `")]
    NotQuoted,

    // The words.
    /// must, should or may in normative text.
    #[error(
        "{id} says {word:?} in its sentence: the level says it already, so write what the implementation does"
    )]
    KeywordInText {
        /// The ID of the block.
        id: RequirementId,
        /// The word as it stands there.
        word: String,
    },
    /// must, should or may outside a block.
    #[error(
        "{word:?} outside a requirement: say it without the word, make it a block, or, where the book speaks about \
         the keywords, put it between `<!-- keywords: allowed -->` and `<!-- /keywords -->`"
    )]
    KeywordInProse {
        /// The word as it stands there.
        word: String,
    },
    /// A `<!-- keywords: allowed -->` that never ends, or an end without a beginning.
    #[error("`{0}` has no counterpart: `<!-- keywords: allowed -->` and `<!-- /keywords -->` come in pairs")]
    KeywordMark(&'static str),

    // The IDs.
    /// One ID in two blocks.
    #[error("{id} stands in {first} too: give the newer block a number that was never used")]
    DuplicateId {
        /// The ID that is meant.
        id: RequirementId,
        /// `file:line` of the first block.
        first: String,
    },
    /// An ID that `requirements.json` has and the book has no longer.
    #[error("{0} is gone from the book: an ID is for ever, so put its block back with the status deprecated")]
    VanishedId(RequirementId),

    // The files.
    /// A link to a file that is not there.
    #[error("dead link {link:?}: no file {target}; correct the path")]
    DeadLink {
        /// The link as the page has it.
        link: String,
        /// The path that the link leads to, from the root of the repository.
        target: String,
    },
    /// A link to an anchor that is not there.
    #[error("dead link {link:?}: {target} has no heading or id {anchor:?}; correct the anchor")]
    DeadAnchor {
        /// The link as the page has it.
        link: String,
        /// The path that the link leads to, from the root of the repository.
        target: String,
        /// The anchor that the link leads to.
        anchor: String,
    },
    /// A chapter that the book would not contain.
    #[error("the chapter is not in SUMMARY.md, so the book leaves it out: add a line for it")]
    NotInSummary,
    /// `requirements.json` is not what the book says.
    #[error(
        "requirements.json is not what the book says ({0}): run `cargo run --release -p pwp-spec-tools -- sync` and commit the file"
    )]
    Stale(String),
    /// A published revision says something else than the book.
    #[error(
        "{id} has changed since the revision was published: {what}; put it back, or begin the next revision in \
         spec/CHANGELOG.md"
    )]
    Frozen {
        /// The ID of the requirement.
        id: RequirementId,
        /// What of it is another.
        what: &'static str,
    },
    /// A published revision without its file.
    #[error(
        "revision {0} is published and its requirements are not fixed: run `cargo run --release -p pwp-spec-tools -- freeze` and commit the file"
    )]
    NotFrozen(String),
    /// The file of a revision cannot be read.
    #[error("not the file of a revision: {0}; take it from the history, since it is written once")]
    NoRevisionFile(String),
    /// A heading of the changelog that is not one of the fixed ones.
    #[error(
        "{0:?} is no heading of the changelog: use Added, Changed, Deprecated, Removed and Editorial, each once and in this order"
    )]
    ChangelogHeading(String),
    /// A page of the evidence is not what the build and the saved reports say.
    #[error(
        "the page is not what the book, the build and the saved reports say: run `cargo run --release -p pwp-spec-tools -- sync` and commit it"
    )]
    StalePage,
    /// `requirements.json` cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A file that cannot be read, or a book without a revision.
    #[error(transparent)]
    Book(#[from] super::BookError),

    /// A source that no link can be made of.
    #[error(
        "{id} has a source that a reader cannot open: {found:?}; write `path (owner/repository)`, \
         `owner/repository#123` or `RFC 8259`, or say in spec/sources.toml where it is"
    )]
    SourceLeadsNowhere {
        /// The ID of the block.
        id: RequirementId,
        /// The source as the block has it.
        found: String,
    },
    /// `sources.toml` cannot be read.
    #[error(transparent)]
    SourceTable(#[from] super::source::SourceTableError),

    // The evidence.
    /// No check, although no reason says why.
    #[error(
        "{0} is exercised by no check: add it to the `exercises` list of a script, or say why it cannot be \
         observed in a line `> *Untested:* …`"
    )]
    NoCheck(RequirementId),
    /// No fault, although it is a MUST or SHOULD and no reason says why.
    #[error(
        "{0} is violated by no fault, so nothing proves that its check can fail: add it to the `breaks` list of a \
         fault, or say why it cannot be observed in a line `> *Untested:* …`"
    )]
    NoFault(RequirementId),
    /// A reason why it is not tested, and a check that tests it.
    #[error("{id} says why it is untested and is exercised by {checks}: remove the one that is not true")]
    TestedAndUntested {
        /// The ID of the requirement.
        id: RequirementId,
        /// The names of the checks, with commas between them.
        checks: String,
    },
    /// A check or fault for an ID that the book does not have.
    #[error("{user} names {id}, which the book does not have: correct the ID, or write the requirement")]
    EvidenceForNothing {
        /// The ID that is meant.
        id: RequirementId,
        /// `check NAME` or `fault NAME`.
        user: String,
    },
}

impl Problem {
    /// A short permanent name for the rule, in kebab-case: what a script or a search keys on.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Header { .. } => "block-header",
            Self::Id(_) => "block-id",
            Self::Level(_) => "unknown-level",
            Self::Dialect(_) | Self::DialectTwice(_) => "unknown-dialect",
            Self::Feature(_) | Self::MixedCondition => "unknown-feature",
            Self::Status(_) => "unknown-status",
            Self::Workload(_) => "unknown-workload",
            Self::NoText(_) => "no-text",
            Self::NoWhy(_) => "no-why",
            Self::NoSources(_) => "no-sources",
            Self::UnknownField { .. } | Self::FieldTwice { .. } | Self::EmptyField { .. } => "block-field",
            Self::StrayParagraph(_)
            | Self::NoBlankBeforeFields(_)
            | Self::LazyLine(_)
            | Self::BlocksTouch
            | Self::NotQuoted => "block-shape",
            Self::KeywordInText { .. } => "keyword-in-text",
            Self::KeywordInProse { .. } => "keyword-outside-block",
            Self::KeywordMark(_) => "keyword-mark",
            Self::DuplicateId { .. } => "duplicate-id",
            Self::VanishedId(_) => "vanished-id",
            Self::DeadLink { .. } | Self::DeadAnchor { .. } => "dead-link",
            Self::NotInSummary => "not-in-summary",
            Self::Stale(_) | Self::StalePage => "stale",
            Self::ChangelogHeading(_) => "changelog-heading",
            Self::Frozen { .. } | Self::NotFrozen(_) => "frozen",
            Self::SourceLeadsNowhere { .. } => "source",
            Self::Catalogue(_) | Self::Book(_) | Self::SourceTable(_) | Self::NoRevisionFile(_) => {
                "unreadable"
            }
            Self::NoCheck(_) => "no-check",
            Self::NoFault(_) => "no-fault",
            Self::TestedAndUntested { .. } => "tested-and-untested",
            Self::EvidenceForNothing { .. } => "unknown-id",
        }
    }
}
