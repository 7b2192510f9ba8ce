//! The library as a tool author sees it: dialogues between a client and a worker in one process.

use std::{
    io::Write as _,
    sync::{Arc, Barrier, Mutex, mpsc},
    time::Duration,
};

use pwp_worker::{
    Error, Framing, Request, WorkRequest, WorkResponse, Worker,
    memory::{self, Client},
};

/// Long enough that a test that waits for it has failed.
const FOREVER: Duration = Duration::from_secs(3600);

fn request(id: i32, arguments: &[&str]) -> WorkRequest {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    WorkRequest { request_id: id, arguments, ..WorkRequest::default() }
}

fn cancel(id: i32) -> WorkRequest {
    WorkRequest { request_id: id, cancel: true, ..WorkRequest::default() }
}

fn response(id: i32, output: &str) -> WorkResponse {
    WorkResponse { request_id: id, output: output.to_owned(), ..WorkResponse::default() }
}

/// Prints its arguments; `wait` waits until it is cancelled, `panic` panics, a number is the exit code.
fn tool(request: &mut Request) -> i32 {
    let arguments = request.arguments().join(" ");
    match arguments.as_str() {
        "wait" => assert!(request.cancellation().wait(FOREVER)),
        "panic" => panic!("on purpose"),
        _ => {}
    }
    let _ = write!(request.output(), "{arguments}");
    arguments.parse().unwrap_or(0)
}

fn singleplex() -> Client {
    memory::connect(Worker::new().cancellation(true), tool)
}

fn multiplex() -> Client {
    memory::connect(Worker::new().multiplex(true).cancellation(true), tool)
}

#[test]
fn one_request_one_response() {
    for dialect in [Framing::Proto, Framing::Json] {
        let mut client = memory::connect(Worker::new().dialect(dialect), tool);
        for id in [0, 7, i32::MAX, -5, 7] {
            client.send(&request(id, &["hello"]));
            assert_eq!(client.recv(), Some(response(id, "hello")));
        }
        client.send(&WorkRequest::default());
        assert_eq!(client.recv(), Some(WorkResponse::default()));
        assert!(client.rest().trim_ascii().is_empty());
        client.finish().unwrap();
    }
}

#[test]
fn an_all_default_json_response_is_not_an_empty_object() {
    let mut client = memory::connect(Worker::new().dialect(Framing::Json), tool);
    client.send_bytes(b"{}");
    client.send(&request(0, &["second"]));
    assert_eq!(client.recv().unwrap().output, "");
    let rest = String::from_utf8(client.rest()).unwrap();
    assert!(rest.contains("\"exitCode\":0") && rest.contains("\"requestId\":0"), "{rest}");
}

#[test]
fn bytes_may_arrive_in_any_pieces() {
    for dialect in [Framing::Proto, Framing::Json] {
        let bytes: Vec<u8> =
            (1..=3).flat_map(|id| pwp_proto::encode(dialect, &request(id, &["x"]))).collect();
        for size in [1, 3, bytes.len()] {
            let mut client = memory::connect(Worker::new().dialect(dialect), tool);
            bytes.chunks(size).for_each(|piece| client.send_bytes(piece));
            for id in 1..=3 {
                assert_eq!(client.recv(), Some(response(id, "x")));
            }
            client.finish().unwrap();
        }
    }
}

#[test]
fn a_failure_and_a_panic_are_answers_and_the_worker_goes_on() {
    let mut client = singleplex();
    client.send(&request(0, &["300"]));
    assert_eq!(client.recv().unwrap().exit_code, 300);
    client.send(&request(0, &["panic"]));
    let crashed = client.recv().unwrap();
    assert_eq!(crashed.exit_code, 1);
    assert!(crashed.output.contains("on purpose"), "{}", crashed.output);
    client.send(&request(0, &["still there"]));
    assert_eq!(client.recv(), Some(response(0, "still there")));
    client.finish().unwrap();
}

#[test]
fn requests_of_one_client_run_at_the_same_time() {
    let together = Arc::new(Barrier::new(8));
    let mut client = memory::connect(Worker::new().multiplex(true), move |_| {
        together.wait();
        0
    });
    (1..=8).for_each(|id| client.send(&request(id, &[])));
    let mut ids: Vec<i32> = (1..=8).map(|_| client.recv().unwrap().request_id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=8).collect::<Vec<i32>>());
    client.finish().unwrap();
}

