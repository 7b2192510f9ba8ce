//! `pwp tap --record`: a workload that can be used.

use std::fs;
use std::path::Path;

use pwp_proto::{Framing, WorkRequest};

use super::client::{Tapped, copy, folder, pwp, text};
use super::record;

#[test]
fn a_recorded_build_can_be_checked() {
    let here = folder();
    let path = here.path();
    fs::create_dir(path.join("out")).unwrap();
    fs::write(path.join("a.txt"), "alpha\n").unwrap();
    fs::write(path.join("b.txt"), "beta {run}\n").unwrap();
    let mut tapped = Tapped::reference(path, &["--record", "work.toml"], &[], Framing::Json);
    tapped.send(&copy(0, "a.txt", "out/a.txt"));
    assert_eq!(tapped.recv().exit_code, 0);
    until_recorded(path, "--out=out/a.txt");
    // The same path with other content, an absolute path, and a failure.
    fs::write(path.join("a.txt"), "other alpha {run}\n").unwrap();
    tapped.send(&copy(0, "a.txt", "out/other.txt"));
    assert_eq!(tapped.recv().exit_code, 0);
    let absolute = path.canonicalize().unwrap().join("out/absolute.txt");
    tapped.send(&copy(0, "b.txt", absolute.to_str().unwrap()));
    assert_eq!(tapped.recv().exit_code, 0);
    let fails =
        WorkRequest { arguments: vec!["--fail=3".into(), "--print={run}".into()], ..Default::default() };
    tapped.send(&fails);
    assert_eq!(tapped.recv().exit_code, 3);
    // Twice the same is one request.
    tapped.send(&fails);
    assert_eq!(tapped.recv().exit_code, 3);
    assert_eq!(tapped.end().status, Ok(0));

    let shown = text(&path.join("work.toml"));
    let here = path.canonicalize().unwrap();
    insta::with_settings!({filters => vec![
        (here.to_str().unwrap(), "[folder]"),
        (r#""[^"]*/pwp-under-test""#, "\"[pwp]\""),
        (r"took \d+ ms", "took [time] ms"),
    ]}, {
        insta::assert_snapshot!(shown, @r##"
        # Recorded by `pwp tap` in "[folder]"; requests: 4, workers: 1.
        # The next recording writes it anew: copy it before you change it. What to change: conformance/TAP.md.

        schema = "pwp/workload/v1"
        name = "pwp-under-test"
        command = ["[pwp]", "worker", "--protocol=json"]
        dialect = "json"

        [[input]]
        path = "a.txt"
        from = "work.inputs/b6a98d9ce9a2d9149288fa3df42d377c3e42737afdcdaf714e33c0a100b51060"

        [[input]]
        path = "b.txt"
        from = "work.inputs/bae6301e4e095601840faf2b1b5b573be1eb457c07e0d8b76cf0b5d60517a4aa"

        # took [time] ms
        [[request]]
        name = "out/a.txt"
        kind = "success"
        arguments = ["--in=a.txt", "--out=out/a.txt"]
        inputs = ["a.txt"]
        exit_code = 0

        [[request.outputs]]
        path = "out/a.txt"

        # took [time] ms
        [[request]]
        name = "out/other.txt"
        kind = "success"
        arguments = ["--in=a.txt", "--out=out/other.txt"]
        inputs = ["a.txt"]
        exit_code = 0

        [[request.changes]]
        path = "a.txt"
        content = """
        other alpha {{run}}
        """

        [[request.outputs]]
        path = "out/other.txt"

        # took [time] ms
        [[request]]
        name = "out/absolute.txt"
        kind = "success"
        arguments = ["--in=b.txt", "--out={run}/out/absolute.txt"]
        inputs = ["b.txt"]
        exit_code = 0

        [[request.outputs]]
        path = "out/absolute.txt"

        # took [time] ms
        [[request]]
        name = "request 4"
        kind = "failure"
        arguments = ["--fail=3", "--print={{run}}"]
        exit_code = 3
        "##);
    });
    let (code, text) = pwp(path, &["workload", "check", "work.toml"]);
    assert_eq!(code, Some(0), "{text}");
    // It stands by itself: what it was recorded from may go.
    fs::remove_file(path.join("a.txt")).unwrap();
    fs::remove_dir_all(path.join("work.parts")).unwrap();
    let check = ["check", "worker", "--workload", "work.toml", "--cases", "0", "--skip", "one-shot*"];
    let (code, text) = pwp(path, &check);
    assert!(!text.contains("FAIL"), "{text}");
    // Not everything was run, so there is no claim, and nothing was found broken either.
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("which is no claim") && !text.contains("not conformant"), "{text}");
}

/// Waits until a request has its line: traffic does not wait for the recorder.
fn until_recorded(folder: &Path, words: &str) {
    let there = || {
        let parts = fs::read_dir(folder.join("work.parts")).into_iter().flatten().flatten();
        parts.into_iter().any(|part| text(&part.path()).contains(words))
    };
    while !there() {
        std::thread::yield_now();
    }
}

#[test]
fn taps_of_one_build_write_one_workload() {
    let here = folder();
    let path = here.path();
    fs::create_dir(path.join("out")).unwrap();
    fs::write(path.join("in.txt"), "same for all\n").unwrap();
    std::thread::scope(|scope| {
        for worker in 0..6 {
            scope.spawn(move || {
                let names: Vec<String> = (0..5).map(|number| format!("out/{worker}-{number}")).collect();
                let names: Vec<(&str, &str)> = names.iter().map(|name| ("in.txt", name.as_str())).collect();
                record(path, &["--record", "work.toml"], &names);
            });
        }
    });
    let workload: toml::Table = text(&path.join("work.toml")).parse().unwrap();
    assert_eq!(workload["request"].as_array().unwrap().len(), 30);
    assert_eq!(workload["input"].as_array().unwrap().len(), 1);
    assert_eq!(fs::read_dir(path.join("work.inputs")).unwrap().count(), 1);
    let (code, text) = pwp(path, &["workload", "check", "work.toml"]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn each_command_has_its_workload() {
    let here = folder();
    let path = here.path();
    fs::write(path.join("in.txt"), "text\n").unwrap();
    record(path, &["--record", "work.toml"], &[("in.txt", "one"), ("in.txt", "two")]);
    let mut other = Tapped::reference(path, &["--record", "work.toml"], &["--jobs=1"], Framing::Json);
    other.send(&copy(0, "in.txt", "three"));
    other.recv();
    assert_eq!(other.end().status, Ok(0));
    for (file, requests, dialect) in [("work.toml", 2, "proto"), ("work-2.toml", 1, "json")] {
        let workload: toml::Table = text(&path.join(file)).parse().unwrap();
        assert_eq!(workload["request"].as_array().unwrap().len(), requests, "{file}");
        assert_eq!(workload["dialect"].as_str(), Some(dialect), "{file}");
    }
}

#[test]
fn what_a_killed_tap_has_seen_is_not_lost() {
    let here = folder();
    let path = here.path();
    fs::write(path.join("in.txt"), "text\n").unwrap();
    let mut killed = Tapped::reference(path, &["--record", "work.toml"], &[], Framing::Proto);
    killed.send(&copy(0, "in.txt", "first"));
    killed.recv();
    until_recorded(path, "--out=first");
    killed.signal(rustix::process::Signal::KILL);
    assert_eq!(killed.end().status, Err(9));
    record(path, &["--record", "work.toml"], &[("in.txt", "third")]);
    let workload = text(&path.join("work.toml"));
    assert!(workload.contains("--out=first") && workload.contains("--out=third"), "{workload}");
}

#[test]
fn features_that_the_client_uses_are_recorded() {
    let here = folder();
    let path = here.path();
    let mut tapped = Tapped::reference(path, &["--record", "work.toml"], &[], Framing::Proto);
    let slow = |id| WorkRequest {
        arguments: vec!["--delay-ms=600000".into()],
        request_id: id,
        ..WorkRequest::default()
    };
    for id in [1, 2] {
        tapped.send(&slow(id));
    }
    for id in [1, 2] {
        tapped.send(&WorkRequest { request_id: id, cancel: true, ..WorkRequest::default() });
        assert!(tapped.recv().was_cancelled);
    }
    tapped.send(&WorkRequest { request_id: 3, verbosity: 10, ..WorkRequest::default() });
    tapped.recv();
    assert_eq!(tapped.end().status, Ok(0));
    let workload: toml::Table = text(&path.join("work.toml")).parse().unwrap();
    let features: Vec<&str> =
        workload["features"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    assert_eq!(features, ["multiplex", "cancellation", "verbosity"]);
    assert_eq!(workload["request"].as_array().unwrap().len(), 1, "what was cancelled shows nothing");
}
