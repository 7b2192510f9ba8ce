//! The block syntax: what it holds, and what is reported where.

use super::{GOOD, only};
use crate::parse_blocks;
use pwp_spec::{Catalogue, Dialect, Feature, FeatureCondition, Requirement};

/// The one requirement of a chapter without problems.
fn parse(chapter: &str) -> Requirement {
    let (mut blocks, problems) = parse_blocks("spec/src/output.md", chapter);
    assert!(problems.is_empty(), "{}", problems[0]);
    assert_eq!(blocks.len(), 1);
    blocks.remove(0).requirement
}

/// `line: rule: message` of each problem.
fn problems(chapter: &str) -> Vec<String> {
    let (_, problems) = parse_blocks("spec/src/output.md", chapter);
    problems.iter().map(|error| error.to_string().replace("spec/src/output.md:", "")).collect()
}

/// The one problem of a chapter, whose rule and line are given.
#[track_caller]
fn problem(chapter: &str, line: usize, rule: &str) {
    only(problems(chapter), &format!("{line}: {rule}: "));
}

#[test]
fn a_block_with_everything_and_one_with_the_least() {
    let requirement = parse(
        "# Output\n\nText.\n\n> **W-086** · SHOULD · proto, json · with multiplex and cancellation · workload slow · since 1.2 · draft\n\
         > A cancelled request\n> is answered early:\n> - one\n> - two\n>\n> Another paragraph.\n>\n\
         > *Why:* waiting\n> costs.\n>\n> *Sources:* a.proto (x/y), lines 1 to 3; x/y#7.\n\
         > *Remedy:* stop.\n> *Clients:* `kill`.\n> *Untested:* hours.\n",
    );
    // The other one has the least.
    insta::assert_snapshot!(Catalogue::new("2026-12-draft", [requirement, parse(GOOD)]).to_json());
}

#[test]
fn conditions_have_three_forms() {
    let condition = |text: &str| parse(&GOOD.replace("since", &format!("{text} · since"))).condition;
    assert_eq!(condition("with verbosity"), FeatureCondition::AllOf(vec![Feature::Verbosity]));
    let any = vec![Feature::Multiplex, Feature::MultiplexSandboxing];
    assert_eq!(condition("with multiplex or multiplex-sandboxing"), FeatureCondition::AnyOf(any));
    assert_eq!(condition("without cancellation"), FeatureCondition::Without(Feature::Cancellation));
}

#[test]
fn what_only_looks_like_a_block_is_none() {
    let chapter = format!("> **Note** well\n\n```markdown\n{GOOD}```\n\n> plain\n\nSee **W-031** · here.\n");
    let (blocks, problems) = parse_blocks("spec/src/output.md", &chapter);
    assert!(blocks.is_empty() && problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_block_names_dialects_that_the_suite_does_not_speak_yet() {
    let requirement = parse(&GOOD.replace("proto, json", "grpc, remote"));
    assert_eq!(requirement.dialects, [Dialect::Grpc, Dialect::Remote]);
    assert!(!requirement.is_for(pwp_spec::Dialect::Proto));
}

#[test]
fn each_part_of_the_first_line_is_checked() {
    let cases = [
        ("**W-031**", "**w-031**", "block-id"),
        ("**W-031**", "**X-031**", "block-id"),
        ("**W-031**", "**W-31**", "block-id"),
        ("**W-031**", "**W-031**.", "block-header"),
        ("MUST", "must", "unknown-level"),
        ("MUST", "MUST NOT", "unknown-level"),
        ("proto, json", "proto, pigeon", "unknown-dialect"),
        ("proto, json", "json, json", "unknown-dialect"),
        ("proto, json", "proto,json", "unknown-dialect"),
        ("since", "with magic · since", "unknown-feature"),
        ("since", "with multiplex and cancellation or verbosity · since", "unknown-feature"),
        ("since", "workload Very slow · since", "unknown-workload"),
        ("since", "workload · with multiplex · since", "block-header"),
        ("since 1.0", "since one", "block-header"),
        (" · since 1.0", "", "block-header"),
        ("1.0", "1.0 · stable", "unknown-status"),
        ("1.0", "1.0 · new", "unknown-status"),
        ("1.0", "1.0 · draft · draft", "block-header"),
    ];
    for (from, to, rule) in cases {
        assert!(GOOD.contains(from));
        problem(&format!("# Output\n\n{}", GOOD.replacen(from, to, 1)), 3, rule);
    }
}

#[test]
fn each_part_of_the_body_is_checked() {
    problem(
        &GOOD.replace("> A worker writes one `WorkResponse` for each `WorkRequest`.\n", ""),
        1,
        "no-text",
    );
    problem(&GOOD.replace("*Why:* a missing response hangs the build.", "*Remedy:* none."), 1, "no-why");
    problem(
        &GOOD.replace("*Sources:* worker.proto (example/build); example/build#1.", "*Clients:* x."),
        1,
        "no-sources",
    );
    problem(&GOOD.replace("*Sources:*", "*Remedy:* x.\n> *Reason:* x.\n> *Sources:*"), 6, "block-field");
    problem(&GOOD.replace("*Sources:*", "*Why:* again.\n> *Sources:*"), 5, "block-field");
    problem(&format!("{GOOD}> *Remedy:*\n"), 1, "block-field");
    problem(&format!("{GOOD}>\n> And another thing.\n"), 7, "block-shape");
    problem(&GOOD.replace(">\n", ""), 3, "block-shape");
    problem(&format!("{GOOD}and on.\n"), 6, "block-shape");
    problem(&format!("{GOOD}{}", GOOD.replace("031", "032")), 6, "block-shape");
    problem(&format!("> Before.\n>\n{GOOD}"), 3, "block-shape");
    problem(&GOOD.replace("> ", "").replace('>', ""), 1, "block-shape");
}

#[test]
fn a_problem_reads_well() {
    let chapter = format!("{}\n{}", GOOD.replace("proto, ", "xml, "), GOOD.replace("*Why:*", "*Reason:*"));
    insta::assert_snapshot!(problems(&chapter).join("\n"));
}
