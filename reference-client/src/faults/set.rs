//! What one client is to do wrong.

use super::Kind;

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
    #[cfg(feature = "faults")]
    pub fn add(&mut self, name: &str) -> Result<(), UnknownFault> {
        let fault = super::find(name).ok_or_else(|| UnknownFault(name.to_owned()))?;
        self.kinds.push(fault.kind);
        Ok(())
    }

    /// Adds a fault by its name.
    ///
    /// # Errors
    /// There is no fault with this name; in a build without the feature `faults` there is none at all.
    #[cfg(not(feature = "faults"))]
    pub fn add(&mut self, name: &str) -> Result<(), UnknownFault> {
        Err(UnknownFault(name.to_owned()))
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

/// A name that no fault has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault `{0}`; see the list of faults, and build with the feature `faults`")]
pub struct UnknownFault(String);
