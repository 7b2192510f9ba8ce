//! The mdBook preprocessor of the standard. mdBook starts it for `mdbook build spec`, as `spec/book.toml` says.
//!
//! It reads the book as JSON from standard input and writes it to standard output, with three changes in its chapters:
//!
//! - each requirement block gets its ID as an anchor and links to its sources and its evidence (`requirement`)
//! - each fenced block of Mermaid becomes a picture with a text alternative (`diagram`)
//! - links of pages that lie outside of `spec/src/` and are embedded lead to where these pages are shown (`embedded`)
//!
//! `chapters` walks through the JSON. The pages work without JavaScript, and building them needs no network.

mod chapters;
mod diagram;
mod embedded;
mod requirement;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use pwp_spec_tools::evidence::Material;

fn main() -> ExitCode {
    // `pwp-book supports RENDERER`: the JSON has nothing for other renderers than HTML.
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("supports") {
        let is_html = arguments.next().as_deref() == Some("html");
        return if is_html { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pwp-book: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (context, mut book): (serde_json::Value, serde_json::Value) =
        serde_json::from_reader(io::stdin().lock())
            .context("standard input is no book; start this with `mdbook build spec`")?;
    // The folder of book.toml is spec/, and the repository is around it.
    let root = context["root"].as_str().map_or_else(|| Path::new("."), Path::new);
    let material = Material::read(&root.join(".."))?;
    chapters::each(&mut book, &mut |file, text| {
        let text = embedded::with_own_links(file, text);
        let text = requirement::with_links(file, &text, &material);
        diagram::with_pictures(&text).with_context(|| format!("spec/src/{file}"))
    })?;
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &book)?;
    out.flush()?;
    Ok(())
}
