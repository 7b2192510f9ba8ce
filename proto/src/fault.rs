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

/// What is wrong with a list of faults, a sentence each: names that stand twice, a text that does not end as a sentence without its full stop,
/// requirements that are not `role` and three digits, consequences that are none. Empty if the list is in order.
pub fn mistakes<H>(all: &[Fault<H>], role: char) -> Vec<String> {
    let is_id = |id: &str| {
        id.strip_prefix(role)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|number| number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut mistakes = Vec::new();
    for (place, fault) in all.iter().enumerate() {
        let also: Vec<&str> = fault.may_also_break.iter().map(|(id, _)| *id).collect();
        let wrong = [
            ("stands twice", all[..place].iter().any(|before| before.name == fault.name)),
            ("breaks nothing, or shows in no framing", fault.breaks.is_empty() || fault.framings.is_empty()),
            (
                "has a text that does not end with a word",
                !fault.about.ends_with(|c: char| c.is_alphanumeric() || c == '`'),
            ),
            ("names what is no requirement", !fault.breaks.iter().chain(&also).all(|id| is_id(id))),
            ("breaks one of its consequences", also.iter().any(|id| fault.breaks.contains(id))),
            ("has a consequence twice", (1..also.len()).any(|at| also[..at].contains(&also[at]))),
        ];
        let wrong = wrong.iter().filter(|(_, is_so)| *is_so);
        mistakes.extend(wrong.map(|(what, _)| format!("{} {what}", fault.name)));
    }
    mistakes
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

    #[test]
    fn each_mistake_is_told() {
        let good =
            Fault::new("good", "drops a response", &["W-031"], ()).may_also_break(&[("W-050", "it waits")]);
        let twice = Fault::new("good", "stops.", &["W-31"], ());
        let nothing = Fault::new("nothing", "does nothing", &[], ())
            .may_also_break(&[("W-050", "it waits"), ("W-050", "it waits")]);
        let own =
            Fault::new("own", "breaks its own", &["W-050"], ()).may_also_break(&[("W-050", "it waits")]);
        assert_eq!(mistakes(&[good], 'W'), Vec::<String>::new());
        assert_eq!(
            mistakes(&[good, twice, nothing, own], 'W'),
            [
                "good stands twice",
                "good has a text that does not end with a word",
                "good names what is no requirement",
                "nothing breaks nothing, or shows in no framing",
                "nothing has a consequence twice",
                "own breaks one of its consequences",
            ]
        );
        assert_eq!(mistakes(&[good], 'C'), ["good names what is no requirement"]);
    }
}
