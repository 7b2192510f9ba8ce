//! What each form looks like.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use pwp::report::{BookAddress, Github, Report, Reporter as _, SuiteEvent, html, junit};
use pwp_spec::Catalogue;

use super::{conformant, everything};

fn compare(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots" }, {
        insta::assert_snapshot!(name, text);
    });
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is printed, and what is added to a summary that has a line already.
pub(super) fn github(report: &Report) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("summary.md");
    fs::write(&page, "before\n").unwrap();
    let out = Shared::default();
    let mut reporter = Github::to(Box::new(out.clone()), false, "token".into(), Some(page.clone()));
    reporter.event(&SuiteEvent::Finished(report));
    let printed = String::from_utf8(out.0.take()).unwrap();
    (printed, fs::read_to_string(page).unwrap())
}

#[test]
fn junit_of_everything() {
    compare("junit", &junit(&everything()));
}

#[test]
fn junit_of_a_conformant_worker() {
    compare("junit-conformant", &junit(&conformant()));
}

#[test]
fn page_of_everything() {
    let page = html(&everything(), None);
    // How it looks is a file of its own.
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let page = format!("{before}<style></style>{after}").replace("><", ">\n<");
    compare("page", &page);
}

#[test]
fn workflow_of_everything() {
    let (printed, page) = github(&everything());
    compare("github", &printed);
    compare("github-summary", page.strip_prefix("before\n").unwrap());
}

#[test]
fn workflow_of_a_conformant_worker() {
    let (printed, page) = github(&conformant());
    compare("github-conformant", &format!("{printed}----\n{page}"));
}

/// No line that is a command, save those that are meant, wherever the subject's text stands.
#[test]
fn a_subject_gives_no_commands_to_a_workflow() {
    let (printed, _) = github(&everything());
    let mut stopped = false;
    for line in printed.lines() {
        match line {
            "::stop-commands::token" => stopped = true,
            "::token::" => stopped = false,
            _ if stopped => {}
            _ => {
                let known = ["::error ", "::warning ", "::notice ", "::group::", "::endgroup::", "pwp: "];
                assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
                assert!(!line.contains('\u{1b}'), "{line}");
            }
        }
    }
    assert!(!stopped && printed.contains("::error::no"));
}

/// What a subject wrote stands on the page as text: no element and no attribute comes from it.
#[test]
fn a_subject_adds_nothing_to_the_page() {
    let page = html(&everything(), None);
    assert!(page.contains("&lt;script&gt;alert('x')") && page.contains("\\u{202e}ltr\\u{0}"));
    for forbidden in ["<script", "<b>'", "\u{202e}", "\u{1b}", "\0", "http://", "https://", "src=", "onclick"]
    {
        assert!(!page.contains(forbidden), "{forbidden:?} is on the page");
    }
}

/// From a failing check to its sentence: with the book's address, what is broken links to its block in the book's source.
#[test]
fn each_broken_requirement_links_to_its_sentence() {
    let book: BookAddress = "../book/".parse().unwrap();
    let report = everything();
    let page = html(&report, Some(&book));
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/src");
    let mut links = 0;
    for result in report.violated() {
        let requirement = Catalogue::standard().get(result.id).unwrap();
        let link = format!("<a href=\"../book/{}\">", requirement.chapter.page());
        // In its story and in the table.
        assert_eq!(page.matches(&link).count(), 2, "{link}");
        let source = fs::read_to_string(spec.join(&requirement.chapter.file)).unwrap();
        assert!(source.contains(&format!("**{}**", result.id)), "{}", result.id);
        links += 1;
    }
    assert!(links > 0);
    for wrong in ["javascript:alert(1)", "", "data:text/html,x"] {
        assert!(wrong.parse::<BookAddress>().is_err(), "{wrong}");
    }
}
