//! Requirement blocks: an anchor for each, one paragraph for each field, links to its sources and its evidence.

use pwp_spec::{Evidence, Requirement};
use pwp_spec_tools::evidence::{Material, today_in_words};
use pwp_spec_tools::{ParsedBlock, parse_blocks};

/// The text of a chapter with its blocks as sections of their own. `file` is its path under `spec/src/`.
///
/// Blocks with mistakes stay as they are: `pwp-spec lint` is there to find them.
pub(crate) fn with_links(file: &str, text: &str, material: &Material) -> String {
    let (blocks, _) = parse_blocks(&format!("spec/src/{file}"), text);
    if blocks.is_empty() {
        return text.to_owned();
    }
    let evidence = material.evidence();
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut next = 0;
    for block in &blocks {
        let start = block.line - 1;
        let length = lines[start..].iter().take_while(|line| line.starts_with('>')).count();
        push_lines(&mut out, &lines[next..start]);
        out += &section(block, &lines[start..start + length], material, &evidence, file);
        next = start + length;
    }
    push_lines(&mut out, &lines[next..]);
    out
}

fn push_lines(out: &mut String, lines: &[&str]) {
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
}

/// One block. The blank lines let Markdown read what stands between the tags.
fn section(
    block: &ParsedBlock,
    lines: &[&str],
    material: &Material,
    evidence: &Evidence,
    file: &str,
) -> String {
    // Nothing is generated for what is not in the standard yet.
    let is_proposed = file.starts_with("proposals/");
    let up = &"../".repeat(file.matches('/').count());
    let requirement = &block.requirement;
    let (id, level) = (requirement.id, requirement.level.as_str().to_ascii_lowercase());
    let mut out = format!("<div class=\"requirement requirement-{level}\" id=\"{id}\">\n\n");
    let mut in_sources = false;
    for (number, line) in lines.iter().enumerate() {
        let line = line.trim_start_matches('>').trim();
        let is_field = line.starts_with('*') && line.contains(":*");
        if number == 0 {
            // The ID is the link that a reader copies.
            out += &line.replacen(&format!("**{id}**"), &format!("[**{id}**](#{id})"), 1);
            out += "\n\n";
            continue;
        }
        in_sources = line.starts_with("*Sources:*") || (in_sources && !is_field && !line.is_empty());
        if line.starts_with("*Sources:*") {
            let links = requirement.sources.iter().map(|source| material.sources.markdown(source));
            out += &format!("\n*Sources:* {}.\n", links.collect::<Vec<_>>().join("; "));
        } else if !in_sources {
            // A field is a paragraph of its own.
            out += if is_field { "\n" } else { "" };
            out += line;
            out.push('\n');
        }
    }
    if !is_proposed {
        out += &format!("\n*Evidence:* {}\n", self::evidence(requirement, material, evidence, up));
    }
    out + "\n</div>\n"
}

/// What tests it, and what is known of real systems: links to the generated pages.
fn evidence(requirement: &Requirement, material: &Material, evidence: &Evidence, up: &str) -> String {
    let id = requirement.id;
    let count = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let (checks, faults) = (evidence.checks.of(id).len(), evidence.faults.of(id).len());
    let tested = match (checks, faults) {
        (0, 0) => "not tested".to_owned(),
        (_, 0) => count(checks, "check"),
        _ => format!("{}, {}", count(checks, "check"), count(faults, "fault")),
    };
    let mut text = format!("[{tested}]({up}evidence/traceability.md#{id})");
    let today = today_in_words(&material.reports, id);
    if !today.is_empty() {
        text += &format!(" · today: [{today}]({up}evidence/today.md#{id})");
    }
    text
}

#[cfg(test)]
mod tests {
    use pwp_spec::{RequirementId, Role};
    use pwp_spec_tools::evidence::{Check, Fault, Material};

    const CHAPTER: &str = "\
# Output

> An ordinary quote.

> **W-031** · MUST · proto, json · since 1.0
> A worker writes one
> `WorkResponse`.
>
> *Why:* a missing response
> hangs the build.
> *Sources:* docs/a_b.md (example/build), on
> lengths; example/build#1.
> *Remedy:* write one.

Text.

> **W-032** · MUST · proto · since 1.0
> - One
> - Two
>
> *Why:* none.
> *Sources:* example/build#1.
> *Untested:* it takes hours.
";

    #[test]
    fn blocks_become_sections() {
        let material = Material {
            checks: vec![Check {
                name: "answers",
                about: "",
                exercises: vec![RequirementId::worker(31)],
                role: Role::Worker,
            }],
            faults: vec![Fault {
                name: "silence",
                about: "",
                dialects: &[],
                features: &[],
                breaks: vec![RequirementId::worker(31)],
                may_also_break: Vec::new(),
                role: Role::Worker,
            }],
            ..Material::default()
        };
        insta::assert_snapshot!(super::with_links("client/output.md", CHAPTER, &material));
    }

    #[test]
    fn a_proposed_block_has_no_evidence() {
        let page = super::with_links("proposals/0001.md", CHAPTER, &Material::default());
        assert!(page.contains("id=\"W-031\"") && !page.contains("*Evidence:*"), "{page}");
    }

    #[test]
    fn a_chapter_without_blocks_stays_as_it_is() {
        let text = "# Output\r\n\n> a quote";
        assert_eq!(super::with_links("output.md", text, &Material::default()), text);
    }
}
