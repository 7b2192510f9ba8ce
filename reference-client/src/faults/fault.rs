//! What a fault is.

use pwp_proto::Framing;

use super::Kind;

/// One named way in which the reference client can misbehave.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What `--fault=` takes.
    pub name: &'static str,
    /// What the client does wrong, as a sentence without its subject.
    pub about: &'static str,
    /// The dialects in which it can be seen.
    pub dialects: &'static [Framing],
    /// The features that have to be in use to see it: names as on the command line of `pwp`, and `sandboxing`, `dynamic`.
    pub features: &'static [&'static str],
    /// The requirements that it breaks, by ID.
    pub breaks: &'static [&'static str],
    /// The requirements that may be reported as broken, too, each with the reason.
    pub may_also_break: &'static [(&'static str, &'static str)],
    pub(super) kind: Kind,
}

const BOTH: &[Framing] = &[Framing::Proto, Framing::Json];
/// For faults of the dialect `proto`.
pub(super) const PROTO: &[Framing] = &[Framing::Proto];
/// For faults of the dialect `json`.
pub(super) const JSON: &[Framing] = &[Framing::Json];

pub(super) const MULTIPLEX: &[&str] = &["multiplex"];
pub(super) const CANCELLATION: &[&str] = &["cancellation"];
pub(super) const SANDBOXING: &[&str] = &["sandboxing"];
pub(super) const MULTIPLEX_SANDBOXING: &[&str] = &["multiplex", "multiplex-sandboxing"];
pub(super) const DYNAMIC: &[&str] = &["dynamic"];
pub(super) const DYNAMIC_CANCELLATION: &[&str] = &["dynamic", "cancellation"];

impl Fault {
    /// A fault of both dialects that needs no feature; the constants of the chapters start from it.
    pub(super) const fn new(
        kind: Kind,
        name: &'static str,
        about: &'static str,
        breaks: &'static [&'static str],
    ) -> Self {
        Self { name, about, dialects: BOTH, features: &[], breaks, may_also_break: &[], kind }
    }

    pub(super) const fn only(mut self, dialects: &'static [Framing]) -> Self {
        self.dialects = dialects;
        self
    }

    pub(super) const fn with(mut self, features: &'static [&'static str]) -> Self {
        self.features = features;
        self
    }

    pub(super) const fn may_also_break(
        mut self,
        consequences: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.may_also_break = consequences;
        self
    }
}
