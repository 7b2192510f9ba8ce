//! What a worker is started with and sent, and what becomes of its answer.

use pwp_client::options::PerMnemonic;
use pwp_client::{Runner, Status};

use crate::kit::{Bench, Change as _, Running, done, output};

pub(crate) const TESTS: &[(&str, crate::Test)] = &[
    ("a worker serves one action after the other", serves),
    ("it gets the action's environment, its flags, and nothing else", start),
    ("both dialects", dialects),
    ("what the response says is what the action comes to", answers),
    ("an action without a declaration runs by itself", one_shot),
    ("a change of the tools starts another worker", tools),
    ("a tool that does not exist fails the action", no_tool),
    ("without one-shot mode the message says what is missing", no_one_shot),
];

fn serves(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let first = output(&client, &bench.action(&["pid"])).await;
        assert_eq!(output(&client, &bench.action(&["pid"])).await, first);
        assert_eq!(bench.pids().len(), 1);
        client.shutdown().await;
        assert_eq!(bench.causes(), ["it is needed no more"]);
    })
}

fn start(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| {
            options.extra_flags.insert("Test".into(), vec!["--extra".into()]);
            options.extra_flags.insert("Other".into(), vec!["--other".into()]);
        });
        let mut action = bench.action(&["environment"]).flag("--flag");
        action.environment.insert("ONLY".into(), "this".into());
        let seen = output(&client, &action).await;
        assert_eq!(seen, r#"{"ONLY": "this"} ["--flag", "--persistent_worker", "--extra"]"#);
        let seen = output(&client, &bench.action(&["request"]).input("a").input("b")).await;
        assert!(seen.contains(r#"arguments: ["request"]"#) && seen.contains("request_id: 0"), "{seen}");
        assert!(seen.contains(r#"path: "a""#) && seen.contains(r#"path: "request.params""#), "{seen}");
        client.shutdown().await;
    })
}

fn dialects(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let proto = bench.action(&["say", "proto"]);
        let mut json = bench.action(&["say", "json"]).flag("--json");
        json.requirements.insert("requires-worker-protocol", "json");
        assert_eq!(output(&client, &proto).await, "proto");
        assert_eq!(output(&client, &json).await, "json");
        json.requirements.insert("requires-worker-protocol", "xml");
        assert!(
            matches!(done(&client, &json).await.status, Status::Error(message) if message.contains("xml"))
        );
        client.shutdown().await;
    })
}

fn answers(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        for code in [1, 256, -1] {
            let outcome = done(&client, &bench.action(&["fail", &code.to_string()])).await;
            assert_eq!((outcome.status, outcome.output.as_str()), (Status::Failed(code), "failed"));
        }
        let missing = done(&client, &bench.action(&["say", "nothing"]).output("out/never")).await;
        assert_eq!(missing.status, Status::MissingOutputs(vec!["out/never".into()]));
        let written = bench.action(&["write", "out/a", "text"]).output("out/a");
        assert!(done(&client, &written).await.is_success());
        assert_eq!(bench.read("out/a"), "text");
        // What an earlier run has left is no output of this one.
        let stale = bench.action(&["say", "again"]).output("out/a");
        assert_eq!(done(&client, &stale).await.status, Status::MissingOutputs(vec!["out/a".into()]));
        assert_eq!(bench.pids().len(), 1, "an ordinary failure is no reason for another worker");
        client.shutdown().await;
    })
}

fn one_shot(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let mut action = bench.action(&["write", "a", "b"]);
        action.requirements = Default::default();
        action.outputs.push(pwp_client::spawn::OutputPath { path: "a".into(), directory: false });
        let outcome = done(&client, &action).await;
        assert_eq!((outcome.status, outcome.runner), (Status::Success, Runner::OneShot));
        assert_eq!(bench.read("a"), "b");
        assert!(bench.pids().is_empty());
        client.shutdown().await;
    })
}

fn tools(bench: Bench) -> Running {
    Box::pin(async move {
        for multiplex in [false, true] {
            let client = bench.client(|options| options.max_instances = PerMnemonic::all(1));
            let mut action = bench.action(&["pid"]);
            if multiplex {
                action = action.declares("supports-multiplex-workers");
            }
            let first = output(&client, &action).await;
            action.inputs[0].digest = b"2".to_vec();
            assert_ne!(output(&client, &action).await, first);
            action.inputs.last_mut().unwrap().digest = b"2".to_vec();
            let before = output(&client, &action).await;
            assert_eq!(output(&client, &action).await, before, "an ordinary input is no tool");
            client.shutdown().await;
        }
        assert!(bench.causes()[0].contains("its tools have changed"), "{:?}", bench.causes());
    })
}

fn no_tool(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|_| ());
        let mut action = bench.action(&["pid"]);
        action.arguments[0] = "/no/such/tool".into();
        let outcome = done(&client, &action).await;
        assert!(matches!(outcome.status, Status::Error(message) if message.contains("/no/such/tool")));
        // The place is free again, however often that happens.
        for _ in 0..10 {
            done(&client, &action).await;
        }
        client.shutdown().await;
    })
}

fn no_one_shot(bench: Bench) -> Running {
    Box::pin(async move {
        let client = bench.client(|options| options.one_shot = false);
        let mut action = bench.action(&["pid"]);
        action.inputs[0].tool = false;
        let outcome = done(&client, &action).await;
        assert!(matches!(outcome.status, Status::Error(message) if message.contains("mark the inputs")));
        client.shutdown().await;
    })
}
