//! What a reader takes from each form of a report: whether it claims that the subject, or a class of it, is conformant.

use html5gum::{Token, Tokenizer};
use roxmltree::{Document, Node};
use serde_json::Value;

/// All forms of one report.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forms {
    pub(crate) json: String,
    pub(crate) junit: String,
    pub(crate) html: String,
    /// What is printed in a GitHub workflow.
    pub(crate) log: String,
    /// The summary of a step of a GitHub workflow.
    pub(crate) summary: String,
    /// What is printed for people.
    pub(crate) text: String,
    pub(crate) code: i32,
}

impl Forms {
    /// The forms that can be read as a claim.
    pub(crate) fn claims(&self) -> Vec<&'static str> {
        let read = [
            ("JSON", json(&self.json)),
            ("JUnit", junit(&self.junit)),
            ("HTML", html(&self.html)),
            ("GitHub log", log(&self.log)),
            ("GitHub summary", summary(&self.summary)),
            ("text", text(&self.text)),
            ("exit code", self.code == 0),
        ];
        read.into_iter().filter(|(_, claims)| *claims).map(|(form, _)| form).collect()
    }
}

/// A dashboard: `conformant`, of the whole or of a class, or the headline.
fn json(text: &str) -> bool {
    let Ok(report) = serde_json::from_str::<Value>(text) else { return false };
    let conclusion = &report["conclusion"];
    let classes = conclusion["classes"].as_array().cloned().unwrap_or_default();
    conclusion["conformant"] == true
        || classes.iter().any(|class| class["conformant"] == true)
        || conclusion["headline"].as_str().is_some_and(says_conformant)
}

/// A build server: it is green where nothing failed, and so is each test case. What is named like a verdict is read by people, too.
fn junit(text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let bad = |node: &Node<'_, '_>| ["failure", "error"].iter().any(|name| node.has_tag_name(*name));
    let is_green = !document.descendants().any(|node| bad(&node));
    let passed =
        |case: &Node<'_, '_>| !case.children().any(|child| bad(&child) || child.has_tag_name("skipped"));
    let is_verdict = |case: &Node<'_, '_>| {
        let name = case.attribute("name").unwrap_or_default();
        name == "verdict" || name.starts_with("class ")
    };
    let mut cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let mut properties = document.descendants().filter(|node| node.has_tag_name("property"));
    let is_headline = |node: &Node<'_, '_>| node.attribute("name") == Some("pwp.headline");
    is_green
        || cases.any(|case| is_verdict(&case) && passed(&case))
        || properties.any(|node| is_headline(&node) && node.attribute("value").is_some_and(says_conformant))
}

/// A person with a browser: the headings, the title, and each word on a coloured ground.
fn html(text: &str) -> bool {
    let (mut shown, mut path) = (String::new(), Vec::new());
    let mut claims = false;
    for token in Tokenizer::new(text).map_while(Result::ok) {
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                let class = tag
                    .attributes
                    .get(&b"class"[..])
                    .map(|class| String::from_utf8_lossy(class).into_owned());
                let class = class.unwrap_or_default();
                // A page that is green.
                claims |= name == "header" && class.split(' ').any(|word| word == "good");
                if ["title", "h1"].contains(&name.as_str()) || class.starts_with("badge") {
                    shown.clear();
                    path.push(name);
                }
            }
            Token::String(text) => shown.push_str(&String::from_utf8_lossy(&text)),
            Token::EndTag(tag) if path.last().is_some_and(|open| open.as_bytes() == &tag.name[..]) => {
                // The sign is a span within the heading or the badge.
                claims |= says_conformant(&shown);
                path.pop();
            }
            _ => {}
        }
    }
    claims
}

/// A person who looks at the log of a step.
fn log(text: &str) -> bool {
    text.contains('✅') || text.lines().any(|line| line.starts_with("pwp: ") && says_conformant(line))
}

/// A person who looks at the summary of a step.
fn summary(text: &str) -> bool {
    text.contains('✅') || text.lines().any(|line| line.starts_with("## ") && says_conformant(line))
}

/// A person at a terminal: the last line, and the lines of the classes above it.
fn text(text: &str) -> bool {
    let classes = text.lines().filter(|line| line.contains("MUSTs exercised"));
    text.lines().last().into_iter().chain(classes).any(says_conformant)
}

/// Whether a text says "conformant" anywhere, and not "not conformant".
fn says_conformant(text: &str) -> bool {
    text.match_indices("conformant").any(|(at, _)| !text[..at].ends_with("not "))
}

/// Lies, one for each form, which none of the readers may pass over.
mod lies {
    use super::super::mutants::{conformant, forms, with_cut};
    use super::Forms;
    use pwp::report::CutShort;
    use pwp_spec::Role;

    fn honest() -> Forms {
        forms(&with_cut(conformant(Role::Worker), CutShort::Interrupted))
    }

    #[track_caller]
    fn is_seen(lie: &Forms, form: &str) {
        assert_eq!(lie.claims(), [form]);
    }

    #[test]
    fn an_honest_report_is_no_claim_and_an_earned_one_is_read_in_every_form() {
        assert_eq!(honest().claims(), [""; 0]);
        let all = ["JSON", "JUnit", "HTML", "GitHub log", "GitHub summary", "text", "exit code"];
        assert_eq!(forms(&conformant(Role::Worker)).claims(), all);
    }

    #[test]
    fn a_true_in_place_of_a_false_is_seen() {
        let honest = honest();
        for (from, to) in [
            ("\"conformant\": false", "\"conformant\": true"),
            ("\"headline\": \"interrupted, which is no claim", "\"headline\": \"conformant"),
        ] {
            assert!(honest.json.contains(from));
            is_seen(&Forms { json: honest.json.replacen(from, to, 1), ..honest.clone() }, "JSON");
        }
    }

    #[test]
    fn a_test_case_that_passes_is_seen() {
        let honest = honest();
        let start = honest.junit.find("      <error ").unwrap();
        let end = start + honest.junit[start..].find('\n').unwrap() + 1;
        let lie = honest.junit[..start].to_owned() + &honest.junit[end..];
        is_seen(&Forms { junit: lie, ..honest.clone() }, "JUnit");
    }

    #[test]
    fn a_green_page_is_seen() {
        let honest = honest();
        for (from, to) in [
            ("header class=\"partial\"", "header class=\"good\""),
            ("<title>interrupted, which is no claim", "<title>conformant"),
            ("interrupted, which is no claim: worker (proto)", "conformant: worker (proto)"),
            ("? no claim</span>", "✓ conformant</span>"),
        ] {
            assert!(honest.html.contains(from), "{from}");
            is_seen(&Forms { html: honest.html.replace(from, to), ..honest.clone() }, "HTML");
        }
    }

    #[test]
    fn a_green_mark_is_seen() {
        let honest = honest();
        let summary = honest.summary.replacen("⚠️", "✅", 1);
        is_seen(&Forms { summary, ..honest.clone() }, "GitHub summary");
        let log = honest.log.replace("pwp: interrupted, which is no claim", "pwp: conformant");
        is_seen(&Forms { log, ..honest.clone() }, "GitHub log");
    }

    #[test]
    fn a_line_that_says_conformant_is_seen() {
        let honest = honest();
        let last = honest.text.replace("interrupted, which is no claim", "conformant");
        is_seen(&Forms { text: last, ..honest.clone() }, "text");
        let class = honest.text.replacen("no claim  ", "conformant", 1);
        is_seen(&Forms { text: class, ..honest.clone() }, "text");
        is_seen(&Forms { code: 0, ..honest }, "exit code");
    }
}