#[test]
fn beyond_the_limit_requests_queue_and_reading_goes_on() {
    let running = Arc::new(Mutex::new((0, 0)));
    let seen = Arc::clone(&running);
    let worker = Worker::new().multiplex(true).cancellation(true).jobs(2);
    let mut client = memory::connect(worker, move |request| {
        {
            let mut running = running.lock().unwrap();
            running.0 += 1;
            running.1 = running.0.max(running.1);
        }
        request.cancellation().wait(FOREVER);
        running.lock().unwrap().0 -= 1;
        0
    });
    (1..=20).for_each(|id| client.send(&request(id, &[])));
    // Read although both threads are busy.
    (1..=20).for_each(|id| client.send(&cancel(id)));
    let mut ids: Vec<i32> = (1..=20).map(|_| client.recv().unwrap().request_id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=20).collect::<Vec<i32>>());
    assert!(seen.lock().unwrap().1 <= 2);
    client.finish().unwrap();
}

#[test]
fn without_multiplexing_requests_run_in_turn_on_one_thread() {
    let threads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&threads);
    let mut client = memory::connect(Worker::new().cancellation(true), move |request| {
        threads.lock().unwrap().push((request.request_id(), std::thread::current().id()));
        if request.request_id() == 1 {
            request.cancellation().wait(FOREVER);
        }
        0
    });
    (1..=5).for_each(|id| client.send(&request(id, &[])));
    client.send(&cancel(1));
    assert!(client.recv().unwrap().was_cancelled);
    for id in 2..=5 {
        assert_eq!(client.recv(), Some(response(id, "")));
    }
    client.finish().unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.iter().map(|(id, _)| *id).collect::<Vec<i32>>(), [1, 2, 3, 4, 5]);
    assert!(seen.iter().all(|(_, thread)| *thread == seen[0].1), "{seen:?}");
}

#[test]
fn a_cancelled_request_gets_its_one_response() {
    for mut client in [singleplex(), multiplex()] {
        client.send(&request(3, &["wait"]));
        client.send(&cancel(3));
        client.send(&cancel(3));
        let cancelled = client.recv().unwrap();
        assert!(cancelled.was_cancelled && cancelled.request_id == 3, "{cancelled:?}");
        // Too late, unknown, and with fields that do not count: no response, and no memory of them.
        client.send(&cancel(3));
        client.send(&WorkRequest { arguments: vec!["run me".to_owned()], ..cancel(99) });
        client.send(&request(3, &["again"]));
        assert_eq!(client.recv(), Some(response(3, "again")));
        client.send(&request(99, &["new"]));
        assert_eq!(client.recv(), Some(response(99, "new")));
        assert!(client.rest().trim_ascii().is_empty());
        client.finish().unwrap();
    }
}

#[test]
fn cancelling_one_request_leaves_the_others_alone() {
    let mut client = multiplex();
    client.send(&request(1, &["wait"]));
    client.send(&request(2, &["wait"]));
    client.send(&cancel(2));
    let first = client.recv().unwrap();
    assert!(first.was_cancelled && first.request_id == 2, "{first:?}");
    client.send(&cancel(1));
    assert_eq!(client.recv().unwrap().request_id, 1);
    client.finish().unwrap();
}

#[test]
fn a_queued_request_that_is_cancelled_is_answered_and_not_run() {
    let (ran, runs) = mpsc::channel();
    let mut client = memory::connect(Worker::new().cancellation(true), move |request| {
        ran.send(request.request_id()).unwrap();
        request.cancellation().wait(FOREVER);
        0
    });
    client.send(&request(1, &[]));
    client.send(&request(2, &[]));
    client.send(&cancel(2));
    client.send(&cancel(1));
    assert_eq!(client.recv().unwrap().request_id, 1);
    let second = client.recv().unwrap();
    assert!(second.was_cancelled && second.request_id == 2, "{second:?}");
    client.finish().unwrap();
    assert_eq!(runs.iter().collect::<Vec<i32>>(), [1]);
}

