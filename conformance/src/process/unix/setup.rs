//! What is arranged between fork and exec: signals as a process finds them that nobody has prepared, and the confinement of a subject that
//! may write only where it is allowed to, with Landlock, which Linux has since 5.13.

use std::io;
use std::path::Path;

use landlock::{
    ABI, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _, RulesetCreated,
    RulesetCreatedAttr as _, path_beneath_rules,
};

/// Signals with which processes are ended or told that nobody listens. A `pwp` that is started behind `nohup`, or behind `&` in a script,
/// ignores some of them, and what is ignored or blocked is handed down to every child: a subject that has to end at SIGTERM could not.
const ORDINARY: [i32; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGPIPE, libc::SIGTERM];
/// What is asked of the kernel: Linux 5.13.
const VERSION: ABI = ABI::V1;
/// Where anything may write: `/dev/null`, terminals, shared memory.
const DEVICES: &str = "/dev";

/// A confined process can write only below one folder. It can read everything.
#[derive(Debug)]
pub(super) struct Confinement(RulesetCreated);

impl Confinement {
    /// Prepares the confinement to `folder`. Fails where the kernel has no Landlock, or it is switched off.
    pub(super) fn to(folder: &Path) -> io::Result<Self> {
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

    /// Confines the calling thread, and all that it starts, for good. Fails where the kernel refuses it.
    pub(super) fn enter(self) -> io::Result<()> {
        self.0.restrict_self().map(drop).map_err(|_| io::ErrorKind::PermissionDenied.into())
    }
}

/// Whether a subject can be confined to its working directory on this system.
pub fn can_confine() -> bool {
    Confinement::to(Path::new("/")).is_ok()
}

/// Makes the calling process ignore none of these signals, and block no signal at all. May be called between fork and exec.
pub(super) fn reset_signals() -> io::Result<()> {
    // SAFETY: the set is written before it is read, and both calls may be made between fork and exec.
    unsafe {
        for signal in ORDINARY {
            if libc::signal(signal, libc::SIG_DFL) == libc::SIG_ERR {
                return Err(io::Error::last_os_error());
            }
        }
        let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        match libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
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
}
