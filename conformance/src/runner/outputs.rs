//! Which output files belong to which request, and what is there when it is answered and at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::digest;
use crate::files::{Beyond, Folder, Kind, ReadError};
use crate::history::FileState;
use crate::oracle::Fate;
use crate::workload::Content;

use super::layout;

/// Most bytes of an output that are read.
const LIMIT: u64 = 64 << 20;
/// Characters of an unexpected content that are shown.
const SHOWN: usize = 80;
/// Bytes of a content that are kept to show them: a character has at most four.
const HEAD: usize = 4 * SHOWN;
/// Files outside of a sandbox that are reported for one request.
const STRAY: usize = 4;

/// A file that a request writes, in the place where this request has it.
#[derive(Debug, Clone)]
pub(super) struct Output {
    /// Relative to the run's directory, `sandbox_dir` included.
    pub(super) path: String,
    /// What stands in it; without it any content will do.
    pub(super) content: Option<Content>,
    /// A print of what stood in it when the request was alone in a fresh worker.
    pub(super) reference: Option<u64>,
}

/// What a request is to leave behind.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    pub(super) files: Vec<Output>,
    /// The sandbox, relative to the run's directory. It is removed when the request is answered.
    pub(super) sandbox: Option<PathBuf>,
    /// With a sandbox: all files outside of it before the request was sent. [`None`] where there were too many to look at: then nothing
    /// can be said about new ones.
    pub(super) before: Option<BTreeSet<PathBuf>>,
}

/// Which outputs belong to which request, and whether two requests share one.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    waiting: BTreeMap<u64, Written>,
    /// How many open requests write a path; one that was ever shared can't be judged.
    busy: HashMap<String, u32>,
    shared: BTreeSet<(u64, String)>,
    /// The last request that wrote a path, and whether it was cancelled.
    seen: BTreeMap<String, (u64, Output)>,
    /// Of the first request of the run: a print of each of its files.
    pub(super) first: BTreeMap<String, u64>,
}

impl Written {
    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.files.iter().map(|file| PathBuf::from(&file.path))
    }
}

impl Outputs {
    /// A request that writes these files is being sent.
    pub(super) fn sent(&mut self, request: u64, mut written: Written) {
        // What one writes in the working directory is not outside of the other's sandbox.
        for other in self.waiting.values_mut() {
            match (&written.sandbox, &other.sandbox) {
                (None, Some(_)) => other.before.iter_mut().for_each(|before| before.extend(written.paths())),
                (Some(_), None) => written.before.iter_mut().for_each(|before| before.extend(other.paths())),
                _ => {}
            }
        }
        for file in &written.files {
            let count = self.busy.entry(file.path.clone()).or_default();
            *count += 1;
            if *count > 1 {
                let writes = |waiting: &Written| waiting.files.iter().any(|waited| waited.path == file.path);
                let others =
                    self.waiting.iter().filter(|(_, waiting)| writes(waiting)).map(|(other, _)| *other);
                self.shared.extend(others.chain([request]).map(|request| (request, file.path.clone())));
            }
        }
        if !written.files.is_empty() || written.sandbox.is_some() {
            self.waiting.insert(request, written);
        }
    }

    pub(super) fn waiting(&self) -> Vec<u64> {
        self.waiting.keys().copied().collect()
    }

    /// A request was answered: the state of its files. Those of work that failed say nothing; those of work that was
    /// cancelled may be missing or incomplete, but are not to change any more.
    pub(super) fn answered(&mut self, request: u64, run: &Folder, fate: Fate) -> Vec<(String, FileState)> {
        let written = self.waiting.remove(&request).unwrap_or_default();
        let mut states = Vec::new();
        for file in written.files {
            if let Some(count) = self.busy.get_mut(&file.path) {
                *count -= 1;
            }
            let is_shared = self.shared.contains(&(request, file.path.clone()));
            if is_shared || !self.is_idle(&file.path) || fate == Fate::Failed {
                self.seen.remove(&file.path);
                continue;
            }
            let (state, print) = inspect(run, &file);
            if request == 0 {
                self.first.extend(print.map(|print| (file.path.clone(), print)));
            }
            states.push((file.path.clone(), state));
            if written.sandbox.is_none() {
                self.seen.insert(file.path.clone(), (request, file));
            }
        }
        if let Some(sandbox) = written.sandbox {
            match stray(run, written.before.as_ref()) {
                Ok(stray) => {
                    if !stray.is_empty() {
                        states.retain(|(_, state)| *state != FileState::Missing);
                    }
                    states.extend(stray.into_iter().map(|path| (path.clone(), FileState::Elsewhere(path))));
                }
                Err(beyond) => {
                    let path = sandbox.to_string_lossy().into_owned();
                    states.push((path, FileState::Unseen(beyond.to_string())));
                }
            }
            // Whatever is left there is no use to anyone: a client cleans it in the same way.
            let _ = run.remove(sandbox);
        }
        states
    }

