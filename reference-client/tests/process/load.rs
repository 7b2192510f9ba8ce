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
];

const REQUESTS: usize = 1000;

fn killed_singleplex(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| {
            options.max_instances = PerMnemonic::all(8);
            options.retries = u32::MAX;
        });
        killed(&bench, client, |spawn, _| spawn).await;
    })
}

fn killed_multiplex(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.retries = u32::MAX);
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
