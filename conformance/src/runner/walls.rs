//! Lets a subject write only where it is allowed to: Landlock, which Linux has since 5.13.

use std::io;
use std::path::Path;

use landlock::{
    ABI, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _, RulesetCreated,
    RulesetCreatedAttr as _, path_beneath_rules,
};

/// What is asked of the kernel: Linux 5.13.
const VERSION: ABI = ABI::V1;
/// Where anything may write: `/dev/null`, terminals, shared memory.
const DEVICES: &str = "/dev";

/// A process behind these can write only below one folder. Reading is free.
#[derive(Debug)]
pub(super) struct Walls(RulesetCreated);

impl Walls {
    /// Prepares them.
    ///
    /// # Errors
    /// Where the kernel has no Landlock, or it is switched off.
    pub(super) fn around(folder: &Path) -> io::Result<Self> {
        let writes = AccessFs::from_write(VERSION);
        let rules = || -> Result<RulesetCreated, landlock::RulesetError> {
            Ruleset::default()
                .set_compatibility(CompatLevel::HardRequirement)
                .handle_access(writes)?
                .create()?
                .add_rules(path_beneath_rules([folder, Path::new(DEVICES)], writes))
        };
        rules().map(Self).map_err(io::Error::other)
    }

    /// Puts the calling process behind them, for good.
    pub(super) fn close(self) -> io::Result<()> {
        self.0.restrict_self().map(drop).map_err(|_| io::ErrorKind::PermissionDenied.into())
    }

    /// Whether this kernel can do that.
    pub(super) fn available() -> bool {
        Self::around(Path::new("/")).is_ok()
    }
}
