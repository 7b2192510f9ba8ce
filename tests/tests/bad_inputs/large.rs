//! Inputs that are larger than somebody thought: arguments that no program can be given, and requests that nobody answers.

use std::fs;
use std::io::Write as _;

use pwp_proto::{Framing, WorkRequest, encode};

use super::run;

/// The most memory that `pwp` may need, in bytes.
const MEMORY: u64 = 150 << 20;

/// A request may have more arguments than the system hands to a program. In one-shot mode it then can't be tried, which is a gap of the
/// run and no fault of anybody.
#[test]
fn a_request_that_no_command_line_can_hold_is_not_tried_in_one_shot_mode() {
    let files = tempfile::tempdir().unwrap();
    for (name, argument) in [("large", "x".repeat(200_000)), ("nul", "a\\u0000b".to_owned())] {
        let request = format!(
            "[[request]]\nname = \"{name}\"\nkind = \"success\"\narguments = [\"--print={argument}\"]\n"
        );
        let workload = format!("schema = \"pwp/workload/v1\"\nname = \"{name}\"\n{request}");
        fs::write(files.path().join(format!("{name}-request.toml")), workload).unwrap();
        let line = format!(
            "pwp check worker --cases 0 --workload \"$F/{name}-request.toml\" --report \"$O/r.json\" -- \"$PWP\" worker"
        );
        let ended = run(&line, files.path());
        assert_eq!(ended.left, [""; 0]);
        assert_eq!(ended.stderr, "", "{name}");
        let report = ended.out().join("r.json");
        let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
        let requirements = report["requirements"].as_array().unwrap();
        let reasons = requirements.iter().filter(|result| result["verdict"] == "not-exercised");
        let words = if name == "nul" { "NUL" } else { "128 KiB" };
        let told = |result: &&serde_json::Value| {
            let reason = result["reason"].as_str().unwrap();
            reason.contains("one-shot mode was not tried") && reason.contains(words)
        };
        assert!(reasons.filter(told).count() > 0, "{name}: {requirements:#?}");
        let broken: Vec<_> = requirements.iter().filter(|result| result["verdict"] == "fail").collect();
        assert!(broken.is_empty(), "{name}: {broken:#?}");
    }
}

#[test]
fn a_call_says_that_one_shot_mode_was_not_tried() {
    let files = tempfile::tempdir().unwrap();
    super::files::write_all(files.path());
    for (name, words) in [("large", "128 KiB"), ("nul", "NUL")] {
        let ended = run(
            &format!("pwp call --one-shot --request \"@$F/{name}-request.json\" -- \"$PWP\" worker"),
            files.path(),
        );
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
        let line = ended.stdout.lines().find(|line| line.contains("one-shot")).unwrap_or_default();
        assert!(line.contains("not tried") && line.contains(words), "{}", ended.stdout);
        assert!(ended.stdout.len() < 20_000);
    }
}

/// A client may send as many requests as it likes before it reads an answer, and its worker may answer none: the report is there
/// all the same.
#[test]
fn a_tap_keeps_its_report_with_hundreds_of_thousands_of_open_requests() {
    let files = tempfile::tempdir().unwrap();
    for (count, judged) in [(40_000, true), (200_000, false)] {
        let path = files.path().join(format!("{count}-requests"));
        let mut file = std::io::BufWriter::new(fs::File::create(&path).unwrap());
        for id in 1..=count {
            let request =
                WorkRequest { request_id: id, arguments: vec!["a".into()], ..WorkRequest::default() };
            file.write_all(&encode(Framing::Proto, &request)).unwrap();
        }
        drop(file);
        let line = format!(
            "pwp tap --report \"$O/tap.json\" --log \"$O/log\" -- sh -c 'cat > /dev/null' --persistent_worker < \"$F/{count}-requests\""
        );
        let ended = run(&line, files.path());
        fs::remove_file(path).unwrap();
        let log = fs::read_to_string(ended.out().join("log")).unwrap();
        assert_eq!(ended.code, Some(0), "{log}");
        assert_eq!(ended.left, [""; 0]);
        assert!(ended.peak < MEMORY, "{} bytes of memory for {count} requests", ended.peak);
        assert_eq!(log.contains(&format!("ended: requests {count}, answered 0; ")), judged, "{log}");
        assert_eq!(log.contains("requests were open at once"), !judged, "{log}");
        for name in ["tap.json", "tap.client.json"] {
            let report = fs::read_to_string(ended.out().join(name)).unwrap();
            let report: serde_json::Value = serde_json::from_str(&report).unwrap();
            assert_eq!(report["conclusion"]["partial"], true, "{name}");
        }
    }
}
