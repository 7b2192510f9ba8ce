//! What the user's settings are taken to be.

use crate::options::Options;

/// What a client does with the settings that it is given.
pub(crate) trait SettingsHooks: Send + Sync {
    /// The client starts with these settings: as the user has given them.
    fn settings(&self, _options: &mut Options) {}
}
