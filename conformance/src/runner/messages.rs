//! Makes the bytes that a script asks for.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use pwp_proto::{EncodeOptions, Framing, Input, WorkRequest, encode_with};

use crate::digest::sha256;
use crate::files::Folder;
use crate::history::{ExpectedOutcome, Place, Reference};
use crate::script::{Cancel, Digest, Encoding, Message, Split, StartStep};
use crate::workload::{Item, OWN_FOLDER, SANDBOXES, Work};

use super::Subject;
use super::layout::{self, Layout};
use super::outputs::{Output, Written};

/// Bytes of an input that its digest is made of: as many as all inputs of a workload may have.
const LARGEST: u64 = 256 << 20;
/// The argument of a request of which nothing is known.
const PROBE: &str = "--pwp-probe";
/// The folder of the files that give a message its size.
const FILLER: &str = "__pwp/filler";
/// Longest path of a filler file; below the 4,096 bytes that Linux allows.
const LONGEST: usize = 3000;
/// Longest name in such a path.
const NAME: usize = 200;
/// An input with a name outside ASCII.
const NON_ASCII: &str = "__pwp/\u{fc}-\u{540d}.txt";
/// The input of a request of which nothing is known.
const INPUT: &str = "__pwp/input.txt";

/// A message, and its frame when it is ready to be sent.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub(super) message: WorkRequest,
    pub(super) frame: Vec<u8>,
    /// For a request: what is known of its outcome.
    pub(super) expected: ExpectedOutcome,
    /// For a request: what it is to leave behind.
    pub(super) written: Written,
    /// The files that are its inputs, relative to the run's directory.
    pub(super) inputs: Vec<String>,
}

/// Makes messages for one run.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) subject: &'a Subject,
    pub(super) folder: &'a Folder,
    argfiles: u32,
    layout: Layout<'a>,
}

impl<'a> Builder<'a> {
    /// Makes messages for a run in `folder`.
    pub(super) fn new(subject: &'a Subject, folder: &'a Folder) -> Self {
        Self { subject, folder, argfiles: 0, layout: Layout::new(&subject.workload, folder) }
    }

    /// Makes a message, its frame, and the input files that are not there.
    pub(super) fn build(&mut self, message: &Message) -> io::Result<Built> {
        let options = options(message.encoding);
        let mut built = match message.cancel {
            None => self.request(message)?,
            Some(Cancel::Plain) => Built::default(),
            Some(Cancel::WithFields) => {
                let WorkRequest { arguments, inputs, .. } = self.request(&Message::default())?.message;
                let message = WorkRequest { arguments, inputs, ..WorkRequest::default() };
                Built { message, ..Built::default() }
            }
        };
        built.message.request_id = message.id;
        built.message.cancel = message.cancel.is_some();
        if message.cancel.is_none() {
            built.message.verbosity = message.verbosity;
            if let Some(size) = message.size {
                self.fill(&mut built.message, size, &options)?;
            }
        }
        built.frame = encode_with(self.subject.dialect, &built.message, &options);
        let sandbox = Path::new(&built.message.sandbox_dir);
        let place = |input: &Input| sandbox.join(&input.path).to_string_lossy().into_owned();
        built.inputs = built.message.inputs.iter().map(place).collect();
        Ok(built)
    }

    /// The message whose arguments one-shot work has; [`None`] if the script asks for none.
    pub(super) fn one_shot(&mut self, start: &StartStep) -> io::Result<Option<Built>> {
        if start.work.is_none() && start.request.is_none() {
            return Ok(None);
        }
        let message = Message {
            work: start.work.unwrap_or_default(),
            request: start.request.clone(),
            argfile: start.argfile,
            only_inputs: true,
            ..Message::default()
        };
        self.request(&message).map(Some)
    }

