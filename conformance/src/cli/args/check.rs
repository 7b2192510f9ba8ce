//! What can be typed behind `pwp check worker` and `pwp replay`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

use pwp_spec::Feature;

use super::value::time;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Subject {
    /// The wire form that the worker speaks: proto or json. Without it that of the workload, or proto.
    #[arg(long, value_name = "DIALECT")]
    pub(in crate::cli) dialect: Option<pwp_proto::Framing>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`.
    #[arg(long, value_name = "F,...", value_delimiter = ',')]
    pub(in crate::cli) feature: Vec<FeatureName>,
    /// Real requests of the tool (TOML).
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) workload: Option<PathBuf>,
    /// How long the first answer may take, the start included, for example 15s or 500ms.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = time)]
    pub(in crate::cli) start_limit: Duration,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<String>,
}

/// A feature, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum FeatureName {
    None,
    Feature(Feature),
}

impl std::str::FromStr for FeatureName {
    type Err = pwp_spec::UnknownFeature;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" { Ok(Self::None) } else { text.parse().map(Self::Feature) }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CheckWorker {
    #[command(flatten)]
    pub(in crate::cli) subject: Subject,
    /// Generated scripts to run.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(in crate::cli) cases: u32,
    /// The seed of the generated scripts.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(in crate::cli) seed: u64,
    /// Time for the generated scripts, and again for shrinking what was found.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(in crate::cli) budget: Duration,
    /// Subjects that run at once; one for each processor without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(in crate::cli) jobs: Option<u16>,
    /// Run only what matches: names of scripts or requirements, with * and ?. `generated` stands for the generated ones.
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) only: Vec<String>,
    /// Leave out what matches.
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) skip: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) expect: Expect,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Expect {
    /// Known failures, each with its reason (TOML): a run in which only these fail exits with 0, and one in which an
    /// entry no longer holds with 1.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) expect: Option<PathBuf>,
    /// Make that file what it has to be for this run, with as few changes as possible.
    #[arg(long, requires = "expect")]
    pub(in crate::cli) update_expectations: bool,
    /// Investigate expected failures as if they were new. Without it, a failure that looks as its entry says is not made
    /// smaller, not repeated, and not looked into.
    #[arg(long, requires = "expect")]
    pub(in crate::cli) investigate: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Output {
    /// Write the report (schema/report/v1).
    #[arg(long, value_name = "FILE.json")]
    pub(in crate::cli) report: Option<PathBuf>,
    /// Write the verdicts as JUnit XML, for a build server.
    #[arg(long, value_name = "FILE.xml")]
    pub(in crate::cli) junit: Option<PathBuf>,
    /// Write a page with verdicts, evidence and transcripts. It needs no network and no script.
    #[arg(long, value_name = "FILE.html")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// Where that page's readers can open the standard, as spec/build makes it: each requirement then is a link.
    #[arg(long, value_name = "ADDRESS", requires = "html")]
    pub(in crate::cli) book: Option<crate::report::BookAddress>,
    /// Save the script and the transcript of each violation.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) transcripts: Option<PathBuf>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    pub(in crate::cli) format: RunFormat,
    /// Show all evidence: every transcript in full.
    #[arg(long, short)]
    pub(in crate::cli) verbose: bool,
}

/// What is printed of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RunFormat {
    /// For people.
    Human,
    /// Annotations of a GitHub workflow; a page is added to the file that GITHUB_STEP_SUMMARY names.
    Github,
    /// The report as JSON.
    Json,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example: pwp replay transcripts/w-015-unknown-fields.json -- ./my-worker")]
pub(in crate::cli) struct Replay {
    /// The script, as --transcripts saves it, or the name of a built-in one.
    pub(in crate::cli) script: String,
    /// How often to run it.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in crate::cli) times: u32,
    #[command(flatten)]
    pub(in crate::cli) subject: Subject,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
}
