//! What a subject can put in the way, and what `pwp` makes of it.

use std::fs;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use tempfile::TempDir;

use super::beneath;
use super::*;
use crate::files::{Kind, ReadError};

/// A folder `in`, and beside it `out` with a file, which is never to change.
fn places() -> (TempDir, Folder, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("in")).unwrap();
    fs::create_dir(place.path().join("out")).unwrap();
    fs::write(place.path().join("out/precious"), "precious").unwrap();
    let folder = Folder::open(&place.path().join("in")).unwrap();
    let out = place.path().join("out");
    (place, folder, out)
}

#[track_caller]
fn is_untouched(out: &Path) {
    let names: Vec<_> = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["precious"]);
    assert_eq!(fs::read_to_string(out.join("precious")).unwrap(), "precious");
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[test]
fn links_are_replaced_and_never_followed() {
    let (_place, folder, out) = places();
    let inside = folder.path().to_owned();
    symlink(out.join("precious"), inside.join("file")).unwrap();
    symlink(&out, inside.join("folder")).unwrap();
    symlink(out.join("new"), inside.join("dangling")).unwrap();
    fs::hard_link(out.join("precious"), inside.join("hard")).unwrap();
    for path in ["file", "dangling", "hard", "folder/precious", "folder/new/deeper"] {
        folder.write(path, b"written").unwrap();
        assert_eq!(folder.read(path, 10).unwrap(), b"written", "{path}");
    }
    is_untouched(&out);
    assert!(fs::symlink_metadata(inside.join("folder")).unwrap().is_dir());
}

#[test]
fn nothing_is_read_or_removed_through_a_link() {
    let (_place, folder, out) = places();
    symlink(&out, folder.path().join("link")).unwrap();
    assert!(matches!(folder.read("link/precious", 100), Err(ReadError::NotAFile(Kind::Link))));
    assert!(matches!(folder.read("link", 100), Err(ReadError::NotAFile(Kind::Link))));
    assert!(folder.metadata("link").unwrap().is_symlink());
    assert!(!folder.has("link/precious"));
    folder.remove("link/precious").unwrap();
    is_untouched(&out);
    assert_eq!(folder.resolve("link/precious").unwrap(), None);
    folder.remove("link").unwrap();
    assert!(!folder.has("link"));
    is_untouched(&out);
    for path in ["../out/precious", "/etc/passwd", "a/../../out/precious"] {
        assert!(
            folder.read(path, 100).is_err()
                && folder.write(path, b"").is_err()
                && folder.remove(path).is_err()
        );
    }
    is_untouched(&out);
}

/// A tree with links in it is removed, and what they lead to stays.
#[test]
fn a_tree_with_links_is_removed_and_no_more() {
    let (_place, folder, out) = places();
    let tree = folder.path().join("tree/a/b");
    fs::create_dir_all(&tree).unwrap();
    symlink(&out, tree.join("folder")).unwrap();
    symlink("..", tree.join("up")).unwrap();
    symlink("/", folder.path().join("tree/root")).unwrap();
    folder.remove("tree").unwrap();
    assert!(!folder.has("tree"));
    is_untouched(&out);
}

#[test]
fn a_link_that_stays_inside_can_be_resolved() {
    let (_place, folder, _) = places();
    folder.write("real/file", b"text").unwrap();
    symlink(folder.path().join("real"), folder.path().join("absolute")).unwrap();
    symlink("absolute/file", folder.path().join("relative")).unwrap();
    assert_eq!(folder.resolve("relative").unwrap(), Some("real/file".into()));
    assert!(folder.resolve("nowhere").is_err());
}

