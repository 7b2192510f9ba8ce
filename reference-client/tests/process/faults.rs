//! Every fault that shows at a worker's end or in an outcome does show, and the client without it does not.
//!
//! A scene is a little build that comes to a text. With each of its faults the text is another one.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use pwp_client::faults::Faults;
use pwp_client::spawn::InputFile;
use pwp_client::{Client, Interrupt, Options, Spawn};

use crate::kit::{Bench, Change as _, Running, appears, done};

pub(crate) const TESTS: &[(&str, crate::Test)] = &[("every fault of a scene shows", all)];

type Played = Pin<Box<dyn Future<Output = String>>>;
type Scene = fn(Bench, Options, Faults) -> Played;

/// What is played, and the faults that change how it ends.
const SCENES: &[(&str, Scene, &[&str])] = &[
    (
        "start",
        start,
        &[
            "one-shot-worker-flag",
            "flag-after-program",
            "extra-flags-to-all",
            "leak-environment",
            "wrong-directory",
            "no-expansion",
            "no-nested-expansion",
            "trim-lines",
            "expand-flagfile",
            "strip-at",
            "split-at-first-argfile",
            "worker-undeclared",
            "worker-without-tools",
            "worker-without-argfile",
            "undeclared-argfile",
            "cut-cycle",
            "no-inputs",
            "inputs-without-tools",
            "absolute-inputs",
            "always-verbose",
            "sandbox-dir-always",
            "number-singleplex",
        ],
    ),
    (
        "choice",
        choice,
        &[
            "key-ignores-flags",
            "key-ignores-environment",
            "key-ignores-mnemonic",
            "key-ignores-features",
            "ignore-tool-change",
            "compare-program-only",
            "stale-digest",
            "end-after-failure",
            "ignore-exit-code",
            "low-byte-exit-code",
            "ignore-missing-output",
            "drop-output",
            "log-in-output",
            "negative-ids",
            "mix-ids",
            "small-frames",
        ],
    ),
    (
        "faulty workers",
        faulty,
        &[
            "accept-any-id",
            "accept-unasked-cancel",
            "stale-bytes",
            "skip-malformed",
            "bare-message",
            "shared-log",
            "stderr-pipe",
            "reject-unknown-field",
            "retry-keeps-outputs",
            "kill-at-once",
        ],
    ),
    (
        "sandbox",
        sandbox,
        &[
            "missing-input",
            "stale-input",
            "keep-files",
            "move-everything",
            "leave-outputs",
            "clean-tools",
            "multiplex-in-sandbox",
            "shared-sandbox-dir",
            "keep-sandboxes",
        ],
    ),
    (
        "giving up",
        giving_up,
        &["cancel-copies-request", "give-up-ends-worker", "late-cancel", "clean-while-open"],
    ),
    ("bytes", bytes, &["no-newline", "send-twice"]),
];

fn all(bench: Bench) -> Running {
    Box::pin(async move {
        let (mut number, mut hidden) = (0, Vec::new());
        for (name, scene, faults) in SCENES {
            let clean = play(&bench, &mut number, *scene, None).await;
            assert_eq!(clean, play(&bench, &mut number, *scene, None).await, "{name} is not the same twice");
            for fault in *faults {
                let with = play(&bench, &mut number, *scene, Some(fault)).await;
                if clean == with {
                    hidden.push(format!("{name}: {fault}"));
                }
            }
        }
        assert!(hidden.is_empty(), "these do not show: {hidden:#?}");
    })
}

/// Plays a scene in directories of its own; paths and process ids that are other ones each time are left out.
async fn play(bench: &Bench, number: &mut u32, scene: Scene, fault: Option<&str>) -> String {
    *number += 1;
    let below = bench.below(&format!("scene-{number}"));
    let mut options = Options::new(below.exec(""), below.path("state"));
    options.retries = 0;
    let mut faults = Faults::default();
    if let Some(fault) = fault {
        faults.add(fault).unwrap();
    }
    let text = scene(below.clone(), options, faults).await;
    text.replace(&*below.path("").to_string_lossy(), "HERE/")
}

/// What an action came to, in a line.
async fn line(client: &Client, spawn: &Spawn) -> String {
    format!("{:?}\n", done(client, spawn).await)
}

