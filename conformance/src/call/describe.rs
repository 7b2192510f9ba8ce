//! What came of a call, for people.

use std::fmt::Write as _;

use crate::report::{clip, command_line, visible};

use super::model::{Answer, Call, Called, OneShot};

/// Lines of an output that are shown.
const LINES: usize = 200;
/// Characters of such a line.
const LONGEST: usize = 4000;
/// Lines of stderr that are shown: the last ones.
const STDERR: usize = 40;
/// Characters of a line of stderr.
const WIDTH: usize = 300;
/// Characters of a command and of a request.
const TEXT: usize = 3000;

/// What came of a call. What the worker wrote can't steer a terminal: it is made visible.
pub(crate) fn describe(called: &Called) -> String {
    let mut text = String::new();
    row(&mut text, "worker", &format!("{} ({})", clip(&command_line(&called.command), TEXT), called.dialect));
    for (number, call) in called.calls.iter().enumerate() {
        text.push('\n');
        row(&mut text, &format!("request {}", number + 1), &clip(&call.request.to_string(), TEXT));
        of_call(&mut text, call);
    }
    text.push('\n');
    for answer in &called.surplus {
        row(&mut text, "surplus", &format!("request_id {}, {}", answer.request_id, in_short(answer)));
    }
    row(&mut text, "ended", &called.ended);
    if !called.left_behind.is_empty() {
        row(&mut text, "left", &format!("{} (killed now)", called.left_behind.join(", ")));
    }
    let lines: Vec<String> = called.stderr.lines().map(|line| clip(line, WIDTH)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    block(&mut text, "stderr", &lines[lines.len().saturating_sub(STDERR)..]);
    for broken in &called.broken {
        row(&mut text, "broken", &format!("{} ({}): {}", broken.id, broken.level, broken.summary));
        if !broken.remedy.is_empty() {
            row(&mut text, "", &format!("remedy: {}", broken.remedy));
        }
    }
    visible(&text).into_owned()
}

fn of_call(text: &mut String, call: &Call) {
    if let Some(problem) = &call.problem {
        row(text, "  problem", problem);
    }
    if let Some(answer) = &call.answer {
        row(text, "  answer", &format!("{} after {}", in_short(answer), time(answer.took_us)));
        let lines: Vec<String> = answer.output.lines().take(LINES).map(|line| clip(line, LONGEST)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        block(text, "  output", &lines);
        let more = answer.output.lines().count() - lines.len();
        if more > 0 {
            row(text, "", &format!("… {more} lines more, which --format json has"));
        }
    } else if call.problem.is_none() {
        row(text, "  answer", "none, since a cancel has none");
    }
    if let Some(run) = &call.one_shot {
        of_one_shot(text, run);
    }
}

fn of_one_shot(text: &mut String, run: &OneShot) {
    if let Some(reason) = &run.not_tried {
        return row(text, "  one-shot", &format!("not tried: {reason}"));
    }
    row(text, "  one-shot", &format!("{} after {}", run.ended, time(run.took_us)));
    for difference in &run.differences {
        row(text, "  differs", difference);
    }
    if run.differences.is_empty() {
        let compared =
            if run.files_compared { "exit code, output and files" } else { "exit code and output" };
        row(text, "", &format!("the same {compared}"));
    }
    if let Some(beyond) = run.beyond {
        row(text, "", &format!("files were not compared: there are {beyond} below the working directory"));
    }
}

fn in_short(answer: &Answer) -> String {
    let cancelled = if answer.was_cancelled { ", was_cancelled" } else { "" };
    format!("exit_code {}{cancelled}", answer.exit_code)
}

fn time(micros: u64) -> String {
    match micros {
        0..10_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}

fn row(text: &mut String, label: &str, content: &str) {
    let _ = writeln!(text, "{label:10} {content}");
}

fn block(text: &mut String, label: &str, lines: &[&str]) {
    for (number, line) in lines.iter().enumerate() {
        row(text, if number == 0 { label } else { "" }, line);
    }
}
