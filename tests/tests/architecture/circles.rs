//! Circles among the modules of one folder, a module with all that is below it.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Import, Modules};

/// Modules of one folder that import each other.
#[derive(Debug)]
pub(super) struct Circle {
    /// Their paths, with `::` between the segments.
    pub(super) members: Vec<String>,
    /// The imports that make the circle.
    pub(super) imports: Vec<String>,
}

/// All circles of a crate.
pub(super) fn all(modules: &Modules) -> Vec<Circle> {
    // For each folder, the imports between its members.
    let mut folders: BTreeMap<Vec<String>, Vec<(String, String, Import<'_>)>> = BTreeMap::new();
    for import in modules.imports() {
        let common = import.from.iter().zip(&import.to).take_while(|(from, to)| from == to).count();
        let (folder, from, to) =
            (import.from[..common].to_vec(), import.from[common].clone(), import.to[common].clone());
        folders.entry(folder).or_default().push((from, to, import));
    }
    let mut circles = Vec::new();
    for (folder, imports) in folders {
        let edges: BTreeSet<(&str, &str)> =
            imports.iter().map(|(from, to, _)| (from.as_str(), to.as_str())).collect();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for (start, _) in &edges {
            let reached = reached(&edges, start);
            let members: BTreeSet<&str> = reached
                .iter()
                .copied()
                .filter(|other| self::reached(&edges, other).contains(start))
                .collect();
            if members.len() > 1 && done.insert(start) {
                done.extend(&members);
                let within = imports
                    .iter()
                    .filter(|(from, to, _)| members.contains(from.as_str()) && members.contains(to.as_str()));
                circles.push(Circle {
                    imports: within.map(|(_, _, import)| import.place(modules)).collect(),
                    members: members
                        .iter()
                        .map(|member| [folder.as_slice(), &[(*member).to_owned()]].concat().join("::"))
                        .collect(),
                });
            }
        }
    }
    circles
}

/// The modules that a module imports, those that they import, and so on.
fn reached<'e>(edges: &BTreeSet<(&'e str, &'e str)>, start: &str) -> BTreeSet<&'e str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![start];
    while let Some(module) = next.pop() {
        for (_, to) in edges.iter().filter(|(from, _)| *from == module) {
            if reached.insert(*to) {
                next.push(to);
            }
        }
    }
    reached
}
