//! Text of the user and of the subject in every form of a report: nothing in it is hidden, and none of it is taken for a command.

use std::fs;

use super::{hidden, run_alone};

/// Escapes, a title for the terminal, a newline with a command of GitHub, a tag, fillers, a variation selector, joiners, a change of
/// direction, a soft hyphen, a blank of Braille, a private character, an 8-bit escape.
const HIDDEN: &str = r"\033[2J\033]0;title\007\n::error::forged\n\363\240\201\201\343\205\244\357\270\217\342\200\215\342\200\214\342\200\256\302\255\342\240\200\356\200\200\302\233";

#[test]
fn nothing_is_hidden_in_any_form_whatever_stands_in_the_command_line() {
    let subject = format!("-- \"$PWP\" worker \"$(printf -- '--print=%b' '{HIDDEN}')\" --fault=wrong-id");
    let files = r#"--report "$O/r.json" --junit "$O/r.xml" --html "$O/r.html""#;
    for format in ["human", "human --verbose", "github", "json"] {
        let line = format!(
            "export GITHUB_STEP_SUMMARY=\"$O/summary.md\"; pwp check worker --only first-answers --cases 0 --format {format} {files} {subject}"
        );
        let ended = run_alone(&line);
        assert_eq!(ended.left, [""; 0]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""), "{format}: {}", ended.stdout);
        let mut forms = vec![ended.stdout.clone()];
        let names = ["r.json", "r.xml", "r.html", "summary.md"];
        forms.extend(names.iter().filter_map(|name| fs::read_to_string(ended.out().join(name)).ok()));
        assert_eq!(forms.len(), if format == "github" { 5 } else { 4 });
        for text in &forms {
            // The signs of GitHub's summary are emoji, which have a selector of their own.
            let text = text.replace("⚠\u{fe0f}", "");
            assert_eq!(hidden(&text), [], "{format}: {text}");
        }
        assert!(!ended.stdout.lines().any(|line| line.starts_with("::error::forged")), "{}", ended.stdout);
        let report: serde_json::Value = serde_json::from_str(&forms[1]).unwrap();
        let command = report["subject"]["command"].as_array().unwrap();
        assert!(
            command.iter().any(|word| word.as_str().unwrap().contains("\u{1b}[2J")),
            "the report has the bytes"
        );
    }
}

#[test]
fn nothing_is_hidden_in_what_is_said_of_a_call_a_workload_and_a_tap() {
    for line in [
        format!(
            "pwp call --request \"{{\\\"arguments\\\":[\\\"--print=a\\\\u001b[2J\\\\u202e\\\"]}}\" -- \"$PWP\" worker \"$(printf '%b' '{HIDDEN}')\""
        ),
        format!("pwp call --format json -- sh -c \"printf '%b' '{HIDDEN}' >&2; cat > /dev/null\""),
        "printf 'schema = \"pwp/workload/v1\"\\nname = \"a\\\\u202e\\\\u3164\"\\ncommand = [\"\\\\u001b[2J\\\\n\"]\\n' > \"$O/w.toml\"; pwp workload check \"$O/w.toml\"".to_owned(),
        format!(
            "pwp tap --log \"$O/log\" -- sh -c \"printf '%b' '{HIDDEN}'\" --persistent_worker > /dev/null; cat \"$O/log\""
        ),
    ] {
        let ended = run_alone(&line);
        assert_eq!(hidden(&ended.stdout), [], "{line}: {}", ended.stdout);
        assert_eq!(hidden(&ended.stderr), [], "{line}: {}", ended.stderr);
        let log = fs::read_to_string(ended.out().join("log")).unwrap_or_default();
        assert_eq!(hidden(&log), [], "{line}: {log}");
        assert_eq!(ended.left, [""; 0], "{line}");
    }
}
