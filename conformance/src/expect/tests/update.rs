//! The smallest change: everything else in the text stays, byte for byte.

use crate::expect::{Expectations, UpdateError, parse, update};
use crate::report::{CutShort, Report, Verdict};
use pwp_spec::Feature;

use super::{cut_short, in_run, report};

const TEXT: &str = "\
# Known failures of my-worker.
# They are looked at each month.

schema = 'pwp/expectations/v1'   # the form

# Nobody sends chunks that small.
[[expect]]
reason = \"\"\"
reads one chunk
as one frame\"\"\"   # see the tracker
requirement = \"W-012\"

  [[expect]]
  requirement = \"W-031\" # every day
  reason = 'a race'
  # more about the race

# About the end.
[[expect]]
requirement = \"W-111\"
reason = \"finishes the open work\"
";

fn updated(text: &str, report: &Report) -> String {
    let old = parse("known.toml", text).unwrap();
    let new = update(&old, report, &|_, _| true, &[]).unwrap();
    let again = update(&new.expectations, report, &|_, _| true, &[]).unwrap();
    assert_eq!(again.expectations.text, new.expectations.text, "a second update changes nothing");
    assert_eq!(again.expected.changes, [""; 0]);
    new.expectations.text
}

/// The run that `TEXT` is about, with other verdicts for some.
fn run(changed: &[(&'static str, Verdict)]) -> Report {
    let mut verdicts = vec![("W-012", Verdict::Fail), ("W-031", Verdict::Fail), ("W-111", Verdict::Fail)];
    verdicts.retain(|(id, _)| changed.iter().all(|(other, _)| other != id));
    verdicts.extend(changed);
    report(&verdicts)
}

#[test]
fn what_holds_is_left_alone() {
    assert_eq!(updated(TEXT, &run(&[])), TEXT);
}

/// An entry goes with its comments and the blank lines that set it off.
#[test]
fn an_entry_that_passes_is_cut_out() {
    let parts: Vec<&str> = TEXT.split_inclusive("\n\n").collect();
    let [head, schema, first, second, third] = parts[..] else { panic!("{parts:#?}") };
    assert_eq!(updated(TEXT, &run(&[("W-012", Verdict::Pass)])), [head, schema, second, third].concat());
    assert_eq!(updated(TEXT, &run(&[("W-031", Verdict::Pass)])), [head, schema, first, third].concat());
    let without_third = [head, schema, first, second].concat();
    assert_eq!(updated(TEXT, &run(&[("W-111", Verdict::Pass)])), format!("{}\n", without_third.trim_end()));
    let none = run(&[("W-012", Verdict::Pass), ("W-031", Verdict::Pass), ("W-111", Verdict::Pass)]);
    assert_eq!(updated(TEXT, &none), format!("{}\n", [head, schema].concat().trim_end()));
}

#[test]
fn what_is_new_is_added_at_the_end_by_id() {
    let new = [("W-050", Verdict::Fail), ("W-040", Verdict::Flaky), ("W-087", Verdict::Warn)];
    let mut report = run(&new);
    report.requirements.sort_by_key(|result| result.id);
    let added = "
[[expect]]
requirement = \"W-040\"
verdict = \"flaky\"
reason = \"\"

[[expect]]
requirement = \"W-050\"
reason = \"\"
";
    assert_eq!(updated(TEXT, &report), format!("{TEXT}{added}"));
    // Without a line end at the end, and with those of another system.
    assert_eq!(updated(TEXT.trim_end(), &report), format!("{TEXT}{added}"));
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(updated(&crlf(TEXT), &report), crlf(&format!("{TEXT}{added}")));
}

/// The reason is still about the same requirement.
#[test]
fn another_degree_changes_the_verdict_in_its_place() {
    let flaky = updated(TEXT, &run(&[("W-031", Verdict::Flaky)]));
    let line = "  requirement = \"W-031\" # every day\n";
    assert_eq!(flaky, TEXT.replace(line, &format!("{line}  verdict = \"flaky\"\n")));
    let warn = flaky.replace("\"flaky\"", "\"warn\"");
    assert_eq!(updated(&warn, &run(&[])), flaky.replace("\"flaky\"", "\"fail\""));
    // A line end is made where the file has none.
    let short = "schema = \"pwp/expectations/v1\"\n[[expect]]\nreason = \"x\"\nrequirement = \"W-031\"";
    let run = report(&[("W-031", Verdict::Flaky)]);
    assert_eq!(updated(short, &run), format!("{short}\nverdict = \"flaky\"\n"));
}

/// The old reason is about something else.
#[test]
fn another_symptom_makes_another_entry() {
    let head = "schema = \"pwp/expectations/v1\"\n";
    let text =
        format!("{head}[[expect]]\nrequirement = \"W-031\"\nreason = \"x\"\nsymptom = \"two answers\"\n");
    let run = report(&[("W-031", Verdict::Fail)]);
    assert_eq!(updated(&text, &run), format!("{head}\n[[expect]]\nrequirement = \"W-031\"\nreason = \"\"\n"));
}

#[test]
fn entries_for_other_runs_stay() {
    let run = in_run(report(&[("W-031", Verdict::Fail)]), "json", &[Feature::Cancellation]);
    let text = "schema = \"pwp/expectations/v1\"\n
[[expect]]
requirement = \"W-031\"
reason = \"known\"
dialect = \"proto\"
";
    let added = "
[[expect]]
requirement = \"W-031\"
dialect = \"json\"
features = [\"cancellation\"]
reason = \"\"
";
    assert_eq!(updated(text, &run), format!("{text}{added}"));
}

/// What a run did not get to, and where the suite failed, is no failure of the subject.
#[test]
fn only_failures_are_listed() {
    let text = "schema = \"pwp/expectations/v1\"\n";
    for verdict in [Verdict::NotExercised, Verdict::Error, Verdict::Unsupported, Verdict::Pass] {
        assert_eq!(updated(text, &report(&[("W-031", verdict)])), text, "{verdict}");
    }
    for verdict in [Verdict::Fail, Verdict::Flaky] {
        assert!(updated(text, &report(&[("W-031", verdict)])).contains("W-031"), "{verdict}");
    }
    let gaps = report(&[("W-031", Verdict::NotExercised)]);
    assert_eq!(updated(text, &cut_short(gaps, CutShort::Waiting)), text);
}

#[test]
fn inline_entries_are_read_but_not_changed() {
    let head = "schema = \"pwp/expectations/v1\"\n";
    let old: Expectations =
        parse("known.toml", &format!("{head}expect = [{{ requirement = \"W-031\", reason = \"x\" }}]\n"))
            .unwrap();
    let change = |old: &Expectations, verdict| update(old, &report(&[("W-031", verdict)]), &|_, _| true, &[]);
    assert_eq!(change(&old, Verdict::Fail).unwrap().expectations, old);
    assert!(matches!(change(&old, Verdict::Pass), Err(UpdateError::Inline(_))));
    let old = parse("known.toml", &format!("{head}expect = []\n")).unwrap();
    assert_eq!(change(&old, Verdict::Pass).unwrap().expectations, old);
    assert!(matches!(change(&old, Verdict::Fail), Err(UpdateError::Inline(_))));
}
