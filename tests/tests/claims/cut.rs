//! Runs that are cut short in all ways that there are, through the real command. Earlier reports of a conformant subject stand where the new ones
//! are written.

use std::fs;
use std::path::{Path, PathBuf};

use pwp::report::{CutShort, Report, html, junit, to_json};
use pwp_spec::Role;
use pwp_tests::watched::{Ended, Pwp};

use super::mutants::conformant;
use super::readers::Forms;

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// Writes a line at each start, and becomes the reference worker.
const COUNTED: &str = r#"echo >> "$0"; exec "$@""#;

/// A run: what is typed behind `pwp`, the subject, and the moment at which it is interrupted.
struct Cut<'a> {
    arguments: &'a [&'a str],
    subject: Subject<'a>,
    /// Interrupt it when that many subjects were started.
    interrupt_at: Option<usize>,
}

enum Subject<'a> {
    /// The reference worker with these arguments, which writes a line when it is started.
    Worker(&'a [&'a str]),
    /// The same as a client.
    Client(&'a [&'a str]),
    /// This command.
    Command(&'a [&'a str]),
    /// The built-in one.
    BuiltIn,
}

/// Where a run writes.
struct Places {
    folder: tempfile::TempDir,
}

impl Places {
    /// With reports of an earlier run, of a conformant subject.
    fn with_old_reports(role: Role) -> Self {
        let places = Self { folder: tempfile::tempdir().unwrap() };
        let old = conformant(role);
        fs::write(places.at("report.json"), to_json(&old)).unwrap();
        fs::write(places.at("junit.xml"), junit(&old)).unwrap();
        fs::write(places.at("page.html"), html(&old, None)).unwrap();
        places
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_default()
    }

    fn starts(&self) -> usize {
        fs::read(self.at("starts")).unwrap_or_default().len()
    }
}

impl Cut<'_> {
    fn command(&self, places: &Places, format: &str) -> Pwp {
        let summary = format!("GITHUB_STEP_SUMMARY={}", places.at("summary.md").display());
        let pwp =
            Pwp::new("env").args([summary.as_str(), PWP]).args(self.arguments).args(["--format", format]);
        let files = [("--report", "report.json"), ("--junit", "junit.xml"), ("--html", "page.html")];
        let pwp = files.iter().fold(pwp, |pwp, (option, name)| pwp.args([option]).args([places.at(name)]));
        let (starts, counted) = (places.at("starts"), ["--", "sh", "-c", COUNTED]);
        match self.subject {
            Subject::Worker(arguments) => {
                pwp.args(counted).args([starts]).args([PWP, "worker"]).args(arguments)
            }
            Subject::Client(arguments) => {
                let pwp = pwp.args(counted).args([starts]).args([PWP, "client"]).args(arguments);
                pwp.args(["--outcomes={outcomes}", "{plan}"])
            }
            Subject::Command(command) => pwp.args(["--"]).args(command),
            Subject::BuiltIn => pwp,
        }
    }

    fn run(&self, places: &Places, format: &str) -> Ended {
        let _ = fs::remove_file(places.at("starts"));
        let mut running = self.command(places, format).start();
        if let Some(count) = self.interrupt_at {
            running.until(|| places.starts() >= count);
            running.interrupt();
        }
        let ended = running.end();
        assert_eq!(ended.left, [""; 0], "left behind");
        assert_eq!(ended.signal, None);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        ended
    }

    /// Runs it, once for people and once for a workflow, and reads all that was written. Each time the run ends with `code`, and the report
    /// has `why` among its reasons.
    #[track_caller]
    fn is_no_claim(&self, code: i32, why: CutShort) -> Report {
        let role = if self.arguments[1] == "client" { Role::Client } else { Role::Worker };
        let mut forms = Forms::default();
        let mut report = None;
        for format in ["human", "github"] {
            let places = Places::with_old_reports(role);
            let ended = self.run(&places, format);
            let said = format!("{:?}: {}{}", self.arguments, ended.stdout, ended.stderr);
            assert_eq!(ended.code, Some(code), "{said}");
            forms = Forms {
                json: places.read("report.json"),
                junit: places.read("junit.xml"),
                html: places.read("page.html"),
                code,
                ..forms
            };
            match format {
                "human" => forms.text = ended.stdout,
                _ => (forms.log, forms.summary) = (ended.stdout, places.read("summary.md")),
            }
            assert_eq!(forms.claims(), [""; 0], "{said}");
            let read: Report =
                serde_json::from_str(&forms.json).unwrap_or_else(|error| panic!("{error}: {said}"));
            assert!(read.cuts().contains(&why), "{:?}: {said}", read.conclusion);
            assert!(read.conclusion.partial, "{said}");
            report = Some(read);
        }
        report.unwrap()
    }
}

#[track_caller]
fn worker(arguments: &[&str], code: i32, why: CutShort) -> Report {
    let arguments = [&["check", "worker"], arguments].concat();
    Cut { arguments: &arguments, subject: Subject::BuiltIn, interrupt_at: None }.is_no_claim(code, why)
}

const FEW: [&str; 2] = ["--only", "first-answers,answers"];

#[test]
fn a_selection() {
    for only in [&FEW[..], &["--skip", "generated"], &["--cases", "0"]] {
        let report = worker(only, 5, CutShort::Selection);
        assert_eq!(report.violated().count(), 0);
        assert!(report.headline().starts_with("no violation in what was selected, which is no claim: "));
    }
}

#[test]
fn a_selection_of_cases() {
    let cut = Cut {
        arguments: &["check", "client", "reference", "--only", "plain"],
        subject: Subject::BuiltIn,
        interrupt_at: None,
    };
    cut.is_no_claim(5, CutShort::Selection);
}

