//! Deliberate misbehaviours of the reference client, to prove that the conformance suite sees them.
//!
//! The code asks [`Faults::has`] at the places where it could go wrong. In a build without the feature `faults` the answer is a constant.

mod kind;

pub(crate) use kind::Kind;

/// What a client is to do wrong. The default is nothing.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    #[cfg(feature = "faults")]
    kinds: Vec<Kind>,
}

impl Faults {
    /// Adds a fault by its name.
    ///
    /// # Errors
    /// There is no fault with this name; in a build without the feature `faults` there is none at all.
    pub fn add(&mut self, name: &str) -> Result<(), String> {
        Err(format!("there is no fault {name}"))
    }

    /// Whether to do this wrong.
    #[cfg(feature = "faults")]
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether to do this wrong: no.
    #[cfg(not(feature = "faults"))]
    #[expect(clippy::unused_self, reason = "the same call in both builds")]
    pub(crate) const fn has(&self, _kind: Kind) -> bool {
        false
    }
}
