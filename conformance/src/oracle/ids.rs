//! The requirements that are judged, by the names that their rules have in the code.

use pwp_spec::{RequirementId, Role};

use super::violation::{Rule, client, worker};

pub(crate) use client::ids::*;
pub(crate) use worker::ids::*;

/// Every rule: those of workers, then those of clients.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    worker::RULES.iter().chain(client::RULES)
}

/// The requirement that a subject in this role breaks with a rule whose requirement on clients or workers is `id`.
pub fn for_role(id: RequirementId, role: Role) -> RequirementId {
    let of_servers = rules().find(|rule| rule.id == id).and_then(|rule| rule.of_servers);
    of_servers.filter(|_| role == Role::Server).unwrap_or(id)
}
