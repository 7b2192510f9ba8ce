//! A client and a worker in one process, for tests that read as a dialogue.
//!
//! ```
//! use std::io::Write as _;
//! use pwp_worker::{Worker, WorkRequest, memory};
//!
//! let mut client = memory::connect(Worker::new(), |request| {
//!     let _ = writeln!(request.output(), "{} arguments", request.arguments().len());
//!     0
//! });
//! client.send(&WorkRequest { arguments: vec!["--x".into()], request_id: 7, ..Default::default() });
//! let response = client.recv().expect("every request is answered");
//! assert_eq!((response.request_id, response.output.as_str()), (7, "1 arguments\n"));
//! assert!(client.finish().is_ok());
//! ```
//!
//! Nothing here has a time limit: a worker that does not answer blocks [`Client::recv`], and the test runner says which test hangs.

use std::{
    io::{self, Read, Write},
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
};

use pwp_proto::{FrameReader, Framing, MAX_MESSAGE, WorkRequest, WorkResponse, decode, encode};

use crate::{Error, Request, Worker};

/// The client's end of a connection to a worker that runs on a thread of this process.
#[derive(Debug)]
pub struct Client {
    dialect: Framing,
    requests: Option<Sender<Vec<u8>>>,
    responses: PipeReader,
    frames: FrameReader,
    worker: JoinHandle<Result<(), Error>>,
}

/// Starts `worker` on a thread and connects a client to it.
pub fn connect(worker: Worker, handler: impl Fn(&mut Request) -> i32 + Send + Sync + 'static) -> Client {
    connect_with(worker.spoken_dialect(), move |requests, responses| {
        worker.serve(requests, responses, handler)
    })
}

/// Connects a client to whatever `serve` does with the two streams.
pub(crate) fn connect_with(
    dialect: Framing,
    serve: impl FnOnce(PipeReader, PipeWriter) -> Result<(), Error> + Send + 'static,
) -> Client {
    let (requests, from_client) = mpsc::channel();
    let (to_client, responses) = mpsc::channel();
    let worker = thread::spawn(move || serve(PipeReader::new(from_client), PipeWriter(to_client)));
    Client {
        dialect,
        requests: Some(requests),
        responses: PipeReader::new(responses),
        frames: FrameReader::new(dialect, MAX_MESSAGE),
        worker,
    }
}

impl Client {
    /// Sends one request or cancel request. The worker gets it with one read.
    pub fn send(&mut self, request: &WorkRequest) {
        let bytes = encode(self.dialect, request);
        self.send_bytes(&bytes);
    }

    /// Sends bytes as they are. The worker gets them with one read, if there are not more of them than it reads at once.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        if let Some(requests) = &self.requests {
            // A worker that has ended reads nothing more; the test sees that in what it receives.
            let _ = requests.send(bytes.to_vec());
        }
    }

    /// Waits for the next response. Nothing if the worker has ended, or wrote something else than a response.
    pub fn recv(&mut self) -> Option<WorkResponse> {
        let frame = loop {
            match self.frames.next_frame() {
                Ok(Some(frame)) => break frame,
                Ok(None) => {}
                Err(_) => return None,
            }
            let mut chunk = [0; 4096];
            match self.responses.read(&mut chunk) {
                Ok(0) | Err(_) => return None,
                Ok(got) => self.frames.push(&chunk[..got]),
            }
        };
        decode::<WorkResponse>(self.dialect, &frame.body).ok().map(|decoded| decoded.message)
    }

    /// Ends the worker's input; it is expected to end soon.
    pub fn close(&mut self) {
        self.requests = None;
    }

    /// Ends the worker's input and returns the bytes that it wrote and that were not received yet.
    pub fn rest(&mut self) -> Vec<u8> {
        self.close();
        let mut rest = self.frames.pending().to_vec();
        // Reading from memory cannot fail.
        let _ = self.responses.read_to_end(&mut rest);
        rest
    }

    /// Ends the worker's input, waits for it and returns its result.
    ///
    /// # Errors
    ///
    /// What [`Worker::serve`] returned.
    pub fn finish(mut self) -> Result<(), Error> {
        self.close();
        match self.worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// Reads what the other end wrote, one write at a time.
#[derive(Debug)]
pub(crate) struct PipeReader {
    chunks: Receiver<Vec<u8>>,
    current: io::Cursor<Vec<u8>>,
}

impl PipeReader {
    fn new(chunks: Receiver<Vec<u8>>) -> Self {
        Self { chunks, current: io::Cursor::default() }
    }
}

impl Read for PipeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let got = self.current.read(buffer)?;
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            match self.chunks.recv() {
                Ok(chunk) => self.current = io::Cursor::new(chunk),
                Err(mpsc::RecvError) => return Ok(0),
            }
        }
    }
}

/// The other end of a [`PipeReader`].
#[derive(Debug)]
pub(crate) struct PipeWriter(pub(crate) Sender<Vec<u8>>);

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
