//! Makes the reports of all parts.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::report::to_json;
use crate::tap::OptionsError;
use crate::tap::files::{lock_alone, replace};
use crate::tap::series::Series;
use pwp_spec::Role;

use super::part::{Part, read_all};

/// The places of the reports, and the folder beside them.
#[derive(Debug, Clone)]
pub(super) struct Places(Series);

impl Places {
    /// The places for the report `path`; makes the folder.
    pub(super) fn new(path: &Path) -> Result<Self, OptionsError> {
        let series = Series::of(path, "json")?;
        let Some(series) = series else { return Err(OptionsError::NotJson { path: path.to_owned() }) };
        let places = Self(series);
        let parts = places.parts();
        std::fs::create_dir_all(&parts).map_err(OptionsError::write(&parts))?;
        Ok(places)
    }

    /// The folder of all that taps have counted.
    pub(super) fn parts(&self) -> PathBuf {
        self.0.beside(".json.parts")
    }

    /// The report on one side of the group that has this place, from 0.
    fn report(&self, place: usize, role: Role) -> PathBuf {
        self.0.file(place, if role == Role::Client { ".client.json" } else { ".json" })
    }
}

/// Makes the reports anew.
///
/// # Errors
/// In words, where a part can't be read or a report can't be written.
pub(super) fn merge(places: &Places) -> Result<(), String> {
    let folder = places.parts();
    let failed = |error| format!("can't make a report of {}: {error}; look into it", folder.display());
    // The lock is held while the reports are written, and the kernel lets go of it whatever happens.
    let lock = File::open(&folder).map_err(failed)?;
    lock_alone(&lock).map_err(failed)?;
    let mut groups: Vec<Group> = Vec::new();
    for (path, part) in read_all(&folder).map_err(failed)? {
        match groups.iter_mut().find(|group| group.whole.is_like(&part)) {
            Some(group) => group.add(path, part),
            None => groups.push(Group::new(path, part)),
        }
    }
    for group in &groups {
        group.put_together().map_err(failed)?;
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.whole.requests));
    for (number, group) in groups.iter().enumerate() {
        for role in [Role::Worker, Role::Client] {
            let path = places.report(number, role);
            let text = to_json(&group.whole.report(role)) + "\n";
            replace(&path, text.as_bytes())
                .map_err(|error| format!("can't write {}: {error}; make room for it", path.display()))?;
        }
    }
    Ok(())
}

/// The parts about one worker and one client.
#[derive(Debug)]
struct Group {
    /// The parts of all taps as one.
    whole: Part,
    /// The parts of ended taps as one, and their files.
    ended: Option<Part>,
    files: Vec<PathBuf>,
}

impl Group {
    fn new(path: PathBuf, part: Part) -> Self {
        let mut group = Self { whole: part.clone(), ended: None, files: Vec::new() };
        group.keep(path, part);
        group
    }

    fn add(&mut self, path: PathBuf, part: Part) {
        self.whole.add(part.clone());
        self.keep(path, part);
    }

    fn keep(&mut self, path: PathBuf, part: Part) {
        if !part.ended {
            return;
        }
        self.files.push(path);
        match &mut self.ended {
            Some(ended) => ended.add(part),
            None => self.ended = Some(part),
        }
    }

    /// One file for all ended taps. If this ends half-way, some are counted twice, and none is lost.
    fn put_together(&self) -> std::io::Result<()> {
        let (Some(ended), [first, others @ ..]) = (&self.ended, self.files.as_slice()) else { return Ok(()) };
        if others.is_empty() {
            return Ok(());
        }
        ended.save(first)?;
        others.iter().try_for_each(std::fs::remove_file)
    }
}
