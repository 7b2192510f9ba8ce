//! Workload files: every path in what loads stays below the run's directory, and every request has the files it names.
//!
//! Input: the file, which is in no folder, so that nothing else is read.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use pwp::workload::{Item, Kind, Work, Workload, parse};

use crate::memory::peak_of;

/// The directory of a run.
const RUN: &str = "/r{run}";

/// Loads any bytes as a workload.
///
/// # Panics
/// Where a workload names a path outside or a file that is not there, a script gets a request that it did not ask for, or
/// more memory is taken than files of that size need.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (parsed, peak) = peak_of(|| parse("fuzz", text));
    assert!(peak <= 1000 * data.len() + (64 << 10), "{peak} bytes were allocated for {}", data.len());
    let workload = match parsed {
        Ok(workload) => workload,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(parse("fuzz", text).ok().as_ref(), Some(&workload), "the second time");
    workload.inputs.keys().for_each(|path| stays_inside(path));
    let names: BTreeSet<&str> = workload.requests.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names.len(), workload.requests.len());
    for item in &workload.requests {
        assert_eq!(workload.item(&item.name), Some(item));
        has_its_files(&workload, item);
        is_ready_for_a_run(item);
    }
    for (name, _) in workload.environment_in(Path::new(RUN)) {
        assert!(!name.is_empty() && !name.contains(['=', '\0']));
    }
    picks(&workload);
}

/// A path in its shortest form, without a way out.
fn stays_inside(path: &str) {
    let mut parts = Path::new(path).components();
    assert!(!path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_))), "{path:?}");
    let shortest = !path.contains("//") && !path.ends_with('/') && !path.contains("/./");
    assert!(shortest && !path.contains('\0'), "{path:?}");
}

fn has_its_files(workload: &Workload, item: &Item) {
    let inputs: BTreeSet<&str> = item.inputs.iter().map(String::as_str).collect();
    assert_eq!(inputs.len(), item.inputs.len(), "an input stands twice");
    let files: BTreeSet<&str> = workload.files_of(item).map(|(path, _)| path).collect();
    assert_eq!(files, inputs, "an input is no file");
    assert!(item.changes.keys().all(|path| inputs.contains(path.as_str())));
    inputs.iter().for_each(|path| stays_inside(path));
    item.outputs.iter().for_each(|output| stays_inside(&output.path));
    for path in item.changes.keys() {
        assert!(workload.changing().contains_key(path.as_str()));
    }
}

fn is_ready_for_a_run(item: &Item) {
    let run = Path::new(RUN);
    assert_eq!(item.arguments_in(run).len(), item.arguments.len());
    assert_eq!(item.expected_in(run, true).name, item.name);
    for (template, argument) in item.arguments.iter().zip(item.arguments_in(run)) {
        assert_eq!(template.depends_on_run(), argument.contains(RUN) && template.shown() != argument);
    }
}

fn picks(workload: &Workload) {
    let works = Kind::ALL.iter().map(|kind| kind.work()).chain([Work::Any, Work::Nothing]);
    for work in works {
        for index in [0, 1, usize::MAX] {
            let item = workload.pick(work, index);
            assert_eq!(
                item.is_some(),
                workload.has(work) || work == Work::Any && workload.has(Work::Success)
            );
            assert!(item.is_none_or(|item| item.kind.work() == work || work == Work::Any));
        }
    }
}
