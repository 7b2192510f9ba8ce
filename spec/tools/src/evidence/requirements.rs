//! The requirements: by conformance class, with what stands behind each, and the register of the deprecated ones.

use std::collections::BTreeMap;

use super::Material;
use super::cell::{anchor, check, fault, list, of_block, sentence, today_in_words};
use crate::coverage::State;
use pwp_spec::{Catalogue, Dialect, Evidence, Level, Requirement, Role, Status};

/// A class of the introduction: a role, a dialect, and what has to be declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    role: Role,
    /// `proto` stands for both dialects over stdin and stdout, whose requirements are the same sentences.
    dialect: Dialect,
    condition: String,
}

impl Class {
    /// `Worker (proto, json), with multiplex`.
    fn title(&self) -> String {
        let role = self.role.as_str().replace('-', " ");
        let mut letters = role.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let role: String = first.into_iter().chain(letters).collect();
        let comma = if self.condition.is_empty() { "" } else { ", " };
        let dialect = if self.dialect == Dialect::Proto { "proto, json" } else { self.dialect.as_str() };
        format!("{role} ({dialect}){comma}{}", self.condition)
    }
}

const fn class_of(dialect: Dialect) -> Dialect {
    match dialect {
        Dialect::Proto | Dialect::Json => Dialect::Proto,
        Dialect::Grpc | Dialect::Remote => dialect,
    }
}

/// Every requirement under the conformance class that covers it.
pub(super) fn by_class(requirements: &Catalogue, material: &Material) -> String {
    let evidence = material.evidence();
    let mut classes: BTreeMap<Class, Vec<&Requirement>> = BTreeMap::new();
    for requirement in requirements.iter() {
        let mut dialects: Vec<Dialect> = requirement.dialects.iter().copied().map(class_of).collect();
        dialects.dedup();
        for dialect in dialects {
            let condition = requirement.condition.to_string();
            let class = Class { role: requirement.id.role(), dialect, condition };
            classes.entry(class).or_default().push(requirement);
        }
    }
    let mut out = format!(
        "# The requirements by class\n\nAll {} requirements of revision {}, under the \
         [conformance class](../introduction.md#conformance-classes) that covers them. An ID leads to its sentence, \
         the last column to [its checks, its faults and today's results](traceability.md).\n\n",
        requirements.len(),
        requirements.revision()
    );
    out += &summary(&classes, &evidence);
    for (class, members) in &classes {
        out += &format!(
            "\n## {}\n\n| requirement | level | status | sentence | tested |\n|---|---|---|---|---|\n",
            class.title()
        );
        for requirement in members {
            let id = requirement.id;
            let dialects = if class.dialect == Dialect::Proto && requirement.dialects.len() == 1 {
                format!("*{} only.* ", requirement.dialects[0])
            } else {
                String::new()
            };
            out += &format!(
                "| {} | {} | {} | {dialects}{} | [{}](traceability.md#{id}) |\n",
                sentence(requirements, id),
                requirement.level,
                requirement.status.in_block(),
                of_block(requirement, &requirement.text),
                tested(requirement, &evidence),
            );
        }
    }
    out
}

/// The counts of each class. What no check exercises is never counted as tested.
fn summary(classes: &BTreeMap<Class, Vec<&Requirement>>, evidence: &Evidence) -> String {
    let mut out = "| class | requirements | MUST | draft | tested | not tested, with a reason |\n|---|--:|--:|--:|--:|--:|\n".to_owned();
    for (class, members) in classes {
        let count =
            |test: &dyn Fn(&Requirement) -> bool| members.iter().filter(|member| test(member)).count();
        out += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            class.title(),
            members.len(),
            count(&|member| member.level == Level::Must),
            count(&|member| member.status == Status::Draft),
            count(&|member| State::of(member, evidence) == State::Covered),
            count(&|member| State::of(member, evidence) == State::Reason),
        );
    }
    out
}

/// In one word or two.
fn tested(requirement: &Requirement, evidence: &Evidence) -> &'static str {
    match State::of(requirement, evidence) {
        State::Covered => "tested",
        State::Reason => "not tested",
        other => other.as_str(),
    }
}

/// From each requirement to its sentence, checks, faults, sources and today's results.
pub(super) fn behind_each(requirements: &Catalogue, material: &Material) -> String {
    let evidence = material.evidence();
    let mut out = "# What stands behind each requirement\n\nFor each requirement: the checks that provoke it, the faults of \
                   the reference implementations that break it on purpose, or the reason why it is not tested; its sources; \
                   and what [real systems](today.md) do today.\n"
        .to_owned();
    let mut chapters: BTreeMap<&str, Vec<&Requirement>> = BTreeMap::new();
    for requirement in requirements.iter() {
        chapters.entry(&requirement.chapter.file).or_default().push(requirement);
    }
    for (file, members) in chapters {
        out += &format!("\n## {}\n", file.trim_end_matches(".md"));
        for requirement in members {
            out += &entry(requirements, material, &evidence, requirement);
        }
    }
    out
}

fn entry(
    requirements: &Catalogue,
    material: &Material,
    evidence: &Evidence,
    requirement: &Requirement,
) -> String {
    let id = requirement.id;
    let status = requirement.status.in_block();
    let dot = if status.is_empty() { "" } else { " · " };
    let mut out = format!(
        "\n{}**{}** · {}{dot}{status}\n\n",
        anchor(id),
        sentence(requirements, id),
        requirement.level
    );
    let checks = evidence.checks.of(id);
    if !checks.is_empty() {
        out += &format!("- Checks: {}\n", list(checks.iter().map(|name| check(id.role(), name))));
    }
    let faults = evidence.faults.of(id);
    if !faults.is_empty() {
        out += &format!("- Faults: {}\n", list(faults.iter().map(|name| fault(id.role(), name))));
    }
    if let Some(reason) = &requirement.untested {
        out += &format!("- Not tested: {}\n", of_block(requirement, reason));
    }
    let sources = requirement.sources.iter().map(|source| material.sources.markdown(source));
    out += &format!("- Sources: {}\n", sources.collect::<Vec<_>>().join("; "));
    let today = today_in_words(&material.reports, id);
    if !today.is_empty() {
        out += &format!("- Today: [{today}](today.md#{id})\n");
    }
    out
}

/// The register of deprecated requirements.
pub(super) fn deprecated(requirements: &Catalogue) -> String {
    let members = requirements.iter().filter(|requirement| requirement.status == Status::Deprecated);
    let rows: String = members
        .map(|requirement| {
            format!(
                "| {} | {} | {} | {} |\n",
                sentence(requirements, requirement.id),
                requirement.since,
                of_block(requirement, &requirement.text),
                of_block(requirement, &requirement.why)
            )
        })
        .collect();
    let table = if rows.is_empty() {
        "None so far.\n".to_owned()
    } else {
        format!("| requirement | since | sentence | why it was withdrawn |\n|---|---|---|---|\n{rows}")
    };
    format!(
        "# Deprecated requirements\n\nA requirement that is withdrawn keeps its ID, its block and its sentence, with the status \
         `deprecated`. It binds nobody, the suite gives it no verdict, and its number is never used again. Its *why* says \
         what was wrong with it and what stands in its place. This register is made from the blocks.\n\n{table}"
    )
}
