//! Changes to the report of a conformant subject: none of them leaves a claim in any form.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use pwp::cli::ExitCode;
use pwp::report::{
    ClassVerdict, ConformanceClass, CutShort, Expected, Gap, Github, Human, Report, Reporter as _, RunFacts,
    RunInfo, SuiteEvent, Tallies, Unexpected, Verdict, assemble, html, junit, to_json,
};
use pwp_spec::{Catalogue, Dialect, Feature, Features, Level, Role};

use super::readers::Forms;

const VERDICTS: [Verdict; 9] = [
    Verdict::Pass,
    Verdict::Fail,
    Verdict::Warn,
    Verdict::Observed,
    Verdict::Unsupported,
    Verdict::NotExercised,
    Verdict::Untested,
    Verdict::Flaky,
    Verdict::Error,
];
const CUTS: [CutShort; 10] = [
    CutShort::NotStarted,
    CutShort::Error,
    CutShort::Interrupted,
    CutShort::Unfinished,
    CutShort::NoAnswer,
    CutShort::Waiting,
    CutShort::Budget,
    CutShort::Selection,
    CutShort::Replay,
    CutShort::Live,
];

type Change = fn(&mut Report);

/// The forms that list the classes: one of which nothing is broken stays conformant where another one is not.
const OF_CLASSES: [&str; 5] = ["JSON", "JUnit", "HTML", "GitHub summary", "text"];

/// The report of a run in which everything was tried and went well.
pub(crate) fn conformant(role: Role) -> Report {
    let features: Features = Feature::ALL.iter().copied().collect();
    let facts = RunFacts {
        role,
        dialect: Dialect::Proto,
        features: &features,
        command: vec!["./subject".into()],
        name: "subject".into(),
        program: None,
        workload: None,
        run: RunInfo { fixed_scripts: 60, generated_scripts: 50, generated_wanted: 50, ..RunInfo::begin() },
        cut: [].into(),
        problem: None,
    };
    let mut counts = Tallies::default();
    for requirement in
        Catalogue::standard().iter().filter(|requirement| requirement.applies(Dialect::Proto, &features))
    {
        match requirement.level.is_judged() {
            true => counts.uphold(requirement.id),
            false => counts.observe(requirement.id, "an answer"),
        }
    }
    assemble(
        facts,
        counts,
        |_| true,
        |requirement| Gap::untested(requirement).unwrap_or_else(|| Gap::not_exercised("left out by chance")),
    )
}

/// The same report, of a run that was cut short.
pub(crate) fn with_cut(mut report: Report, cut: CutShort) -> Report {
    report.conclusion.partial_because.push(cut);
    report
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.take()).unwrap()
    }
}

/// A report in all its forms.
pub(crate) fn forms(report: &Report) -> Forms {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("summary.md");
    let (log, text) = (Shared::default(), Shared::default());
    let finished = SuiteEvent::Finished(report);
    Github::to(Box::new(log.clone()), false, "token".into(), Some(path.clone())).event(&finished);
    Human::to(Box::new(text.clone()), false).event(&finished);
    Forms {
        json: to_json(report),
        junit: junit(report),
        html: html(report, None),
        log: log.text(),
        summary: std::fs::read_to_string(path).unwrap(),
        text: text.text(),
        // The number is looked at where there is a process that ends with it.
        code: i32::from(ExitCode::of_run(report, false) != ExitCode::Conformant),
    }
}

#[track_caller]
fn is_no_claim(what: &str, report: &Report) {
    let forms = forms(report);
    assert_eq!(forms.claims(), [""; 0], "{what}: {}", report.headline());
}

/// The report with a change.
fn changed(report: &Report, change: impl FnOnce(&mut Report)) -> Report {
    let mut report = report.clone();
    change(&mut report);
    report
}

/// Makes the sums fit the requirements again.
fn count_again(report: &mut Report) {
    report.totals.clear();
    for result in &report.requirements {
        *report.totals.entry(result.verdict.to_string()).or_default() += 1;
    }
}

#[test]
fn the_report_without_a_change_is_a_claim() {
    for role in [Role::Worker, Role::Client] {
        let report = conformant(role);
        assert!(report.conclusion.conformant && report.requirements.len() > 60, "{}", report.headline());
        assert_eq!(
            report.totals.get("fail").or_else(|| report.totals.get("not-exercised")),
            None,
            "{:?}",
            report.totals
        );
        assert_eq!(forms(&report).claims().len(), 7, "{}", report.headline());
    }
}

#[test]
fn a_requirement_that_is_missing_or_has_another_verdict_leaves_no_claim() {
    for role in [Role::Worker, Role::Client] {
        let whole = conformant(role);
        for (place, result) in whole.requirements.iter().enumerate() {
            let without = changed(&whole, |report| drop(report.requirements.remove(place)));
            is_no_claim(&format!("without {}", result.id), &without);
            let others = VERDICTS.into_iter().filter(|verdict| *verdict != result.verdict);
            for (number, verdict) in others.enumerate() {
                let other = changed(&whole, |report| report.requirements[place].verdict = verdict);
                assert_ne!(
                    ExitCode::of_run(&other, false),
                    ExitCode::Conformant,
                    "{} is {verdict}",
                    result.id
                );
                // All forms of all of them take a minute.
                if (place + number) % VERDICTS.len() == 0 {
                    is_no_claim(&format!("{} is {verdict}", result.id), &other);
                }
            }
        }
        let twice = changed(&whole, |report| {
            let last = report.requirements.len() - 1;
            report.requirements[last] = report.requirements[0].clone();
            count_again(report);
        });
        is_no_claim("one requirement in place of another", &twice);
    }
}

