//! The way between sentences, checks, faults, sources and results.

use pwp_spec::{Requirement, RequirementId};
use pwp_spec_tools::evidence::{Material, check_anchor, fault_anchor};

use super::pages::Site;

/// A page of the evidence, and an id in it.
fn place(page: &str, id: impl std::fmt::Display) -> (String, String) {
    (format!("evidence/{page}.html"), id.to_string())
}

/// Where a sentence is shown.
fn sentence(requirement: &Requirement) -> (String, String) {
    (requirement.chapter.file.replace(".md", ".html"), requirement.id.to_string())
}

struct Walk {
    site: Site,
    material: Material,
    missing: Vec<String>,
}

impl Walk {
    fn new() -> Self {
        Self { site: super::site(), material: Material::read(&super::root()).unwrap(), missing: Vec::new() }
    }

    /// From a place to another one has to be a link.
    fn link(&mut self, from: &(String, String), to: &(String, String)) {
        if !self.site.links_within(&from.0, &from.1).contains(to) {
            self.missing.push(format!("{}#{} has no link to {}#{}", from.0, from.1, to.0, to.1));
        }
    }

    #[track_caller]
    fn end(self) {
        assert!(
            self.missing.is_empty(),
            "{} links are missing:\n{}",
            self.missing.len(),
            self.missing.join("\n")
        );
    }
}

#[test]
fn from_each_sentence_to_its_checks_faults_sources_and_results() {
    let catalogue = pwp_spec_tools::read_catalogue(&super::root()).unwrap();
    let mut walk = Walk::new();
    let evidence = walk.material.evidence();
    assert!(catalogue.len() >= 150);
    for requirement in catalogue.iter() {
        let id = requirement.id;
        let (from, entry) = (sentence(requirement), place("traceability", id));
        walk.link(&from, &entry);
        walk.link(&entry, &from);
        for check in evidence.checks_of(id) {
            let check = place("checks", check_anchor(id.role(), check));
            walk.link(&entry, &check);
            walk.link(&check, &from);
        }
        for fault in evidence.faults_of(id) {
            let fault = place("faults", fault_anchor(id.role(), fault));
            walk.link(&entry, &fault);
            walk.link(&fault, &from);
        }
        for source in &requirement.sources {
            let url = walk.material.sources.link(source).unwrap().url;
            // An anchor in another site is a part of its address here.
            walk.link(&from, &(url.clone(), String::new()));
            walk.link(&entry, &(url, String::new()));
        }
        if walk.material.reports.iter().any(|report| report.verdict(id).is_some()) {
            walk.link(&from, &place("today", id));
            walk.link(&entry, &place("today", id));
        }
    }
    walk.end();
}

/// A report names a requirement by its ID, and `pwp explain ID` prints the chapter and the anchor.
#[test]
fn from_each_failing_check_to_its_sentence() {
    let catalogue = pwp_spec_tools::read_catalogue(&super::root()).unwrap();
    let mut walk = Walk::new();
    let failing: Vec<RequirementId> = walk
        .material
        .reports
        .iter()
        .flat_map(|saved| saved.report.violated())
        .map(|result| result.id)
        .collect();
    assert!(failing.len() > 10, "{failing:?}");
    for id in failing {
        let requirement =
            catalogue.get(id).unwrap_or_else(|| panic!("a report names {id}, which the book does not have"));
        walk.link(&place("today", id), &sentence(requirement));
        let (file, anchor) = sentence(requirement);
        let told = pwp_spec::explain(requirement, &walk.material.evidence());
        assert!(told.contains(&requirement.chapter.to_string()), "{told}");
        assert_eq!(requirement.chapter.anchor, anchor);
        assert!(walk.site.pages[&file].ids.contains(&anchor), "{file} has no id {anchor}");
    }
    walk.end();
}

#[test]
fn each_reason_of_a_known_failure_can_be_reached() {
    let mut walk = Walk::new();
    let reports = walk.material.reports.clone();
    let mut reasons = 0;
    for saved in &reports {
        for result in saved.report.requirements.iter().filter(|result| saved.reason(result.id).is_some()) {
            walk.link(
                &place("today", result.id),
                &place("today", format_args!("{}-{}", saved.name, result.id)),
            );
            reasons += 1;
        }
    }
    assert!(reasons > 0);
    walk.end();
}
