//! From counts to verdicts: what a driver counts, and what the report says of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pwp_report::{
    ClassVerdict, Confirmed, Gap, Report, RequirementResult, RunFacts, RunInfo, Tallies, Verdict,
    ViolationReport, assemble,
};
use pwp_spec::{Catalogue, Dialect, Feature, Features, RequirementId, Role};

fn facts(role: Role, features: &Features) -> RunFacts<'_> {
    RunFacts {
        role,
        dialect: Dialect::Proto,
        features,
        command: vec!["./subject".into()],
        name: "subject".into(),
        program: None,
        workload: None,
        run: RunInfo { generated_scripts: 50, generated_wanted: 50, ..RunInfo::default() },
        cut: [].into(),
        problem: None,
    }
}

/// A report on a worker without features, of which nothing was seen but these counts.
fn report(counts: Tallies) -> Report {
    assemble(facts(Role::Worker, &Features::new()), counts, |_| true, |_| Gap::not_exercised("not tried"))
}

fn id(text: &str) -> RequirementId {
    text.parse().unwrap()
}

/// What became of a requirement that was violated in these repetitions.
fn violated(text: &str, repetitions: &[(u32, u32)]) -> RequirementResult {
    let mut counts = Tallies::default();
    counts.uphold(id(text));
    counts.violate(id(text));
    let evidence = repetitions.iter().map(|(shown, of)| ViolationReport {
        confirmed: Confirmed { shown: *shown, of: *of },
        ..ViolationReport::default()
    });
    counts.of(id(text)).evidence.extend(evidence);
    report(counts).result(id(text)).unwrap().clone()
}

/// One piece of evidence that always shows the violation is enough, whatever shows only at times beside it.
#[test]
fn a_violation_is_flaky_if_nothing_always_shows_it() {
    assert_eq!(violated("W-031", &[(5, 5)]).verdict, Verdict::Fail);
    assert_eq!(violated("W-087", &[(5, 5)]).verdict, Verdict::Warn, "a SHOULD");
    assert_eq!(violated("W-031", &[(4, 5)]).verdict, Verdict::Flaky);
    // Once, and never again.
    assert_eq!(violated("W-031", &[(0, 5)]).verdict, Verdict::Flaky);
    assert_eq!(violated("W-031", &[(4, 5), (5, 5)]).verdict, Verdict::Fail);
    // A tap counts further violations without evidence.
    let result = violated("W-031", &[]);
    assert_eq!((result.verdict, result.exercised, result.violated), (Verdict::Fail, 2, 1));
}

#[test]
fn evidence_without_a_remedy_has_that_of_the_standard() {
    let standard = Catalogue::standard().get(id("W-031")).unwrap().remedy.clone();
    assert_eq!(violated("W-031", &[(1, 1)]).violations[0].remedy, standard.unwrap());
}

#[test]
fn every_requirement_of_the_role_in_a_dialect_of_pipes_is_listed() {
    let report = report(Tallies::default());
    let reason = |text: &str| report.result(id(text)).unwrap().reason.clone().unwrap();
    assert_eq!(reason("W-031"), "not tried");
    assert_eq!(report.totals.values().sum::<u32>() as usize, report.requirements.len());
    for result in &report.requirements {
        let requirement = Catalogue::standard().get(result.id).unwrap();
        assert!(requirement.is_for(Dialect::Proto) || requirement.is_for(Dialect::Json), "{}", result.id);
        let applies = requirement.applies(Dialect::Proto, &Features::new());
        let wanted = if applies { Verdict::NotExercised } else { Verdict::Unsupported };
        assert_eq!(result.verdict, wanted, "{}", result.id);
    }
    // A class of which nothing was exercised is no claim.
    assert_eq!(report.class_verdict(&report.conclusion.classes[0]), ClassVerdict::NotExercised);
    assert_eq!(report.headline(), "incomplete: worker (proto), revision 2026-12-draft");
}

#[test]
fn the_reason_why_a_requirement_does_not_apply_fits_the_role() {
    let reasons = |role, features: &Features| {
        let report =
            assemble(facts(role, features), Tallies::default(), |_| true, |_| Gap::not_exercised(""));
        let unsupported =
            report.requirements.into_iter().filter(|result| result.verdict == Verdict::Unsupported);
        unsupported.filter_map(|result| result.reason).collect::<Vec<_>>()
    };
    let none = Features::new();
    let all: Features = Feature::ALL.iter().copied().collect();
    for (role, features, wanted) in [
        (Role::Worker, &none, "cancellation not declared"),
        (Role::Worker, &none, "only for dialect json"),
        (Role::Worker, &all, "only where cancellation is not declared"),
        (Role::Client, &none, "the client has no cancellation, or nothing here provokes it"),
    ] {
        let reasons = reasons(role, features);
        assert!(reasons.iter().any(|reason| reason == wanted), "{wanted}: {reasons:#?}");
    }
}

#[test]
fn counts_of_several_drivers_become_one_and_stay_bounded() {
    let mut sum = Tallies::default();
    for round in 0..20 {
        let mut part = Tallies::default();
        part.uphold(id("W-001"));
        part.violate(id("W-031"));
        part.of(id("W-031")).evidence.push(ViolationReport::default());
        part.observe(id("W-029"), &format!("a-{round}"));
        part.observe(id("W-029"), &format!("b-{round}"));
        sum.add(part, 3);
    }
    assert_eq!((sum.kept(Role::Worker), sum.kept(Role::Client)), (1, 0));
    assert_eq!(sum.violated_in_words(Role::Worker), "W-031 (20 times)");
    assert_eq!(sum.get(id("W-031")).unwrap().evidence.len(), 3);
    let observed = &sum.get(id("W-029")).unwrap().observed;
    assert_eq!((observed.len(), observed["something else"]), (33, 8));
}