#[test]
fn nothing_but_a_regular_file_is_opened() {
    let (_place, folder, _) = places();
    let path = |name: &str| folder.path().join(name);
    fifo(&path("fifo"));
    fs::create_dir(path("folder")).unwrap();
    let _socket = UnixListener::bind(path("socket")).unwrap();
    let began = Instant::now();
    for (name, kind) in [("fifo", Kind::Fifo), ("folder", Kind::Folder), ("socket", Kind::Socket)] {
        let error = folder.read(name, 10).unwrap_err();
        assert!(matches!(error, ReadError::NotAFile(found) if found == kind), "{name}: {error}");
        // Written to is a new file.
        folder.write(name, b"text").unwrap();
        assert!(folder.holds(name, b"text"));
    }
    // A device is looked at by a path that the user names.
    for read in
        [open_regular(Path::new("/dev/zero")).map(drop), read_limited(Path::new("/dev/zero"), 10).map(drop)]
    {
        assert!(matches!(read, Err(ReadError::NotAFile(Kind::Device))), "{read:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn reads_have_a_limit() {
    let (_place, folder, _) = places();
    folder.write("file", b"12345").unwrap();
    assert_eq!(folder.read("file", 5).unwrap(), b"12345");
    assert!(matches!(folder.read("file", 4), Err(ReadError::TooLarge(4))));
    assert_eq!(folder.read_start("file", 4).unwrap(), b"1234");
    let mut pieces = Vec::new();
    let open = || folder.open_file("file").unwrap();
    assert!(!read_pieces(open(), 4, |bytes| pieces.extend_from_slice(bytes)).unwrap());
    assert_eq!(pieces, b"1234");
    assert!(read_pieces(open(), 5, |_| {}).unwrap());
    assert!(
        !folder.holds("file", b"1234") && !folder.holds("file", b"12344") && folder.holds("file", b"12345")
    );
    // A sparse file of a terabyte is no reason to read one.
    folder.create("sparse").unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(folder.read("sparse", 1 << 20), Err(ReadError::TooLarge(_))));
    assert!(matches!(read_limited(&folder.path().join("sparse"), 1 << 20), Err(ReadError::TooLarge(_))));
}

#[test]
fn a_pipe_that_the_user_names_is_read_to_its_end() {
    let (_place, folder, _) = places();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let path = beneath::by_handle(reader.as_fd());
    let thread = std::thread::spawn(move || {
        for _ in 0..10 {
            writer.write_all(&[b'x'; 30_000]).unwrap();
        }
    });
    assert_eq!(read_text(&path, 1 << 20).unwrap().len(), 300_000);
    thread.join().unwrap();
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"12345").unwrap();
    assert!(matches!(read_limited(&beneath::by_handle(reader.as_fd()), 4), Err(ReadError::TooLarge(4))));
    // A FIFO that nobody writes to may stand anywhere, but not where a file of a subject is.
    fifo(&folder.path().join("fifo"));
    assert!(matches!(read_start(&folder.path().join("fifo"), 4), Err(ReadError::NotAFile(Kind::Fifo))));
}

