//! The workspace: one rule, and a package for each case.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use pwp_proto::Framing;

use crate::client::adapter::{ClientError, Lane};
use crate::client::case::{Action, Case, Need};
use crate::client::case_files::{
    CaseFiles, ToolVersions, lines, requirements, shared_input, write, write_program,
};

use super::version::Version;

/// The program as a file, and as a target whose runfiles belong to it.
const TOOL: &str = "load(\"//:rule.bzl\", \"program\")\nexports_files([\"probe.sh\", \"data.txt\"])\nprogram(name = \"runfiles\", src = \"probe.sh\", data = [\"data.txt\"], visibility = [\"//visibility:public\"])\n";

const RULE: &str = include_str!("rule.bzl");

/// Makes the files that all cases share.
pub(super) fn make(workspace: &Path, version: Version) -> Result<(), ClientError> {
    write(&workspace.join("WORKSPACE"), "workspace(name = \"pwp\")\n")?;
    write(&workspace.join("BUILD"), "")?;
    write(&workspace.join("rule.bzl"), &RULE.replace("CONFIGURATION", version.tool_configuration()))
}

/// Makes the package of a case.
pub(super) fn add(
    workspace: &Path,
    lane: &Lane<'_>,
    case: &Case,
    files: &CaseFiles,
) -> Result<(), ClientError> {
    let folder = workspace.join(&case.name);
    let mut text = String::from("load(\"//:rule.bzl\", \"probe\")\n");
    for action in case.actions() {
        write(&folder.join(format!("{}.src", action.name)), &format!("source of {}\n", action.name))?;
        for shared in &action.reads {
            change_input(workspace, case, shared, 0)?;
        }
        let argfile = lines(action, "{out}", "{dir}").join("\n") + "\n";
        write(&folder.join(format!("{}.template", action.name)), &argfile)?;
        target(&mut text, case, action, lane.dialect);
    }
    write(&folder.join("BUILD"), &text)?;
    write(&folder.join("tool/BUILD"), TOOL)?;
    change_tool(workspace, lane, case, files, ToolVersions::FIRST)
}

/// Writes an input that actions share, as it is after so many changes.
pub(super) fn change_input(
    workspace: &Path,
    case: &Case,
    shared: &str,
    changes: usize,
) -> Result<(), ClientError> {
    write(&workspace.join(&case.name).join(format!("{shared}.shared")), &shared_input(shared, changes))
}

/// Writes the tool in these versions.
pub(super) fn change_tool(
    workspace: &Path,
    lane: &Lane<'_>,
    case: &Case,
    files: &CaseFiles,
    tools: ToolVersions,
) -> Result<(), ClientError> {
    let folder = workspace.join(&case.name).join("tool");
    write(&folder.join("data.txt"), &format!("{}\n", tools.data))?;
    let beside = if has_runfiles(case) {
        format!("probe.sh.runfiles/pwp/{}/tool/data.txt", case.name)
    } else {
        "data.txt".to_owned()
    };
    write_program(&folder.join("probe.sh"), &files.program(lane, &tools.program.to_string(), &beside))
}

/// Whether the data of the tool has to be a file of the tool. Elsewhere it is an input of each action, which is the plainer workspace.
fn has_runfiles(case: &Case) -> bool {
    case.needs.contains(&Need::ToolData)
}

fn target(text: &mut String, case: &Case, action: &Action, dialect: Framing) {
    let package = &case.name;
    let (tool, data) = if has_runfiles(case) {
        (format!("//{package}/tool:runfiles"), Vec::new())
    } else {
        (format!("//{package}/tool:probe.sh"), vec![format!("//{package}/tool:data.txt")])
    };
    let string = |text: &str| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
    let list =
        |all: &[String]| format!("[{}]", all.iter().map(|one| string(one)).collect::<Vec<_>>().join(", "));
    let dict = |all: &BTreeMap<String, String>| {
        let pairs: Vec<String> =
            all.iter().map(|(name, value)| format!("{}: {}", string(name), string(value))).collect();
        format!("{{{}}}", pairs.join(", "))
    };
    let _ = write!(
        text,
        "\nprobe(\n    name = {},\n    tool = {},\n    data = {},\n    \
         srcs = {},\n    template = {},\n    more = {},\n    arguments = {},\n    env = {},\n    mnemonic = {},\n    \
         requirements = {},\n    directory = {},\n    has_params = {},\n    has_undeclared = {},\n    tool_is_input = {},\n    \
         missing_program = {},\n)\n",
        string(&action.name),
        string(&tool),
        list(&data),
        list(
            &std::iter::once(format!("{}.src", action.name))
                .chain(action.reads.iter().map(|shared| format!("{shared}.shared")))
                .collect::<Vec<_>>()
        ),
        string(&format!("{}.template", action.name)),
        list(&action.more),
        list(&action.arguments),
        dict(&action.env),
        string(&action.mnemonic),
        dict(&requirements(action, dialect)),
        truth(action.directory),
        truth(action.uses("{params}")),
        truth(action.uses("{undeclared}")),
        truth(!action.tool),
        truth(action.missing_program),
    );
}

fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