    /// The end of the run: the state of all files that were looked at.
    pub(super) fn at_end(&self, run: &Folder) -> Vec<(u64, String, FileState)> {
        let idle = self.seen.iter().filter(|(path, _)| self.is_idle(path));
        idle.map(|(path, (request, file))| (*request, path.clone(), inspect(run, file).0)).collect()
    }

    fn is_idle(&self, path: &str) -> bool {
        self.busy.get(path).is_none_or(|count| *count == 0)
    }
}

/// Files outside of a sandbox that were not there before. Where there is more than is looked at, none can be told to be new.
fn stray(run: &Folder, before: Option<&BTreeSet<PathBuf>>) -> Result<Vec<String>, Beyond> {
    let (there, beyond) = layout::listing(run);
    let (Some(before), None) = (before, beyond) else { return Err(beyond.unwrap_or(Beyond::Entries)) };
    Ok(there.difference(before).take(STRAY).map(|path| path.to_string_lossy().into_owned()).collect())
}

/// What is at the path of an output, with a hash of its content, by which two runs are compared.
fn inspect(run: &Folder, file: &Output) -> (FileState, Option<u64>) {
    match content(run, file, &file.path) {
        Ok(found) => found,
        Err(ReadError::NotAFile(Kind::Link)) => linked(run, file),
        Err(ReadError::NotAFile(kind)) => in_its_place(&format!("{kind} in its place")),
        Err(_) => (FileState::Missing, None),
    }
}

/// An output that is a link, or in a folder that is one. Build tools take it for what it leads to. Below the run's directory, that is
/// looked at; outside of it nothing is read, and the link itself is the output.
fn linked(run: &Folder, file: &Output) -> (FileState, Option<u64>) {
    let missing = (FileState::Missing, None);
    let Ok(target) = run.resolve(&file.path) else { return missing };
    if let Some(inside) = target {
        return match content(run, file, &inside) {
            Ok(found) => found,
            Err(ReadError::NotAFile(kind)) => in_its_place(&format!("a link to {kind} in its place")),
            Err(_) => missing,
        };
    }
    let path = run.path().join(&file.path);
    let is_file = path.metadata().is_ok_and(|data| data.is_file());
    let Some(target) = path.canonicalize().ok().filter(|_| is_file && file.content.is_none()) else {
        return in_its_place("a link that leads out of the run's directory");
    };
    let print = hash_of(target.as_os_str().as_encoded_bytes());
    let state = match file.reference {
        Some(reference) if reference != print => {
            FileState::Unlike(print, format!("a link to {}", target.display()))
        }
        _ => FileState::Good(print),
    };
    (state, Some(print))
}

