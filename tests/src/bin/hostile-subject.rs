//! A worker that answers its requests as it should and otherwise does what its first argument says.
//!
//! `hostile-subject BEHAVIOUR [OUTSIDE] [--json]`. Started without `--persistent_worker` it ends at once. What is done to files is in
//! `hostile-subject/files.rs`; OUTSIDE is a folder that nobody may touch.

#[path = "hostile-subject/files.rs"]
mod files;

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pwp_proto::frame::FrameReader;
use pwp_proto::{Framing, WorkRequest, WorkResponse, decode, encode};

/// Bytes that `grows` takes and keeps.
const GROWTH: usize = 100 << 20;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let behaviour = arguments.first().map_or("", String::as_str);
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if !has("--persistent_worker") {
        return 0.into();
    }
    let dialect = if has("--json") { Framing::Json } else { Framing::Proto };
    // Bound as long as the process lives.
    let _sockets = (behaviour == "binds-sockets").then(|| {
        let inside = std::env::temp_dir();
        let here = std::env::set_current_dir(&inside).and_then(|()| UnixListener::bind("worker.sock"));
        let above =
            std::env::set_current_dir(inside.join("..")).and_then(|()| UnixListener::bind("worker.sock"));
        (here.expect("the run's TMPDIR can be written"), above.expect("so can its directory"))
    });
    if behaviour == "floods-stderr" {
        std::thread::spawn(|| while std::io::stderr().write_all(&[b'x'; 4096]).is_ok() {});
    }
    files::at_start(behaviour, &outside(&arguments));
    let served = serve(dialect, behaviour, &outside(&arguments));
    if let Err(reason) = &served {
        eprintln!("hostile-subject: {reason}");
    }
    if behaviour == "ignores-eof" {
        forever();
    }
    u8::from(served.is_err()).into()
}

/// The folder that stands behind the behaviour.
fn outside(arguments: &[String]) -> PathBuf {
    arguments.get(1).filter(|path| path.starts_with('/')).map(PathBuf::from).unwrap_or_default()
}

/// Answers requests until the end of standard input, or says why that is not possible.
fn serve(dialect: Framing, behaviour: &str, outside: &Path) -> Result<(), String> {
    let (mut stdin, mut stdout) = (std::io::stdin(), std::io::stdout());
    let mut reader = FrameReader::new(dialect, 256 << 20);
    let mut bytes = vec![0; 1 << 16];
    let mut kept = Vec::new();
    loop {
        while let Some(frame) = reader.next_frame().map_err(|error| error.to_string())? {
            let request =
                decode::<WorkRequest>(dialect, &frame.body).map_err(|error| error.to_string())?.message;
            if request.cancel {
                continue;
            }
            files::work(behaviour, &request);
            let response =
                WorkResponse { request_id: request.request_id, output: "done".into(), ..Default::default() };
            let mut answer = encode(dialect, &response);
            if behaviour == "writes-crlf" {
                answer = [answer.trim_ascii_end(), b"\r\n"].concat();
            }
            if behaviour == "closes-stdin" {
                // SAFETY: nothing of this process uses the stream after this.
                unsafe { rustix::io::close(0) };
            }
            stdout.write_all(&answer).and_then(|()| stdout.flush()).map_err(|error| error.to_string())?;
            files::after_an_answer(behaviour, &request, outside);
            after_an_answer(behaviour, &mut kept);
        }
        match stdin.read(&mut bytes).map_err(|error| error.to_string())? {
            0 => return reader.finish().map_err(|error| error.to_string()),
            count => reader.push(&bytes[..count]),
        }
    }
}

fn after_an_answer(behaviour: &str, kept: &mut Vec<u8>) {
    match behaviour {
        "hangs" => forever(),
        "exits" => std::process::exit(0),
        "crashes" => std::process::abort(),
        "grows" if kept.is_empty() => *kept = vec![1; GROWTH],
        "floods-stdout" => while std::io::stdout().write_all(b"still compiling\n").is_ok() {},
        "leaves-half-a-frame" => {
            let _ = std::io::stdout().write_all(b"\x0a\x08").and_then(|()| std::io::stdout().flush());
            forever();
        }
        "closes-stdin" => forever(),
        "closes-stdout" => {
            // SAFETY: nothing of this process uses the stream after this.
            unsafe { rustix::io::close(1) };
            forever()
        }
        _ => {}
    }
}

fn forever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}
