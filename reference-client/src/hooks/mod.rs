//! Where a deliberate misbehaviour can take hold of the client.
//!
//! Each trait is about one area of the client, and each of its methods is one thing that a client decides or does there. It knows data
//! only, and nothing of what calls it. The default methods are the
//! correct behaviour, and [`NoHooks`] overrides nothing, so in a build without the feature `faults` all of this is inlined away. A
//! fault overrides methods of one area.
//!
//! | module | what is decided there |
//! |---|---|
//! | `settings` | what the user's settings are taken to be |
//! | `strategy` | whether an action gets a worker, what starts it, and what its argfiles say |
//! | `pool` | which worker an action gets, and when |
//! | `process` | how a process is started, watched and ended |
//! | `exchange` | what is written to one worker, and what its bytes mean |
//! | `action` | what becomes of an action: its request, its response, giving it up |
//! | `sandbox` | what a sandbox holds, and what is taken out of it |

mod action;
mod exchange;
mod pool;
mod process;
mod sandbox;
mod settings;
mod strategy;

pub(crate) use action::{ActionHooks, GiveUp, GivenUp};
pub(crate) use exchange::{ExchangeHooks, Reaction};
pub(crate) use pool::PoolHooks;
pub(crate) use process::{CleaningStep, ProcessHooks, Seen, WorkerView};
pub(crate) use sandbox::{Contents, SandboxHooks};
pub(crate) use settings::SettingsHooks;
pub(crate) use strategy::StrategyHooks;
#[cfg(feature = "faults")]
pub(crate) use {action::LoserOutputs, process::Notice, process::Waiting};

/// The correct behaviour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoHooks;

impl ExchangeHooks for NoHooks {}

/// The hooks of the exchange with one worker process, which may have a state of their own.
#[cfg(feature = "faults")]
pub(crate) type OwnExchangeHooks = Box<dyn ExchangeHooks>;
/// The hooks of the exchange with one worker process.
#[cfg(not(feature = "faults"))]
pub(crate) type OwnExchangeHooks = NoHooks;

impl AsRef<dyn ExchangeHooks> for NoHooks {
    fn as_ref(&self) -> &(dyn ExchangeHooks + 'static) {
        self
    }
}

impl AsMut<dyn ExchangeHooks> for NoHooks {
    fn as_mut(&mut self) -> &mut (dyn ExchangeHooks + 'static) {
        self
    }
}

impl std::fmt::Debug for dyn ExchangeHooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExchangeHooks")
    }
}

/// Makes [`Hooks`], which has the hooks of each area, and [`Area`], which names the one that a fault takes hold of.
macro_rules! areas {
    ($($area:ident: $variant:ident = $hooks:ident),*) => {
        $(impl $hooks for NoHooks {})*

        /// The hooks of one client: the correct behaviour in each area that no fault takes hold of.
        #[cfg(feature = "faults")]
        #[derive(Clone, Copy)]
        pub(crate) struct Hooks {
            $($area: &'static dyn $hooks,)*
            exchange: fn() -> Box<dyn ExchangeHooks>,
        }

        /// The area that a fault takes hold of, with its hooks there.
        #[cfg(feature = "faults")]
        #[derive(Clone, Copy)]
        pub(crate) enum Area {
            $($variant(&'static dyn $hooks),)*
            Exchange(fn() -> Box<dyn ExchangeHooks>),
        }

        #[cfg(feature = "faults")]
        impl Hooks {
            $(pub(crate) fn $area(&self) -> &'static dyn $hooks {
                self.$area
            })*

            /// The hooks of a new worker process.
            pub(crate) fn exchange(&self) -> OwnExchangeHooks {
                (self.exchange)()
            }

            /// Lets a fault take hold of its area.
            pub(crate) fn set(&mut self, area: Area) {
                match area {
                    $(Area::$variant(hooks) => self.$area = hooks,)*
                    Area::Exchange(hooks) => self.exchange = hooks,
                }
            }
        }

        #[cfg(feature = "faults")]
        impl Default for Hooks {
            fn default() -> Self {
                Self { $($area: &NoHooks,)* exchange: || Box::new(NoHooks) }
            }
        }

        /// The hooks of one client: the correct behaviour.
        #[cfg(not(feature = "faults"))]
        #[derive(Clone, Copy, Default)]
        pub(crate) struct Hooks(());

        #[cfg(not(feature = "faults"))]
        impl Hooks {
            $(pub(crate) const fn $area(self) -> &'static dyn $hooks {
                &NoHooks
            })*

            pub(crate) const fn exchange(self) -> OwnExchangeHooks {
                NoHooks
            }
        }
    };
}

areas! {
    settings: Settings = SettingsHooks,
    strategy: Strategy = StrategyHooks,
    pool: Pool = PoolHooks,
    process: Process = ProcessHooks,
    action: Action = ActionHooks,
    sandbox: Sandbox = SandboxHooks
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooks")
    }
}
