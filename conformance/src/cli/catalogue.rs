//! `pwp list`, `explain` and `faults`.

use crate::requirement::{self, Catalogue, ListFilter, ListFormat, RequirementId};
use crate::script::fixed;

use super::args::{self, Format};
use super::builtin;
use super::exit::{ExitCode, Failure};

/// `pwp list`.
pub(super) fn list(args: &args::List) -> Result<ExitCode, Failure> {
    if args.scripts {
        let width = fixed().iter().map(|script| script.name.len()).max().unwrap_or(0);
        for script in fixed() {
            anstream::println!("{:width$}  {}", script.name, script.about);
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
        Format::Human => ListFormat::Human { width: None },
        Format::Json => ListFormat::Json,
    };
    anstream::print!("{}", requirement::list(Catalogue::standard(), &builtin::evidence(), &filter, format));
    Ok(ExitCode::Conformant)
}

/// `pwp explain`.
pub(super) fn explain(args: &args::Explain) -> Result<ExitCode, Failure> {
    let id: RequirementId = args.id.parse().map_err(Failure::usage)?;
    let requirement = Catalogue::standard().get(id).ok_or_else(|| {
        Failure::usage(anyhow::anyhow!("there is no requirement {id}; `pwp list` names them all"))
    })?;
    anstream::print!("{}", requirement::explain(requirement, &builtin::evidence()));
    Ok(ExitCode::Conformant)
}

/// `pwp faults`.
pub(super) fn faults(args: &args::Faults) -> Result<ExitCode, Failure> {
    if args.format == Format::Json {
        let list: Vec<serde_json::Value> = pwp_worker::faults::ALL
            .iter()
            .map(|fault| {
                serde_json::json!({
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
    let width = pwp_worker::faults::ALL.iter().map(|fault| fault.name.len()).max().unwrap_or(0);
    for fault in pwp_worker::faults::ALL {
        anstream::println!("{:width$}  breaks {:11}  {}", fault.name, fault.breaks.join(" "), fault.about);
    }
    Ok(ExitCode::Conformant)
}
