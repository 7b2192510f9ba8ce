//! What a rule is: a name in the code and the requirement that states it. The tables stand above the violations.

use pwp_spec::RequirementId;

/// A rule of the standard.
///
/// A server is a client towards its workers, so a rule for clients binds it as well. Where the chapters on servers have a
/// sentence of their own for the same matter, a server that breaks the rule breaks that one.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The requirement on the worker or on the client.
    pub id: RequirementId,
    /// The requirement that says the same of servers, if there is one.
    pub of_servers: Option<RequirementId>,
}

/// Makes a module `ids` of constants and a table of rows `NAME = role number` or `NAME = client number / server number`.
macro_rules! rules {
    ($($name:ident = $role:ident $number:literal $(/ $server:literal)?,)*) => {
        pub(crate) mod ids {
            use pwp_spec::RequirementId;

            $(pub(crate) const $name: RequirementId = RequirementId::$role($number);)*
        }

        /// The rules that are judged, by their chapter.
        pub(crate) const RULES: &[super::rules::Rule] = &[$(super::rules::Rule {
            id: ids::$name,
            of_servers: [$(Some(pwp_spec::RequirementId::new(pwp_spec::Role::Server, $server)),)? None][0],
        },)*];
    };
}
pub(super) use rules;
