//! Times, numbers and texts as the sentences write them.

use std::time::Duration;

/// A time in milliseconds, or from a second on in seconds.
pub(super) fn time(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// A number of things, in the singular or the plural.
pub(super) fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// The ids of open calls that a violation has. There may be hundreds of thousands.
pub(in crate::oracle) const IDS: usize = 64;

/// The first eight of some ids, and how many more there are. Where there are [`IDS`], there may be more.
pub(super) fn list(ids: &[i32]) -> String {
    let shown: Vec<String> = ids.iter().take(8).map(ToString::to_string).collect();
    let more = match ids.len() {
        ..=8 => String::new(),
        IDS.. => " and many more".to_owned(),
        all => format!(" and {} more", all - 8),
    };
    if shown.is_empty() { "none".into() } else { format!("{}{more}", shown.join(", ")) }
}

/// Characters of a text that a sentence has.
const QUOTED: usize = 160;

/// As much of a text as a violation keeps: a little more than its sentence has.
pub(in crate::oracle) fn start(text: &str) -> String {
    text.chars().take(QUOTED + 1).collect()
}

/// The first 160 characters of a text, quoted.
pub(in crate::oracle) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(QUOTED).collect();
    format!("{short:?}{}", if short.len() < text.len() { "…" } else { "" })
}

/// How many requests are open, if any are.
pub(super) fn with_open(open: usize) -> String {
    if open == 0 { String::new() } else { format!(", with {} open", counted(open, "request")) }
}

/// What was open when a process ended.
pub(super) fn while_open(open: &[i32]) -> String {
    if open.is_empty() {
        "in the middle of a request or behind a cancel".into()
    } else {
        format!("while requests were open: {}", list(open))
    }
}

/// The output of a request, if there is any.
pub(super) fn with_output(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!("; output: {}", quoted(output)) }
}

/// A response that answers no open request. `answered`: its id was answered before.
pub(super) fn surplus(id: i32, answered: bool) -> String {
    if answered {
        format!("a second response to request {id}")
    } else {
        format!("a response with request_id {id} although no request is open")
    }
}

/// A response of which `got` bytes came, of those that its length declares.
pub(super) fn incomplete(declared: Option<u64>, got: usize) -> String {
    match declared {
        Some(declared) => format!("a frame that declares {declared} bytes was left at {got}"),
        None => format!("a response was left incomplete after {}", counted(got, "byte")),
    }
}

/// A field by its name or, without one, what has it.
pub(super) fn field_or(field: Option<&str>, whole: &str) -> String {
    field.map_or_else(|| whole.to_owned(), |field| format!("`{field}`"))
}
