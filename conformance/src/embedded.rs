//! Files that are built into `pwp` by their folder. A new file needs no line of code.
//!
//! The number in front of a file's name is its place in the order in which the files are used: `010-first-answers.json`.

use include_dir::Dir;

/// The name without its number, and the text, of each file of a folder, in the order of the numbers.
pub(crate) fn files(folder: &'static Dir<'static>) -> Vec<(&'static str, &'static str)> {
    let mut files: Vec<_> = folder.files().collect();
    files.sort_by_key(|file| file.path());
    let named = files.into_iter().filter_map(|file| {
        let (_number, name) = file.path().file_stem()?.to_str()?.split_once('-')?;
        Some((name, file.contents_utf8()?))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use crate::{client, script};

    /// A file that could not be used would be left out in silence.
    #[test]
    fn each_file_has_a_number_of_its_own_and_can_be_used() {
        for (folder, used) in [("scripts", script::fixed().len()), ("cases", client::fixed_cases().len())] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let names = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
            let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
            let numbers: BTreeSet<u16> = names.iter().map(|name| name[..3].parse().unwrap()).collect();
            assert_eq!((numbers.len(), used), (names.len(), names.len()), "{folder}: {names:?}");
        }
    }
}
