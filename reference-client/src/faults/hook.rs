//! How a fault takes hold of the client: the hooks of one area.

use std::fmt;

use crate::hooks::{
    ActionHooks, Area, ExchangeHooks, PoolHooks, ProcessHooks, SandboxHooks, SettingsHooks, StrategyHooks,
};

/// One named way in which the reference client can misbehave.
pub type Fault = pwp_proto::fault::Fault<Hook>;

/// The way in which a fault takes hold of the client.
#[derive(Clone, Copy)]
pub struct Hook(pub(super) Area);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

pub(super) const MULTIPLEX: &[&str] = &["multiplex"];
pub(super) const CANCELLATION: &[&str] = &["cancellation"];
pub(super) const SANDBOXING: &[&str] = &["sandboxing"];
pub(super) const MULTIPLEX_SANDBOXING: &[&str] = &["multiplex", "multiplex-sandboxing"];
pub(super) const DYNAMIC: &[&str] = &["dynamic"];
pub(super) const DYNAMIC_CANCELLATION: &[&str] = &["dynamic", "cancellation"];

pub(super) const fn strategy(hooks: &'static dyn StrategyHooks) -> Hook {
    Hook(Area::Strategy(hooks))
}

pub(super) const fn pool(hooks: &'static dyn PoolHooks) -> Hook {
    Hook(Area::Pool(hooks))
}

pub(super) const fn process(hooks: &'static dyn ProcessHooks) -> Hook {
    Hook(Area::Process(hooks))
}

/// Each worker process has hooks of its own, which `make` makes.
pub(super) const fn exchange(make: fn() -> Box<dyn ExchangeHooks>) -> Hook {
    Hook(Area::Exchange(make))
}

pub(super) const fn action(hooks: &'static dyn ActionHooks) -> Hook {
    Hook(Area::Action(hooks))
}

pub(super) const fn sandbox(hooks: &'static dyn SandboxHooks) -> Hook {
    Hook(Area::Sandbox(hooks))
}

pub(super) const fn settings(hooks: &'static dyn SettingsHooks) -> Hook {
    Hook(Area::Settings(hooks))
}
