//! The ids that requests have had, in little memory: clients count upwards, so they are few ranges.

use std::collections::BTreeMap;

/// Ranges that are kept. A client with more draws its ids by lot.
const RANGES: usize = 4096;

#[derive(Debug, Clone, Default)]
pub(super) struct SeenIds {
    /// From the first of a range to its last.
    ranges: BTreeMap<i32, i32>,
    /// There were too many to tell.
    lost: bool,
}

impl SeenIds {
    pub(super) fn insert(&mut self, id: i32) {
        if self.lost || self.contains(id) {
            return;
        }
        let (mut first, mut last) = (id, id);
        let before = self.ranges.range(..id).next_back().map(|(first, last)| (*first, *last));
        if let Some((begin, end)) = before
            && end.checked_add(1) == Some(id)
        {
            first = begin;
        }
        let after = id.checked_add(1).and_then(|next| self.ranges.remove(&next));
        last = after.unwrap_or(last);
        self.ranges.insert(first, last);
        self.lost = self.ranges.len() > RANGES;
        if self.lost {
            self.ranges.clear();
        }
    }

    /// Whether a request may have had this id: true where that is not known any more.
    pub(super) fn contains(&self, id: i32) -> bool {
        self.lost || self.ranges.range(..=id).next_back().is_some_and(|(_, last)| id <= *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_one_range_in_whatever_order() {
        let mut seen = SeenIds::default();
        for id in [1, 2, 3, 7, 5, 6, i32::MAX, i32::MIN, 4, 2] {
            assert_eq!(seen.contains(id), id == 2 && seen.ranges.len() == 3, "{id}");
            seen.insert(id);
            assert!(seen.contains(id));
        }
        assert_eq!(Vec::from_iter(&seen.ranges), [(&i32::MIN, &i32::MIN), (&1, &7), (&i32::MAX, &i32::MAX)]);
        assert!(!seen.contains(0) && !seen.contains(8));
    }

    #[test]
    fn ids_by_lot_cost_no_memory_and_are_no_evidence() {
        let mut seen = SeenIds::default();
        (0..=RANGES as i32).for_each(|id| seen.insert(id * 2));
        assert!(seen.ranges.is_empty() && seen.contains(1));
    }
}
