//! What a hostile subject does to files: to its inputs, its outputs, the files that the suite makes for itself, and its directory.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use pwp_proto::WorkRequest;
use rustix::fs::{CWD, FileType, IFlags, Mode, OFlags, mknodat};

/// Folders in each other that `nests` makes. Paths are a hundred times longer than the system takes at once.
const DEPTH: usize = 30_000;
/// Files that `scatters` makes, more than anybody looks at.
const FILES: usize = 21_000;

/// What is done before the first request is read.
pub(crate) fn at_start(behaviour: &str, outside: &Path) {
    match behaviour {
        "nests" => nest(),
        "scatters" => {
            for number in 0..FILES {
                let _ = File::create(format!("scattered-{number}"));
            }
        }
        "names-without-text" => {
            let name = Path::new(std::ffi::OsStr::from_bytes(b"\xff\xfe\n\x01"));
            let _ = fs::create_dir_all(name.join(name));
            let _ = File::create(name.join(name).join(name));
        }
        // The suite numbers its argfiles from 1.
        "links-argfiles" => (1..50).for_each(|number| link(outside.join("new"), argfile(number))),
        "fifos-argfiles" => (1..50).for_each(|number| fifo(argfile(number))),
        "folders-argfiles" => {
            (1..50).for_each(|number| drop(fs::create_dir_all(argfile(number).join("full"))));
        }
        "links-fillers" => link(outside, "__pwp/filler"),
        "links-own-folder" => link(outside, "__pwp"),
        "links-sandboxes" => link(outside, "__sandbox"),
        "links-each-sandbox" => {
            let _ = fs::create_dir("__sandbox");
            (0..20).for_each(|number| link(outside, format!("__sandbox/{number}")));
        }
        "links-temporary" => link(outside, "__pwp/tmp"),
        _ => {}
    }
}

/// Does what a request says: each `--out=` is a file to write. Then what the behaviour says.
pub(crate) fn work(behaviour: &str, request: &WorkRequest) {
    let base = Path::new(".").join(&request.sandbox_dir);
    for output in outputs(&base, &request.arguments) {
        match behaviour {
            "fifos-outputs" => fifo(output),
            "zeros-outputs" => link("/dev/zero", output),
            "folders-outputs" => drop(fs::create_dir_all(output.join("full"))),
            "sockets-outputs" => {
                remove(&output);
                // The path of a socket has a hundred bytes at most, so it is made where it is short, in the sandbox all the same.
                let short = base.join("s");
                let _ = UnixListener::bind(&short).and_then(|_| fs::rename(&short, &output));
            }
            "bloats-outputs" => {
                let _ = File::create(output).and_then(|mut file| {
                    file.write_all(b"text\n")?;
                    file.set_len(1 << 40)
                });
            }
            "links-outputs-inside" => {
                let real = output.with_extension("real");
                let _ = fs::write(&real, "text\n");
                link(real.file_name().unwrap_or_default(), output);
            }
            _ => drop(fs::write(output, "text\n")),
        }
    }
}

/// What is done behind each answer.
pub(crate) fn after_an_answer(behaviour: &str, request: &WorkRequest, outside: &Path) {
    let base = Path::new(".").join(&request.sandbox_dir);
    let inputs = request.inputs.iter().map(|input| base.join(&input.path));
    match behaviour {
        "links-inputs" => inputs.for_each(|input| link(outside.join("precious"), input)),
        "links-inputs-nowhere" => inputs.for_each(|input| link(outside.join("new"), input)),
        "hard-links-inputs" => inputs.for_each(|input| {
            remove(&input);
            let _ = fs::hard_link(outside.join("precious"), input);
        }),
        "zeros-inputs" => inputs.for_each(|input| link("/dev/zero", input)),
        "fifos-inputs" => inputs.for_each(fifo),
        "folders-inputs" => inputs.for_each(|input| {
            remove(&input);
            let _ = fs::create_dir_all(input.join("full"));
        }),
        "bloats-inputs" => inputs.for_each(|input| {
            let _ = File::create(input).and_then(|file| file.set_len(1 << 40));
        }),
        "links-folders" => {
            for folder in ["in", "__pwp/filler", "__pwp/tmp"] {
                remove(Path::new(folder));
                link(outside, folder);
            }
        }
        "links-its-directory" => {
            if let Ok(here) = std::env::current_dir() {
                let _ = fs::remove_dir_all(&here);
                link(outside, here);
            }
        }
        "moves-its-directory" => {
            if let Ok(here) = std::env::current_dir() {
                let _ = fs::rename(&here, here.with_extension("moved"));
                link(outside, here);
            }
        }
        "cannot-be-changed" => {
            for path in ["in/a.txt", "in", "out", "."] {
                keep(Path::new(path));
            }
        }
        "fills-the-disk" => {
            if let Ok(mut file) = File::create("full") {
                while file.write_all(&[b'x'; 1 << 16]).is_ok() {}
            }
            // And the inodes.
            let mut number = 0;
            while File::create(format!("full-{number}")).is_ok() && number < 1_000_000 {
                number += 1;
            }
        }
        _ => {}
    }
}

fn argfile(number: u32) -> PathBuf {
    format!("__pwp/arguments-{number}.txt").into()
}

/// The files that arguments name, and those in their argfiles.
fn outputs(base: &Path, arguments: &[String]) -> Vec<PathBuf> {
    let read = |path: &str| fs::read_to_string(base.join(path)).unwrap_or_default();
    let expand = |argument: &String| match argument.strip_prefix('@') {
        Some(path) => read(path).lines().map(str::to_owned).collect(),
        None => vec![argument.clone()],
    };
    let all = arguments.iter().flat_map(expand);
    all.filter_map(|argument| argument.strip_prefix("--out=").map(|path| base.join(path))).collect()
}

/// Whatever is at a path is gone then.
fn remove(path: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
}

fn link(target: impl AsRef<Path>, path: impl AsRef<Path>) {
    remove(path.as_ref());
    let _ = symlink(target, path);
}

fn fifo(path: impl AsRef<Path>) {
    remove(path.as_ref());
    let _ = mknodat(CWD, path.as_ref(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0);
}

/// What `chattr +i` does, for a user that may.
fn keep(path: &Path) {
    if let Ok(file) = File::open(path)
        && let Ok(flags) = rustix::fs::ioctl_getflags(&file)
    {
        let _ = rustix::fs::ioctl_setflags(&file, flags | IFlags::IMMUTABLE);
    }
}

fn nest() {
    let Ok(mut at) = rustix::fs::open(".", OFlags::PATH, Mode::empty()) else { return };
    for _ in 0..DEPTH {
        let _ = rustix::fs::mkdirat(&at, "d", Mode::RWXU);
        let Ok(next) = rustix::fs::openat(&at, "d", OFlags::PATH, Mode::empty()) else { return };
        at = next;
    }
}
