//! The confinement of a subject that may write only where it is allowed to, with Landlock.

use std::io;
use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset,
    RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, Scope,
};

/// What the kernel has to have: Linux 5.13.
const BASE: ABI = ABI::V1;
/// What is used where the kernel has it: truncation (Linux 6.2), commands to devices such as terminals (6.10), and signals to processes outside (6.12).
const NEWEST: ABI = ABI::V6;
/// Where anything may write: `/dev/null`, terminals, shared memory.
const DEVICES: &str = "/dev";

/// A confined process can write only below one folder. It can read everything.
#[derive(Debug)]
pub(super) struct Confinement(RulesetCreated);

impl Confinement {
    /// Prepares the confinement to `folder`. Fails where the kernel has no Landlock, or it is switched off.
    pub(super) fn to(folder: &Path) -> io::Result<Self> {
        let (base, newest) = (AccessFs::from_write(BASE), AccessFs::from_write(NEWEST));
        let rule = |path: &Path, access: BitFlags<AccessFs>| -> Result<_, landlock::PathFdError> {
            Ok(PathBeneath::new(PathFd::new(path)?, access))
        };
        let (inside, devices) =
            (rule(folder, newest), rule(Path::new(DEVICES), newest & !AccessFs::IoctlDev));
        let (inside, devices) = (inside.map_err(io::Error::other)?, devices.map_err(io::Error::other)?);
        let rules = || -> Result<RulesetCreated, landlock::RulesetError> {
            Ruleset::default()
                .set_compatibility(CompatLevel::HardRequirement)
                .handle_access(base)?
                .set_compatibility(CompatLevel::BestEffort)
                .handle_access(newest)?
                .scope(Scope::from_all(NEWEST))?
                .create()?
                .add_rule(inside)?
                .add_rule(devices)
        };
        rules().map(Self).map_err(io::Error::other)
    }

    /// Confines the calling thread, and all that it starts, for good. Fails where the kernel refuses it.
    pub(super) fn enter(self) -> io::Result<()> {
        self.0.restrict_self().map(drop).map_err(|_| io::ErrorKind::PermissionDenied.into())
    }
}

/// Whether a subject can be confined to its working directory on this system.
pub fn can_confine() -> bool {
    Confinement::to(Path::new("/")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For the calling thread alone, which therefore is one of the test's own.
    #[test]
    fn a_confined_thread_can_write_to_one_folder_only() {
        if !can_confine() {
            return;
        }
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(outside.path().join("there"), "text").unwrap();
        let confinement = Confinement::to(inside.path()).unwrap();
        std::thread::scope(|scope| {
            let confined = scope.spawn(|| {
                confinement.enter().unwrap();
                std::fs::create_dir(inside.path().join("folder")).unwrap();
                std::fs::write(inside.path().join("folder/file"), "text").unwrap();
                std::fs::rename(inside.path().join("folder/file"), inside.path().join("file")).unwrap();
                std::fs::write("/dev/null", "text").unwrap();
                let read = std::fs::read_to_string(outside.path().join("there")).unwrap();
                let denied = [
                    std::fs::write(outside.path().join("new"), "text"),
                    std::fs::write(outside.path().join("there"), "more"),
                    std::fs::create_dir(outside.path().join("folder")),
                    std::fs::remove_file(outside.path().join("there")),
                ];
                (read, denied.map(|result| result.map_err(|error| error.kind())))
            });
            let (read, denied) = confined.join().unwrap();
            assert_eq!(read, "text");
            assert_eq!(denied, [const { Err(io::ErrorKind::PermissionDenied) }; 4]);
        });
        // No other thread is confined.
        std::fs::write(outside.path().join("new"), "text").unwrap();
    }

    /// What later kernels can refuse. `truncate` needs no descriptor that is open for writing.
    #[test]
    fn a_confined_thread_can_truncate_nothing_outside_and_signal_nobody_outside() {
        let has = |abi: ABI| {
            let all = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
            let ruleset = all.handle_access(AccessFs::from_write(abi)).and_then(|all| match abi {
                ABI::V6 => all.scope(Scope::from_all(abi)),
                _ => Ok(all),
            });
            ruleset.and_then(Ruleset::create).is_ok()
        };
        let (truncates, signals) = (has(ABI::V3), has(ABI::V6));
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        std::fs::write(outside.path(), "text").unwrap();
        let Ok(confinement) = Confinement::to(inside.path()) else { return };
        let mut other = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = rustix::process::Pid::from_child(&other);
        let path = std::ffi::CString::new(outside.path().as_os_str().as_encoded_bytes()).unwrap();
        let (truncated, signalled) = std::thread::scope(|scope| {
            let confined = scope.spawn(|| {
                confinement.enter().unwrap();
                // SAFETY: the path ends with a zero byte.
                let truncated = unsafe { libc::truncate(path.as_ptr(), 0) } == 0;
                (truncated, rustix::process::test_kill_process(pid).is_ok())
            });
            confined.join().unwrap()
        });
        other.kill().and_then(|()| other.wait()).unwrap();
        assert!(!truncates || !truncated);
        assert!(!signals || !signalled);
    }
}
