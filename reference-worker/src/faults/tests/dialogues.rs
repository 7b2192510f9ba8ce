//! The faults that show while requests are open. `true` or `false` as the first argument: with the fault or without.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use pwp_proto::{Framing, WorkRequest, encode};

use crate::{
    Request, Worker,
    faults::{Active, kit::lock},
    memory::{self, Client},
    reference::Tool,
    session::Handler,
};

pub(super) const NAMES: &[&str] = &[
    "interleave",
    "mix-outputs",
    "serial",
    "drop-when-busy",
    "cancel-twice-answered",
    "cancel-drops-response",
    "cancel-sticks",
    "cancel-waits",
    "cancel-all",
];

/// A request that is open until it is cancelled.
const ENDLESS: &str = "--delay-ms=3600000";

fn connect(name: &str, faulty: bool) -> Client {
    let names = if faulty { vec![name.to_owned()] } else { Vec::new() };
    let faults = Arc::new(Active::named(&names).unwrap());
    let tool = Tool::with_faults(Arc::clone(&faults));
    connect_to(faults, Box::new(move |request| tool.run(request)))
}

fn connect_to(faults: Arc<Active>, handler: Handler) -> Client {
    let worker = faults.change(Worker::new().multiplex(true).cancellation(true));
    memory::connect_with(Framing::Proto, move |requests, responses| {
        worker.session((Box::new(requests), Box::new(responses)), handler, faults, None).0
    })
}

fn work(request_id: i32, arguments: &[&str]) -> WorkRequest {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    WorkRequest { request_id, arguments, ..WorkRequest::default() }
}

fn cancel(request_id: i32) -> WorkRequest {
    WorkRequest { request_id, cancel: true, ..WorkRequest::default() }
}

#[test]
fn interleave() {
    for faulty in [true, false] {
        let mut client = connect("interleave", faulty);
        client.send(&work(1, &["--print=one", ENDLESS]));
        client.send(&work(2, &["--print=two"]));
        if !faulty {
            assert_eq!(client.recv().unwrap().output, "two\n");
        }
        client.send(&cancel(1));
        // With the fault: the length of one response, and in its body the other one.
        let next = client.recv();
        let is_whole =
            next.is_some_and(|response| ["one\ncancelled\n", "two\n"].contains(&&response.output[..]));
        assert_eq!(is_whole, !faulty);
    }
}

#[test]
fn mix_outputs() {
    for faulty in [true, false] {
        let mut client = connect("mix-outputs", faulty);
        client.send(&work(1, &["--print=one", ENDLESS]));
        client.send(&work(2, &["--print=two"]));
        assert_eq!(client.recv().unwrap().output, "two\n");
        client.send(&cancel(1));
        assert_eq!(client.recv().unwrap().output.contains("two"), faulty);
        client.finish().unwrap();
    }
}

#[test]
fn serial() {
    let mut client = connect("serial", true);
    client.send(&work(1, &[ENDLESS]));
    client.send(&work(2, &["--print=quick"]));
    client.send(&cancel(1));
    assert_eq!([client.recv(), client.recv()].map(|response| response.unwrap().request_id), [1, 2]);
    client.finish().unwrap();

    let mut client = connect("serial", false);
    client.send(&work(1, &[ENDLESS]));
    client.send(&work(2, &["--print=quick"]));
    assert_eq!(client.recv().unwrap().request_id, 2);
    client.send(&cancel(1));
    assert_eq!(client.recv().unwrap().request_id, 1);
    client.finish().unwrap();
}

#[test]
fn drop_when_busy() {
    for faulty in [true, false] {
        let mut client = connect("drop-when-busy", faulty);
        (1..=3).for_each(|id| client.send(&work(id, &[ENDLESS])));
        let first = if faulty { [1, 2] } else { [3, 2] };
        for id in first {
            client.send(&cancel(id));
            assert_eq!(client.recv().unwrap().request_id, id);
        }
        if faulty {
            // The id is free: nobody knows of the third request.
            client.send(&work(3, &["--print=new"]));
            assert_eq!(client.recv().unwrap().output, "new\n");
        }
        client.finish().unwrap();
    }
}

