//! `pwp spec sync`, `lint`, `freeze` and `coverage`.

use std::path::Path;

use crate::spec::{self, Page, evidence};

use super::args;
use super::builtin;
use super::exit::{ExitCode, Failure};

/// Works on the book.
pub(super) fn run(command: &args::Spec) -> Result<ExitCode, Failure> {
    match command {
        args::Spec::Sync(folder) => {
            let synced = spec::sync(&folder.root).map_err(Failure::usage)?;
            let what = if synced.changed { "written" } else { "up to date" };
            anstream::println!(
                "{}: {what}, {} requirements of revision {}",
                synced.path.display(),
                synced.requirements,
                synced.revision
            );
            let pages = evidence_pages(&folder.root)?;
            let changed = evidence::write(&folder.root, &pages).map_err(Failure::usage)?;
            anstream::println!("spec/src/evidence: {changed} of {} pages written", pages.len());
            Ok(ExitCode::Conformant)
        }
        args::Spec::Lint(folder) => {
            if !folder.root.join("spec/src").is_dir() {
                // That is a mistake on the command line, not one in the book.
                spec::read_catalogue(&folder.root).map_err(Failure::usage)?;
            }
            let mut errors = spec::lint(&folder.root, &builtin::evidence());
            // While the book itself is wrong, the pages made from it would only repeat that.
            if errors.is_empty() {
                errors = evidence::stale(&folder.root, &evidence_pages(&folder.root)?);
            }
            for error in &errors {
                anstream::println!("{error}");
            }
            if errors.is_empty() {
                anstream::println!("the book has no mistakes that a program can see");
                Ok(ExitCode::Conformant)
            } else {
                anstream::println!("{} to mend", errors.len());
                Ok(ExitCode::NotConformant)
            }
        }
        args::Spec::Freeze(folder) => {
            let path = spec::freeze(&folder.root).map_err(Failure::usage)?;
            anstream::println!("{}: written; commit it, and never change it", path.display());
            Ok(ExitCode::Conformant)
        }
        args::Spec::Coverage(folder) => {
            let catalogue = spec::read_catalogue(&folder.root).map_err(Failure::usage)?;
            anstream::print!("{}", spec::coverage(&catalogue, &builtin::evidence()));
            Ok(ExitCode::Conformant)
        }
    }
}

/// The evidence pages that the book under `root`, this build and the saved reports give.
fn evidence_pages(root: &Path) -> Result<Vec<Page>, Failure> {
    let catalogue = spec::read_catalogue(root).map_err(Failure::usage)?;
    let material = evidence::Material::read(root).map_err(Failure::usage)?;
    Ok(evidence::pages(&catalogue, &material))
}