fn start(bench: Bench, mut options: Options, faults: Faults) -> Played {
    Box::pin(async move {
        options.extra_flags.insert("Other".into(), vec!["--other".into()]);
        let client = Client::start_faulty(options, &faults, |_| ()).unwrap();
        let mut told = bench.action(&["environment"]);
        told.environment.insert("A".into(), "b".into());
        let mut text = line(&client, &told).await;
        text += &line(&client, &bench.action(&["where"])).await;
        bench.write("flags", "in a file\n");
        bench.write("nested", "one\n  two  \n\n@@three\n");
        let many = bench.action(&["many", "@nested", "--flagfile=flags"]).input("nested").input("flags");
        let mut many = Spawn { environment: told.environment.clone(), ..many };
        many.arguments.insert(3, "--flagfile=flags".into());
        many.arguments.push("--last".into());
        text += &line(&client, &many).await;
        text += &line(&client, &bench.action(&["request"]).input("nested")).await;
        text += &line(&client, &bench.action(&["request"])).await;
        let mut undeclared = bench.action(&["say", "read"]);
        undeclared.inputs.truncate(1);
        text += &line(&client, &undeclared).await;
        let cycle = bench.action(&["say", "round", "@say-round-@cycle.params"]);
        bench.write("cycle", "@cycle\n");
        let mut cycle = Spawn { arguments: cycle.arguments, ..cycle }.input("cycle");
        *cycle.arguments.last_mut().unwrap() = "@cycle".into();
        text += &line(&client, &cycle).await;
        for change in [
            |spawn: &mut Spawn| spawn.requirements = Default::default(),
            |spawn: &mut Spawn| {
                spawn.inputs[0].tool = false;
            },
        ] {
            let mut action = bench.action(&["once"]);
            change(&mut action);
            text += &line(&client, &action).await;
        }
        let mut without = bench.action(&["say", "x"]);
        without.arguments.pop();
        without.requirements.insert("supports-workers", "1");
        text += &line(&client, &without).await;
        client.shutdown().await;
        text
    })
}

fn choice(bench: Bench, options: Options, faults: Faults) -> Played {
    Box::pin(async move {
        let client = Client::start_faulty(options, &faults, |_| ()).unwrap();
        let mut pids: Vec<String> = Vec::new();
        let mut text = String::new();
        let pid = bench.action(&["pid"]);
        let mut tool = pid.clone();
        tool.inputs.push(InputFile { path: "flags".into(), digest: b"1".to_vec(), tool: true });
        let mut changed = tool.clone();
        changed.inputs.last_mut().unwrap().digest = b"2".to_vec();
        let mut program = pid.clone();
        program.inputs[0].digest = b"3".to_vec();
        let mut other = pid.clone();
        other.mnemonic = "Other".into();
        let mut environment = pid.clone();
        environment.environment.insert("A".into(), "b".into());
        let multiplex = pid.clone().declares("supports-multiplex-workers");
        for action in
            [&pid, &pid.clone().flag("-x"), &environment, &other, &multiplex, &tool, &changed, &program]
        {
            let outcome = done(&client, action).await;
            let place = pids.iter().position(|pid| *pid == outcome.output).unwrap_or(pids.len());
            pids.push(outcome.output);
            text += &format!("{:?} by {place}\n", outcome.status);
        }
        let seen = bench.action(&["request"]);
        let mut again = seen.clone();
        again.inputs[1].digest = b"2".to_vec();
        for action in [seen.clone(), again, seen.declares("supports-multiplex-workers")] {
            for _ in 0..2 {
                text += &line(&client, &action).await;
            }
        }
        let fail = |code: &str| bench.action(&["fail", code]);
        for action in [
            fail("1"),
            fail("256"),
            bench.action(&["say", "x"]).output("never"),
            bench.action(&["large-answer"]),
        ] {
            let outcome = done(&client, &action).await;
            text += &format!("{:?} {} {:?}\n", outcome.status, outcome.output.len(), outcome.runner);
        }
        text += &line(&client, &bench.action(&["log", "to the log"])).await;
        client.shutdown().await;
        text
    })
}

