//! Histories written by hand, and what the judge says of them.

mod builds;
mod case;
mod limits;
mod live;
mod requests;
mod shutdown;

use std::collections::BTreeSet;

use pwp_spec::{Catalogue, Role};

use super::ids;

#[test]
fn every_requirement_that_is_judged_is_in_the_book() {
    let mut seen = BTreeSet::new();
    for id in ids::ALL {
        let requirement = Catalogue::standard().get(*id).unwrap_or_else(|| panic!("{id} is not in the book"));
        assert_eq!(requirement.id.role(), Role::Client);
        assert!(seen.insert(*id), "{id} has two names");
    }
}
