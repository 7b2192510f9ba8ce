//! Every fault, in the order of the standard's chapters: a module has one or two. `hook` is what they are made of.

mod cancellation;
mod failures;
mod hook;
mod pools;
mod requests;
mod responses;
mod sandboxing;
mod shutdown;
mod starting;

pub use hook::{Fault, Hook};
use pwp_proto::fault;

const FAMILIES: &[&[Fault]] = &[
    starting::FAULTS,
    pools::FAULTS,
    requests::FAULTS,
    responses::FAULTS,
    failures::FAULTS,
    cancellation::FAULTS,
    sandboxing::FAULTS,
    shutdown::FAULTS,
];

/// Every fault, in the order of the standard's chapters.
pub const ALL: &[Fault] = &fault::concat::<_, { fault::count(FAMILIES) }>(FAMILIES);

/// The fault with this name.
pub fn find(name: &str) -> Option<&'static Fault> {
    fault::find(ALL, name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::faults::{FaultError, Faults};

    #[test]
    fn the_list_is_in_order() {
        assert_eq!(pwp_proto::fault::mistakes(ALL, 'C'), Vec::<String>::new());
    }

    #[test]
    fn faults_of_different_areas_go_together() {
        let mut faults = Faults::default();
        assert_eq!(faults.add("no-worker-flag"), Ok(()));
        assert_eq!(faults.add("over-limit"), Ok(()));
        assert_eq!(
            faults.add("flag-after-program"),
            Err(FaultError::SameArea("flag-after-program", "no-worker-flag"))
        );
        assert!(matches!(faults.add("no-such-fault"), Err(FaultError::Unknown(_))));
    }

    /// The requirements on clients of stdio workers that no fault can break: both leave the choice to the client.
    const WITHOUT: &[&str] = &["C-024", "C-039"];

    #[test]
    fn every_observable_requirement_is_broken_by_a_fault() {
        // The part of the book on clients of stdio workers; what comes after it is about servers.
        let broken: HashSet<&str> = ALL.iter().flat_map(|fault| fault.breaks).copied().collect();
        let mut chapters: Vec<_> =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/src/client"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
        chapters.sort();
        let mut missing = Vec::new();
        let mut count = 0;
        for chapter in chapters {
            for line in std::fs::read_to_string(chapter).unwrap().lines() {
                let Some(id) = line.strip_prefix("> **C-").and_then(|rest| rest.get(..3)) else { continue };
                count += 1;
                let id = format!("C-{id}");
                if !broken.contains(id.as_str()) && !WITHOUT.contains(&id.as_str()) {
                    missing.push(id);
                }
            }
        }
        assert!(count > 80 && missing.is_empty(), "of {count} requirements no fault breaks {missing:?}");
    }
}