fn faulty(bench: Bench, mut options: Options, faults: Faults) -> Played {
    Box::pin(async move {
        options.limits.work = Duration::from_secs(600);
        options.retries = 1;
        let client = Client::start_faulty(options, &faults, |_| ()).unwrap();
        let mut text = String::new();
        for lines in [
            &["wrong-id"][..],
            &["cancelled"],
            &["twice"],
            &["say", "x"],
            &["bad-frame"],
            &["say", "y"],
            &["unknown-field"],
        ] {
            text += &line(&client, &bench.action(lines)).await;
        }
        text += &line(&client, &bench.action(&["exit"])).await;
        text += &line(&client, &bench.action(&["half-output-once", "out"]).output("out")).await;
        let mut tidy = crate::faulty::without_sigterm(bench.action(&["say", "z"]).flag("--tidies-up"));
        tidy.mnemonic = "Tidy".into();
        text += &line(&client, &tidy).await;
        client.shutdown().await;
        text + &bench.read("tidy")
    })
}

fn sandbox(bench: Bench, mut options: Options, faults: Faults) -> Played {
    Box::pin(async move {
        options.sandboxing = true;
        let client = Client::start_faulty(options, &faults, |_| ()).unwrap();
        let mut text = String::new();
        for content in ["first", "second"] {
            bench.write("a", content);
            bench.write("tool", "t");
            for declared in [false, true] {
                let mut read = bench.action(&["read", "a"]).input("z").input("a");
                bench.write("z", "");
                read.inputs.push(InputFile { path: "tool".into(), digest: b"1".to_vec(), tool: true });
                if declared {
                    read =
                        read.declares("supports-multiplex-workers").declares("supports-multiplex-sandboxing");
                }
                text += &line(&client, &read).await;
                bench.write("a", "changed");
                text += &line(&client, &read).await;
                let mut litter = bench.action(&["litter", "out/x", content]).output("out/x");
                litter.inputs.push(InputFile { path: "tool".into(), digest: b"1".to_vec(), tool: true });
                text += &line(&client, &litter).await;
                litter.inputs.retain(|input| input.path != "tool");
                let mut list = bench.action(&["list"]).input("z");
                list.inputs.push(InputFile { path: "tool".into(), digest: b"1".to_vec(), tool: true });
                text += &line(&client, &list).await;
                text += &line(&client, &list.clone().declares("supports-multiplex-workers")).await;
                list = list.declares("supports-multiplex-workers").declares("supports-multiplex-sandboxing");
                text += &line(&client, &list).await;
            }
        }
        let request = bench.action(&["request"]);
        let request =
            request.declares("supports-multiplex-workers").declares("supports-multiplex-sandboxing");
        text += &line(&client, &request).await;
        client.shutdown().await;
        text + &format!(
            "{} {} {}",
            bench.read("out/x"),
            bench.exec("litter").exists(),
            bench.path("state/sandbox").exists()
        )
    })
}

fn giving_up(bench: Bench, options: Options, faults: Faults) -> Played {
    Box::pin(async move {
        let client = Client::start_faulty(options, &faults, |_| ()).unwrap();
        let cancel = |lines: &[&str]| {
            bench
                .action(lines)
                .declares("supports-multiplex-workers")
                .declares("supports-worker-cancellation")
        };
        let (held, given_up) = (cancel(&["hold", "held"]), cancel(&["hold", "started"]).output("started"));
        let interrupt = Interrupt::new();
        let then = async {
            appears(&bench.exec("held")).await;
            let trigger = async {
                appears(&bench.exec("started")).await;
                interrupt.trigger();
            };
            tokio::join!(client.run(&given_up, &interrupt), trigger);
            let there = Path::new(&bench.exec("started")).exists();
            // The worker has seen the cancel request before this one.
            let told = line(&client, &cancel(&["cancels"])).await;
            let released = line(&client, &cancel(&["release"])).await;
            (there, told, released + &line(&client, &cancel(&["cancels"])).await)
        };
        let (first, (there, told, last)) = tokio::join!(line(&client, &held), then);
        client.shutdown().await;
        format!("{first} {there} {told} {last}")
    })
}

/// What is written, as the worker writes it down before it looks at it.
fn bytes(bench: Bench, options: Options, faults: Faults) -> Played {
    Box::pin(async move {
        let client = Client::start_faulty(options, &faults, |_| ()).unwrap();
        let mut text = String::new();
        for (dialect, flag) in [("proto", "--proto"), ("json", "--json")] {
            let mut action = bench.action(&["say", dialect]).flag(flag).flag("--records");
            action.requirements.insert("requires-worker-protocol", dialect);
            let outcome = done(&client, &action).await;
            text += &format!("{:?} {}\n", outcome.runner, outcome.output);
        }
        client.shutdown().await;
        text + &format!("{:?}", std::fs::read(bench.exec("wire")).unwrap_or_default())
    })
}
