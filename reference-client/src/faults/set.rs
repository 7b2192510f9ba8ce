//! The faults of one client.

use crate::hooks::Hooks;

/// The misbehaviours that a client is told to show. By default there are none.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    hooks: Hooks,
    #[cfg(feature = "faults")]
    faults: Vec<&'static super::Fault>,
}

impl Faults {
    /// Adds a fault by its name.
    ///
    /// # Errors
    /// There is no fault with this name, or another fault has taken hold of the same area of the client. In a build without the feature
    /// `faults` there is none at all.
    #[cfg(feature = "faults")]
    pub fn add(&mut self, name: &str) -> Result<(), FaultError> {
        use std::mem::discriminant;

        let fault = super::find(name).ok_or_else(|| FaultError::Unknown(name.to_owned()))?;
        let area = discriminant(&fault.hook.0);
        if let Some(other) = self.faults.iter().find(|other| discriminant(&other.hook.0) == area) {
            return Err(FaultError::SameArea(fault.name, other.name));
        }
        self.hooks.set(fault.hook.0);
        self.faults.push(fault);
        Ok(())
    }

    /// Adds a fault by its name.
    ///
    /// # Errors
    /// There is no fault in a build without the feature `faults`.
    #[cfg(not(feature = "faults"))]
    pub fn add(&mut self, name: &str) -> Result<(), FaultError> {
        Err(FaultError::Unknown(name.to_owned()))
    }

    /// The hooks of a client with these misbehaviours.
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
