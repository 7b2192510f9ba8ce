//! How many workers there are, who waits, and who goes.

use std::time::Duration;

use pwp_client::options::PerMnemonic;
use pwp_client::{Interrupt, Options};

use crate::kit::{Bench, Change as _, Running, appears, done, output};

pub(crate) const TESTS: &[(&str, crate::Test)] = &[
    ("no more singleplex workers than the limit", limit),
    ("no more open requests than the limit", multiplex_limit),
    ("an action that stops waiting leaves the queue", leaves_queue),
    ("idle workers end after their limit", idle),
    ("memory ends idle workers", memory),
    ("all workers end with a build that asks for it", quit),
    ("a client that is dropped leaves nothing", dropped),
    ("the state belongs to one client", one_state),
];

fn limit(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.max_instances = PerMnemonic::all(2));
        let go = bench.exec("go");
        let action = bench.action(&["wait", &go.to_string_lossy()]);
        let run = || done(&client, &action);
        let open = async {
            while bench.pids().len() < 2 {
                tokio::task::yield_now().await;
            }
            bench.write("go", "");
        };
        let all = tokio::join!(run(), run(), run(), run(), run(), open);
        assert!([all.0, all.1, all.2, all.3, all.4].iter().all(|outcome| outcome.is_success()));
        assert_eq!(bench.pids().len(), 2);
        client.shutdown().await;
    })
}

fn multiplex_limit(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.max_multiplex_instances = PerMnemonic::all(2));
        let multiplex = |lines: &[&str]| bench.action(lines).declares("supports-multiplex-workers");
        let (a, b, release) = (multiplex(&["hold", "a"]), multiplex(&["hold", "b"]), multiplex(&["release"]));
        let interrupt = Interrupt::new();
        let then = async {
            appears(&bench.exec("a")).await;
            appears(&bench.exec("b")).await;
            // Both places are taken, so this one can't be sent until one of them is free.
            let third = client.run(&release, &interrupt);
            let stop = async {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                interrupt.trigger();
            };
            tokio::join!(third, stop).0
        };
        let stop = Interrupt::new();
        let both = async {
            let third = then.await;
            stop.trigger();
            third
        };
        let (.., third) = tokio::join!(client.run(&a, &stop), client.run(&b, &stop), both);
        assert_eq!(third.status, pwp_client::Status::Interrupted);
        client.shutdown().await;
    })
}

fn leaves_queue(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options: &mut Options| {
            options.max_instances = PerMnemonic::all(1);
            options.high_priority.insert("High".into());
        });
        let go = bench.exec("go");
        let blocks = bench.action(&["wait", &go.to_string_lossy()]);
        let mut high = bench.action(&["say", "high"]);
        high.mnemonic = "High".into();
        high.requirements.insert("worker-key-mnemonic", "Test");
        let (interrupt, normal) = (Interrupt::new(), bench.action(&["say", "normal"]));
        let then = async {
            let stop = async {
                tokio::task::yield_now().await;
                interrupt.trigger();
            };
            let stopped = tokio::join!(client.run(&high, &interrupt), stop).0;
            assert_eq!(stopped.status, pwp_client::Status::Interrupted);
            bench.write("go", "");
            output(&client, &normal).await
        };
        let (blocked, normal) = tokio::join!(done(&client, &blocks), then);
        assert!(blocked.is_success() && normal == "normal");
        client.shutdown().await;
    })
}

fn idle(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| {
            options.idle_limit = Some(Duration::from_millis(1));
            options.poll_interval = Duration::from_millis(1);
        });
        output(&client, &bench.action(&["pid"])).await;
        output(&client, &bench.action(&["pid"]).declares("supports-multiplex-workers")).await;
        while client.workers() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(bench.causes(), ["it was idle", "it was idle"]);
        client.shutdown().await;
    })
}

fn memory(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| {
            options.memory_limit = Some(1);
            options.poll_interval = Duration::from_millis(1);
        });
        // It may be ended at work, too: nothing fits into one byte.
        done(&client, &bench.action(&["pid"])).await;
        while client.workers() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(bench.causes()[0].contains("limit of 1 bytes"), "{:?}", bench.causes());
        client.shutdown().await;
    })
}

fn quit(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.quit_after_build = true);
        output(&client, &bench.action(&["pid"])).await;
        client.end_build().await;
        assert_eq!(client.workers(), 0);
        client.shutdown().await;
    })
}

fn dropped(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.sandboxing = true);
        output(&client, &bench.action(&["child"])).await;
    })
}

fn one_state(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let second = pwp_client::Client::start(Options::new(bench.path("exec"), bench.path("state")));
        assert!(matches!(second, Err(pwp_client::StartError::InUse(_))));
        client.shutdown().await;
        let relative = pwp_client::Client::start(Options::new("exec", bench.path("state")));
        assert!(matches!(relative, Err(pwp_client::StartError::Relative(_))));
    })
}
