//! Which flags a version of Bazel has.

use pwp_proto::Framing;

use crate::oracle::across::Settings;

/// Major and minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub(super) u32, pub(super) u32);

impl Version {
    /// Reads `4.2.3`, `bazel 4.2.3- (@non-git)` or `Build label: 0.18.0`.
    pub(super) fn parse(text: &str) -> Option<(Self, String)> {
        let word = text
            .split_whitespace()
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.matches('.').count() >= 2)?;
        let number = |part: Option<&str>| {
            part.map(|part| part.chars().take_while(char::is_ascii_digit).collect::<String>())?.parse().ok()
        };
        let mut parts = word.split('.');
        let version = Self(number(parts.next())?, number(parts.next())?);
        let plain: String = word.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        Some((version, plain))
    }

    /// The version whose flags a Bazel has that does not know its own; `help` is what `help build --short` prints.
    pub(super) fn guess(help: &str) -> Option<(Self, String)> {
        let has = |flag: &str| {
            help.lines().any(|line| line.trim().trim_start_matches("--").trim_start_matches("[no]") == flag)
        };
        let version = match () {
            () if !has("worker_sandboxing") => return None,
            () if has("worker_multiplex") => Self(5, 0),
            () if has("experimental_worker_cancellation") => Self(4, 2),
            () if has("experimental_worker_multiplex") => Self(4, 0),
            () => Self(1, 0),
        };
        Some((version, format!("without a number, with the flags of {}.{}", version.0, version.1)))
    }

    /// Whether it can send several requests to one worker at once.
    pub fn has_multiplex(self) -> bool {
        self >= Self(1, 2)
    }

    /// Whether it can be asked for `json`.
    pub fn has_json(self) -> bool {
        self >= Self(4, 1)
    }

    /// Whether its JVM can be told which garbage collector to use: old ones name one themselves, and two end the start.
    pub(super) fn takes_collector(self) -> bool {
        self >= Self(0, 29)
    }

    /// The name of the configuration in `attr.label` for tools.
    pub fn tool_configuration(self) -> &'static str {
        if self >= Self(5, 0) { "exec" } else { "host" }
    }

    /// Flags of `build` for actions with these mnemonics, each of which is to be done by workers.
    pub fn flags(self, mnemonics: &[&str], dialect: Framing, settings: &Settings) -> Vec<String> {
        let mut flags = vec!["--jobs=16".to_owned()];
        let strategies = if self >= Self(0, 27) { "worker,local" } else { "worker" };
        for mnemonic in mnemonics {
            flags.push(format!("--strategy={mnemonic}={strategies}"));
        }
        flags.push(if self >= Self(0, 24) {
            "--local_cpu_resources=16".into()
        } else {
            "--local_resources=8192,16,1.0".into()
        });
        if self >= Self(3, 0) {
            flags.push(self.flag("worker_multiplex", Self(5, 0)));
        }
        if dialect == Framing::Json && self < Self(5, 0) {
            flags.push("--experimental_worker_allow_json_protocol".into());
        }
        if let Some(limit) = settings.max_instances {
            if self >= Self(0, 29) {
                flags.extend(mnemonics.iter().map(|name| format!("--worker_max_instances={name}={limit}")));
            } else {
                flags.push(format!("--worker_max_instances={limit}"));
            }
        }
        if let Some(limit) = settings.max_multiplex_instances {
            let flag = self.flag("worker_max_multiplex_instances", Self(5, 0));
            flags.extend(mnemonics.iter().map(|name| format!("{flag}={name}={limit}")));
        }
        for (mnemonic, extra) in &settings.extra_flags {
            flags.extend(extra.iter().map(|flag| format!("--worker_extra_flag={mnemonic}={flag}")));
        }
        if settings.sandboxing {
            flags.push("--worker_sandboxing".into());
        }
        if settings.quit_after_build {
            flags.push("--worker_quit_after_build".into());
        }
        flags
    }

    /// A flag that was experimental at first.
    fn flag(self, name: &str, plain_since: Self) -> String {
        if self >= plain_since { format!("--{name}") } else { format!("--experimental_{name}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_bazel_prints() {
        let read = |text| Version::parse(text).unwrap();
        assert_eq!(read("bazel 4.2.3- (@non-git)"), (Version(4, 2), "4.2.3".into()));
        assert_eq!(read("Build label: 0.18.0\nBuild target: x"), (Version(0, 18), "0.18.0".into()));
        assert_eq!(Version::parse("bazel no_version"), None);
    }

    #[test]
    fn a_bazel_without_a_number_is_known_by_its_flags() {
        let guess = |text| Version::guess(text).map(|(version, _)| version);
        assert_eq!(
            guess("  --[no]worker_sandboxing\n  --[no]experimental_worker_cancellation\n"),
            Some(Version(4, 2))
        );
        assert_eq!(guess("  --[no]worker_sandboxing\n"), Some(Version(1, 0)));
        assert_eq!(guess("no help"), None);
    }
}