#[test]
fn a_budget_that_is_used_up() {
    let report = worker(&["--budget", "1ms"], 5, CutShort::Budget);
    assert!(report.run.generated_scripts < 50);
    assert!(report.headline().starts_with("no violation in what was run, which is no claim: "));
    worker(&["--cases", "4000", "--budget", "300ms"], 5, CutShort::Budget);
}

/// A violation is one, however little was run.
#[test]
fn a_selection_of_a_broken_worker() {
    let arguments = [&["check", "worker"], &FEW[..]].concat();
    let subject = Subject::Worker(&["--fault=duplicate-response"]);
    let report =
        Cut { arguments: &arguments, subject, interrupt_at: None }.is_no_claim(1, CutShort::Selection);
    assert!(report.headline().starts_with("not conformant: "));
}

#[test]
fn a_subject_that_can_not_be_started() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("missing-interpreter");
    fs::write(&script, "#!/nowhere/at-all\n").unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for command in ["./no-such-worker", "no-such-worker", script.to_str().unwrap()] {
        let subject = Subject::Command(&[command]);
        let cut = Cut { arguments: &["check", "worker"], subject, interrupt_at: None };
        let report = cut.is_no_claim(3, CutShort::NotStarted);
        assert!(report.conclusion.problem.is_some());
        let subject = Subject::Command(&[command]);
        Cut { arguments: &["replay", "answers"], subject, interrupt_at: None }
            .is_no_claim(3, CutShort::NotStarted);
    }
    let subject = Subject::Command(&["no-such-client", "{plan}", "{outcomes}"]);
    let cut = Cut { arguments: &["check", "client", "command"], subject, interrupt_at: None };
    cut.is_no_claim(3, CutShort::NotStarted);
    let arguments = ["check", "client", "bazel", "--bin", "./no-such-bazel"];
    Cut { arguments: &arguments, subject: Subject::BuiltIn, interrupt_at: None }
        .is_no_claim(3, CutShort::NotStarted);
}

#[test]
fn a_subject_that_always_hangs() {
    let subject = Subject::Command(&["sleep", "1000"]);
    let arguments = ["check", "worker", "--start-limit", "1s", "--budget", "1s"];
    let report =
        Cut { arguments: &arguments, subject, interrupt_at: None }.is_no_claim(1, CutShort::NoAnswer);
    assert!(report.headline().starts_with("not conformant: "));
}

/// At the first start, in the middle of the scripts, and as the generated ones are run.
#[test]
fn an_interrupt_of_a_check_of_a_worker() {
    for count in [1, 2, 30, 90, 150] {
        let arguments = ["check", "worker", "--cases", "5000", "--budget", "1000s"];
        let cut = Cut { arguments: &arguments, subject: Subject::Worker(&[]), interrupt_at: Some(count) };
        let report = cut.is_no_claim(130, CutShort::Interrupted);
        assert_eq!(report.violated().count(), 0, "{count}");
        assert!(report.headline().starts_with("interrupted, which is no claim: "), "{count}");
    }
}

/// While the violations are shrunk and repeated: each is in the report, as it was found.
#[test]
fn an_interrupt_of_the_search_for_causes() {
    for count in [12, 20] {
        let arguments = [&["check", "worker"], &FEW[..]].concat();
        let subject = Subject::Worker(&["--fault=duplicate-response"]);
        let report = Cut { arguments: &arguments, subject, interrupt_at: Some(count) }
            .is_no_claim(130, CutShort::Interrupted);
        assert!(report.violated().count() > 0, "{count}");
        assert!(report.headline().starts_with("not conformant, and interrupted: "), "{count}");
    }
}

#[test]
fn an_interrupt_of_a_check_of_a_client() {
    for count in [1, 2, 10, 30] {
        let arguments = ["check", "client", "command"];
        let cut = Cut { arguments: &arguments, subject: Subject::Client(&[]), interrupt_at: Some(count) };
        let report = cut.is_no_claim(130, CutShort::Interrupted);
        assert_eq!(report.violated().count(), 0, "{count}: {}", report.headline());
    }
}

#[test]
fn an_interrupt_of_a_replay() {
    let arguments = ["replay", "answers", "--times", "1000"];
    let subject = Subject::Worker(&["--fault=duplicate-response"]);
    Cut { arguments: &arguments, subject, interrupt_at: Some(5) }.is_no_claim(130, CutShort::Interrupted);
}

/// A replay ends with 0 where its script shows nothing, and its report is no claim all the same.
#[test]
fn a_replay_is_no_claim() {
    let places = Places::with_old_reports(Role::Worker);
    let cut = Cut { arguments: &["replay", "answers"], subject: Subject::Worker(&[]), interrupt_at: None };
    let ended = cut.run(&places, "human");
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    let forms = Forms {
        json: places.read("report.json"),
        junit: places.read("junit.xml"),
        html: places.read("page.html"),
        text: ended.stdout,
        code: 5,
        ..Forms::default()
    };
    assert_eq!(forms.claims(), [""; 0]);
}

/// A report of a tap is about what passed, so it is no claim.
#[test]
fn live_traffic() {
    let places = Places { folder: tempfile::tempdir().unwrap() };
    let report = places.at("tap.json");
    let ended = Pwp::new(PWP)
        .args(["tap", "--report"])
        .args([report.as_path()])
        .args(["--", PWP, "worker", "--persistent_worker"])
        .run();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for path in [report.as_path(), &report.with_extension("client.json")] {
        let read: Report = serde_json::from_str(&read(path)).unwrap();
        assert!(!read.conclusion.conformant && read.cuts().contains(&CutShort::Live), "{}", path.display());
        assert!(read.conclusion.classes.iter().all(|class| !class.conformant), "{}", path.display());
        assert!(read.headline().starts_with("no violation in what passed, which is no claim: "));
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
