//! A transcript with two sides: the client on the left, the worker on the right, time and the process between.

use maud::{Markup, html};

use super::super::text::clip;
use super::super::{Entry, ViolationReport};
use super::parts::{dump, inline};

/// The number of events that are shown from the start of a run, besides the evidence.
const HEAD: usize = 12;
/// The number of events that are shown from the end of a run, where most violations show.
const TAIL: usize = 40;
/// The number of events that are shown because they are the evidence.
const EVIDENCE: usize = 24;
/// The number of bytes that are shown of one event.
const BYTES: usize = 128;
/// The most characters that are shown of a note.
const NOTE: usize = 400;
/// The length, in microseconds, from which a pause is named.
const PAUSE: u64 = 100_000;

/// The transcript of a violation, without the entries that tell a reader nothing.
pub(super) fn timeline(violation: &ViolationReport) -> Markup {
    let rows = rows(violation);
    html! {
        ol.timeline {
            li.sides aria-hidden="true" { span { "client" } span { "worker" } }
            @for row in &rows {
                @match row {
                    Row::LeftOut(count) => li.gap { "… " (count) @if *count == 1 { " event" } @else { " events" } " left out" },
                    Row::Pause(time) => li.gap { (duration(*time)) " later" },
                    Row::Event(entry) if entry.kind == "expected" => li.gap { (inline(&clip(&entry.note, NOTE))) },
                    Row::Event(entry) => (event(entry, violation.events.contains(&entry.event))),
                }
            }
        }
    }
}

enum Row<'a> {
    Event(&'a Entry),
    LeftOut(usize),
    Pause(u64),
}

fn rows(violation: &ViolationReport) -> Vec<Row<'_>> {
    let evidence = |entry: &Entry| violation.events.contains(&entry.event);
    let telling: Vec<&Entry> = violation
        .transcript
        .iter()
        .filter(|entry| {
            evidence(entry) || !(entry.kind == "memory" || entry.note.is_empty() && entry.bytes.is_none())
        })
        .collect();
    let mut as_evidence = 0;
    let mut rows = Vec::new();
    let mut last: Option<(usize, &Entry)> = None;
    for (position, entry) in telling.iter().enumerate() {
        let near_an_end = position < HEAD || position + TAIL >= telling.len();
        as_evidence += usize::from(evidence(entry) && !near_an_end);
        if !near_an_end && (!evidence(entry) || as_evidence > EVIDENCE) {
            continue;
        }
        if let Some((before, previous)) = last {
            // Between the two are those passed over here, and those that the transcript itself does not have.
            let here = violation
                .transcript
                .iter()
                .filter(|other| previous.event < other.event && other.event < entry.event);
            let silent = here.count().saturating_sub(position - before - 1);
            let between = entry.event.saturating_sub(previous.event).saturating_sub(1);
            let left_out = between.saturating_sub(silent);
            if left_out > 0 {
                rows.push(Row::LeftOut(left_out));
            }
            let pause = entry.at_us.saturating_sub(previous.at_us);
            if pause >= PAUSE {
                rows.push(Row::Pause(pause));
            }
        }
        rows.push(Row::Event(entry));
        last = Some((position, entry));
    }
    rows
}

fn event(entry: &Entry, evidence: bool) -> Markup {
    let (side, name) = side_and_name(&entry.kind);
    let bytes = hex::decode(&entry.hex).unwrap_or_default();
    html! {
        li class={ "event " (side) @if evidence { " evidence" } } {
            span.time { (duration(entry.at_us)) }
            div.bubble {
                p.what {
                    b { (name) }
                    @if let Some(count) = entry.bytes { " " (count) @if count == 1 { " byte" } @else { " bytes" } }
                    @if evidence { " " span.mark { "◀ evidence" } }
                }
                @if !entry.note.is_empty() { p.note { (clip(&entry.note, NOTE)) } }
                @if !bytes.is_empty() {
                    details open[evidence] {
                        summary { "bytes" }
                        (dump(&bytes, BYTES, entry.bytes.unwrap_or(bytes.len() as u64)))
                    }
                }
            }
        }
    }
}

/// The side on which an event stands, and its name there.
fn side_and_name(kind: &str) -> (&'static str, String) {
    let (side, name) = match kind {
        "sent" => ("client", "the client sends"),
        "stdin-closed" => ("client", "the client ends stdin"),
        "signal" => ("client", "the client sends a signal"),
        "received" => ("worker", "the worker writes"),
        "stdout-closed" => ("worker", "the worker's stdout ends"),
        "stdin-broken" => ("worker", "the worker's stdin breaks"),
        "stderr" => ("middle", "stderr"),
        "waited" => ("middle", "waited in vain"),
        "killed" => ("middle", "ended by force"),
        "survivors" => ("middle", "processes that live on"),
        other => ("middle", other),
    };
    (side, clip(name, 40))
}

/// A time that people can read: `740 µs`, `12.3 ms`, `2.05 s`.
fn duration(micros: u64) -> String {
    match micros {
        0..1000 => format!("{micros} µs"),
        1000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.2} s", micros as f64 / 1e6),
    }
}
