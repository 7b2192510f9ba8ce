//! How a fault is declared, and how it takes hold of the client.

use crate::hooks::{ActionHooks, ExchangeHooks, Hooks, PoolHooks, ProcessHooks, SandboxHooks, StrategyHooks};
use crate::options::Options;

/// One named way in which the reference client can misbehave.
pub type Fault = pwp_proto::fault::Fault<Hook>;

/// The way in which a fault takes hold of the client.
#[derive(Clone, Copy, Debug)]
pub struct Hook(pub(crate) Area);

/// The area of the client that a fault takes hold of, and what it changes there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Area {
    Settings(fn(&mut Options)),
    Strategy(fn(&mut StrategyHooks)),
    Pool(fn(&mut PoolHooks)),
    Process(fn(&mut ProcessHooks)),
    Exchange(fn(&mut ExchangeHooks)),
    Action(fn(&mut ActionHooks)),
    Sandbox(fn(&mut SandboxHooks)),
}

impl Area {
    pub(crate) fn change(self, hooks: &mut Hooks) {
        match self {
            Self::Settings(change) => hooks.settings = Some(change),
            Self::Strategy(change) => change(&mut hooks.strategy),
            Self::Pool(change) => change(&mut hooks.pool),
            Self::Process(change) => change(&mut hooks.process),
            Self::Exchange(change) => hooks.exchange = Some(change),
            Self::Action(change) => change(&mut hooks.action),
            Self::Sandbox(change) => change(&mut hooks.sandbox),
        }
    }
}

/// A fault before it is said how it takes hold of the client.
pub(super) struct Draft {
    name: &'static str,
    breaks: &'static [&'static str],
    about: &'static str,
}

/// A fault with this name, which breaks these requirements.
pub(super) const fn fault(name: &'static str, breaks: &'static [&'static str]) -> Draft {
    Draft { name, breaks, about: "" }
}

impl Draft {
    /// Says in a sentence without its subject what the client does wrong.
    pub(super) const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    pub(super) const fn hook(self, area: Area) -> Fault {
        Fault::new(self.name, self.about, self.breaks, Hook(area))
    }
}

pub(super) const MULTIPLEX: &[&str] = &["multiplex"];
pub(super) const CANCELLATION: &[&str] = &["cancellation"];
pub(super) const SANDBOXING: &[&str] = &["sandboxing"];
pub(super) const DYNAMIC: &[&str] = &["dynamic"];