    fn request(&mut self, message: &Message) -> io::Result<Built> {
        let mut built = Built::default();
        built.expected.name = format!("{:?}", message.work).to_lowercase();
        let item = match &message.request {
            // The script was checked before the run.
            Some(name) => Some(self.subject.workload.item(name).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidInput, format!("no request is named {name:?}"))
            })?),
            None => self.subject.workload.pick(message.work, message.index),
        };
        // Relative to the working directory; those of Bazel look like it.
        let sandbox = message.sandbox.map(|number| format!("{SANDBOXES}/{number}/_main"));
        let base = self.folder.at(sandbox.as_deref().unwrap_or_default())?;
        match (item, message.work) {
            (Some(item), _) => {
                self.layout.place(item, &base, message.only_inputs)?;
                built.message.sandbox_dir = sandbox.clone().unwrap_or_default();
                self.item(item, message, &base, &mut built)?;
            }
            (None, Work::Nothing) => return Ok(built),
            (None, work) => {
                let arguments = work != Work::NoArguments;
                built.message.arguments.extend(arguments.then(|| PROBE.to_owned()));
                if !arguments || message.digest != Digest::Hex {
                    built.message.inputs.push(self.input(&base, INPUT, message.digest)?);
                }
            }
        }
        let Built { message: request, written, .. } = &mut built;
        if message.non_ascii {
            request.inputs.push(self.input(&base, NON_ASCII, message.digest)?);
        }
        if message.argfile {
            self.argfiles += 1;
            let path = format!("{OWN_FOLDER}/arguments-{}.txt", self.argfiles);
            base.write(&path, (request.arguments.join("\n") + "\n").as_bytes())?;
            request.arguments = vec![format!("@{path}")];
            request.inputs.push(self.input(&base, &path, message.digest)?);
        }
        if let Some(sandbox) = sandbox {
            request.sandbox_dir.clone_from(&sandbox);
            base.make("")?;
            // Inputs that are not there now come back with a request that may see them.
            let changes = self.subject.workload.requests.iter().flat_map(|item| item.changes.keys());
            let inputs = self.subject.workload.inputs.keys().chain(changes).map(Into::into);
            let (there, beyond) = layout::listing(self.folder);
            written.before = beyond.is_none().then(|| there.into_iter().chain(inputs).collect());
            written.sandbox = Path::new(&sandbox).parent().map(Path::to_owned);
        }
        Ok(built)
    }

    /// Fills in a request of the workload, whose files are in their places below `base`.
    fn item(&self, item: &Item, message: &Message, base: &Folder, built: &mut Built) -> io::Result<()> {
        built.message.arguments = item.arguments_in(self.folder.path());
        for (path, _) in self.subject.workload.files_of(item) {
            built.message.inputs.push(self.input(base, path, message.digest)?);
        }
        let reference = self.subject.references.get(&item.name);
        built.expected = item.expected_in(self.folder.path(), message.argfile);
        built.expected.reference = reference.map(|reference| match message {
            Message { size: None, non_ascii: false, .. } => Arc::clone(reference),
            // With inputs that the tool does not expect, its words may be others.
            _ => Arc::new(Reference { output: None, ..Reference::clone(reference) }),
        });
        built.expected.place = Place {
            sandboxed: message.sandbox.is_some(),
            absolute: !item.has_same_bytes(),
            only_inputs: message.only_inputs,
            changing: self.layout.is_changing(item),
        };
        let sandbox = Path::new(&built.message.sandbox_dir);
        let outputs = item.outputs.iter().map(|output| Output {
            path: sandbox.join(&output.path).to_string_lossy().into_owned(),
            content: output.content.clone(),
            reference: reference.and_then(|reference| reference.files.get(&output.path).copied()),
        });
        built.written.files = outputs.collect();
        Ok(())
    }

    /// An input with its digest; an empty file is made if there is none, or what is there is no input.
    fn input(&self, base: &Folder, path: &str, digest: Digest) -> io::Result<Input> {
        let there = base.open_file(path).and_then(|file| Ok(sha256(file, LARGEST)?));
        let empty = || base.write(path, b"").and_then(|()| sha256([].as_slice(), 0));
        let hash = there.or_else(|_| empty())?;
        let bytes = || hex::decode(&hash).unwrap_or_default();
        let digest = match digest {
            Digest::Hex => hash.into_bytes(),
            Digest::Empty => Vec::new(),
            Digest::Binary => bytes(),
            Digest::Long => bytes().into_iter().cycle().take(300).collect(),
        };
        Ok(Input { path: path.to_owned(), digest })
    }

    /// Adds inputs until the message has `size` bytes, or as near to it as its fields allow.
    fn fill(&self, request: &mut WorkRequest, size: usize, options: &EncodeOptions) -> io::Result<()> {
        let length = |request: &WorkRequest| {
            message_length(&encode_with(self.subject.dialect, request, options), self.subject.dialect)
        };
        let shortest = FILLER.len() + 16;
        let mut now = length(request);
        let mut number = 0;
        while size.saturating_sub(now) > LONGEST + 300 {
            let input = self.filler(number, LONGEST)?;
            now += cost(&input, self.subject.dialect);
            request.inputs.push(input);
            number += 1;
        }
        // The last one makes up the difference; its own length prefixes change with it, so it takes a few tries.
        let mut path = size.saturating_sub(length(request));
        for _ in 0..6 {
            if path < shortest {
                break;
            }
            request.inputs.push(self.filler(number, path)?);
            let got = length(request);
            if got == size {
                break;
            }
            request.inputs.pop();
            path = (path + size).saturating_sub(got);
        }
        Ok(())
    }

    /// An input whose path has `length` characters. Those of one length share their folders.
    fn filler(&self, number: usize, length: usize) -> io::Result<Input> {
        let file = format!("/{number:06}");
        let mut path = format!("{}/{length}-", FILLER);
        while path.len() + file.len() < length {
            let last = path.len() + file.len() + 1 == length;
            path.push(if path.len() % (NAME + 1) == NAME && !last { '/' } else { 'x' });
        }
        path.push_str(&file);
        self.input(self.folder, &path, Digest::Hex)
    }
}

