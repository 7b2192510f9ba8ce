//! A worker, or a client, that tries to fill the memory of whoever reads what it writes.
//!
//! `hostile-memory BEHAVIOUR [--json]` as a worker: it does what [`answer`] says for each request. Started without `--persistent_worker` it
//! ends at once. `hostile-memory client-BEHAVIOUR PLAN` as a client: it starts the worker of a plan of actions by hand.

use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use pwp_proto::frame::{FrameReader, length_prefix};
use pwp_proto::{Framing, WorkRequest, WorkResponse, decode, encode};
use serde_json::Value;

/// Bytes of one write.
const PIECE: usize = 1 << 16;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let behaviour = arguments.first().map_or("", String::as_str);
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let done = match behaviour.strip_prefix("client-") {
        Some(behaviour) => client(behaviour, Path::new(&arguments[1])),
        None if !has("--persistent_worker") => return ExitCode::SUCCESS,
        None => serve(if has("--json") { Framing::Json } else { Framing::Proto }, behaviour),
    };
    // A reader that has seen enough closes the pipe.
    done.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// Answers requests until the end of standard input.
fn serve(framing: Framing, behaviour: &str) -> io::Result<()> {
    let (mut stdin, mut stdout) = (io::stdin(), io::stdout());
    if behaviour == "floods-at-once" {
        return repeat(&mut stdout, b"\x02\x18\x07", 70 << 20);
    }
    let mut reader = FrameReader::new(framing, 64 << 20);
    let mut bytes = vec![0; PIECE];
    loop {
        while let Some(frame) = reader.next_frame().map_err(io::Error::other)? {
            let request = decode::<WorkRequest>(framing, &frame.body).map_err(io::Error::other)?.message;
            if !request.cancel {
                answer(framing, behaviour, &request, &mut stdout)?;
                stdout.flush()?;
            }
        }
        match stdin.read(&mut bytes)? {
            0 => return Ok(()),
            count => reader.push(&bytes[..count]),
        }
    }
}

