//! What a request has written, as far as its arguments name it. A `WorkRequest` does not list its outputs.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::digest::sha256;
use crate::files::{open_regular, read_start};
use crate::workload::normal;

use super::part::SeenFile;

/// Paths that are tried.
const TRIED: usize = 10_000;
/// Bytes of an argfile that are looked at.
const ARGFILE: u64 = 1 << 20;
/// Bytes of an output that are compared.
const OUTPUT: u64 = 64 << 20;
/// How much behind the clock the times of files may be.
const COARSE: Duration = Duration::from_millis(20);

/// The files that the arguments name, that are no inputs, and that were written since `began`. `base`: where the request
/// was at work; `folder`: the working directory of the worker.
pub(super) fn written(
    arguments: &[String],
    inputs: &BTreeSet<&str>,
    base: &Path,
    folder: &Path,
    began: SystemTime,
) -> Vec<SeenFile> {
    let mut named = BTreeSet::new();
    for argument in arguments {
        name(argument, folder, &mut named);
        let argfile = argument.strip_prefix('@').or_else(|| argument.strip_prefix("--flagfile="));
        if let Some(text) = argfile.and_then(|path| read_start(&base.join(path), ARGFILE).ok()) {
            String::from_utf8_lossy(&text).lines().for_each(|line| name(line, folder, &mut named));
        }
    }
    let since = began.checked_sub(COARSE).unwrap_or(began);
    let fresh = named.into_iter().filter(|path| !inputs.contains(path.as_str()));
    fresh.filter_map(|path| look(&base.join(&path), path, since)).collect()
}

/// The paths that an argument may name: all of it, behind `=`, behind a flag of one letter, in a list.
fn name(argument: &str, folder: &Path, named: &mut BTreeSet<String>) {
    let short = argument.strip_prefix('-').and_then(|flag| flag.get(1..));
    let value = argument.split_once('=').map(|(_, value)| value);
    for text in [Some(argument), short, value].into_iter().flatten() {
        for part in text.split([',', ':', ';', '=']).chain([text]) {
            let part = part.trim_matches(['"', '\'']);
            let path = Path::new(part).strip_prefix(folder).ok().and_then(Path::to_str).unwrap_or(part);
            if let (Ok(path), true) = (normal(path.trim_start_matches("./")), named.len() < TRIED) {
                named.insert(path);
            }
        }
    }
}

/// The file, if it was written since then.
fn look(place: &Path, path: String, since: SystemTime) -> Option<SeenFile> {
    let data = fs::symlink_metadata(place).ok()?;
    // When it was last changed; unlike the time of modification, no tool can set it.
    let (seconds, nanos) = (u64::try_from(data.ctime()).ok()?, u32::try_from(data.ctime_nsec()).ok()?);
    let changed = SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))?;
    if !data.is_file() || changed < since {
        return None;
    }
    Some(SeenFile { path, sha256: sha256(open_regular(place).ok()?, OUTPUT).ok()?, executable: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(argument: &str) -> Vec<String> {
        let mut paths = BTreeSet::new();
        name(argument, Path::new("/work"), &mut paths);
        paths.into_iter().collect()
    }

    #[test]
    fn paths_are_found_in_arguments() {
        for argument in
            ["out/a.o", "-oout/a.o", "--out=out/a.o", "/work/out/a.o", "./out/a.o", "-o=\"out/a.o\""]
        {
            assert!(named(argument).contains(&"out/a.o".to_owned()), "{argument}: {:?}", named(argument));
        }
        assert!(named("-classpath=a.jar:b.jar").contains(&"b.jar".to_owned()));
        for argument in ["", "/etc/passwd", "../a", "--"] {
            assert!(!named(argument).iter().any(|path| path.contains("passwd") || path.contains("..")));
        }
    }

    #[test]
    fn only_what_is_new_and_no_input_counts() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        for (file, text) in [("in", "1"), ("out", "2"), ("listed", "3"), ("params", "--into=listed\nin\n")] {
            fs::write(base.join(file), text).unwrap();
        }
        let arguments = ["in", "-oout", "@params", "nowhere"].map(str::to_owned);
        let inputs = BTreeSet::from(["in", "params"]);
        let long_ago = SystemTime::UNIX_EPOCH;
        let found = written(&arguments, &inputs, base, base, long_ago);
        assert_eq!(found.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["listed", "out"]);
        let later = SystemTime::now() + Duration::from_secs(3600);
        assert!(written(&arguments, &inputs, base, base, later).is_empty());
    }
}
