//! `pwp explain ID`: everything that is known about one requirement, as text.

use super::{Evidence, Requirement, WorkloadNeed};

/// The columns of an explanation: narrow enough to read, wide enough for a terminal of 100.
const WIDTH: usize = 96;

/// The text of `pwp explain`: the sentence, what it applies to, why, what happens when it is broken, how to repair
/// that, its sources, and the checks and faults behind it. Ends with a newline.
pub fn explain(requirement: &Requirement, evidence: &Evidence) -> String {
    let mut out = headline(requirement);
    out.push('\n');
    out.push_str(&wrap(&requirement.text));
    let untested = requirement.untested.as_deref();
    let checks = evidence.checks_of(requirement.id);
    let faults = evidence.faults_of(requirement.id);
    let sections = [
        ("Why", Some(sentence(&requirement.why))),
        ("When it is broken", requirement.clients.as_deref().map(sentence)),
        ("Remedy", requirement.remedy.as_deref().map(sentence)),
        ("Sources", Some(requirement.sources.join("\n"))),
        ("Checks", Some(names(checks, untested.map_or("none yet", |_| "none, see below")))),
        ("Not tested because", untested.map(sentence)),
        ("Faults that break it", requirement.level.is_judged().then(|| names(faults, "none"))),
        ("In the book", Some(format!("{}\n{}", requirement.chapter, requirement.chapter.page()))),
    ];
    for (title, text) in sections {
        if let Some(text) = text {
            out.push_str(&format!("\n{title}\n{}", wrap(&text)));
        }
    }
    out
}

/// `W-031 · MUST · worker · proto, json · since 1.0`: the block's first line, with the role spelled out.
fn headline(requirement: &Requirement) -> String {
    let mut parts = vec![
        requirement.id.to_string(),
        requirement.level.to_string(),
        requirement.id.role().to_string(),
        requirement.dialects.iter().map(|dialect| dialect.as_str()).collect::<Vec<_>>().join(", "),
        requirement.condition.to_string(),
        requirement.workload.as_ref().map(workload).unwrap_or_default(),
        format!("since {}", requirement.since),
        requirement.status.in_block().to_owned(),
    ];
    parts.retain(|part| !part.is_empty());
    parts.join(" · ") + "\n"
}

fn workload(need: &WorkloadNeed) -> String {
    match need {
        WorkloadNeed::Any => "needs a workload".to_owned(),
        WorkloadNeed::Kind(kind) => format!("needs a workload ({kind})"),
    }
}

/// In the book a field goes on after its name in lower case; under a title it begins a sentence.
fn sentence(field: &str) -> String {
    let mut chars = field.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

fn names(names: &[String], none: &str) -> String {
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}

/// Breaks `text` at spaces into indented lines of at most [`WIDTH`] characters. A newline in the text stays one; a word
/// that is longer than a line stands alone.
fn wrap(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.lines() {
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > WIDTH {
                out.push('\n');
                column = 0;
            }
            let space = if column == 0 { "  " } else { " " };
            out.extend([space, word]);
            column += space.len() + length;
        }
        out.push('\n');
    }
    out
}
