//! The work itself.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};

use super::arguments::Work;
use super::cache::{Cache, Content};
#[cfg(not(feature = "faults"))]
use super::faultless::Active;
use crate::Request;
#[cfg(feature = "faults")]
use crate::faults::Active;

/// Exit code for arguments that are not understood.
const USAGE: i32 = 2;
/// Exit code for everything else that goes wrong.
const FAILURE: i32 = 1;
/// Bytes of an input that are read, so that one that is endless fails its action and not the worker.
const LARGEST: u64 = 64 << 20;

/// The reference tool with what it remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Tool {
    cache: Cache,
    /// A file of the tool itself, relative to the working directory of the process.
    banner: Option<PathBuf>,
    faults: Arc<Active>,
}

impl Tool {
    #[cfg(feature = "faults")]
    pub(crate) fn with_faults(faults: Arc<Active>) -> Self {
        Self { faults, ..Self::default() }
    }

    /// With a file whose text goes in front of every output file.
    pub(crate) fn banner(mut self, banner: Option<PathBuf>) -> Self {
        self.banner = banner;
        self
    }

    /// Does what one request asks for; returns the exit code.
    pub(crate) fn run(&self, request: &mut Request) -> i32 {
        self.work(request).unwrap_or_else(|(exit_code, message)| {
            print(request, &message);
            exit_code
        })
    }

    fn work(&self, request: &mut Request) -> Result<i32, (i32, String)> {
        let visit = self.faults.begin(request).map_err(|message| (FAILURE, message))?;
        let request = &*request;
        let work = Work::parse(request.arguments()).map_err(|message| (USAGE, message))?;
        let verbosity = if self.faults.has("ignore-verbosity") { 0 } else { request.verbosity() };
        if verbosity > 0 {
            request.log(format_args!(
                "{} arguments, {} inputs",
                request.arguments().len(),
                request.inputs().len()
            ));
        }
        self.speak(request, &work).map_err(|message| (FAILURE, message))?;
        if !work.delay.is_zero() {
            request.cancellation().wait(work.delay);
            if self.faults.stops(request) {
                return Err((FAILURE, "cancelled".to_owned()));
            }
        }
        assert!(!work.panic, "told to panic by --panic");
        let text = self.concatenate(request, &work, verbosity >= 10).map_err(|message| (FAILURE, message))?;
        // The last moment: a cancelled request writes nothing.
        if let Some(out) = work.out.as_ref().filter(|_| !self.faults.stops(request)) {
            let text = self.faults.text(request, &visit, (&work.inputs, &work.print), text);
            self.write(request, out, text).map_err(|message| (FAILURE, message))?;
        }
        if verbosity > 0 {
            request.log("done");
        }
        Ok(work.fail)
    }

    /// What goes to the user, to standard output, and comes from standard input.
    fn speak(&self, request: &Request, work: &Work) -> Result<(), String> {
        if work.echo_args {
            request.arguments().iter().for_each(|argument| print(request, argument));
        }
        work.print.iter().for_each(|text| print(request, text));
        work.stdout.iter().for_each(|text| println!("{text}"));
        self.faults.leak(request, &work.print);
        if work.read_stdin {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| format!("cannot read standard input ({error})"))?;
            print(request, &format!("{} bytes", bytes.len()));
        }
        Ok(())
    }

    fn concatenate(&self, request: &Request, work: &Work, verbose: bool) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        for path in &work.inputs {
            let digest =
                request.inputs().iter().find(|input| input.path == *path).map(|input| &input.digest[..]);
            let digest = self.faults.digest(digest.unwrap_or_default());
            let read = || self.read(&self.faults.source(request, path));
            // A message says what the request says: it is the same in every sandbox.
            let (content, known) = self
                .cache
                .get_or_read(path, digest, read)
                .map_err(|error| format!("cannot read {path} ({error})"))?;
            if verbose {
                request.log(format_args!(
                    "{path}: {} bytes{}",
                    content.bytes.len(),
                    if known { ", cached" } else { "" }
                ));
            }
            // Writing to memory cannot fail.
            let _ = writeln!(text, "# {path} {}", content.sha256);
            text.extend_from_slice(&content.bytes);
        }
        if work.upper {
            text.make_ascii_uppercase();
        }
        Ok(text)
    }

    fn read(&self, path: &Path) -> io::Result<Content> {
        let file = File::open(path)?;
        let mut bytes = Vec::new();
        if (&file).take(LARGEST + 1).read_to_end(&mut bytes)? as u64 > LARGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has more than 64 MiB"));
        }
        self.faults.close(file);
        let mut sha256 = String::with_capacity(64);
        for byte in Sha256::digest(&bytes) {
            // Writing to a string cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Ok(Content { bytes: bytes.into(), sha256: sha256.into() })
    }

    fn write(&self, request: &Request, out: &str, mut text: Vec<u8>) -> Result<(), String> {
        if let Some(banner) = &self.banner {
            let mut first = fs::read(self.faults.tool_file(request, banner))
                .map_err(|error| format!("cannot read the banner {} ({error})", banner.display()))?;
            if !first.ends_with(b"\n") {
                first.push(b'\n');
            }
            text = [first, text].concat();
        }
        let write = |path: &Path, text: &[u8]| {
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text))
        };
        match self.faults.output(request, self.faults.target(request, out), text, write) {
            Some((path, text)) => {
                write(&path, &text).map_err(|error| format!("cannot write {out} ({error})"))
            }
            None => Ok(()),
        }
    }
}

fn print(request: &Request, line: &str) {
    // If standard error is gone in one-shot mode there is no one to tell.
    let _ = writeln!(request.output(), "{line}");
}
