//! Requests that nobody wants any more.

use std::time::Duration;

use pwp_client::options::PerMnemonic;
use pwp_client::{Client, Interrupt, Other, Outcome, Runner, Spawn, Status};

use crate::kit::{Bench, Change as _, Running, appears, done, output};

pub(crate) const TESTS: &[(&str, crate::Test)] = &[
    ("a cancelled request frees its worker, which lives on", cancelled),
    ("without cancellation the worker is ended", ended),
    ("in a sandbox the response is waited for", waited_for),
    ("other requests of a multiplex worker go on", others_go_on),
    ("outputs that may still be written are not touched", busy),
    ("an interrupt frees from half a response and from a full pipe", frees),
    ("the first of a race gives the whole result", race),
    ("the worker can win a race", race_won),
];

/// Runs an action, and interrupts it as soon as `started` exists.
async fn interrupted(client: &Client, spawn: &Spawn, started: &std::path::Path) -> Outcome {
    let interrupt = Interrupt::new();
    let trigger = async {
        appears(started).await;
        interrupt.trigger();
    };
    tokio::join!(client.run(spawn, &interrupt), trigger).0
}

fn cancelled(bench: Bench) -> Running {
    Box::pin(async move {
        for multiplex in [false, true] {
            let client = bench.client(|options| options.max_instances = PerMnemonic::all(1));
            let declared = |lines: &[&str]| {
                let action = bench.action(lines).declares("supports-worker-cancellation");
                if multiplex { action.declares("supports-multiplex-workers") } else { action }
            };
            let pid = output(&client, &declared(&["pid"])).await;
            let _ = std::fs::remove_file(bench.exec("started"));
            let outcome = interrupted(&client, &declared(&["hold", "started"]), &bench.exec("started")).await;
            assert_eq!(outcome.status, Status::Interrupted);
            // With one place, this waits until the cancelled request has been answered.
            assert_eq!(output(&client, &declared(&["pid"])).await, pid);
            client.shutdown().await;
        }
    })
}

fn ended(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.max_instances = PerMnemonic::all(1));
        let pid = output(&client, &bench.action(&["pid"])).await;
        interrupted(&client, &bench.action(&["hold", "started"]), &bench.exec("started")).await;
        assert_ne!(output(&client, &bench.action(&["pid"])).await, pid);
        client.shutdown().await;
        assert_eq!(bench.causes()[0], "its request was given up");
    })
}

fn waited_for(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| {
            options.max_instances = PerMnemonic::all(1);
            options.sandboxing = true;
        });
        let pid = output(&client, &bench.action(&["pid"])).await;
        let go = bench.exec("go");
        let action = bench.action(&["wait", &go.to_string_lossy()]);
        let interrupt = Interrupt::new();
        let trigger = async {
            // The place is taken when the worker is; nothing else shows that it has the request.
            tokio::task::yield_now().await;
            interrupt.trigger();
        };
        let (outcome, ()) = tokio::join!(client.run(&action, &interrupt), trigger);
        assert_eq!(outcome.status, Status::Interrupted);
        bench.write("go", "");
        assert_eq!(output(&client, &bench.action(&["pid"])).await, pid);
        client.shutdown().await;
    })
}

fn others_go_on(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let multiplex = |lines: &[&str]| bench.action(lines).declares("supports-multiplex-workers");
        let (wanted, unwanted) = (multiplex(&["hold", "wanted"]), multiplex(&["hold", "unwanted"]));
        let release = multiplex(&["release"]);
        let then = async {
            appears(&bench.exec("wanted")).await;
            interrupted(&client, &unwanted, &bench.exec("unwanted")).await;
            done(&client, &release).await
        };
        let (outcome, released) = tokio::join!(done(&client, &wanted), then);
        assert!(outcome.is_success() && released.is_success(), "{outcome:?} {released:?}");
        assert_eq!(bench.pids().len(), 1);
        client.shutdown().await;
    })
}

fn busy(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let multiplex = |lines: &[&str]| bench.action(lines).declares("supports-multiplex-workers");
        let (other, given_up) = (multiplex(&["hold", "other"]), multiplex(&["hold", "out"]).output("out"));
        let same = bench.action(&["write", "out", "new"]).output("out");
        let release = multiplex(&["release"]);
        let then = async {
            appears(&bench.exec("other")).await;
            interrupted(&client, &given_up, &bench.exec("out")).await;
            let mut waiting = std::pin::pin!(done(&client, &same));
            let turns = async {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                outcome = &mut waiting => panic!("it did not wait: {outcome:?}"),
                () = turns => {}
            }
            // It would have started a worker of its own as its first step.
            assert_eq!(bench.pids().len(), 1);
            let (released, outcome) = tokio::join!(done(&client, &release), waiting);
            assert!(released.is_success());
            outcome
        };
        let (_, outcome) = tokio::join!(done(&client, &other), then);
        assert!(outcome.is_success() && bench.read("out") == "new");
        client.shutdown().await;
    })
}

fn frees(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.limits.short_grace = Duration::from_millis(50));
        let go = bench.exec("go");
        bench.write("large.params", &format!("say\n{}\n", "z".repeat(1 << 20)));
        let mut large =
            bench.action(&["say", "x"]).declares("supports-multiplex-workers").input("large.params");
        *large.arguments.last_mut().unwrap() = "@large.params".into();
        let blocks = bench.action(&["wait", &go.to_string_lossy()]).declares("supports-multiplex-workers");
        let half = bench.action(&["half"]);
        let interrupt = Interrupt::new();
        let trigger = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            interrupt.trigger();
        };
        let all = tokio::join!(
            client.run(&half, &interrupt),
            client.run(&blocks, &interrupt),
            client.run(&large, &interrupt),
            trigger
        );
        for outcome in [all.0, all.1, all.2] {
            assert_eq!(outcome.status, Status::Interrupted);
        }
        client.shutdown().await;
    })
}

fn race(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let action =
            bench.action(&["hold", "out/a"]).declares("supports-worker-cancellation").output("out/a");
        std::fs::create_dir_all(bench.path("other/out")).unwrap();
        std::fs::write(bench.path("other/out/a"), "of the other").unwrap();
        let other = async {
            // The worker has begun when its sandbox has the output that it has begun to write.
            appears(&bench.path("state/sandbox/worker-1-Test/out/a")).await;
            Ok(Other::new(0, "won".into(), bench.path("other")))
        };
        let outcome = client.race(&action, &Interrupt::new(), other).await;
        assert_eq!((outcome.status, outcome.runner), (Status::Success, Runner::Other));
        assert_eq!(bench.read("out/a"), "of the other");
        let pid = output(&client, &bench.action(&["pid"])).await;
        assert!(!pid.is_empty());
        client.shutdown().await;
        assert!(bench.causes().iter().all(|cause| cause == "it is needed no more"), "{:?}", bench.causes());
    })
}

fn race_won(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let action = bench.action(&["write", "out/a", "of the worker"]).output("out/a");
        let outcome = client.race(&action, &Interrupt::new(), std::future::pending()).await;
        assert_eq!((outcome.status, bench.read("out/a").as_str()), (Status::Success, "of the worker"));
        let failed = bench.action(&["exit"]);
        let other = async { Err("no server".to_owned()) };
        let outcome = client.race(&failed, &Interrupt::new(), other).await;
        assert!(matches!(outcome.status, Status::WorkerFault(message) if message.contains("no server")));
        client.shutdown().await;
    })
}
