//! Deliberate misbehaviours of the reference client, to prove that the conformance suite sees them.
//!
//! A [`Fault`] is one named way to be wrong: which requirements it breaks, which others it may break as a consequence and why, and the
//! hooks that do it. Everything else stays correct. Faults are deterministic: they never roll dice.
//!
//! Without the feature `faults` there are none, and the client is the correct one.

#[cfg(feature = "faults")]
mod list;

#[cfg(feature = "faults")]
pub use list::{ALL, Fault, Hook, find};

use crate::hooks::Hooks;

/// The misbehaviours that a client is told to show. By default there are none.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    hooks: Hooks,
    #[cfg(feature = "faults")]
    faults: Vec<&'static Fault>,
}

impl Faults {
    /// Adds a fault by its name.
    ///
    /// # Errors
    /// There is no fault with this name, or another fault has taken hold of the same area of the client. In a build without the feature
    /// `faults` there is none at all.
    pub fn add(&mut self, name: &str) -> Result<(), FaultError> {
        #[cfg(feature = "faults")]
        if let Some(fault) = find(name) {
            let area = |fault: &Fault| std::mem::discriminant(&fault.hook.0);
            if let Some(other) = self.faults.iter().find(|other| area(other) == area(fault)) {
                return Err(FaultError::SameArea(fault.name, other.name));
            }
            fault.hook.0.change(&mut self.hooks);
            self.faults.push(fault);
            return Ok(());
        }
        Err(FaultError::Unknown(name.to_owned()))
    }

    pub(crate) fn hooks(&self) -> Hooks {
        self.hooks
    }
}

/// Why a client cannot be told to show a misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// No fault has this name.
    #[error("there is no fault `{0}`; see the list of faults, and build with the feature `faults`")]
    Unknown(String),
    /// These two faults take hold of the same area of the client.
    #[error("the faults `{0}` and `{1}` change the same area of the client; give one of them")]
    SameArea(&'static str, &'static str),
}
