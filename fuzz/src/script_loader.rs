//! Script files: what loads survives being saved, and so does every script that is made of it.
//!
//! Input: the file.

use std::collections::BTreeSet;

use pwp::script::{Script, Step, control_of, parse, reductions};
use pwp_proto::Framing;
use pwp_spec::{Features, RequirementId};

use crate::memory::peak_of;

/// Scripts with more steps are not reduced: their reductions are many, and each is a whole script.
const REDUCED: usize = 40;
/// The highest number of a requirement that a script is stripped of.
const HIGHEST: u16 = 150;

/// Loads any bytes as a script.
///
/// # Panics
/// Where a script or one that was made of it can't be saved and loaded, a reduction sends more than the script did, or
/// more is stripped of a script that was stripped.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (parsed, peak) = peak_of(|| parse("fuzz", text));
    assert!(peak <= 400 * data.len() + (32 << 10), "{peak} bytes were allocated for {}", data.len());
    let script = match parsed {
        Ok(script) => script,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    is_valid(&script);
    for dialect in Framing::ALL {
        let _ = (script.fits(dialect, &Features::new()), script.start());
    }
    if script.steps.len() > REDUCED {
        return;
    }
    for smaller in reductions(&script) {
        is_valid(&smaller);
        assert_ne!(smaller.steps, script.steps);
        assert!(messages(&smaller) <= messages(&script), "more is sent than before");
        assert!(written(&smaller) <= written(&script), "more is written than before");
    }
    let chosen: BTreeSet<RequirementId> = script.exercises.iter().copied().collect();
    let all = (1..=HIGHEST).map(RequirementId::worker).collect();
    for what in [chosen, all] {
        let Some(stripped) = control_of(&script, &what) else { continue };
        is_valid(&stripped);
        assert!(messages(&stripped) <= messages(&script));
        assert_eq!(control_of(&stripped, &what), None, "something is left of what was stripped");
    }
}

/// A script survives its file form.
fn is_valid(script: &Script) {
    let text = serde_json::to_string(script).unwrap_or_else(|error| panic!("{error}: {script:?}"));
    match parse("fuzz", &text) {
        Ok(again) => assert_eq!(&again, script),
        Err(error) => panic!("{error}: {text}"),
    }
}

/// How many requests and cancels are sent.
fn messages(script: &Script) -> usize {
    sends(script).map(|send| send.messages.len()).sum()
}

/// How much is said about the messages that are sent, in bytes of the file. An `id` of 1 in place of -1 is one less.
fn written(script: &Script) -> usize {
    sends(script)
        .flat_map(|send| &send.messages)
        .map(|message| serde_json::to_string(message).map_or(0, |text| text.len()))
        .sum()
}

fn sends(script: &Script) -> impl Iterator<Item = &pwp::script::Send> {
    script.steps.iter().filter_map(|step| match step {
        Step::Send(send) => Some(send),
        _ => None,
    })
}
