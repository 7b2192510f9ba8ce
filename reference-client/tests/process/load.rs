//! Many requests at once, and workers that are killed meanwhile.

use std::time::Duration;

use pwp_client::options::PerMnemonic;
use pwp_client::{Client, Interrupt, Spawn};
use tokio::task::JoinSet;

use crate::kit::{Bench, Change as _, Running};

pub(crate) const TESTS: &[(&str, crate::Test)] = &[
    ("1,000 requests over 8 singleplex workers that are killed", killed_singleplex),
    ("1,000 requests over 8 multiplex workers that are killed", killed_multiplex),
    ("10,000 requests in flight on one worker", in_flight),
    ("no more actions are on their way than may wait", bounded),
];

const REQUESTS: usize = 1000;
/// Actions that may be on their way at once; the others wait before they get that far.
const QUEUE: usize = 100;

fn killed_singleplex(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| {
            options.max_instances = PerMnemonic::all(8);
            options.max_waiting = QUEUE;
            options.retries = u32::MAX;
        });
        killed(&bench, client, |spawn, _| spawn).await;
    })
}

fn killed_multiplex(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| {
            options.max_waiting = QUEUE;
            options.retries = u32::MAX;
        });
        // Eight mnemonics are eight keys.
        let change = |mut spawn: Spawn, number: usize| {
            spawn.mnemonic = format!("Test{}", number % 8);
            spawn.declares("supports-multiplex-workers")
        };
        killed(&bench, client, change).await;
    })
}

/// Runs all requests at once, and after each few that have ended kills a worker. Every request comes to its own answer, once.
async fn killed(bench: &Bench, client: Client, change: impl Fn(Spawn, usize) -> Spawn) {
    let mut running = JoinSet::new();
    for number in 0..REQUESTS {
        let spawn = change(bench.action(&["say", &format!("answer {number}")]), number);
        let client = client.clone();
        running.spawn(async move { (number, client.run(&spawn, &Interrupt::new()).await) });
    }
    let mut seen = vec![0; REQUESTS];
    let mut random = 1_u32;
    let mut kills = 0;
    while let Some(ended) = running.join_next().await {
        let (number, outcome) = ended.unwrap();
        assert!(outcome.is_success(), "{outcome:?}");
        assert_eq!(outcome.output, format!("answer {number}"));
        seen[number] += 1;
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if random >> 28 == 0 {
            // One of the youngest, which may be working, idle, or ended.
            let pids = bench.pids();
            let back = (random >> 8) as usize % pids.len().min(8);
            kill(pids[pids.len() - 1 - back]);
            kills += 1;
        }
    }
    assert!(seen.iter().all(|count| *count == 1) && kills > 20, "{kills}");
    assert!(bench.pids().len() > 8, "no worker was replaced");
    client.shutdown().await;
}

/// Kills a worker that this test has started and that has not been reaped under its number since.
fn kill(pid: u32) {
    let children: Vec<u32> = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    if children.contains(&pid) {
        let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

fn in_flight(bench: Bench) -> Running {
    Box::pin(async move {
        const OPEN: usize = 10_000;
        let client = bench.client(|options| {
            options.max_multiplex_instances = PerMnemonic::all(OPEN);
            options.limits.silence = Duration::from_secs(3600);
        });
        // The worker answers none before it has all of them.
        let keep = bench.action(&["keep", &OPEN.to_string()]).declares("supports-multiplex-workers");
        let mut running = JoinSet::new();
        for _ in 0..OPEN {
            let (client, spawn) = (client.clone(), keep.clone());
            running.spawn(async move { client.run(&spawn, &Interrupt::new()).await });
        }
        let mut count = 0;
        while let Some(ended) = running.join_next().await {
            assert!(ended.unwrap().is_success());
            count += 1;
        }
        assert_eq!((count, bench.pids().len()), (OPEN, 1));
        client.shutdown().await;
    })
}

fn bounded(bench: Bench) -> Running {
    Box::pin(async move {
        const QUEUE: usize = 10;
        let client = bench.client(|options| {
            options.max_waiting = QUEUE;
            options.max_multiplex_instances = PerMnemonic::all(1000);
            options.high_priority.insert("High".into());
        });
        // The worker answers when it has one more than the queue lets through, or when it is told to.
        let keep = bench.action(&["keep", &(QUEUE + 1).to_string()]).declares("supports-multiplex-workers");
        // Actions of high priority have a queue of their own.
        let mut release = bench.action(&["release"]).declares("supports-multiplex-workers");
        release.mnemonic = "High".into();
        release.requirements.insert("worker-key-mnemonic", "Test");
        let mut running = JoinSet::new();
        for _ in 0..3 * QUEUE {
            let (client, spawn) = (client.clone(), keep.clone());
            running.spawn(async move { client.run(&spawn, &Interrupt::new()).await });
        }
        for _ in 0..3 {
            turns().await;
            assert!(running.try_join_next().is_none(), "more than {QUEUE} requests have come");
            assert!(client.run(&release, &Interrupt::new()).await.is_success());
            for _ in 0..QUEUE {
                assert!(running.join_next().await.unwrap().unwrap().is_success());
            }
        }
        assert!(running.is_empty());
        client.shutdown().await;
    })
}

/// Lets every other task of this thread have its turn, many times.
async fn turns() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}
