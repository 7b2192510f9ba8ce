//! What a run has left behind: processes, files, sockets.
//!
//! A process is found by what it carries (the folder of its run in its environment, its arguments or as its
//! working directory, the mark that `pwp` gives its subjects) and by where it ends up: the process of the
//! tests inherits orphans, so whatever outlives `pwp` becomes its child, even with nothing left in its
//! environment.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, WaitOptions};

/// Runs of `pwp` in this process. Its other children are orphans.
static RUNS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Makes this process the one that inherits orphans.
pub(crate) fn adopt() {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .expect("the kernel has subreapers since 3.4");
}

/// The runs of `pwp` that are not waited for yet. Who starts one holds this until it is listed.
pub(crate) fn runs() -> MutexGuard<'static, BTreeSet<i32>> {
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Processes that live and belong to the run `pwp` in `folder`, each in one line that begins with its ID.
pub(crate) fn processes(pwp: i32, folder: &Path) -> Vec<String> {
    let folder = folder.as_os_str().as_encoded_bytes().to_vec();
    let mark = format!("PWP_SUBJECT={pwp}-").into_bytes();
    let mut found: BTreeSet<i32> = numbers(Path::new("/proc"))
        .filter(|pid| {
            let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            let working = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
            let environment = read("environ");
            contains(&environment, &mark)
                || contains(&environment, &folder)
                || contains(&read("cmdline"), &folder)
                || contains(working.as_os_str().as_encoded_bytes(), &folder)
        })
        .collect();
    found.extend(orphans());
    found.into_iter().filter_map(describe).collect()
}

/// Processes that live and name a folder in their command line or have their working directory in it.
pub fn below(folder: &Path) -> Vec<i32> {
    let folder = folder.as_os_str().as_encoded_bytes();
    let is_below = |pid: &i32| {
        let working = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
        contains(&fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default(), folder)
            || working.as_os_str().as_encoded_bytes().starts_with(folder)
    };
    let own = std::process::id() as i32;
    numbers(Path::new("/proc")).filter(|pid| *pid != own && is_below(pid)).collect()
}

/// Children of this process that it did not start.
fn orphans() -> Vec<i32> {
    let runs = runs();
    children(std::process::id() as i32).into_iter().filter(|pid| !runs.contains(pid)).collect()
}

/// The children of a process, of all its threads.
pub fn children(pid: i32) -> Vec<i32> {
    let tasks = format!("/proc/{pid}/task");
    numbers(Path::new(&tasks))
        .filter_map(|thread| fs::read_to_string(format!("{tasks}/{thread}/children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>())
        .collect()
}

/// In which state a process is, as one letter.
pub fn state(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// ID, state and command line of a process that lives; one that has ended is reaped if it is ours.
fn describe(pid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = stat.rsplit_once(") ")?.1;
    let state = rest.chars().next()?;
    // If only its first thread has ended, it looks like one that has ended.
    let threads = rest.split_whitespace().nth(17)?.parse::<u32>().ok()?;
    if matches!(state, 'Z' | 'X') && threads <= 1 {
        let _ = rustix::process::waitpid(Pid::from_raw(pid), WaitOptions::NOHANG);
        return None;
    }
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
    Some(format!("{pid} ({state}) {}", arguments.trim_end()))
}

/// Ends what [`processes`] has found.
pub(crate) fn kill(found: &[String]) {
    let ids = found.iter().filter_map(|line| line.split(' ').next()?.parse().ok());
    for pid in ids.filter_map(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// Whether a file is below a folder whose path ends so.
pub(crate) fn is_there(folder: &Path, end: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        entry.path().ends_with(end) || is_folder && is_there(&entry.path(), end)
    })
}

/// Everything below a folder.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![format!("{} is gone", folder.display())] };
    entries.flatten().map(|entry| entry.path().display().to_string()).collect()
}

/// Unix sockets that are bound below a folder.
pub(crate) fn sockets(folder: &Path) -> Vec<String> {
    let list = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let folder = folder.display().to_string();
    list.lines().filter(|line| line.contains(&folder)).map(str::to_owned).collect()
}

/// The most memory that a process that lives has had resident, in bytes.
pub fn peak_memory(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

fn numbers(folder: &Path) -> impl Iterator<Item = i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
