//! Diagrams: a fenced block of Mermaid becomes a picture in the page, with its source as the text alternative.
//!
//! The picture is drawn here and not in the browser. It uses the colours of the page, so that it follows the theme, and measures
//! text without the fonts of the machine, so that it is the same everywhere.

use anyhow::{Context as _, Result, ensure};
use maud::{PreEscaped, html};
use mermaid_rs_renderer::{RenderOptions, Theme, render_strict};

const FENCE: &str = "```mermaid";

/// The text with a figure in place of each Mermaid block.
///
/// # Errors
/// A block without `accTitle:` and `accDescr:`, which are its text alternative, and one that cannot be drawn.
pub(crate) fn with_pictures(text: &str) -> Result<String> {
    let mut out = String::new();
    let mut lines = text.lines();
    let mut number = 0;
    while let Some(line) = lines.next() {
        if line != FENCE {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let source: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        number += 1;
        out += &figure(number, &source).with_context(|| format!("diagram {number}"))?;
    }
    Ok(out)
}

fn figure(number: usize, source: &[&str]) -> Result<String> {
    let field = |name: &str| source.iter().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let title = field("accTitle:")
        .context("it has no title for those who cannot see it: add a line `accTitle: …`")?;
    let about = field("accDescr:")
        .context("it has no words for those who cannot see it: add a line `accDescr: …`")?;
    let graph: Vec<&str> = source.iter().filter(|line| !line.trim().starts_with("acc")).copied().collect();
    let svg = svg(number, &graph.join("\n"))?;
    // Without blank lines, so that Markdown takes all of it as HTML.
    let figure = html! {
        figure.diagram {
            div.diagram-picture role="img" aria-label=(format!("{title}. {about}")) { (PreEscaped(svg)) }
            figcaption { (title) }
            details {
                summary { "As text" }
                p { (about) }
                pre { code { @for line in source { (line) "\n" } } }
            }
        }
    };
    Ok(figure.into_string().replace("\n\n", "\n") + "\n")
}

/// The picture. Its ids are those of no other picture in the page.
fn svg(number: usize, graph: &str) -> Result<String> {
    let svg =
        render_strict(graph, options()).map_err(|error| anyhow::anyhow!("it cannot be drawn: {error}"))?;
    let svg = svg
        .replace("id=\"", &format!("id=\"diagram-{number}-"))
        .replace("url(#", &format!("url(#diagram-{number}-"))
        .replace('\n', " ");
    // On a phone the picture gets smaller as long as it can be read, and scrolls from there on.
    let width = svg.split_once(" width=\"").and_then(|(_, rest)| rest.split('"').next()?.parse::<f32>().ok());
    let least = format!("<svg style=\"min-width: {:.0}px\" ", width.unwrap_or_default() * 0.72);
    let svg = svg.replacen("<svg ", &least, 1);
    ensure!(
        !svg.contains("http://")
            || svg.matches("http://").count() == svg.matches("http://www.w3.org/").count(),
        "its picture loads something from elsewhere: draw it without images"
    );
    Ok(svg)
}

/// Colours by the names that mdBook's themes give them.
fn options() -> RenderOptions {
    let own = |text: &str| text.to_owned();
    let mut theme = Theme::modern();
    for colour in [
        &mut theme.primary_color,
        &mut theme.secondary_color,
        &mut theme.tertiary_color,
        &mut theme.cluster_background,
        &mut theme.sequence_actor_fill,
        &mut theme.sequence_note_fill,
        &mut theme.sequence_activation_fill,
    ] {
        *colour = own("var(--quote-bg)");
    }
    for colour in [
        &mut theme.primary_border_color,
        &mut theme.line_color,
        &mut theme.cluster_border,
        &mut theme.sequence_actor_border,
        &mut theme.sequence_actor_line,
        &mut theme.sequence_note_border,
        &mut theme.sequence_activation_border,
        &mut theme.primary_text_color,
        &mut theme.text_color,
    ] {
        *colour = own("var(--fg)");
    }
    theme.edge_label_background = own("var(--bg)");
    theme.background = own("none");
    theme.font_family = own("sans-serif");
    let mut options = RenderOptions { theme, ..RenderOptions::default() };
    options.layout.fast_text_metrics = true;
    options
}

#[cfg(test)]
mod tests {
    const SEQUENCE: &str = "before\n\n```mermaid\nsequenceDiagram\n    accTitle: A session\n    accDescr: One request & one <response>.\n    client->>worker: WorkRequest 7\n    worker-->>client: WorkResponse 7\n```\n\nafter\n";

    #[test]
    fn a_diagram_becomes_a_picture_with_a_text_alternative() {
        let page = super::with_pictures(SEQUENCE).unwrap();
        for part in [
            "before\n\n<figure",
            "aria-label=\"A session. One request &amp; one &lt;response&gt;.\"",
            "<figcaption>A session</figcaption>",
            "WorkRequest 7</",
            "<pre><code>sequenceDiagram\n",
            "</figure>\n\nafter",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let figure = &page[page.find("<figure").unwrap()..page.find("</figure>").unwrap()];
        assert!(!figure.contains("\n\n") && !figure.contains("mermaid"), "{figure}");
    }

    #[test]
    fn it_has_no_colour_of_its_own() {
        let flow = "```mermaid\nflowchart TD\n accTitle: x\n accDescr: y\n subgraph s[S]\n a[A] -->|b| c(C)\n end\n```\n";
        for text in [SEQUENCE, flow] {
            let page = super::with_pictures(text).unwrap();
            let picture = &page[page.find("<svg").unwrap()..page.find("</svg>").unwrap()];
            assert!(!picture.contains("=\"#") && picture.contains("var(--fg)"), "{picture}");
        }
    }

    #[test]
    fn ids_differ_between_two_pictures() {
        let page = super::with_pictures(&format!("{SEQUENCE}{SEQUENCE}")).unwrap();
        let mut ids: Vec<&str> =
            page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert!(count > 0 && ids.len() == count, "{ids:?}");
    }

    #[test]
    fn what_cannot_be_drawn_or_read_is_an_error() {
        for (from, to) in [
            ("accTitle: A session", ""),
            ("    accDescr: One request & one <response>.\n", ""),
            ("sequenceDiagram", "noDiagram"),
        ] {
            assert!(super::with_pictures(&SEQUENCE.replace(from, to)).is_err(), "{to}");
        }
    }
}
