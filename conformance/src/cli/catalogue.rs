//! `pwp list`, `explain` and `faults`.

use pwp_spec::{Catalogue, Evidence, ListFilter, ListFormat, RequirementId, Role};

use crate::builtin;

use super::args::{self, Format};
use super::exit::{ExitCode, Failure};

/// `pwp list`.
pub(super) fn list(args: &args::List) -> Result<ExitCode, Failure> {
    if args.scripts {
        let is_family = |name: &str| crate::script::FAMILIES.iter().any(|family| family.name == name);
        let checks: Vec<builtin::Check> = builtin::checks()
            .into_iter()
            .filter(|check| is_of(args.role, check.role) && !is_family(check.name))
            .collect();
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        for builtin::Check { role, name, about, .. } in checks {
            anstream::println!("{:6}  {name:width$}  {about}", role.as_str());
        }
        return Ok(ExitCode::Conformant);
    }
    let filter = ListFilter {
        role: args.role,
        level: args.level,
        dialect: args.dialect,
        feature: args.feature,
        untested: args.untested,
    };
    let format = match args.format {
        Format::Human => ListFormat::Human,
        Format::Json => ListFormat::Json,
    };
    anstream::print!("{}", pwp_spec::list(Catalogue::standard(), &evidence(), &filter, format));
    Ok(ExitCode::Conformant)
}

/// `pwp explain`.
pub(super) fn explain(args: &args::Explain) -> Result<ExitCode, Failure> {
    let id: RequirementId = args.id.parse().map_err(Failure::usage)?;
    let requirement = Catalogue::standard().get(id).ok_or_else(|| {
        Failure::usage(anyhow::anyhow!("there is no requirement {id}; `pwp list` names them all"))
    })?;
    anstream::print!("{}", pwp_spec::explain(requirement, &evidence()));
    Ok(ExitCode::Conformant)
}

/// `pwp faults`.
pub(super) fn faults(args: &args::Faults) -> Result<ExitCode, Failure> {
    let faults: Vec<builtin::Fault> =
        builtin::faults().into_iter().filter(|fault| is_of(args.role, fault.role)).collect();
    if args.format == Format::Json {
        let list: Vec<serde_json::Value> = faults
            .iter()
            .map(|fault| {
                serde_json::json!({
                    "role": fault.role.as_str(),
                    "name": fault.name,
                    "about": fault.about,
                    "dialects": fault.dialects.iter().map(|dialect| dialect.as_str()).collect::<Vec<_>>(),
                    "features": fault.features,
                    "breaks": fault.breaks,
                    "may_also_break": fault.may_also_break.iter().map(|(id, reason)| serde_json::json!({"id": id, "reason": reason})).collect::<Vec<_>>(),
                })
            })
            .collect();
        anstream::println!("{}", serde_json::to_string_pretty(&list).map_err(Failure::internal)?);
        return Ok(ExitCode::Conformant);
    }
    let width = faults.iter().map(|fault| fault.name.len()).max().unwrap_or(0);
    for builtin::Fault { role, name, about, breaks, .. } in faults {
        let breaks = breaks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        anstream::println!("{:6}  {name:width$}  breaks {breaks:11}  {about}", role.as_str());
    }
    Ok(ExitCode::Conformant)
}

/// The checks and faults of this build, by requirement.
fn evidence() -> Evidence {
    builtin::evidence(&builtin::checks(), &builtin::faults())
}

/// Whether something of the role `role` is to be shown.
fn is_of(wanted: Option<Role>, role: Role) -> bool {
    wanted.is_none_or(|wanted| wanted == role)
}