/// One answer, as the behaviour has it.
fn answer(framing: Framing, behaviour: &str, request: &WorkRequest, to: &mut impl Write) -> io::Result<()> {
    let id = request.request_id;
    let plain =
        encode(framing, &WorkResponse { request_id: id, output: "done".into(), ..Default::default() });
    match behaviour {
        "answers-15" => answer_of(framing, id, 15_000_000, to),
        "answers-64" => answer_of(framing, id, 64_000_000, to),
        "answers-200" => answer_of(framing, id, 200_000_000, to),
        "declares-255" => {
            to.write_all(&length_prefix(255_000_000))?;
            to.write_all(b"\x08\x00\x12")?;
            to.flush()?;
            forever()
        }
        "unclosed-string" => {
            to.write_all(br#"{"exitCode":0,"output":""#)?;
            repeat(to, b"still compiling ", 250 << 20)
        }
        "endless-number" => {
            to.write_all(br#"{"exitCode":1"#)?;
            repeat(to, b"1234567890", 250 << 20)
        }
        "huge-number" => {
            to.write_all(br#"{"exitCode":"#)?;
            repeat(to, b"1234567890", 10 << 20)?;
            writeln!(to, r#","requestId":{id}}}"#)
        }
        "small-exponent" => {
            // The value is 0, which is written with ten million digits and an exponent.
            to.write_all(br#"{"exitCode":0."#)?;
            repeat(to, b"0000000000", 10 << 20)?;
            writeln!(to, r#"e5,"requestId":{id}}}"#)
        }
        "deep-groups" => {
            let groups = [[0x5b].repeat(100_000), [0x5c].repeat(100_000)].concat();
            to.write_all(&[length_prefix(groups.len()), groups].concat())
        }
        "deep-arrays" => {
            to.write_all(br#"{"nested":"#)?;
            repeat(to, b"[", 1 << 20)?;
            repeat(to, b"]", 1 << 20)?;
            writeln!(to, r#","requestId":{id}}}"#)
        }
        "many-names" => {
            write!(to, r#"{{"requestId":{id}"#)?;
            let mut names = String::new();
            (0..900_000).for_each(|number| names += &format!(r#","n{number}":0"#));
            to.write_all(names.as_bytes())?;
            to.write_all(b"}\n")
        }
        "long-names" => {
            write!(to, r#"{{"requestId":{id}"#)?;
            for number in 0..12 {
                write!(to, r#","{number}"#)?;
                repeat(to, b"a name without end ", 1 << 20)?;
                to.write_all(br#"":0"#)?;
            }
            to.write_all(b"}\n")
        }
        "many-escapes" => {
            write!(to, r#"{{"exitCode":0,"requestId":{id},"output":""#)?;
            repeat(to, br"\u00e9\n", 15 << 20)?;
            to.write_all(b"\"}\n")
        }
        "many-fields" => {
            let mut body = Vec::new();
            while body.len() < 15 << 20 {
                body.extend_from_slice(&[0xa2, 0x06, 0x00]);
            }
            to.write_all(&length_prefix(body.len()))?;
            to.write_all(&body)
        }
        "surplus" => {
            to.write_all(&plain)?;
            repeat(to, &plain, 100 << 20)
        }
        "white-space" => {
            to.write_all(&plain)?;
            repeat(to, b" \n\t\r", 20 << 20)
        }
        "floods-stderr" => {
            repeat(&mut io::stderr(), b"a line of the log\n", 20 << 20)?;
            to.write_all(&plain)
        }
        "huge-outputs" => {
            // All holes, so that they take no room on the disk.
            for path in request.arguments.iter().filter_map(|argument| argument.strip_prefix("--out=")) {
                File::create(path)?.set_len(20 << 30)?;
            }
            to.write_all(&plain)
        }
        other => Err(io::Error::other(format!("there is no behaviour {other}"))),
    }
}

/// A response that is right but for its length: the output has this many bytes.
fn answer_of(framing: Framing, id: i32, length: usize, to: &mut impl Write) -> io::Result<()> {
    const LINE: &[u8] = b"warning: this is only a line of many..............\n";
    match framing {
        Framing::Proto => {
            let head = [vec![0x12], length_prefix(length)].concat();
            let tail = encode(framing, &WorkResponse { request_id: id, ..WorkResponse::default() });
            to.write_all(&length_prefix(head.len() + length + tail.len() - 1))?;
            to.write_all(&head)?;
            repeat(to, LINE, length)?;
            to.write_all(&tail[1..])
        }
        Framing::Json => {
            write!(to, r#"{{"exitCode":0,"requestId":{id},"output":""#)?;
            repeat(to, b"warning: this is only a line of many..............\\n", length)?;
            to.write_all(b"\"}\n")
        }
    }
}

/// Writes a text over and over, until there are this many bytes.
fn repeat(to: &mut impl Write, text: &[u8], length: usize) -> io::Result<()> {
    let piece = text.repeat(PIECE / text.len());
    let mut left = length;
    while left > 0 {
        let count = left.min(piece.len());
        to.write_all(&piece[..count])?;
        left -= count;
    }
    Ok(())
}

fn forever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}

/// Starts the worker of a plan and writes to it, or to what it writes down.
fn client(behaviour: &str, plan: &Path) -> io::Result<()> {
    let plan: Value = serde_json::from_slice(&fs::read(plan)?)?;
    let directory = PathBuf::from(plan["directory"].as_str().unwrap_or("."));
    let begun = plan["builds"][0]["before"][0]["write"]["path"].as_str().unwrap_or_default();
    fs::create_dir_all(Path::new(begun).parent().unwrap_or(&directory))?;
    fs::write(begun, "")?;
    let program = plan["builds"][0]["actions"][0]["arguments"][0].as_str().unwrap_or_default();
    let program = directory.join(program);
    let text = fs::read_to_string(&program)?;
    if behaviour == "forges" {
        let record = text.split("--record").nth(1).and_then(|rest| rest.split_whitespace().next());
        let record = PathBuf::from(record.unwrap_or_default().trim_matches(['\'', '"']));
        let mut forged = File::create(record.join("process-1.jsonl"))?;
        let line = format!("{{\"at_us\":1,\"event\":{{\"sent\":\"{}\"}}}}\n", "021807".repeat(10_000));
        return (0..15_000).try_for_each(|_| forged.write_all(line.as_bytes()));
    }
    let mut worker = Command::new(program)
        .arg("--persistent_worker")
        .current_dir(&directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut stdin = worker.stdin.take().expect("it is a pipe");
    let written = match behaviour {
        // A request of nothing but empty inputs, in as many bytes as a message has at most.
        "empty-inputs" => stdin
            .write_all(&length_prefix(16_000_000))
            .and_then(|()| repeat(&mut stdin, &[0x12, 0x00], 16_000_000)),
        "large-request" => stdin
            .write_all(&length_prefix(60_000_000))
            .and_then(|()| repeat(&mut stdin, b"\x0a\x01x", 60_000_000)),
        "floods" => repeat(&mut stdin, b"\x02\x18\x07", 60 << 20),
        other => Err(io::Error::other(format!("there is no behaviour {other}"))),
    };
    drop(stdin);
    let _ = worker.wait();
    // A worker that has seen enough reads no more.
    written.or(Ok(()))
}
