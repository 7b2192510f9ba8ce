//! Paths of a workload: relative, below the folder that they begin at, in one form.

use std::path::{Component, Path};

/// Longest path in bytes; with the run's directory before it, it stays below the 4,096 of Linux.
const LONGEST: usize = 1000;
/// Longest name in a path, in bytes.
const NAME: usize = 255;

/// The folders above a path in its shortest form, the nearest first.
pub(crate) fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/'), |(folder, _)| folder.rsplit_once('/'))
        .map(|(folder, _)| folder)
}

/// The shortest form of a path that stays below the folder that it begins at.
pub(crate) fn normal(path: &str) -> Result<String, String> {
    let names: Option<Vec<&str>> = Path::new(path)
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let names = names.filter(|names| !names.is_empty() && !path.contains('\0')).ok_or_else(|| {
        format!("{path:?} is not a relative path without `..`; write one below the run's directory, or with `from` below the workload's folder")
    })?;
    if path.len() > LONGEST || names.iter().any(|name| name.len() > NAME) {
        let shown: String = path.chars().take(60).collect();
        return Err(format!(
            "the path {shown:?}... is longer than {LONGEST} bytes, or a name in it than {NAME}; shorten it"
        ));
    }
    Ok(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        assert_eq!(normal("src/./a//b.c/"), Ok("src/a/b.c".into()));
        for path in ["", ".", "./a", "/a", "..", "a/../b", "a\0b", &"x".repeat(256), &"x/".repeat(501)] {
            assert!(normal(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn folders_above_come_nearest_first() {
        assert_eq!(above("a/b/c").collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!(above("a").count(), 0);
    }
}