#[test]
fn cancel_twice_answered() {
    for faulty in [true, false] {
        let mut client = connect("cancel-twice-answered", faulty);
        client.send(&work(5, &[ENDLESS]));
        client.send(&cancel(5));
        client.send(&cancel(5));
        assert_eq!(client.recv().unwrap().request_id, 5);
        // With the same id it is answered after the other one.
        client.send(&work(5, &["--print=next"]));
        assert_eq!(client.recv().unwrap().output != "next\n", faulty);
        client.finish().unwrap();
    }
}

#[test]
fn cancel_drops_response() {
    for faulty in [true, false] {
        let mut client = connect("cancel-drops-response", faulty);
        client.send(&work(5, &[ENDLESS]));
        client.send(&cancel(5));
        if !faulty {
            assert_eq!(client.recv().unwrap().request_id, 5);
        }
        // With the same id it runs after the other one, so the other one is done when it is answered.
        client.send(&work(5, &["--print=next"]));
        assert_eq!(client.recv().unwrap().output, "next\n");
        client.finish().unwrap();
    }
}

#[test]
fn cancel_sticks() {
    for faulty in [true, false] {
        let mut client = connect("cancel-sticks", faulty);
        client.send(&work(5, &[ENDLESS]));
        client.send(&cancel(5));
        assert!(client.recv().unwrap().was_cancelled);
        client.send(&work(5, &["--print=next"]));
        assert_eq!(client.recv().unwrap().was_cancelled, faulty);
        client.finish().unwrap();
    }
}

#[test]
fn cancel_waits() {
    for faulty in [true, false] {
        let names = if faulty { vec!["cancel-waits".to_owned()] } else { Vec::new() };
        let (go, gone) = mpsc::channel::<()>();
        let gone = Mutex::new(gone);
        let handler = move |request: &mut Request| {
            if request.request_id() == 5 {
                // Until the client says so; by then the cancel request has been read.
                lock(&gone).recv().unwrap();
            }
            i32::from(request.cancellation().wait(Duration::ZERO))
        };
        let mut client = connect_to(Arc::new(Active::named(&names).unwrap()), Box::new(handler));
        client.send(&work(5, &[]));
        client.send(&cancel(5));
        client.send(&work(6, &[]));
        assert_eq!(client.recv().unwrap().request_id, 6);
        go.send(()).unwrap();
        let response = client.recv().unwrap();
        assert!(response.was_cancelled);
        assert_eq!(response.exit_code, i32::from(!faulty));
        client.finish().unwrap();
    }
}

#[test]
fn cancel_all() {
    for faulty in [true, false] {
        let mut client = connect("cancel-all", faulty);
        client.send(&work(1, &[ENDLESS]));
        client.send(&work(2, &[ENDLESS]));
        client.send(&cancel(2));
        if !faulty {
            assert_eq!(client.recv().unwrap().request_id, 2);
            client.send(&cancel(1));
            assert_eq!(client.recv().unwrap().request_id, 1);
        } else {
            let mut ids = [client.recv(), client.recv()].map(|response| response.unwrap().request_id);
            ids.sort_unstable();
            assert_eq!(ids, [1, 2]);
        }
        client.finish().unwrap();
    }
}

#[test]
fn ignore_sandbox_dir_undeclared() {
    for faulty in [true, false] {
        let mut client = connect("ignore-sandbox-dir", faulty);
        client.send(&WorkRequest { sandbox_dir: "sandbox/1".to_owned(), ..work(1, &["--print=x"]) });
        let response = client.recv().unwrap();
        assert_eq!(response.exit_code == 0, faulty);
        assert_eq!(response.output.contains("multiplex-sandboxing"), !faulty, "{response:?}");
        client.finish().unwrap();
    }
}

#[test]
fn a_request_of_the_endless_kind_is_open() {
    // What the dialogues above rest on: nothing but a cancel answers it.
    let mut client = connect("serial", false);
    client.send_bytes(
        &[encode(Framing::Proto, &work(1, &[ENDLESS])), encode(Framing::Proto, &work(2, &[]))].concat(),
    );
    assert_eq!(client.recv().unwrap().request_id, 2);
    assert!(client.rest().is_empty());
    client.finish().unwrap();
}
