//! The rules for clients that one process shows by itself.
//!
//! - [`Rules`] (`rules`): all of them, event by event
//! - `Declarations` (`declared`): what is known of the calls besides what the client sends
//! - `seen_ids`: the ids that requests have had, in little memory

mod declared;
mod rules;
mod seen_ids;

pub use declared::Declaration;
pub(super) use declared::Declarations;
pub(crate) use declared::{CaseDeclarations, DeclaredRequest};
pub(super) use rules::Rules;
pub(crate) use rules::{FLAG, FaultKind, flag_count};
