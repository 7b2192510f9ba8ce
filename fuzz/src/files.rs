//! Files below a directory in which a subject does what it likes: whatever stands there and whatever path is given, nothing outside of the
//! directory is read, changed or removed, and what is written can be read again.
//!
//! Input: steps, of which each is a byte and a path. The first half of the kinds is what a subject does, the other what the suite does.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use pwp::files::Folder;

use crate::choices::Choices;

/// How many kinds of steps there are.
pub const STEPS: u8 = 18;
/// Steps of one input.
const MOST: usize = 24;
/// Parts of paths: few, so that paths meet, and all that lead elsewhere.
const PARTS: [&str; 8] = ["a", "b", "c", "..", ".", "/", "a/b", "\u{e4}\n"];
/// Where links lead: to the folder outside in several ways, up, to themselves, to what never ends.
const TARGETS: [&str; 8] = ["OUT", "OUT/file", "OUT/new", "../out", "..", "a", "/dev/zero", "."];
/// What stands in files outside, and never inside.
const SECRET: &[u8] = b"precious";

/// Does the steps.
///
/// # Panics
/// Where something outside has changed or was read, or what was written is not there.
pub fn check(data: &[u8]) {
    let place = Place::new();
    let folder = Folder::open(&place.inside()).expect("it was just made");
    let before = look(&place.outside());
    let mut choices = Choices::new(data);
    for _ in 0..MOST {
        if choices.is_empty() {
            break;
        }
        let kind = choices.byte() % STEPS;
        let path = path(&mut choices, &place);
        if kind < STEPS / 2 {
            subject(kind, &path, &mut choices, &place);
        } else {
            suite(kind - STEPS / 2, &path, &folder);
        }
        assert_eq!(look(&place.outside()), before, "step {kind} at {path:?} touched something outside");
    }
    // Whatever was done: it can be emptied.
    for name in folder.names("") {
        folder.remove(&name).expect("this user made all of it");
    }
    assert_eq!(fs::read_dir(place.inside()).expect("it stays").count(), 0);
    assert_eq!(look(&place.outside()), before, "the removal touched something outside");
}

/// What a subject does to a path, which is below its directory: it does not harm others by itself here.
fn subject(kind: u8, path: &Path, choices: &mut Choices<'_>, place: &Place) {
    let Some(at) = place.really_inside(path) else { return };
    let out = place.outside();
    // What fails because something else stands there is no step.
    match kind {
        0 => drop(fs::create_dir_all(&at)),
        1 => drop(fs::File::create_new(&at)),
        2..=4 => {
            let target = choices.one_of(&TARGETS).replace("OUT", &out.to_string_lossy());
            drop(symlink(target, &at));
        }
        5 => drop(fs::hard_link(out.join("file"), &at)),
        6 => drop(UnixListener::bind(&at)),
        7 if at.symlink_metadata().is_ok_and(|data| data.is_dir()) => {
            drop(fs::set_permissions(&at, fs::Permissions::from_mode(0o000)));
        }
        7 => {}
        _ => drop(fs::remove_dir_all(&at)),
    }
}

/// What the suite does.
fn suite(kind: u8, path: &Path, folder: &Folder) {
    match kind {
        0 => {
            if folder.write(path, b"written").is_ok() {
                assert!(folder.holds(path, b"written"), "{path:?} was written");
                assert_eq!(folder.read(path, 7).expect("it was written"), b"written");
            }
        }
        1 => {
            if let Ok(made) = folder.make(path) {
                assert!(folder.metadata(path).is_ok_and(|data| data.is_dir()), "{path:?} was made");
                assert!(made.path().starts_with(folder.path()));
            }
        }
        2 => {
            if folder.remove(path).is_ok() {
                assert!(!folder.has(path), "{path:?} was removed");
            }
        }
        3 => {
            if let Ok(bytes) = folder.read_start(path, 100) {
                // A hard link is a file of the directory like any other.
                let is_hard = folder.metadata(path).is_ok_and(|data| data.nlink() > 1);
                assert!(is_hard || bytes != SECRET, "{path:?} was read outside");
            }
        }
        4 => {
            if folder.replace(path, b"replaced").is_ok() {
                assert!(folder.holds(path, b"replaced"), "{path:?} was replaced");
            }
        }
        5 => drop(folder.repair()),
        6 => {
            let mut seen = 0;
            let _ = folder.walk(path, |_, _| false, |_, _| seen += 1);
            assert!(seen <= 20_000);
        }
        7 => {
            if let Ok(Some(inside)) = folder.resolve(path) {
                assert!(folder.metadata(inside).is_ok(), "{path:?} leads inside");
            }
        }
        _ => drop(folder.write_program(path, b"#!/bin/sh\n")),
    }
}

/// Up to four parts. An absolute path may begin with that of the directory, or of the folder outside.
fn path(choices: &mut Choices<'_>, place: &Place) -> PathBuf {
    let count = choices.byte();
    let mut path = match count >> 6 {
        3 => place.inside(),
        2 => place.outside(),
        _ => PathBuf::new(),
    };
    for _ in 0..=count % 4 {
        path.push(choices.one_of(&PARTS));
    }
    path
}

/// Each path below a folder, with what stands there.
fn look(folder: &Path) -> BTreeMap<PathBuf, (u32, u64, Vec<u8>)> {
    let mut seen = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it stays").map(|entry| entry.expect("it stays")) {
            let (path, data) = (entry.path(), entry.metadata().expect("it stays"));
            let content = if data.is_file() { fs::read(&path).expect("it stays") } else { Vec::new() };
            if data.is_dir() {
                folders.push(path.clone());
            }
            seen.insert(path, (data.mode(), data.len(), content));
        }
    }
    seen
}

/// A folder with a directory `in` and a folder `out` in it; it is removed when it is dropped.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // In memory where that is possible: a fuzzer makes thousands each second.
        let memory = Path::new("/dev/shm");
        let above = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = Self(above.join(format!("pwp-fuzz-files-{}-{number}", std::process::id())));
        fs::create_dir_all(place.outside().join("folder")).expect("there is room");
        fs::create_dir_all(place.inside()).expect("there is room");
        for file in ["file", "folder/file", "a", "b"] {
            fs::write(place.outside().join(file), SECRET).expect("there is room");
        }
        place
    }

    fn inside(&self) -> PathBuf {
        self.0.join("in")
    }

    fn outside(&self) -> PathBuf {
        self.0.join("out")
    }

    /// The path below `in`, if no link leads out of it on the way there.
    fn really_inside(&self, path: &Path) -> Option<PathBuf> {
        let at = self.inside().join(path);
        let real = at.parent()?.canonicalize().ok()?.join(at.file_name()?);
        (real.starts_with(self.inside()) && real != self.inside()).then_some(real)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
