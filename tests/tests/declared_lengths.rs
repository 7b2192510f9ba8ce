//! Neither reference implementation takes memory because a peer declares a length, and neither takes more than a message may have.
//!
//! Every allocation of this process is counted, also of memory that is only reserved.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pwp_proto::frame::length_prefix;
use pwp_proto::{Framing, MAX_MESSAGE};
use pwp_worker::{Error, Worker, memory};

struct Counting;

/// Bytes that are allocated now, and the most that ever were since it was looked last.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// One test at a time, so that each counts its own.
static ALONE: Mutex<()> = Mutex::new(());

fn taken(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

// SAFETY: everything is passed on to the system's allocator, as it came; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        // SAFETY: the caller keeps the rules of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        taken(size);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the rules of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the rules of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Held by a test for as long as it runs.
fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The most bytes that were allocated at once in excess of what was there before.
fn peak_of(work: impl FnOnce()) -> usize {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    PEAK.load(Ordering::Relaxed).saturating_sub(before)
}

/// What a worker that gets these bytes, and nothing more, ends with.
fn worker_ends(framing: Framing, pieces: impl Iterator<Item = Vec<u8>>) -> Error {
    let mut client = memory::connect(Worker::new().dialect(framing), |_| 0);
    pieces.for_each(|piece| client.send_bytes(&piece));
    client.finish().unwrap_err()
}

#[test]
fn a_worker_takes_no_memory_for_what_is_declared() {
    let _alone = alone();
    let once = |bytes: Vec<u8>| std::iter::once(bytes);
    // As long as a message may be, and only ten bytes of it.
    let peak = peak_of(|| {
        let error = worker_ends(Framing::Proto, once([length_prefix(MAX_MESSAGE), vec![0x0a; 10]].concat()));
        assert!(matches!(error, Error::Truncated(_)), "{error}");
    });
    assert!(peak < 1 << 20, "{peak}");
    // A byte more than that, and the largest length that there is.
    for declared in [MAX_MESSAGE + 1, i32::MAX as usize] {
        let peak = peak_of(|| {
            let error = worker_ends(Framing::Proto, once(length_prefix(declared)));
            assert!(matches!(error, Error::Framing { .. }), "{error}");
            assert!(error.to_string().contains("16777216"), "{error}");
        });
        assert!(peak < 1 << 20, "{peak}");
    }
}

#[test]
fn a_worker_reads_no_more_of_an_object_than_a_message_may_have() {
    let _alone = alone();
    let peak = peak_of(|| {
        let begin = std::iter::once(b"{\"arguments\":[\"".to_vec());
        // What it has not read waits in the queue between the two, so no more is sent than it has to read.
        let rest = std::iter::repeat_n(vec![b'x'; 1 << 16], MAX_MESSAGE >> 16);
        let error = worker_ends(Framing::Json, begin.chain(rest));
        assert!(matches!(error, Error::Framing { .. }), "{error}");
    });
    // A list that grows has room for twice as many; the queue can hold all that was sent, too.
    assert!(peak < 5 * MAX_MESSAGE, "{peak}");
}

/// A request of nothing but empty strings would take many times its length.
#[test]
fn a_worker_takes_no_more_values_than_a_request_may_have() {
    let _alone = alone();
    let body = [0x12, 0x00].repeat(MAX_MESSAGE / 2);
    let frame = [length_prefix(body.len()), body].concat();
    let peak = peak_of(|| {
        let error = worker_ends(Framing::Proto, std::iter::once(frame));
        assert!(matches!(error, Error::Decoding { .. }), "{error}");
        assert!(error.to_string().contains("more than 262144 arguments and inputs"), "{error}");
    });
    assert!(peak < 6 * MAX_MESSAGE, "{peak}");
}

/// Runs one action with a worker that reads a byte and then does this; what its client says of it.
fn client_says(dialect: &str, script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("exec")).unwrap();
    fs::write(path("exec/a.params"), "--name=a\n").unwrap();
    fs::write(path("exec/tool"), format!("#!/bin/sh\nhead -c 1 > /dev/null\n{script}\n")).unwrap();
    fs::set_permissions(path("exec/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    let plan = serde_json::json!({
        "schema": "pwp/plan/v1",
        "directory": path("exec"),
        "state": path("state"),
        "client": { "one_shot": false, "retries": 0, "silence_ms": 300 },
        "builds": [{ "actions": [{
            "name": "a",
            "mnemonic": "Test",
            "arguments": [path("exec/tool"), "@a.params"],
            "environment": { "PATH": "/usr/bin:/bin" },
            "inputs": [{ "path": path("exec/tool"), "tool": true }, "a.params"],
            "requirements": { "supports-workers": "1", "requires-worker-protocol": dialect },
        }] }],
    });
    fs::write(path("plan.json"), plan.to_string()).unwrap();
    let outcomes = format!("--outcomes={}", path("outcomes.json").display());
    pwp_client::plan::run(vec![outcomes, path("plan.json").display().to_string()]);
    fs::read_to_string(path("outcomes.json")).unwrap()
}

#[test]
fn a_client_takes_no_memory_for_what_is_declared() {
    let _alone = alone();
    for (octal, words) in
        [(r"\200\200\200\010", "wrote nothing for 300ms"), (r"\377\377\377\377\007", "more than 16777216")]
    {
        let peak = peak_of(|| {
            let said = client_says("proto", &format!("printf '{octal}\\010\\000'; exec sleep 1000"));
            assert!(said.contains(words), "{said}");
        });
        assert!(peak < 2 << 20, "{peak}");
    }
}

#[test]
fn a_client_reads_no_more_of_an_object_than_a_message_may_have() {
    let _alone = alone();
    let peak = peak_of(|| {
        let said = client_says("json", r#"printf '{"output":"'; exec cat /dev/zero"#);
        assert!(said.contains("longer than 16777216 bytes"), "{said}");
    });
    assert!(peak < 4 * MAX_MESSAGE, "{peak}");
}
