//! `pwp spec sync`, `lint` and `coverage`.

use crate::spec;

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
            Ok(ExitCode::Conformant)
        }
        args::Spec::Lint(folder) => {
            if !folder.root.join("spec/src").is_dir() {
                // That is a mistake on the command line, not one in the book.
                spec::read_catalogue(&folder.root).map_err(Failure::usage)?;
            }
            let errors = spec::lint(&folder.root, &builtin::evidence());
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
        args::Spec::Coverage(folder) => {
            let catalogue = spec::read_catalogue(&folder.root).map_err(Failure::usage)?;
            anstream::print!("{}", spec::coverage(&catalogue, &builtin::evidence()));
            Ok(ExitCode::Conformant)
        }
    }
}