/// Also where the sums were made to fit.
#[test]
fn what_is_broken_or_was_left_out_leaves_no_claim() {
    let whole = conformant(Role::Worker);
    for (place, result) in whole.requirements.iter().enumerate() {
        let is_must = result.level == Level::Must;
        let counted = VERDICTS.into_iter().filter(|verdict| match verdict {
            Verdict::Fail | Verdict::NotExercised => is_must,
            Verdict::Flaky | Verdict::Error => true,
            _ => false,
        });
        for verdict in counted {
            let other = changed(&whole, |report| {
                let result = &mut report.requirements[place];
                (result.verdict, result.reason) = (verdict, Some("the run did not get to it".into()));
                count_again(report);
            });
            let claims = forms(&other).claims();
            assert!(
                claims.iter().all(|form| OF_CLASSES.contains(form)),
                "{} {verdict}: {claims:?}",
                result.id
            );
            assert!(
                !other.headline().starts_with("conformant"),
                "{} {verdict}: {}",
                result.id,
                other.headline()
            );
            let is_claimed =
                |class: &ConformanceClass| other.class_verdict(class) == ClassVerdict::Conformant;
            assert!(!other.conclusion.classes.iter().all(is_claimed), "{} {verdict}: its class", result.id);
        }
    }
}

#[test]
fn a_cut_leaves_no_claim() {
    for role in [Role::Worker, Role::Client] {
        let whole = conformant(role);
        for cut in CUTS {
            let claims = forms(&with_cut(whole.clone(), cut)).claims();
            // A replay ends with 0 where its script shows nothing: whoever types it asks for no more.
            let allowed: &[&str] = if cut == CutShort::Replay { &["exit code"] } else { &[] };
            assert_eq!(claims, allowed, "{cut:?}");
            if cut.ends_the_run() {
                is_no_claim(
                    &format!("run {cut:?}"),
                    &changed(&whole, |report| report.run.cut_short = Some(cut)),
                );
            }
        }
        is_no_claim("partial", &changed(&whole, |report| report.conclusion.partial = true));
        is_no_claim("fewer scripts", &changed(&whole, |report| report.run.generated_wanted = 51));
        is_no_claim("interrupted behind its end", &changed(&whole, Report::interrupt));
    }
}

#[test]
fn a_report_that_contradicts_itself_leaves_no_claim() {
    for role in [Role::Worker, Role::Client] {
        let whole = conformant(role);
        let changes: [(&str, Change); 7] = [
            ("no requirements", |report| report.requirements.clear()),
            ("nothing at all", |report| (report.requirements.clear(), report.totals.clear()).0),
            ("no sums", |report| report.totals.clear()),
            ("an unknown role", |report| report.role = "compiler".into()),
            ("another role", |report| report.role = "server".into()),
            ("another dialect", |report| report.subject.dialect = "json".into()),
            ("no classes", |report| report.conclusion.classes.clear()),
        ];
        for (what, change) in changes {
            is_no_claim(what, &changed(&whole, change));
        }
        // Of the classes, those that nothing speaks against stay what they were.
        let changes: [(&str, Change); 3] = [
            ("not conformant", |report| report.conclusion.conformant = false),
            ("a broken class", |report| report.conclusion.classes[0].broken = Some(1)),
            ("a class that was not tried", |report| report.conclusion.classes[0].exercised = 0),
        ];
        for (what, change) in changes {
            let other = changed(&whole, change);
            let claims = forms(&other).claims();
            assert!(claims.iter().all(|form| OF_CLASSES.contains(form)), "{what}: {claims:?}");
            assert!(!other.headline().starts_with("conformant"), "{what}: {}", other.headline());
        }
    }
}

/// Where the expectations are not met, nothing says that the subject is conformant.
#[test]
fn a_run_that_is_not_as_expected_ends_with_1() {
    let entry =
        Unexpected { requirement: "W-031".parse().unwrap(), verdict: Verdict::Fail, note: String::new() };
    let report = changed(&conformant(Role::Worker), |report| {
        report.expectations = Some(Expected {
            file: "known.toml".into(),
            met: false,
            entries: Vec::new(),
            unexpected: vec![entry],
            changes: Vec::new(),
        });
    });
    assert_eq!(ExitCode::of_run(&report, false), ExitCode::NotConformant);
}

/// What could not be removed comes before what was found, and behind what could not be started.
#[test]
fn the_exit_codes_have_their_order() {
    let whole = conformant(Role::Worker);
    for (report, leftovers, code) in [
        (whole.clone(), false, ExitCode::Conformant),
        (whole.clone(), true, ExitCode::Internal),
        (with_cut(whole.clone(), CutShort::Interrupted), false, ExitCode::Interrupted),
        (with_cut(whole.clone(), CutShort::Interrupted), true, ExitCode::Internal),
        (with_cut(whole.clone(), CutShort::Error), false, ExitCode::Internal),
        (with_cut(whole.clone(), CutShort::NotStarted), true, ExitCode::NotStarted),
        (with_cut(whole.clone(), CutShort::Budget), false, ExitCode::NoClaim),
        (with_cut(whole.clone(), CutShort::Selection), false, ExitCode::NoClaim),
        (with_cut(whole, CutShort::Replay), false, ExitCode::Conformant),
    ] {
        assert_eq!(ExitCode::of_run(&report, leftovers), code, "{}", report.headline());
    }
}