#[test]
fn a_folder_is_removed_whatever_its_rights_are() {
    let (_place, folder, _) = places();
    let path = |name: &str| folder.path().join(name);
    folder.write("a/b/file", b"text").unwrap();
    fs::set_permissions(path("a/b"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(path("a"), fs::Permissions::from_mode(0o500)).unwrap();
    folder.remove("a").unwrap();
    assert!(!folder.has("a"));
    folder.remove("a").unwrap();
    folder.write("file", b"text").unwrap();
    folder.remove("file/below").unwrap();
    folder.remove("file").unwrap();
    assert!(!folder.has("file"));
}

/// Neither the stack nor the number of open files grows with the depth, and no path gets longer than the system takes.
#[test]
fn thirty_thousand_folders_in_each_other_are_removed() {
    let (_place, folder, _) = places();
    let top = folder.make("deep").unwrap();
    let mut at = rustix::fs::open(top.path(), OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..30_000 {
        rustix::fs::mkdirat(&at, "d", Mode::RWXU).unwrap();
        at = rustix::fs::openat(&at, "d", OFlags::PATH, Mode::empty()).unwrap();
    }
    drop(at);
    assert_eq!(folder.walk("deep", |_, _| false, |_, _| {}), Some(Beyond::Depth));
    folder.repair().unwrap();
    folder.remove("deep").unwrap();
    assert!(!folder.has("deep"));
}

#[test]
fn a_wide_tree_is_removed_and_listed_within_limits() {
    let (_place, folder, _) = places();
    for number in 0..21_000 {
        fs::write(folder.path().join(number.to_string()), "").unwrap();
    }
    let mut found = 0;
    assert_eq!(folder.walk("", |_, _| false, |_, _| found += 1), Some(Beyond::Entries));
    assert_eq!(found, 20_000);
    for branch in 0..50 {
        fs::create_dir_all(folder.path().join(format!("wide/{branch}/a/b"))).unwrap();
        fs::write(folder.path().join(format!("wide/{branch}/a/b/c")), "").unwrap();
    }
    folder.remove("wide").unwrap();
    for number in 0..21_000 {
        folder.remove(number.to_string()).unwrap();
    }
    assert_eq!(folder.names(""), [""; 0].map(PathBuf::from));
}

#[test]
fn names_that_are_no_text_are_names() {
    let (_place, folder, _) = places();
    let name = Path::new(std::ffi::OsStr::from_bytes(b"\xff\xfe\n"));
    folder.write(Path::new("a").join(name).join(name), b"text").unwrap();
    let mut found = Vec::new();
    assert_eq!(folder.walk("a", |_, _| false, |path, _| found.push(path)), None);
    assert_eq!(found, [name.join(name)]);
    folder.remove("a").unwrap();
    assert!(!folder.has("a"));
}

#[test]
fn what_is_skipped_is_not_looked_at() {
    let (_place, folder, _) = places();
    for name in ["a", "b/c", "b/skipped/d", "skipped/e"] {
        folder.write(name, b"").unwrap();
    }
    let mut found = Vec::new();
    let skip = |path: &Path, is_folder: bool| is_folder && path.ends_with("skipped");
    assert_eq!(folder.walk("", skip, |path, _| found.push(path)), None);
    found.sort();
    assert_eq!(found, [Path::new("a"), Path::new("b/c")]);
}

/// What takes the right to set a flag, takes the right to remove it as well.
#[test]
fn what_cannot_be_changed_is_made_so_that_it_can_or_is_named() {
    let (_place, folder, _) = places();
    folder.write("kept/file", b"text").unwrap();
    let paths = [folder.path().join("kept/file"), folder.path().join("kept")];
    let flags = |add: bool| {
        for path in &paths {
            let file = fs::File::open(path).unwrap();
            let Ok(now) = rustix::fs::ioctl_getflags(&file) else { return false };
            let set =
                if add { now | rustix::fs::IFlags::IMMUTABLE } else { now - rustix::fs::IFlags::IMMUTABLE };
            if rustix::fs::ioctl_setflags(&file, set).is_err() {
                return false;
            }
        }
        true
    };
    if !flags(true) {
        // Neither this user nor this file system can.
        let _ = flags(false);
        return;
    }
    folder.write("kept/file", b"other").unwrap();
    assert!(folder.holds("kept/file", b"other"));
    assert!(flags(true));
    folder.remove("kept").unwrap();
    assert!(!folder.has("kept"));
}

/// The walk for old kernels takes and refuses the same.
#[test]
fn a_walk_by_parts_follows_no_link_either() {
    let (_place, folder, out) = places();
    folder.write("a/b/file", b"text").unwrap();
    symlink(&out, folder.path().join("a/link")).unwrap();
    let root = rustix::fs::open(folder.path(), OFlags::PATH, Mode::empty()).unwrap();
    let open = |path: &str, flags| beneath::walk(root.as_fd(), Path::new(path), flags, Mode::empty()).is_ok();
    assert!(open("a/b/file", OFlags::RDONLY) && open(".", OFlags::RDONLY) && open("a", beneath::PASS));
    assert!(!open("a/link/precious", OFlags::RDONLY) && !open("a/link", OFlags::RDONLY));
    assert!(open("a/link", OFlags::PATH), "the link itself");
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let (_place, folder, out) = places();
    symlink(out.join("precious"), folder.path().join("link")).unwrap();
    folder.make("folder/full").unwrap();
    for name in ["link", "new/file"] {
        folder.replace(name, b"text").unwrap();
        assert!(folder.holds(name, b"text"), "{name}");
    }
    // Of a folder, nobody has said that it may go.
    folder.replace("folder", b"text").unwrap_err();
    assert!(folder.has("folder/full"));
    is_untouched(&out);
    assert_eq!(folder.names("").len(), 3, "{:?}", folder.names(""));
}

#[test]
fn a_run_folder_is_private_shared_and_gone_in_the_end() {
    let run = RunFolder::current().unwrap();
    let (one, two) = (run.make().unwrap(), RunFolder::current().unwrap().make().unwrap());
    let parent = one.path().parent().unwrap().to_owned();
    assert_eq!(two.path().parent(), Some(parent.as_path()));
    assert_eq!(fs::metadata(&parent).unwrap().permissions().mode() & 0o777, 0o700);
    one.write("a/file", b"text").unwrap();
    // A subject puts a link in place of its directory: the next file is where it belongs.
    let (_place, _, out) = places();
    two.remove("").unwrap();
    symlink(&out, two.path()).unwrap();
    two.write("file", b"text").unwrap();
    assert!(fs::symlink_metadata(two.path()).unwrap().is_dir());
    is_untouched(&out);
}
