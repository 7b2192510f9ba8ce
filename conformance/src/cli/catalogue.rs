//! `pwp list`, `explain` and `faults`.

use pwp_proto::Framing;

use crate::client::fixed_cases;
use crate::script::fixed;
use pwp_spec::{Catalogue, ListFilter, ListFormat, RequirementId, Role};

use super::args::{self, Format};
use super::builtin;
use super::exit::{ExitCode, Failure};

/// `pwp list`.
pub(super) fn list(args: &args::List) -> Result<ExitCode, Failure> {
    if args.scripts {
        let scripts = fixed().iter().map(|script| (Role::Worker, &script.name, &script.about));
        let cases = fixed_cases().iter().map(|case| (Role::Client, &case.name, &case.about));
        let all: Vec<_> =
            scripts.chain(cases).filter(|(of, ..)| args.role.is_none_or(|role| role == *of)).collect();
        let width = all.iter().map(|(_, name, _)| name.len()).max().unwrap_or(0);
        for (role, name, about) in all {
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
        Format::Human => ListFormat::Human { width: None },
        Format::Json => ListFormat::Json,
    };
    anstream::print!("{}", pwp_spec::list(Catalogue::standard(), &builtin::evidence(), &filter, format));
    Ok(ExitCode::Conformant)
}

/// `pwp explain`.
pub(super) fn explain(args: &args::Explain) -> Result<ExitCode, Failure> {
    let id: RequirementId = args.id.parse().map_err(Failure::usage)?;
    let requirement = Catalogue::standard().get(id).ok_or_else(|| {
        Failure::usage(anyhow::anyhow!("there is no requirement {id}; `pwp list` names them all"))
    })?;
    anstream::print!("{}", pwp_spec::explain(requirement, &builtin::evidence()));
    Ok(ExitCode::Conformant)
}

/// `pwp faults`.
pub(super) fn faults(args: &args::Faults) -> Result<ExitCode, Failure> {
    let faults: Vec<Fault> =
        all_faults().filter(|fault| args.role.is_none_or(|role| role == fault.role)).collect();
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
    for fault in faults {
        let (role, breaks) = (fault.role.as_str(), fault.breaks.join(" "));
        anstream::println!("{role:6}  {:width$}  breaks {breaks:11}  {}", fault.name, fault.about);
    }
    Ok(ExitCode::Conformant)
}

/// A fault of either reference implementation.
struct Fault {
    role: Role,
    name: &'static str,
    about: &'static str,
    dialects: &'static [Framing],
    features: &'static [&'static str],
    breaks: &'static [&'static str],
    may_also_break: &'static [(&'static str, &'static str)],
}

/// Those of the worker, then those of the client.
fn all_faults() -> impl Iterator<Item = Fault> {
    let of_workers = pwp_worker::faults::ALL.iter().map(|fault| Fault {
        role: Role::Worker,
        name: fault.name,
        about: fault.about,
        dialects: fault.framings,
        features: fault.features,
        breaks: fault.breaks,
        may_also_break: fault.may_also_break,
    });
    let of_clients = pwp_client::faults::ALL.iter().map(|fault| Fault {
        role: Role::Client,
        name: fault.name,
        about: fault.about,
        dialects: fault.framings,
        features: fault.features,
        breaks: fault.breaks,
        may_also_break: fault.may_also_break,
    });
    of_workers.chain(of_clients)
}
