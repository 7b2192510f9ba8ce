//! The built book as a site: every link of every page leads somewhere, and the way from each failing check to its sentence, and
//! from each sentence to its checks, faults, sources and today's results, is there as links that need no JavaScript.
//!
//! `tests/book/run` builds the site and runs this; the folder of the site is in `PWP_SITE`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "site/broken.rs"]
mod broken;
#[path = "site/evidence.rs"]
mod evidence;
#[path = "site/pages.rs"]
mod pages;

use std::path::{Path, PathBuf};

use pages::Site;

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The site that was built.
fn site() -> Site {
    let folder =
        std::env::var_os("PWP_SITE").expect("PWP_SITE is not set: run tests/book/run, which builds the site");
    Site::read(Path::new(&folder))
}

#[test]
fn every_link_leads_somewhere() {
    let site = site();
    assert!(
        site.pages.len() > 40 && site.links() > 4_000,
        "{} pages, {} links",
        site.pages.len(),
        site.links()
    );
    let dead = site.dead_links();
    assert!(dead.is_empty(), "{} dead links:\n{}", dead.len(), dead.join("\n"));
}

#[test]
fn the_pages_load_nothing_from_elsewhere() {
    let foreign = site().loaded_from_elsewhere();
    assert!(foreign.is_empty(), "{}", foreign.join("\n"));
}