/// Something that is no output, in words.
fn in_its_place(what: &str) -> (FileState, Option<u64>) {
    (FileState::Different(hash_of(what.as_bytes()), what.to_owned()), None)
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// What a regular file at `path` has in it, held against what the output has to be. It takes no memory to speak of, however large it is.
fn content(
    run: &Folder,
    file: &Output,
    path: impl AsRef<Path>,
) -> Result<(FileState, Option<u64>), ReadError> {
    let opened = run.open_file(path)?;
    let changed = opened.metadata().and_then(|data| data.modified()).ok();
    let wanted = file.content.as_ref().map(|wanted| wanted.bytes_in(run.path()));
    let print = digest::print(opened, LIMIT, HEAD, wanted.as_deref())?;
    let mut hasher = DefaultHasher::new();
    (print.hash, changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok())).hash(&mut hasher);
    let with_time = hasher.finish();
    let shown = || String::from_utf8_lossy(&print.head).chars().take(SHOWN).collect();
    let state = match file.reference {
        Some(reference) if reference != print.hash => FileState::Unlike(with_time, shown()),
        _ if !print.is_wanted => FileState::Different(with_time, shown()),
        _ => FileState::Good(with_time),
    };
    Ok((state, Some(print.hash)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::SANDBOXES;

    const SANDBOX: &str = "__sandbox/1/_main";

    fn output(path: &str) -> Output {
        Output { path: path.into(), content: None, reference: None }
    }

    fn plain(paths: &[&str]) -> Written {
        Written { files: paths.iter().map(|path| output(path)).collect(), ..Written::default() }
    }

    /// A request in sandbox 1 that writes `a.o`, sent with the files that are there now.
    fn sandboxed(run: &Folder) -> Written {
        Written {
            sandbox: Some(Path::new(SANDBOXES).join("1")),
            before: Some(layout::listing(run).0),
            ..plain(&[&format!("{SANDBOX}/a.o")])
        }
    }

    /// The directory of a run, in a place of its own.
    fn place() -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().unwrap();
        let run = Folder::open(place.path()).unwrap();
        (place, run)
    }

    fn write(run: &Folder, path: &str, text: &str) {
        run.write(path, text.as_bytes()).unwrap();
    }

    fn states(outputs: &mut Outputs, request: u64, run: &Folder, fate: Fate) -> Vec<String> {
        outputs.answered(request, run, fate).iter().map(|(_, state)| state.to_string()).collect()
    }

    const GOOD: &str = "as it has to be";

    #[test]
    fn a_file_is_held_against_what_is_wanted_and_what_was_there_alone() {
        let (_place, run) = place();
        write(&run, "a.o", "bytes");
        let print = inspect(&run, &output("a.o")).1.unwrap();
        let state = |content: Option<&str>, reference: Option<u64>| {
            let content = content.map(|text| Content::of_bytes(text.as_bytes(), false));
            inspect(&run, &Output { content, reference, ..output("a.o") }).0.to_string()
        };
        assert_eq!([state(None, None), state(Some("bytes"), Some(print))], [GOOD; 2]);
        assert_eq!(state(Some("other"), Some(print)), "not what the workload gives: \"bytes\"");
        assert_eq!(state(None, Some(print ^ 1)), "not what it is alone in a fresh worker: \"bytes\"");
        assert_eq!(inspect(&run, &output("b.o")).0, FileState::Missing);
        // A print is of the content, and the same for a file that was written again.
        run.remove("a.o").unwrap();
        write(&run, "a.o", "bytes");
        assert_eq!(inspect(&run, &output("a.o")).1, Some(print));
    }

    #[test]
    fn a_file_that_two_open_requests_write_is_not_judged() {
        let (_place, run) = place();
        let mut outputs = Outputs::default();
        outputs.sent(0, plain(&["a.o", "b.o"]));
        outputs.sent(1, plain(&["a.o"]));
        assert_eq!(states(&mut outputs, 0, &run, Fate::Done), ["missing"]);
        // Also not when the other one is done.
        assert_eq!(states(&mut outputs, 1, &run, Fate::Done), [""; 0]);
        assert_eq!(outputs.at_end(&run).len(), 1);
        outputs.sent(2, plain(&["a.o"]));
        assert_eq!(states(&mut outputs, 2, &run, Fate::Done), ["missing"]);
    }

    #[test]
    fn files_of_failed_work_say_nothing_and_those_of_cancelled_work_are_looked_at_again() {
        let (_place, run) = place();
        let mut outputs = Outputs::default();
        outputs.sent(0, plain(&["a.o"]));
        assert_eq!(states(&mut outputs, 0, &run, Fate::Failed), [""; 0]);
        assert_eq!(outputs.at_end(&run), []);
        outputs.sent(1, plain(&["a.o"]));
        assert_eq!(states(&mut outputs, 1, &run, Fate::Cancelled), ["missing"]);
        write(&run, "a.o", "late");
        let end = outputs.at_end(&run);
        assert!(matches!(end.as_slice(), [(1, path, FileState::Good(_))] if path == "a.o"), "{end:?}");
    }

    #[test]
    fn only_the_first_request_is_remembered_as_a_measure() {
        let (_place, run) = place();
        let mut outputs = Outputs::default();
        for request in 0..2 {
            let path = format!("{request}.o");
            outputs.sent(request, plain(&[&path, "missing.o"]));
            write(&run, &path, "bytes");
            outputs.answered(request, &run, Fate::Done);
        }
        assert_eq!(outputs.first.keys().collect::<Vec<_>>(), ["0.o"]);
    }

    #[test]
    fn a_sandbox_is_gone_behind_its_answer_and_what_is_outside_of_it_is_named() {
        let (_place, run) = place();
        write(&run, "in/a.c", "int");
        let mut outputs = Outputs::default();
        outputs.sent(0, sandboxed(&run));
        write(&run, &format!("{SANDBOX}/a.o"), "bytes");
        write(&run, "__pwp/tmp/scratch", "temporary files may be there");
        assert_eq!(states(&mut outputs, 0, &run, Fate::Done), [GOOD]);
        assert!(!run.has(Path::new(SANDBOXES).join("1")));
        assert_eq!(outputs.at_end(&run), []);
        outputs.sent(1, sandboxed(&run));
        write(&run, "a.o", "bytes");
        // That it is elsewhere says already that it is missing.
        let found = outputs.answered(1, &run, Fate::Done);
        assert_eq!(found, [("a.o".to_owned(), FileState::Elsewhere("a.o".into()))]);
        // It is told once.
        outputs.sent(2, sandboxed(&run));
        assert_eq!(states(&mut outputs, 2, &run, Fate::Done), ["missing"]);
    }

    /// What the suite itself writes, and what a request without a sandbox writes meanwhile, is not outside of a sandbox.
    #[test]
    fn files_of_others_are_not_outside_of_a_sandbox() {
        for order in [[0, 1], [1, 0]] {
            let (_place, run) = place();
            let mut outputs = Outputs::default();
            for request in order {
                let written = if request == 0 { sandboxed(&run) } else { plain(&["out/b.o"]) };
                outputs.sent(request, written);
            }
            write(&run, "out/b.o", "bytes");
            write(&run, "__pwp/arguments-1.txt", "--work");
            write(&run, &format!("{SANDBOX}/a.o"), "bytes");
            assert_eq!([1, 0].map(|request| states(&mut outputs, request, &run, Fate::Done)), [[GOOD]; 2]);
        }
    }

    /// A link is what it leads to, if that is inside. Outside of the run's directory nothing is read, and nothing but a file is opened.
    #[test]
    fn an_output_that_is_no_file_is_told_as_what_it_is() {
        use std::os::unix::fs::symlink;
        let (place, run) = place();
        let link = |name: &str, to: &str| symlink(to, place.path().join(name)).unwrap();
        write(&run, "real.o", "bytes");
        link("inside.o", "real.o");
        link("absolute.o", &place.path().join("real.o").to_string_lossy());
        link("folder", ".");
        link("outside.o", "/etc/passwd");
        link("zero.o", "/dev/zero");
        link("dangling.o", "nowhere");
        run.make("folder.o").unwrap();
        let wanted = |path: &str| Output {
            content: Some(Content::of_bytes(b"bytes".as_slice(), false)),
            ..output(path)
        };
        for path in ["inside.o", "absolute.o", "folder/real.o"] {
            assert_eq!(inspect(&run, &wanted(path)).0.to_string(), GOOD, "{path}");
        }
        let outside = "not what the workload gives: \"a link that leads out of the run's directory\"";
        for path in ["outside.o", "zero.o"] {
            assert_eq!(inspect(&run, &wanted(path)).0.to_string(), outside, "{path}");
        }
        // A tool may link to a file of the system; what is in it makes no difference.
        assert_eq!(inspect(&run, &output("outside.o")).0.to_string(), GOOD);
        assert_eq!(inspect(&run, &output("zero.o")).0.to_string(), outside);
        assert_eq!(inspect(&run, &output("dangling.o")).0, FileState::Missing);
        assert_eq!(
            inspect(&run, &output("folder.o")).0.to_string(),
            "not what the workload gives: \"a folder in its place\""
        );
    }
}