/// Bytes that an input takes in a message that has others.
fn cost(input: &Input, dialect: Framing) -> usize {
    let only = WorkRequest { inputs: vec![input.clone()], ..WorkRequest::default() };
    let length = message_length(&pwp_proto::encode(dialect, &only), dialect);
    match dialect {
        Framing::Proto => length,
        // Without the object around it, with the comma.
        Framing::Json => length.saturating_sub(r#"{"inputs":[]}"#.len()) + 1,
    }
}

/// Bytes of the message in a frame.
fn message_length(frame: &[u8], dialect: Framing) -> usize {
    match dialect {
        // Without the length before it, a varint.
        Framing::Proto => frame.len() - frame.iter().take_while(|byte| **byte & 0x80 != 0).count() - 1,
        Framing::Json => frame.trim_ascii_end().len(),
    }
}

fn options(encoding: Encoding) -> EncodeOptions {
    EncodeOptions {
        explicit_defaults: encoding.explicit_defaults,
        reversed_fields: encoding.reversed_fields,
        unknown_fields: encoding.unknown_fields,
        pretty: encoding.pretty,
        newline: !encoding.no_newline,
        escape_all: encoding.escape_all,
        html_safe: encoding.html_safe,
        ..EncodeOptions::default()
    }
}

/// Cuts bytes into writes. In `json` the last brace and the newline behind it stay together, since a
/// request is complete with its brace.
pub(super) fn cut(bytes: &[u8], split: &Split, dialect: Framing) -> Vec<Vec<u8>> {
    let last = bytes.len().saturating_sub(1);
    let inside = |cut: &i64| {
        let from = usize::try_from(cut.unsigned_abs()).unwrap_or(1).max(1);
        let inside = (from - 1) % last + 1;
        if *cut < 0 { bytes.len() - inside } else { inside }
    };
    let mut at: BTreeSet<usize> = match split {
        Split::Bytes => (1..bytes.len().min(65)).collect(),
        Split::At(cuts) if last > 0 => cuts.iter().map(inside).collect(),
        Split::Whole | Split::At(_) => BTreeSet::new(),
    };
    let end = if dialect == Framing::Json { bytes.len().saturating_sub(2) } else { last };
    at.retain(|cut| (1..=end).contains(cut));
    let (mut pieces, mut from) = (Vec::new(), 0);
    for until in at.into_iter().chain([bytes.len()]) {
        pieces.push(bytes[from..until].to_vec());
        from = until;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{Command, References};
    use crate::workload::parse;
    use pwp_spec::Features;

    const CHANGING: &str = r#"
schema = "pwp/workload/v1"
name = "a tool"
input = [{ path = "a.txt", content = "usual" }]
request = [
    { name = "plain", kind = "success", inputs = ["a.txt"] },
    { name = "changed", kind = "success", changes = [
        { path = "a.txt", content = "changed" },
        { path = "new/b.txt", content = "new in {run}" },
    ] },
]
"#;

    fn changing() -> (tempfile::TempDir, Folder, Subject) {
        let workload = parse("w", CHANGING).unwrap();
        let command = Command::resolve(&["/bin/true".to_owned()], Path::new("/")).unwrap();
        let (dialect, features, references) = (Framing::Proto, Features::new(), References::new());
        let place = tempfile::tempdir().unwrap();
        let run = Folder::open(place.path()).unwrap();
        (place, run, Subject { command, dialect, features, workload, references })
    }

    #[test]
    fn a_change_holds_for_its_request_only() {
        let (_place, run, subject) = changing();
        layout::prepare(&run, &subject.workload).unwrap();
        let mut builder = Builder::new(&subject, &run);
        let mut request = |name: &str| {
            let message = Message { request: Some(name.into()), ..Message::default() };
            let inputs = builder.request(&message).unwrap().message.inputs;
            let read = |path: &str| std::fs::read_to_string(run.path().join(path)).ok();
            (inputs, read("a.txt"), read("new/b.txt"))
        };
        let (usual, content, new) = request("plain");
        assert_eq!((content.as_deref(), new), (Some("usual"), None));
        let (changed, content, new) = request("changed");
        let late = format!("new in {}", run.path().display());
        assert_eq!((content.as_deref(), new), (Some("changed"), Some(late)));
        // The digest is that of the content with which the request is sent.
        assert_eq!([&usual[0].path, &changed[0].path], ["a.txt", "a.txt"]);
        assert_ne!(usual[0].digest, changed[0].digest);
        assert_eq!(changed[1].path, "new/b.txt");
        // A subject may leave what it likes in place of a file.
        std::fs::remove_file(run.path().join("a.txt")).unwrap();
        std::fs::create_dir_all(run.path().join("a.txt/full")).unwrap();
        let (again, content, new) = request("plain");
        assert_eq!((again, content.as_deref(), new), (usual, Some("usual"), None));
    }

    #[test]
    fn a_name_stands_before_kind_and_index() {
        let (_place, run, subject) = changing();
        let mut builder = Builder::new(&subject, &run);
        let mut message =
            Message { request: Some("plain".into()), work: Work::Nothing, index: 1, ..Message::default() };
        assert_eq!(builder.request(&message).unwrap().expected.name, "plain");
        message.request = Some("gone".into());
        assert!(builder.request(&message).unwrap_err().to_string().contains("\"gone\""));
    }
}