#[test]
fn a_worker_without_cancellation_ignores_cancels() {
    let mut client = memory::connect(Worker::new(), tool);
    client.send(&cancel(1));
    client.send(&request(1, &["x"]));
    assert_eq!(client.recv(), Some(response(1, "x")));
    assert!(client.rest().trim_ascii().is_empty());
    client.finish().unwrap();
}

#[test]
fn an_id_that_is_open_twice_is_answered_twice_in_order() {
    let mut client = multiplex();
    client.send(&request(4, &["wait"]));
    client.send(&request(4, &["second"]));
    client.send(&cancel(4));
    assert!(client.recv().unwrap().was_cancelled);
    assert!(client.recv().is_some());
    assert!(client.rest().trim_ascii().is_empty());
    client.finish().unwrap();
}

#[test]
fn the_end_of_the_input_cancels_what_is_running_and_nothing_is_answered() {
    for worker in [Worker::new(), Worker::new().multiplex(true)] {
        let (began, begins) = mpsc::channel();
        let mut client = memory::connect(worker, move |request| {
            began.send(()).unwrap();
            i32::from(!request.cancellation().wait(FOREVER))
        });
        client.send(&request(1, &[]));
        begins.recv().unwrap();
        assert!(client.rest().trim_ascii().is_empty());
        client.finish().unwrap();
    }
}

#[test]
fn malformed_requests_end_the_worker_without_an_answer() {
    type Expected = fn(&Error) -> bool;
    let cases: [(Framing, &[u8], Expected); 6] = [
        (Framing::Proto, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", |e| {
            matches!(e, Error::Framing { .. })
        }),
        (Framing::Proto, b"\x02\x0f\x0f", |e| matches!(e, Error::Decoding { .. })),
        (Framing::Proto, b"\x05\x0a", |e| matches!(e, Error::Truncated(_))),
        (Framing::Json, b"hello\n", |e| matches!(e, Error::Framing { .. })),
        (Framing::Json, b"{\"arguments\":[,]}\n", |e| matches!(e, Error::Decoding { .. })),
        (Framing::Json, b"{\"arguments\":[", |e| matches!(e, Error::Truncated(_))),
    ];
    for (dialect, bytes, expected) in cases {
        let mut client = memory::connect(Worker::new().dialect(dialect), tool);
        client.send_bytes(bytes);
        assert!(client.rest().trim_ascii().is_empty());
        let error = client.finish().unwrap_err();
        assert!(expected(&error), "{dialect} {bytes:?}: {error}");
    }
}

#[test]
fn an_argument_file_is_expanded_under_sandbox_dir() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("params"), "--a\n@@kept\n").unwrap();
    let sandboxed = WorkRequest {
        sandbox_dir: directory.path().to_str().unwrap().to_owned(),
        ..request(0, &["@params", "end"])
    };
    let mut client = memory::connect(Worker::new().multiplex_sandboxing(true), tool);
    client.send(&sandboxed);
    assert_eq!(client.recv().unwrap().output, "--a @@kept end");
    client.send(&request(0, &["@no such file"]));
    let failed = client.recv().unwrap();
    assert!(failed.exit_code != 0 && failed.output.contains("no such file"), "{failed:?}");
    client.finish().unwrap();

    let mut client = memory::connect(Worker::new(), tool);
    client.send(&sandboxed);
    let refused = client.recv().unwrap();
    assert!(refused.exit_code != 0 && refused.output.contains("sandbox_dir"), "{refused:?}");
    client.finish().unwrap();
}

#[test]
fn many_requests_in_one_write_are_all_answered() {
    let mut client = multiplex();
    let ids = 1..=5_000;
    client.send_bytes(
        &ids.clone()
            .flat_map(|id| pwp_proto::encode(Framing::Proto, &request(id, &["x"])))
            .collect::<Vec<u8>>(),
    );
    let mut answered: Vec<i32> = ids.clone().map(|_| client.recv().unwrap().request_id).collect();
    answered.sort_unstable();
    assert_eq!(answered, ids.collect::<Vec<i32>>());
    client.finish().unwrap();
}
