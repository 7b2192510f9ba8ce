//! How much of a round trip is the client's own: the client and a bare pipe, each against a process that only reads and writes.
//!
//! `cargo run --release -p pwp-client --example pingpong` (Linux). First latency: the parent exchanges the same bytes with two children in
//! turns, once by hand and once as actions of a client, and prints the 50th and 99th percentile and the ratio. All processes are
//! pinned to one core, then where the scheduler puts them: the two modes differ tenfold, so a number without its mode
//! says nothing. Then the cost of a request when 100, 1,000 and 10,000 of them are open on one
//! multiplex worker: it grows as long as the memory of all requests outgrows another cache, and no further.

use std::{
    env,
    error::Error,
    io::{self, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use pwp_client::{Client, Interrupt, Options, Spawn, options::PerMnemonic, spawn::InputFile};
use pwp_proto::{FrameReader, Framing, WorkRequest, WorkResponse, decode, encode};
use tokio::task::JoinSet;

const ROUND_TRIPS: usize = 10_000;
const ROUNDS: usize = 5;
/// A request with an argument of an ordinary length. The client passes it on as it is and opens no file.
const ARGUMENT: &str =
    "--flagfile=a/path/of/an/ordinary/length/so/that/messages/have/an/ordinary/size.params";

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("--echo") => echo(&arguments),
        Some("--collect") => collect(&arguments),
        _ => measure(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pingpong: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads as many bytes as a request has, writes a response, and knows nothing of either.
fn echo(sizes: &[String]) -> Result<(), Failure> {
    let mut request = vec![0; sizes.get(1).ok_or("--echo needs a size")?.parse()?];
    let (mut input, mut output) = (io::stdin().lock(), raw_stdout()?);
    let response = encode(Framing::Proto, &answer(0));
    while input.read_exact(&mut request).is_ok() {
        output.write_all(&response)?;
    }
    Ok(())
}

/// A multiplex worker that answers when so many requests are open.
fn collect(arguments: &[String]) -> Result<(), Failure> {
    let open: usize = arguments.get(1).ok_or("--collect needs a number")?.parse()?;
    let (mut input, mut output) = (io::stdin().lock(), raw_stdout()?);
    let mut frames = FrameReader::new(Framing::Proto, 1 << 20);
    let (mut buffer, mut ids) = (vec![0; 1 << 16], Vec::new());
    loop {
        while let Some(frame) = frames.next_frame()? {
            ids.push(decode::<WorkRequest>(Framing::Proto, &frame.body)?.message.request_id);
        }
        if ids.len() == open {
            let responses: Vec<u8> =
                ids.drain(..).flat_map(|id| encode(Framing::Proto, &answer(id))).collect();
            output.write_all(&responses)?;
        }
        match input.read(&mut buffer)? {
            0 => return Ok(()),
            count => frames.push(&buffer[..count]),
        }
    }
}

fn answer(request_id: i32) -> WorkResponse {
    WorkResponse { output: format!("answer to {ARGUMENT}\n"), request_id, ..WorkResponse::default() }
}

/// Standard output without the line buffer of `std`.
fn raw_stdout() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

fn action(arguments: &[&str], declaration: &str) -> Result<Spawn, Failure> {
    let program = env::current_exe()?.to_string_lossy().into_owned();
    let mut command = vec![program.clone()];
    command.extend(arguments.iter().map(|&argument| argument.to_owned()));
    Ok(Spawn {
        mnemonic: "Echo".into(),
        arguments: command,
        inputs: vec![InputFile { path: program, digest: b"6a2f".to_vec(), tool: true }],
        requirements: [(declaration, "1")].into_iter().collect(),
        ..Spawn::default()
    })
}

/// The floor.
struct Pipe {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Pipe {
    fn start(request: Vec<u8>) -> Result<Self, Failure> {
        let mut child = Command::new(env::current_exe()?)
            .args(["--echo", &request.len().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let response = vec![0; encode(Framing::Proto, &answer(0)).len()];
        Ok(Self { child, input, output, request, response })
    }

    fn round(&mut self, times: &mut Vec<Duration>) -> io::Result<()> {
        for _ in 0..ROUND_TRIPS {
            let begin = Instant::now();
            self.input.write_all(&self.request)?;
            self.output.read_exact(&mut self.response)?;
            times.push(begin.elapsed());
        }
        Ok(())
    }
}

fn measure() -> Result<(), Failure> {
    let folder = env::temp_dir().join(format!("pwp-pingpong-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut result = Ok(());
    for pinned in [true, false] {
        if result.is_ok() {
            set_cores(if pinned { 1 } else { rustix::thread::CpuSet::MAX_CPU })?;
            println!("{}:", if pinned { "pinned to one core" } else { "not pinned" });
            let folder = folder.clone();
            // As a task, as a build tool's actions are: the future that `block_on` itself drives is woken by a system call.
            let task = runtime.spawn(async move {
                latency(&folder).await?;
                in_flight(&folder).await
            });
            result = runtime.block_on(task)?;
        }
    }
    std::fs::remove_dir_all(&folder)?;
    result
}

async fn latency(folder: &std::path::Path) -> Result<(), Failure> {
    let client = Client::start(Options::new(folder, folder.join("state")))?;
    let interrupt = Interrupt::new();
    // The id of a singleplex request is 0, so all requests have the same bytes.
    let program = env::current_exe()?.to_string_lossy().into_owned();
    let input = pwp_proto::Input { path: program, digest: b"6a2f".to_vec() };
    let request =
        WorkRequest { arguments: vec![ARGUMENT.into()], inputs: vec![input], ..WorkRequest::default() };
    let request = encode(Framing::Proto, &request);
    let action = action(&["--echo", &request.len().to_string(), ARGUMENT], "supports-workers")?;
    let mut pipe = Pipe::start(request)?;
    let (mut floor, mut times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        pipe.round(&mut floor)?;
        for _ in 0..ROUND_TRIPS {
            let begin = Instant::now();
            let outcome = client.run(&action, &interrupt).await;
            times.push(begin.elapsed());
            if !outcome.is_success() {
                return Err(format!("{outcome:?}").into());
            }
        }
    }
    let floor = (percentile(&mut floor, 50), percentile(&mut floor, 99));
    let client_times = (percentile(&mut times, 50), percentile(&mut times, 99));
    for (name, (p50, p99)) in [("raw pipe", floor), ("client, one action after the other", client_times)] {
        println!(
            "  {name:<36} p50 {p50:7.2} us ({:.2}x)   p99 {p99:7.2} us ({:.2}x)",
            p50 / floor.0,
            p99 / floor.1
        );
    }
    let Pipe { mut child, input, .. } = pipe;
    drop(input);
    child.wait()?;
    client.shutdown().await;
    Ok(())
}

/// All requests of a round are open at the same time: the worker answers none before it has all.
async fn in_flight(folder: &std::path::Path) -> Result<(), Failure> {
    let mut first = None;
    for open in [100, 1000, 10_000] {
        let mut options = Options::new(folder, folder.join("state"));
        options.max_multiplex_instances = PerMnemonic::all(open);
        let client = Client::start(options)?;
        let action = action(&["--collect", &open.to_string(), ARGUMENT], "supports-multiplex-workers")?;
        let mut costs = Vec::new();
        for _ in 0..50_000 / open {
            let begin = Instant::now();
            let mut running = JoinSet::new();
            for _ in 0..open {
                let (client, action) = (client.clone(), action.clone());
                running.spawn(async move { client.run(&action, &Interrupt::new()).await });
            }
            while let Some(ended) = running.join_next().await {
                let outcome = ended?;
                if !outcome.is_success() {
                    return Err(format!("{outcome:?}").into());
                }
            }
            costs.push(begin.elapsed() / u32::try_from(open)?);
        }
        let cost = percentile(&mut costs, 50);
        let first = *first.get_or_insert(cost);
        let name = format!("client, {open} requests in flight");
        println!("  {name:<36} {cost:11.2} us for each request ({:.2}x)", cost / first);
        client.shutdown().await;
    }
    Ok(())
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[times.len() * percent / 100].as_nanos() as f64 / 1000.0
}

/// Keeps this process, and those that it starts from now on, on the first so many cores.
fn set_cores(count: usize) -> io::Result<()> {
    let mut cores = rustix::thread::CpuSet::new();
    (0..count).for_each(|core| cores.set(core));
    Ok(rustix::thread::sched_setaffinity(None, &cores)?)
}
