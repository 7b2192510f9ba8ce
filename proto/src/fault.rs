//! A deliberate misbehaviour of a reference implementation, as data: with the feature `faults`.
//!
//! Both reference implementations have a list of faults, which proves that the conformance suite sees each of them. A fault says in words
//! what it does, which requirements it breaks, and which it may break as a consequence. How it takes hold of the
//! implementation is the matter of its crate: the hook.

use crate::Framing;

/// One named way in which a reference implementation can misbehave. `H` is how it takes hold of the implementation.
#[derive(Clone, Copy, Debug)]
pub struct Fault<H> {
    /// The name that `--fault=` takes.
    pub name: &'static str,
    /// A sentence without its subject that says what the implementation does wrong.
    pub about: &'static str,
    /// The framings in which the fault can be seen.
    pub framings: &'static [Framing],
    /// The features that have to be in use for the fault to be seen, with the names of the command line of `pwp`; for clients
    /// also `sandboxing` and `dynamic`.
    pub features: &'static [&'static str],
    /// The requirements that the fault breaks, by ID.
    pub breaks: &'static [&'static str],
    /// The requirements that may be reported as broken, too, each with the reason.
    pub may_also_break: &'static [(&'static str, &'static str)],
    /// The way in which the fault takes hold of the implementation.
    pub hook: H,
}

/// Faults that can be seen in the framing `proto` only.
pub const PROTO: &[Framing] = &[Framing::Proto];
/// Faults that can be seen in the framing `json` only.
pub const JSON: &[Framing] = &[Framing::Json];

impl<H: Copy> Fault<H> {
    /// A fault that shows in both framings and needs no feature. The other methods narrow it down.
    pub const fn new(
        name: &'static str,
        about: &'static str,
        breaks: &'static [&'static str],
        hook: H,
    ) -> Self {
        let framings = &[Framing::Proto, Framing::Json];
        Self { name, about, framings, features: &[], breaks, may_also_break: &[], hook }
    }

    /// The same fault, for these framings only.
    pub const fn only(mut self, framings: &'static [Framing]) -> Self {
        self.framings = framings;
        self
    }

    /// The same fault, which needs these features to be in use.
    pub const fn with(mut self, features: &'static [&'static str]) -> Self {
        self.features = features;
        self
    }

    /// The same fault with its consequences: further requirements that may be reported as broken, each with the reason.
    pub const fn may_also_break(mut self, consequences: &'static [(&'static str, &'static str)]) -> Self {
        self.may_also_break = consequences;
        self
    }
}

/// How many faults these families have together: the length of what [`concat`] makes of them.
pub const fn count<H>(families: &[&[Fault<H>]]) -> usize {
    let (mut count, mut family) = (0, 0);
    while family < families.len() {
        count += families[family].len();
        family += 1;
    }
    count
}

/// All faults of these families in one array, in their order.
///
/// # Panics
/// `N` is not the [`count`] of the families, or there is no fault at all. In a constant that is an error of compilation.
pub const fn concat<H: Copy, const N: usize>(families: &[&[Fault<H>]]) -> [Fault<H>; N] {
    let mut all = [families[0][0]; N];
    let (mut count, mut family) = (0, 0);
    while family < families.len() {
        let mut fault = 0;
        while fault < families[family].len() {
            all[count] = families[family][fault];
            count += 1;
            fault += 1;
        }
        family += 1;
    }
    assert!(count == N, "the array has room for exactly the faults of the families");
    all
}

/// The fault of `all` that has this name.
pub fn find<H>(all: &'static [Fault<H>], name: &str) -> Option<&'static Fault<H>> {
    all.iter().find(|fault| fault.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[Fault<u8>] = &[Fault::new("a", "does a", &["W-001"], 1).only(JSON)];
    const SECOND: &[Fault<u8>] =
        &[Fault::new("b", "does b", &["W-002"], 2).with(&["multiplex"]), Fault::new("c", "does c", &[], 3)];
    const FAMILIES: &[&[Fault<u8>]] = &[FIRST, SECOND];
    const ALL: &[Fault<u8>] = &concat::<_, { count(FAMILIES) }>(FAMILIES);

    #[test]
    fn families_are_put_together_in_order_and_faults_are_found_by_name() {
        assert_eq!(ALL.iter().map(|fault| fault.hook).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(find(ALL, "b").map(|fault| (fault.hook, fault.features)), Some((2, &["multiplex"][..])));
        assert_eq!(find(ALL, "a").map(|fault| fault.framings), Some(JSON));
        assert!(find(ALL, "d").is_none());
    }
}
