//! The oracle's IDs against the standard.

use super::*;
use pwp_spec::{Catalogue, Level, Role, Status};

#[test]
fn every_rule_of_the_oracle_stands_in_the_book_once() {
    let all = ids::rules().flat_map(|rule| [Some(rule.id), rule.of_servers]).flatten();
    let missing: Vec<RequirementId> = all.filter(|id| Catalogue::standard().get(*id).is_none()).collect();
    assert_eq!(missing, []);
    let distinct: BTreeSet<RequirementId> = ids::rules().map(|rule| rule.id).collect();
    assert_eq!(distinct.len(), ids::rules().count(), "two names for one requirement");
}

#[test]
fn the_oracle_judges_what_the_book_says_can_be_seen() {
    let judged = |id: RequirementId| ids::rules().any(|rule| rule.id == id);
    let unjudged: Vec<RequirementId> = Catalogue::standard()
        .iter()
        .filter(|requirement| requirement.id.role() == Role::Worker)
        .filter(|requirement| requirement.status != Status::Deprecated)
        .filter(|requirement| requirement.untested.is_none() && requirement.level != Level::May)
        .map(|requirement| requirement.id)
        .filter(|id| !judged(*id))
        .collect();
    assert_eq!(unjudged, []);
}

/// A server is a client towards its workers, and has sentences of its own for some matters.
#[test]
fn a_rule_of_clients_binds_servers_by_their_own_sentence() {
    let of = |id, role| ids::for_role(id, role).to_string();
    assert_eq!(of(ids::ONE_AT_A_TIME, Role::Client), "C-046");
    assert_eq!(of(ids::ONE_AT_A_TIME, Role::Server), "S-017");
    assert_eq!(of(ids::UNIQUE_ID, Role::Server), "C-048", "the client's sentence binds it too");
}

/// What the standard leaves open is written down and never held against anyone.
#[test]
fn nothing_observed_is_ever_violated() {
    let judged =
        |id: RequirementId| Catalogue::standard().get(id).is_some_and(|found| found.level.is_judged());
    let broken = all_cases().into_iter().map(|(_, violation)| violation.requirement());
    let wrong: Vec<RequirementId> = broken.filter(|id| !judged(*id)).collect();
    assert_eq!(wrong, []);
}

/// A violation in a dialect, or with features, that its requirement does not apply to would be lost in the report.
#[test]
fn each_violation_shows_where_its_requirement_applies() {
    for (case, violation) in all_cases() {
        let Some(requirement) = Catalogue::standard().get(violation.requirement()) else { continue };
        let events = case.run.events();
        let Event::Started(start) = &events[0].event else { unreachable!("a history begins with the start") };
        // What a worker does unasked may concern features that it does not declare.
        let features = match &violation {
            WorkerViolation::WasCancelledUnasked { .. } => Feature::ALL.iter().copied().collect(),
            _ => start.features.clone(),
        };
        assert!(requirement.applies(start.dialect, &features), "{}: {}", case.name, requirement.id);
    }
}
