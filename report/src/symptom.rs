//! Known failures: a violation that is expected, and that looks as it did when it was investigated, is not investigated again.
//!
//! Investigation (shrinking, repetition, control runs) finds out which requirement a symptom breaks. That costs up to 160 runs for each
//! symptom. Where expectations say what that led to, the symptom is recognised by its kind, by what was unusual about the
//! request, and by the scripts in which it shows. A symptom that differs in any of these takes the full path.

use std::collections::BTreeSet;
use std::fmt::Debug;

use pwp_spec::RequirementId;

/// How a violation looks before anything is known of its cause.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symptom {
    /// The way to be wrong, as the judge names it.
    pub kind: String,
    /// The requirements that may be broken instead of the general one. Empty for a client.
    pub suspects: BTreeSet<RequirementId>,
    /// The scripts or cases in which it shows. Generated scripts are left out.
    pub found_in: BTreeSet<String>,
}

impl Symptom {
    /// The symptom of a violation, whose kind is the name of its variant.
    pub fn new(
        violation: &impl Debug,
        suspects: impl IntoIterator<Item = RequirementId>,
        found_in: impl IntoIterator<Item = String>,
    ) -> Self {
        let (suspects, found_in) = (suspects.into_iter().collect(), found_in.into_iter().collect());
        Self { kind: kind_of(violation), suspects, found_in }
    }

    /// Whether this is the same symptom as `known`, in no other scripts.
    fn is_covered_by(&self, known: &Self) -> bool {
        !self.found_in.is_empty()
            && self.kind == known.kind
            && self.suspects == known.suspects
            && self.found_in.is_subset(&known.found_in)
    }
}

/// An expected failure, and one symptom that was found to be caused by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFailure {
    /// The requirement that is broken.
    pub requirement: RequirementId,
    /// It is broken only at times.
    pub flaky: bool,
    /// Text that the violation's summary has to contain.
    pub text: Option<String>,
    /// What it looks like.
    pub symptom: Symptom,
}

/// The expected failure that explains a symptom in a violation with this summary.
pub fn recognise<'a>(
    known: impl IntoIterator<Item = &'a KnownFailure>,
    symptom: &Symptom,
    summary: &str,
) -> Option<&'a KnownFailure> {
    known.into_iter().find(|known| {
        symptom.is_covered_by(&known.symptom) && known.text.as_ref().is_none_or(|text| summary.contains(text))
    })
}

/// The name of a violation's variant, in lower case with hyphens.
fn kind_of(violation: &impl Debug) -> String {
    let shown = format!("{violation:?}");
    let end = shown.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(shown.len());
    let mut kind = String::new();
    for letter in shown[..end].chars() {
        if letter.is_ascii_uppercase() && !kind.is_empty() {
            kind.push('-');
        }
        kind.push(letter.to_ascii_lowercase());
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RequirementId {
        text.parse().unwrap()
    }

    fn symptom(kind: &str, suspects: &[&str], found_in: &[&str]) -> Symptom {
        Symptom {
            kind: kind.to_owned(),
            suspects: suspects.iter().map(|text| id(text)).collect(),
            found_in: found_in.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn a_symptom_is_recognised_by_kind_suspects_and_scripts() {
        let expected = symptom("unanswered", &["W-012"], &["chunks", "halves"]);
        let known = [KnownFailure {
            requirement: id("W-012"),
            flaky: false,
            text: Some("no answer".into()),
            symptom: expected,
        }];
        let is_known = |symptom: &Symptom| recognise(&known, symptom, "no answer within 2 s").is_some();
        assert!(is_known(&symptom("unanswered", &["W-012"], &["chunks"])));
        assert!(is_known(&symptom("unanswered", &["W-012"], &["halves"])));
        assert!(!is_known(&symptom("unanswered", &["W-012"], &[])));
        assert!(!is_known(&symptom("surplus", &["W-012"], &["chunks"])));
        assert!(!is_known(&symptom("unanswered", &["W-012", "W-013"], &["chunks"])));
        assert!(!is_known(&symptom("unanswered", &[], &["chunks"])));
        assert!(!is_known(&symptom("unanswered", &["W-012"], &["chunks", "first-answers"])));
        assert_eq!(recognise(&known, &symptom("unanswered", &["W-012"], &["chunks"]), "other words"), None);
    }

    #[test]
    fn the_kind_of_a_violation_is_the_name_of_its_variant() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "the fields are shown by Debug")]
        enum Violation {
            WrongId { got: i32, open: Vec<i32> },
            BareObject,
        }
        assert_eq!(kind_of(&Violation::WrongId { got: 1, open: vec![2] }), "wrong-id");
        assert_eq!(kind_of(&Violation::BareObject), "bare-object");
    }
}
