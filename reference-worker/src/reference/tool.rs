//! The work itself.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::arguments::Work;
use super::cache::{Cache, Content};
use crate::Request;
#[cfg(feature = "faults")]
use crate::faults::Active;

/// Exit code for arguments that are not understood.
const USAGE: i32 = 2;
/// Exit code for everything else that goes wrong.
const FAILURE: i32 = 1;

/// The reference tool with what it remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Tool {
    cache: Cache,
    #[cfg(feature = "faults")]
    faults: std::sync::Arc<Active>,
}

impl Tool {
    #[cfg(feature = "faults")]
    pub(crate) fn with_faults(faults: std::sync::Arc<Active>) -> Self {
        Self { faults, ..Self::default() }
    }

    /// Does what one request asks for; returns the exit code.
    pub(crate) fn run(&self, request: &mut Request) -> i32 {
        let result = match Work::parse(request.arguments()) {
            Ok(work) => self.work(request, &work).map(|()| work.fail).map_err(|message| (FAILURE, message)),
            Err(message) => Err((USAGE, message)),
        };
        result.unwrap_or_else(|(exit_code, message)| {
            print(request, &message);
            exit_code
        })
    }

    fn work(&self, request: &Request, work: &Work) -> Result<(), String> {
        let verbosity = if self.has_fault("ignore-verbosity") { 0 } else { request.verbosity() };
        if verbosity > 0 {
            request.log(format_args!(
                "{} arguments, {} inputs",
                request.arguments().len(),
                request.inputs().len()
            ));
        }
        if work.echo_args {
            request.arguments().iter().for_each(|argument| print(request, argument));
        }
        work.print.iter().for_each(|text| print(request, text));
        work.stdout.iter().for_each(|text| println!("{text}"));
        #[cfg(feature = "faults")]
        self.faults.leak(request, &work.print);
        if work.read_stdin {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| format!("cannot read standard input ({error})"))?;
            print(request, &format!("{} bytes", bytes.len()));
        }
        if !work.delay.is_zero() && request.cancellation().wait(work.delay) {
            return Err("cancelled".to_owned());
        }
        assert!(!work.panic, "told to panic by --panic");
        let text = self.concatenate(request, work, verbosity >= 10)?;
        // The last moment: a cancelled request writes nothing.
        if let (Some(out), false) = (&work.out, request.cancelled()) {
            self.write(request, out, text)?;
        }
        if verbosity > 0 {
            request.log("done");
        }
        Ok(())
    }

    fn concatenate(&self, request: &Request, work: &Work, verbose: bool) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        for path in &work.inputs {
            let digest =
                request.inputs().iter().find(|input| input.path == *path).map(|input| &input.digest[..]);
            let digest = if self.has_fault("stale-digest") { b"any" } else { digest.unwrap_or_default() };
            let (content, known) =
                self.cache.get_or_read(path, digest, || read(&self.resolve(request, path)))?;
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

    fn write(&self, request: &Request, out: &str, text: Vec<u8>) -> Result<(), String> {
        let path = if self.has_fault("write-outside-sandbox") {
            PathBuf::from(out)
        } else {
            self.resolve(request, out)
        };
        let write = move |path: &Path, text: &[u8]| {
            path.parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| fs::write(path, text))
                .map_err(|error| format!("cannot write {} ({error})", path.display()))
        };
        #[cfg(feature = "faults")]
        let (path, text) = match self.faults.output(path, text, write) {
            Some(written_now) => written_now,
            None => return Ok(()),
        };
        write(&path, &text)
    }

    fn resolve(&self, request: &Request, path: &str) -> PathBuf {
        if self.has_fault("ignore-sandbox-dir") { PathBuf::from(path) } else { request.resolve(path) }
    }

    #[cfg(feature = "faults")]
    fn has_fault(&self, name: &str) -> bool {
        self.faults.has(name)
    }

    #[cfg(not(feature = "faults"))]
    #[expect(clippy::unused_self, reason = "with the feature it looks")]
    fn has_fault(&self, _name: &str) -> bool {
        false
    }
}

fn print(request: &Request, line: &str) {
    // If standard error is gone in one-shot mode there is no one to tell.
    let _ = writeln!(request.output(), "{line}");
}

fn read(path: &Path) -> Result<Content, String> {
    let bytes = fs::read(path).map_err(|error| format!("cannot read {} ({error})", path.display()))?;
    let mut sha256 = String::with_capacity(64);
    for byte in Sha256::digest(&bytes) {
        // Writing to a string cannot fail.
        let _ = write!(sha256, "{byte:02x}");
    }
    Ok(Content { bytes: bytes.into(), sha256: sha256.into() })
}
