//! Requests with a directory of their own.

use pwp_client::Status;

use crate::kit::{Bench, Change as _, Running, done, output};

pub(crate) const TESTS: &[(&str, crate::Test)] = &[
    ("a singleplex sandbox holds exactly what is declared", singleplex),
    ("each request of a multiplex worker has its own", multiplex),
    ("multiplex without its declaration is singleplex", fallback),
    ("one-shot mode has a sandbox, too", one_shot),
];

fn singleplex(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.sandboxing = true);
        bench.write("a", "a");
        bench.write("in/b", "b");
        let first = bench.action(&["litter", "out/x", "text"]).input("a").input("in/b").output("out/x");
        assert!(done(&client, &first).await.is_success());
        assert_eq!((bench.read("out/x").as_str(), bench.exec("litter").exists()), ("text", false));
        let seen = output(&client, &bench.action(&["list"]).input("in/b")).await;
        assert_eq!(seen, "in/b list.params");
        let failed = bench.action(&["fail", "1"]).output("out/x");
        assert_eq!(done(&client, &failed).await.status, Status::Failed(1));
        assert_eq!(bench.pids().len(), 1);
        client.shutdown().await;
    })
}

fn multiplex(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.sandboxing = true);
        let declared = |lines: &[&str]| {
            bench
                .action(lines)
                .declares("supports-multiplex-workers")
                .declares("supports-multiplex-sandboxing")
        };
        let (a, b) = (
            declared(&["litter", "out/a", "1"]).output("out/a"),
            declared(&["write", "out/b", "2"]).output("out/b"),
        );
        let (first, second) = tokio::join!(done(&client, &a), done(&client, &b));
        assert!(first.is_success() && second.is_success(), "{first:?} {second:?}");
        assert_eq!((bench.read("out/a").as_str(), bench.read("out/b").as_str()), ("1", "2"));
        assert_eq!(output(&client, &declared(&["list"])).await, "list.params");
        let seen = output(&client, &declared(&["request"])).await;
        assert!(seen.contains(r#"sandbox_dir: "__sandbox/4""#), "{seen}");
        assert_eq!(bench.pids().len(), 1);
        client.shutdown().await;
    })
}

fn fallback(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.sandboxing = true);
        let seen = output(&client, &bench.action(&["request"]).declares("supports-multiplex-workers")).await;
        assert!(seen.contains("request_id: 0") && seen.contains(r#"sandbox_dir: """#), "{seen}");
        client.shutdown().await;
    })
}

fn one_shot(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.sandboxing = true);
        let mut action = bench.action(&["write", "out/a", "b"]).output("out/a");
        action.requirements = Default::default();
        assert!(done(&client, &action).await.is_success());
        assert_eq!(bench.read("out/a"), "b");
        client.shutdown().await;
    })
}
