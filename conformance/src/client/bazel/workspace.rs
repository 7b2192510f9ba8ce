//! The workspace: one rule, and a package for each case.

use crate::client::adapter::{ClientError, Lane};
use crate::client::case::{Action, Case, Need};
use crate::client::case_files::{
    CaseFiles, ToolVersions, lines, make_folder, requirements, shared_input, write, write_program,
};

use crate::files::Folder;

use super::version::Version;

/// The program as a file, and as a target whose runfiles belong to it.
const TOOL: &str = "load(\"//:rule.bzl\", \"program\")\nexports_files([\"probe.sh\", \"data.txt\"])\nprogram(name = \"runfiles\", src = \"probe.sh\", data = [\"data.txt\"], visibility = [\"//visibility:public\"])\n";

const RULE: &str = include_str!("rule.bzl");

/// Makes the files that all cases share.
pub(super) fn make(workspace: &Folder, version: Version) -> Result<(), ClientError> {
    write(workspace, "WORKSPACE", "workspace(name = \"pwp\")\n")?;
    write(workspace, "BUILD", "")?;
    write(workspace, "rule.bzl", &RULE.replace("CONFIGURATION", version.tool_configuration()))
}

/// The package of a case.
pub(super) struct Package<'a> {
    folder: Folder,
    lane: &'a Lane<'a>,
    pub(super) case: &'a Case,
    pub(super) files: CaseFiles,
}

impl<'a> Package<'a> {
    pub(super) fn make(workspace: &Folder, lane: &'a Lane<'_>, case: &'a Case) -> Result<Self, ClientError> {
        let folder = make_folder(workspace, case.name.as_ref())?;
        let package = Self { folder, lane, case, files: CaseFiles::make(lane, case)? };
        let mut text = String::from("load(\"//:rule.bzl\", \"probe\")\n");
        for action in case.actions() {
            let name = &action.name;
            write(&package.folder, format!("{name}.src"), &format!("source of {name}\n"))?;
            action.reads.iter().try_for_each(|shared| package.write_input(shared, 0))?;
            let argfile = lines(action, "{out}", "{dir}").join("\n") + "\n";
            write(&package.folder, format!("{name}.template"), &argfile)?;
            text += &package.target(action);
        }
        write(&package.folder, "BUILD", &text)?;
        write(&package.folder, "tool/BUILD", TOOL)?;
        package.write_tool(ToolVersions::FIRST)?;
        Ok(package)
    }

    /// Writes an input that actions share, as it is in a build.
    pub(super) fn write_input(&self, shared: &str, build: usize) -> Result<(), ClientError> {
        let content = shared_input(shared, self.case.changes(shared, build));
        write(&self.folder, format!("{shared}.shared"), &content)
    }

    /// Writes the tool in these versions.
    pub(super) fn write_tool(&self, tools: ToolVersions) -> Result<(), ClientError> {
        write(&self.folder, "tool/data.txt", &format!("{}\n", tools.data))?;
        let beside = if self.has_runfiles() {
            format!("probe.sh.runfiles/pwp/{}/tool/data.txt", self.case.name)
        } else {
            "data.txt".to_owned()
        };
        let text = self.files.program(self.lane, &tools.program.to_string(), &beside);
        write_program(&self.folder, "tool/probe.sh", &text)
    }

    /// Whether the data of the tool has to be a file of the tool. Elsewhere it is an input of each action, which is the plainer workspace.
    fn has_runfiles(&self) -> bool {
        self.case.needs.contains(&Need::ToolData)
    }

    fn target(&self, action: &Action) -> String {
        let package = &self.case.name;
        let (tool, data) = if self.has_runfiles() {
            (format!("//{package}/tool:runfiles"), Vec::new())
        } else {
            (format!("//{package}/tool:probe.sh"), vec![format!("//{package}/tool:data.txt")])
        };
        let mut sources = vec![format!("{}.src", action.name)];
        sources.extend(action.reads.iter().map(|shared| format!("{shared}.shared")));
        let attributes = [
            ("name", json(&action.name)),
            ("tool", json(&tool)),
            ("data", json(&data)),
            ("srcs", json(&sources)),
            ("template", json(&format!("{}.template", action.name))),
            ("more", json(&action.more)),
            ("arguments", json(&action.arguments)),
            ("env", json(&action.env)),
            ("mnemonic", json(&action.mnemonic)),
            ("requirements", json(&requirements(action, self.lane.dialect))),
            ("directory", truth(action.directory)),
            ("has_params", truth(action.uses("{params}"))),
            ("has_undeclared", truth(action.uses("{undeclared}"))),
            ("tool_is_input", truth(!action.tool)),
            ("missing_program", truth(action.missing_program)),
        ];
        let lines = attributes.map(|(name, value)| format!("    {name} = {value},\n"));
        format!("\nprobe(\n{})\n", lines.concat())
    }
}

/// A text, list or dict, which Starlark writes as JSON does.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn truth(value: bool) -> String {
    if value { "True".into() } else { "False".into() }
}
