//! The conclusion of a run: the classes of its claim, and the headline.

use pwp_spec::{Catalogue, Dialect, Feature, FeatureCondition, Features, Level, Role};

use super::{Conclusion, ConformanceClass, RequirementResult, Verdict};

/// The conclusion from the results of all requirements.
///
/// The classes of the claim are the role in its dialect, and each feature that the subject declares.
pub(super) fn conclusion(
    role: Role,
    dialect: Dialect,
    features: &Features,
    results: &[RequirementResult],
    partial: bool,
) -> Conclusion {
    let mut classes = vec![class(&format!("{role} ({dialect})"), None, results)];
    classes.extend(features.iter().map(|feature| class(feature.as_str(), Some(*feature), results)));
    let error = results.iter().any(|result| result.verdict == Verdict::Error);
    let left_out =
        results.iter().any(|result| result.verdict == Verdict::NotExercised && result.counts_against());
    // A requirement that was left out on purpose is no claim, but no violation either.
    let broken = if partial {
        results.iter().any(|result| result.level == Level::Must && is_broken(result.verdict))
    } else {
        classes.iter().any(|class| !class.conformant)
    };
    let conformant = !broken && !error && !left_out;
    let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let revision = Catalogue::standard().revision();
    let verdict = match (conformant, partial, left_out && !broken) {
        (true, false, _) => "conformant",
        (true, true, _) => "no violation in what was selected, which is no claim",
        (false, _, true) => "incomplete",
        (false, ..) => "not conformant",
    };
    let headline = format!("{verdict}: {}, revision {revision}", names.join(", "));
    Conclusion { conformant, headline, partial, classes }
}

/// The class of all requirements that need a feature, or, without one, of those that need none.
fn class(name: &str, feature: Option<Feature>, results: &[RequirementResult]) -> ConformanceClass {
    let belongs = |result: &&RequirementResult| {
        let Some(requirement) = Catalogue::standard().get(result.id) else { return false };
        let features: &[Feature] = match &requirement.condition {
            FeatureCondition::Without(_) => &[],
            condition => condition.features(),
        };
        feature.map_or(features.is_empty(), |feature| features.contains(&feature))
    };
    let applies = |result: &&RequirementResult| {
        result.level == Level::Must && !matches!(result.verdict, Verdict::Unsupported | Verdict::Untested)
    };
    let musts: Vec<&RequirementResult> = results.iter().filter(belongs).filter(applies).collect();
    let broken = musts.iter().any(|result| is_broken(result.verdict));
    let exercised = musts.iter().filter(|result| result.exercised > 0).count() as u32;
    let of = musts.len() as u32;
    // A class of which nothing was tried is no claim.
    ConformanceClass {
        name: name.to_owned(),
        conformant: !broken && (exercised > 0 || of == 0),
        exercised,
        of,
    }
}

const fn is_broken(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error)
}
