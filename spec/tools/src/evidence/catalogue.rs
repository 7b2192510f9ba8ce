//! The catalogue: every requirement under the conformance class that covers it; and the register of the deprecated ones.

use std::collections::BTreeMap;

use super::Material;
use super::cell::{of_block, sentence};
use crate::coverage::State;
use pwp_spec::{Catalogue, Dialect, Evidence, Requirement, Role, Status};

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

pub(super) fn page(requirements: &Catalogue, material: &Material) -> String {
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
            count(&|member| member.level == pwp_spec::Level::Must),
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
