//! Workers that break their side of the session: each costs its own action, and no other.

use std::time::Duration;

use pwp_client::{Spawn, Status};

use crate::kit::{Bench, Change as _, Running, appears, done, fault, output};

pub(crate) const TESTS: &[(&str, crate::Test)] = &[
    ("what a faulty worker writes ends it and is shown", faults),
    ("a second response does not answer the next action", twice),
    ("a worker that ends fails its action or runs it again", exits),
    ("a worker that has ended while it was idle is replaced", replaced),
    ("a response in the pipe of a process that has ended is good", last_response),
    ("a worker that can't start is no loop", dies_at_start),
    ("a silent worker costs a time limit", silent),
    ("a large log is taken, and is not the output", log),
    ("a worker that ignores SIGTERM is killed with its children", ignores_term),
    ("a worker has time to tidy up", tidies_up),
    ("one fault ends all open requests of a multiplex worker", all_open),
    ("reading goes on while a request is written", both_ways),
];

fn faults(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.retries = 0);
        for (lines, message) in [
            (&["text"][..], "Hello on standard output"),
            (&["wrong-id"], "answered request 1000"),
            (&["cancelled"], "which nobody asked for"),
            (&["two-gigabytes"], "declares 2147483647 bytes"),
            (&["close-output"], "closed its standard output"),
            (&["exit"], "the last words"),
        ] {
            let said = fault(&client, &bench.action(lines)).await;
            assert!(said.contains(message) && said.contains("worker-"), "{lines:?}: {said}");
            assert_eq!(output(&client, &bench.action(&["say", "well"])).await, "well", "after {lines:?}");
        }
        let mut json = bench.action(&["large-number"]).flag("--json");
        json.requirements.insert("requires-worker-protocol", "json");
        assert!(fault(&client, &json).await.contains("out of the range of int32"));
        client.shutdown().await;
    })
}

fn twice(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        assert_eq!(output(&client, &bench.action(&["twice"])).await, "first");
        assert_eq!(output(&client, &bench.action(&["say", "mine"])).await, "mine");
        client.shutdown().await;
        assert!(bench.causes()[0].contains("while no request was open"), "{:?}", bench.causes());
    })
}

fn exits(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.retries = 1);
        let said = fault(&client, &bench.action(&["exit"])).await;
        assert!(said.contains("exit status: 7") && said.contains("the last words"), "{said}");
        let outcome = done(&client, &bench.action(&["exit-once", "marker"])).await;
        assert_eq!((outcome.output.as_str(), outcome.attempts), ("second", 2));
        client.shutdown().await;
    })
}

fn replaced(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.retries = 0);
        let first = output(&client, &bench.action(&["answer-then-exit-when", "go"])).await;
        bench.write("go", "");
        // Whether the client has noticed its end or not: the action is not the one that fails.
        assert_ne!(output(&client, &bench.action(&["pid"])).await, first);
        client.shutdown().await;
    })
}

fn last_response(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.retries = 0);
        for _ in 0..20 {
            assert_eq!(output(&client, &bench.action(&["answer-and-exit"])).await, "last");
        }
        client.shutdown().await;
    })
}

fn dies_at_start(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let said = fault(&client, &bench.action(&["pid"]).flag("--dies-at-start")).await;
        assert!(said.contains("exit status: 9"), "{said}");
        assert_eq!(bench.pids().len(), 2, "one attempt and one retry");
        client.shutdown().await;
    })
}

fn silent(bench: Bench) -> Running {
    Box::pin(async move {
        for lines in [&["silent"][..], &["half"]] {
            let client = bench.client(|options| options.limits.silence = Duration::from_millis(100));
            let said = fault(&client, &bench.action(lines)).await;
            assert!(said.contains("wrote nothing for 100ms") && said.contains("still ran"), "{said}");
            client.shutdown().await;
        }
        let client = bench.client(|_| ());
        let mut action = bench.action(&["silent"]);
        action.timeout = Some(Duration::from_millis(50));
        assert!(fault(&client, &action).await.contains("longer than 50ms"));
        assert_eq!(output(&client, &bench.action(&["say", "next"])).await, "next");
        client.shutdown().await;
    })
}

fn log(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        assert_eq!(output(&client, &bench.action(&["megabyte-log"])).await, "logged");
        client.shutdown().await;
        let log = std::fs::metadata(bench.path("state/logs/worker-1-Test.log")).unwrap();
        assert!(log.len() >= 1 << 20);
    })
}

/// The same action by a worker that inherits a signal that is ignored.
pub(crate) fn without_sigterm(mut action: Spawn) -> Spawn {
    let shell = ["sh", "-c", "trap '' TERM; exec \"$0\" \"$@\""].map(str::to_owned);
    action.arguments.splice(0..0, shell);
    action.environment.insert("PATH".into(), "/usr/bin:/bin".into());
    action
}

fn ignores_term(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.limits.grace = Duration::from_millis(50));
        output(&client, &without_sigterm(bench.action(&["child"]).flag("--stays"))).await;
        // That the child is gone, too, is looked at after every test.
        client.shutdown().await;
        assert_eq!(bench.statuses(), ["signal: 9 (SIGKILL)"]);
    })
}

fn tidies_up(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.limits.grace = Duration::from_secs(600));
        output(&client, &without_sigterm(bench.action(&["pid"]).flag("--tidies-up"))).await;
        client.shutdown().await;
        assert_eq!((bench.statuses(), bench.read("tidy").as_str()), (vec!["exit status: 0".into()], "done"));
    })
}

fn all_open(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.retries = 0);
        let multiplex = |lines: &[&str]| bench.action(lines).declares("supports-multiplex-workers");
        let held = (multiplex(&["hold", "a"]), multiplex(&["hold", "b"]), multiplex(&["text"]));
        let text = async {
            appears(&bench.exec("a")).await;
            appears(&bench.exec("b")).await;
            done(&client, &held.2).await
        };
        let all = tokio::join!(done(&client, &held.0), done(&client, &held.1), text);
        for outcome in [all.0, all.1, all.2] {
            assert!(matches!(outcome.status, Status::WorkerFault(message) if message.contains("Hello on")));
        }
        assert_eq!(bench.pids().len(), 1);
        client.shutdown().await;
    })
}

fn both_ways(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let large = "z".repeat(1 << 20);
        let multiplex = |lines: &[&str]| bench.action(lines).declares("supports-multiplex-workers");
        let (answer, mut request) = (multiplex(&["large-answer"]), multiplex(&["say", "x"]));
        bench.write("large.params", &format!("say\n{large}\n"));
        *request.arguments.last_mut().unwrap() = "@large.params".into();
        let request = request.input("large.params");
        let (first, second) = tokio::join!(output(&client, &answer), output(&client, &request));
        assert!(first.len() == 1 << 20 && second == large);
        client.shutdown().await;
    })
}
