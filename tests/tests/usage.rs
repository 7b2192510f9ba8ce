//! Mistakes on the command line and in the files that it names: one message each, with the remedy.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;

use pwp_tests::watched::{Ended, Pwp};

/// Files that the mistakes name. The command runs in another folder, beside `out`.
const FILES: [(&str, &[u8]); 30] = [
    ("no.json", b"steps: none\n"),
    ("half.json", br#"{"schema": "pwp/script/v1", "name": "half""#),
    ("report.json", br#"{"schema": "pwp/report/v1"}"#),
    ("later.json", br#"{"schema": "pwp/script/v2", "name": "later", "dialects": ["proto"], "steps": []}"#),
    ("key.json", br#"{"schema": "pwp/script/v1", "name": "key", "dialects": ["proto"], "steps": [], "step": 1}"#),
    ("dialect.json", br#"{"schema": "pwp/script/v1", "name": "dialect", "about": "", "dialects": ["xml"], "steps": []}"#),
    ("multiplex.json", br#"{"schema": "pwp/script/v1", "name": "multiplex", "about": "", "dialects": ["proto"], "needs": {"features": ["multiplex"]}, "steps": []}"#),
    ("no.toml", b"schema: none\n"),
    ("later.toml", b"schema = \"pwp/workload/v2\"\nname = \"later\"\n"),
    ("key.toml", b"schema = \"pwp/workload/v1\"\nname = \"key\"\nrequest = [{ name = \"a\", kind = \"success\", argument = [] }]\n"),
    ("kind.toml", b"schema = \"pwp/workload/v1\"\nname = \"kind\"\n[[request]]\nname = \"a\"\nkind = \"fast\"\n"),
    ("outside.toml", b"schema = \"pwp/workload/v1\"\nname = \"outside\"\n[[input]]\npath = \"../a\"\ncontent = \"\"\n"),
    ("twice.toml", b"schema = \"pwp/workload/v1\"\nname = \"twice\"\n[[request]]\nname = \"a\"\nkind = \"success\"\n[[request]]\nname = \"a\"\nkind = \"failure\"\n"),
    ("input.toml", b"schema = \"pwp/workload/v1\"\nname = \"input\"\n[[request]]\nname = \"a\"\nkind = \"success\"\ninputs = [\"x\"]\n"),
    ("binary.toml", b"schema = \"\xff\xfe\"\n"),
    ("expect-later.toml", b"schema = \"pwp/expectations/v2\"\n"),
    ("expect-glob.toml", b"schema = \"pwp/expectations/v1\"\n\n[[expect]]\nrequirement = \"W-03*\"\nreason = \"known\"\n"),
    ("expect-no-reason.toml", b"schema = \"pwp/expectations/v1\"\n\n[[expect]]\nrequirement = \"W-031\"\n"),
    ("expect-verdict.toml", b"schema = \"pwp/expectations/v1\"\n\n[[expect]]\nrequirement = \"W-031\"\nverdict = \"pass\"\nreason = \"known\"\n"),
    ("expect-dialect.toml", b"schema = \"pwp/expectations/v1\"\n\n[[expect]]\nrequirement = \"W-031\"\ndialect = \"xml\"\nreason = \"known\"\n"),
    ("expect-symptom.toml", b"schema = \"pwp/expectations/v1\"\n\n[[expect]]\nrequirement = \"W-031\"\nsymptom = \"\"\nreason = \"known\"\n"),
    ("expect-twice.toml", b"schema = \"pwp/expectations/v1\"\n\n[[expect]]\nrequirement = \"W-031\"\nreason = \"known\"\n\n[[expect]]\nrequirement = \"W-031\"\ndialect = \"json\"\nreason = \"known\"\n"),
    ("from.toml", b"schema = \"pwp/workload/v1\"\nname = \"w\"\n[[input]]\npath = \"src\"\nfrom = \"nowhere\"\n"),
    ("both.toml", b"schema = \"pwp/workload/v1\"\nname = \"w\"\n[[input]]\npath = \"a\"\nfrom = \"no.toml\"\ncontent = \"\"\n"),
    ("neither.toml", b"schema = \"pwp/workload/v1\"\nname = \"w\"\n[[input]]\npath = \"a\"\n"),
    ("below.toml", b"schema = \"pwp/workload/v1\"\nname = \"w\"\n[[input]]\npath = \"a\"\ncontent = \"\"\n[[request]]\nname = \"r\"\nkind = \"success\"\noutputs = [{ path = \"a/b\" }]\n"),
    ("variable.toml", b"schema = \"pwp/workload/v1\"\nname = \"w\"\nenvironment = { TMPDIR = \"/tmp\" }\n"),
    ("program.toml", b"schema = \"pwp/workload/v1\"\nname = \"w\"\ncommand = [\"./no-such-worker\"]\n"),
    ("nobody.toml", b"schema = \"pwp/workload/v1\"\nname = \"w\"\n[[request]]\nname = \"r\"\nkind = \"success\"\n"),
    ("request.json", br#"{"schema": "pwp/script/v1", "name": "request", "about": "", "dialects": ["proto"], "steps": [{"send": {"messages": [{"request": "compile"}]}}]}"#),
];

/// What is typed behind `pwp`, and the exit code: 2 for a mistake, 3 for a subject that cannot be started, 4 for a full disk.
const MISTAKES: &[(&str, i32)] = &[
    ("", 2),
    ("chekc worker", 2),
    ("check", 2),
    ("check client compiler", 2),
    ("check client reference --fault no-such-fault", 2),
    ("check client reference --only no-such-case", 2),
    ("check client reference --report nowhere/report.json", 2),
    ("check client bazel --bin ./no-such-bazel", 3),
    ("check client command", 2),
    ("check client command --lacks speed -- ./tool {plan} {outcomes}", 2),
    ("check client command -- sh {plan}", 3),
    ("probe", 2),
    ("probe --scenario nowhere.json --record .", 2),
    ("check worker --fetures multiplex", 2),
    ("check worker --dialect xml", 2),
    ("check worker --feature multiplexing", 2),
    ("check worker --feature multiplex,", 2),
    ("check worker --only W-9*", 2),
    ("check worker --only first-anwsers", 2),
    ("check worker --skip W-9*", 2),
    ("check worker --budget 10", 2),
    ("check worker --budget soon", 2),
    ("check worker --budget -1s", 2),
    ("check worker --budget 0s", 2),
    ("check worker --start-limit infs", 2),
    ("check worker --start-limit 2days", 2),
    ("check worker --start-limit 48000m", 2),
    ("check worker --cases many", 2),
    ("check worker --seed -1", 2),
    ("check worker --jobs 0", 2),
    ("check worker --format xml", 2),
    ("check worker ./my-worker", 2),
    ("check worker -- ./my-worker", 3),
    ("check worker -- my-worker", 3),
    ("check worker -- ../out", 3),
    ("check worker -- ../out/no.json", 3),
    ("check worker --report nowhere/report.json", 2),
    ("check worker --report ../out", 2),
    ("check worker --report /dev/full", 4),
    ("check worker --junit /proc/junit.xml", 2),
    ("check worker --html /dev/null/page.html", 2),
    ("check worker --report ../out/no.toml", 2),
    ("check worker --transcripts /proc/transcripts", 2),
    ("check client reference --report /dev/full", 4),
    ("replay first-answers --feature none --junit /dev/full", 4),
    ("check worker --transcripts ../out/no.json", 2),
    ("check worker --workload nowhere.toml", 2),
    ("check worker --workload ../out", 2),
    ("check worker --workload ../out/no.toml", 2),
    ("check worker --workload ../out/later.toml", 2),
    ("check worker --workload ../out/key.toml", 2),
    ("check worker --workload ../out/kind.toml", 2),
    ("check worker --workload ../out/outside.toml", 2),
    ("check worker --workload ../out/twice.toml", 2),
    ("check worker --workload ../out/input.toml", 2),
    ("check worker --workload ../out/binary.toml", 2),
    ("check worker --expect", 2),
    ("check worker --update-expectations", 2),
    ("check worker --expect nowhere.toml", 2),
    ("check worker --expect ../out", 2),
    ("check worker --expect nowhere/known.toml --update-expectations", 2),
    ("check worker --expect ../out --update-expectations", 2),
    ("check worker --expect ../out/no.toml", 2),
    ("check worker --expect ../out/binary.toml", 2),
    ("check worker --expect ../out/expect-later.toml", 2),
    ("check worker --expect ../out/expect-glob.toml", 2),
    ("check worker --expect ../out/expect-no-reason.toml", 2),
    ("check worker --expect ../out/expect-verdict.toml", 2),
    ("check worker --expect ../out/expect-dialect.toml", 2),
    ("check worker --expect ../out/expect-symptom.toml", 2),
    ("check worker --expect ../out/expect-twice.toml", 2),
    ("check worker --workload ../out/program.toml", 3),
    ("workload", 2),
    ("workload check", 2),
    ("workload check nowhere.toml", 2),
    ("workload check ../out/no.toml", 2),
    ("workload check ../out/key.toml", 2),
    ("workload check ../out/from.toml", 2),
    ("workload check ../out/both.toml", 2),
    ("workload check ../out/neither.toml", 2),
    ("workload check ../out/below.toml", 2),
    ("workload check ../out/variable.toml", 2),
    ("workload check ../out/nobody.toml --format xml", 2),
    ("replay", 2),
    ("replay nowhere.json", 2),
    ("replay ../out", 2),
    ("replay ../out/no.json", 2),
    ("replay ../out/half.json", 2),
    ("replay ../out/report.json", 2),
    ("replay ../out/later.json", 2),
    ("replay ../out/key.json", 2),
    ("replay ../out/dialect.json", 2),
    ("replay ../out/multiplex.json --feature none", 2),
    ("replay escapes --dialect proto", 2),
    ("replay ../out/request.json --workload ../out/nobody.toml", 2),
    ("replay first-answers --times 0", 2),
    ("explain", 2),
    ("explain W-999", 2),
    ("explain nonsense", 2),
    ("list --level NEVER", 2),
    ("list --role compiler", 2),
    ("list --feature speed", 2),
    ("worker --fault=no-such-fault --persistent_worker", 2),
    ("worker --protocol=xml --persistent_worker", 2),
];

fn pwp(arguments: &[&str]) -> Ended {
    let pwp = Pwp::new(env!("CARGO_BIN_EXE_pwp-under-test"));
    for (name, content) in FILES {
        fs::write(pwp.out().join(name), content).unwrap();
    }
    let ended = pwp.args(arguments).run();
    assert_eq!(ended.left, [""; 0], "{arguments:?}");
    assert_eq!(ended.signal, None, "{arguments:?}");
    assert!(!ended.stderr.contains("panicked"), "{arguments:?}: {}", ended.stderr);
    ended
}

#[test]
fn every_mistake_has_one_message_with_its_remedy() {
    let mut all = String::new();
    for (typed, code) in MISTAKES {
        let arguments: Vec<&str> = typed.split_whitespace().collect();
        let ended = pwp(&arguments);
        assert_eq!(ended.code, Some(*code), "{typed}: {}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.stdout, "", "{typed}: nothing is started before the mistake is seen");
        let message = ended.stderr.trim_end();
        let begins = |line: &&str| {
            ["error: ", "pwp: ", "the reference worker "].iter().any(|word| line.starts_with(word))
        };
        let count = message.lines().filter(begins).count();
        // What clap prints where nothing was typed is the help.
        assert!(count == 1 || (arguments.len() < 2 && message.contains("Usage:")), "{typed}: {message}");
        let _ = writeln!(all, "$ pwp {typed}\n{message}\n[exit {code}]\n");
    }
    // The list of all faults is long, and another matter.
    let filters = [("pwp-under-test", "pwp"), (r"choose one of [-a-z0-9, ]+", "choose one of [faults]")];
    insta::with_settings!({ filters => filters, omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "usage" }, {
        insta::assert_snapshot!("mistakes", all);
    });
}

#[test]
fn every_command_has_help_with_an_example() {
    let mut commands = vec![Vec::new()];
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        let ended = pwp(&[command.as_slice(), &["--help"]].concat());
        let help = &ended.stdout;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "pwp {command:?} --help");
        let words = ["Usage: ", "Example"];
        assert!(
            words.iter().all(|word| help.contains(word)),
            "pwp {command:?} --help has no example:\n{help}"
        );
        let list = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
        for line in list.lines().take_while(|line| line.starts_with("  ")) {
            let word = line.split_whitespace().next().unwrap();
            // Longer descriptions go on in the next line, further to the right.
            if !line.starts_with("   ") && word != "help" {
                let word: &str = Box::leak(word.to_owned().into_boxed_str());
                commands.push([command.as_slice(), &[word]].concat());
            }
        }
        seen += 1;
    }
    assert!(seen >= 12, "only {seen} commands were found");
}

/// The exit codes are documented where people look first.
#[test]
fn the_help_documents_the_exit_codes() {
    let help = pwp(&["--help"]).stdout;
    let list = "Exit codes: 0 conformant or as expected, 1 not conformant or an expectation that no longer holds, 2 usage, 3 the subject could not be started, 4 the suite itself failed, 5 nothing broken, and no claim: the run was partial or incomplete, 130 interrupted.";
    assert!(help.split_whitespace().collect::<Vec<_>>().join(" ").contains(list), "{help}");
}

#[test]
fn help_and_version_go_to_stdout() {
    for arguments in [["--version"], ["--help"]] {
        let ended = pwp(&arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert!(ended.stdout.contains("pwp"), "{}", ended.stdout);
    }
}
