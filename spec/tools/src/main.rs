//! The `pwp-spec` command, for those who work on the book: `sync`, `lint`, `freeze` and `coverage`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use pwp_spec_tools::evidence::{self, Material};
use pwp_spec_tools::{Page, coverage, freeze, lint, read_catalogue, sync};

/// Works on the book: spec/.
#[derive(Debug, Parser)]
#[command(
    name = "pwp-spec",
    version,
    after_help = "Exit codes: 0 done, 1 the book has mistakes, 2 usage, or a file that cannot be read or written.\n\nExample: pwp-spec lint"
)]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write spec/requirements.json and the pages in spec/src/evidence anew.
    #[command(after_help = "Example: pwp-spec sync && git diff --exit-code spec")]
    Sync(Folder),
    /// Look for mistakes in the book.
    #[command(after_help = "Example: pwp-spec lint --root ../pwp")]
    Lint(Folder),
    /// Fix the requirements of the newest revision, when it is published.
    #[command(after_help = "Example: pwp-spec freeze && git add spec/revisions")]
    Freeze(Folder),
    /// Show which requirements have checks and faults.
    #[command(after_help = "Example: pwp-spec coverage")]
    Coverage(Folder),
}

#[derive(Debug, Args)]
struct Folder {
    /// The folder that has spec/.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

fn main() -> ExitCode {
    let done = match Command::parse().task {
        Task::Sync(folder) => write_generated_files(&folder.root),
        Task::Lint(folder) => report_mistakes(&folder.root),
        Task::Freeze(folder) => freeze_revision(&folder.root),
        Task::Coverage(folder) => print_coverage(&folder.root),
    };
    done.unwrap_or_else(|error| {
        eprintln!("pwp-spec: {error}");
        ExitCode::from(2)
    })
}

fn write_generated_files(root: &Path) -> Result<ExitCode> {
    let synced = sync(root)?;
    println!(
        "{}: {}, {} requirements of revision {}",
        synced.path.display(),
        if synced.changed { "written" } else { "up to date" },
        synced.catalogue.len(),
        synced.catalogue.revision()
    );
    let pages = evidence_pages(root)?;
    let changed = evidence::write(root, &pages)?;
    println!("spec/src/evidence: {changed} of {} pages written", pages.len());
    Ok(ExitCode::SUCCESS)
}

fn report_mistakes(root: &Path) -> Result<ExitCode> {
    if !root.join("spec/src").is_dir() {
        // That is a mistake on the command line, not one in the book.
        read_catalogue(root)?;
    }
    let mut errors = lint(root, &Material::built_in().evidence());
    // While the book itself is wrong, the pages made from it would only repeat that.
    if errors.is_empty() {
        errors = evidence::stale(root, &evidence_pages(root)?);
    }
    for error in &errors {
        println!("{error}");
    }
    if errors.is_empty() {
        println!("the book has no mistakes that a program can see");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("{} to mend", errors.len());
        Ok(ExitCode::FAILURE)
    }
}

fn freeze_revision(root: &Path) -> Result<ExitCode> {
    let path = freeze(root)?;
    println!("{}: written; commit it, and never change it", path.display());
    Ok(ExitCode::SUCCESS)
}

fn print_coverage(root: &Path) -> Result<ExitCode> {
    print!("{}", coverage(&read_catalogue(root)?, &Material::built_in().evidence()));
    Ok(ExitCode::SUCCESS)
}

/// The evidence pages that the book under `root`, this build and the saved reports give.
fn evidence_pages(root: &Path) -> Result<Vec<Page>> {
    Ok(evidence::pages(&read_catalogue(root)?, &Material::read(root)?))
}
