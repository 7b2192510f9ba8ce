//! The inputs with which a corpus begins: golden vectors, fixed scripts, workloads, and histories as a good worker makes
//! them. And dictionaries: the words of the schemas.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pwp::history::Signal;
use pwp::script::{Await, Step};
use serde_json::Value;

/// Seeds of one target.
type Seeds = Vec<Vec<u8>>;

/// The folder of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The seeds of each target, by its name.
///
/// # Panics
/// Where a file that they are made of can't be read.
pub fn all() -> Vec<(&'static str, Seeds)> {
    vec![
        ("frame_reader", frame_reader()),
        ("wire", bodies("wire.json")),
        ("json", json()),
        ("amplified", amplified()),
        ("script_loader", script_loader()),
        ("workload_loader", workload_loader()),
        ("files", files_in_trees()),
        ("oracle", histories()),
        (
            "oracle_soak",
            histories().into_iter().map(|history| history.into_iter().take(48).collect()).collect(),
        ),
    ]
}

/// The words of each text form, one to a line, as libFuzzer reads them.
///
/// # Panics
/// Where a schema can't be read.
pub fn dictionaries() -> Vec<(&'static str, String)> {
    let schemas = [
        (
            "json",
            &[
                "schema/work-request/v1/work-request.schema.json",
                "schema/work-response/v1/work-response.schema.json",
            ][..],
        ),
        ("script_loader", &["schema/script/v1/script.schema.json"][..]),
        ("workload_loader", &["schema/workload/v1/workload.schema.json"][..]),
    ];
    schemas.into_iter().map(|(target, files)| (target, dictionary(target, files))).collect()
}

fn dictionary(target: &str, files: &[&str]) -> String {
    let mut words = BTreeSet::new();
    files.iter().for_each(|file| collect(&read_json(file), &mut words));
    let line = |word: &String| match target {
        // Keys stand bare in TOML, but for values.
        "workload_loader" => format!("\"{word}\"\n\"\\\"{word}\\\"\"\n"),
        _ => format!("\"\\\"{word}\\\"\"\n"),
    };
    format!(
        "# Words of the schema, written by `fuzz/run --seeds`.\n{}",
        words.iter().map(line).collect::<String>()
    )
}

/// Names of properties, and the values that a property can have.
fn collect(schema: &Value, words: &mut BTreeSet<String>) {
    let mut add = |word: &Value| words.extend(word.as_str().filter(|word| plain(word)).map(str::to_owned));
    match schema {
        Value::Object(members) => {
            members.get("const").into_iter().for_each(&mut add);
            members.get("enum").and_then(Value::as_array).into_iter().flatten().for_each(&mut add);
            if let Some(Value::Object(properties)) = members.get("properties") {
                words.extend(properties.keys().cloned());
            }
            members.values().for_each(|value| collect(value, words));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, words)),
        _ => {}
    }
}

fn plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
}

fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Each file below a folder of the repository with this ending, in a fixed order.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.to_string_lossy().ends_with(ending) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no {ending} in {folder}");
    found.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// The bytes of each case of a file of golden vectors.
fn bodies(file: &str) -> Seeds {
    let golden = read_json(&format!("proto/golden/{file}"));
    cases(&golden["cases"], "hex")
}

fn cases(list: &Value, key: &str) -> Seeds {
    list.as_array().into_iter().flatten().filter_map(|case| bytes(case[key].as_str()?)).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}

/// Messages that took many times their length at some time: their framing, a beginning, what is repeated, and an end.
fn amplified() -> Seeds {
    type Parts = (u8, &'static [u8], &'static [u8], &'static [u8]);
    let parts: [Parts; 12] = [
        (0, b"", b"\x0a\x00", b""),
        (0, b"", b"\x12\x00", b""),
        (0, b"\x18\x01", b"\xa2\x06\x00", b""),
        (0, b"", b"\x5b", b"\x5c"),
        (0, b"\x12\x80\x80\x0c", b"x", b""),
        (1, b"{\"arguments\":[\"\"", b",\"\"", b"]}"),
        (1, b"{\"inputs\":[{}", b",{}", b"]}"),
        (1, b"{\"output\":\"", b"\\n", b"\"}"),
        (1, b"{\"output\":\"", b"x", b"\"}"),
        (1, b"{\"exitCode\":", b"7", b"}"),
        (1, b"{\"a\":0", b",\"b\":0", b"}"),
        (1, b"{\"a\":", b"[", b"]}"),
    ];
    let seed = |(framing, begin, middle, end): Parts| {
        [&[framing, begin.len() as u8], begin, &[middle.len() as u8], middle, end].concat()
    };
    parts.into_iter().map(seed).collect()
}

fn frame_reader() -> Seeds {
    let golden = read_json("proto/golden/streams.json");
    let options = [("proto", 0_u8), ("json", 1)];
    let streams = options.into_iter().flat_map(|(dialect, kind)| {
        let streams = cases(&golden[dialect], "hex");
        // Two cuts: one byte, then three, with a look after each.
        streams.into_iter().map(move |stream| [&[kind, 2, 0x81, 0x83][..], &stream].concat())
    });
    streams.collect()
}

fn json() -> Seeds {
    let golden = read_json("proto/golden/json.json");
    let kind = |case: &Value| if case["message"] == "WorkResponse" { 0x88 } else { 0x08 };
    let cases = golden["cases"].as_array().into_iter().flatten();
    let golden = cases.filter_map(|case| Some([vec![kind(case)], bytes(case["hex"].as_str()?)?].concat()));
    let request = files("schema/work-request", ".json").into_iter().map(|text| format!("\x08{text}"));
    let response = files("schema/work-response", ".json").into_iter().map(|text| format!("\u{9}{text}"));
    golden.chain(request.chain(response).filter(|text| text.len() < 2000).map(String::into_bytes)).collect()
}

fn script_loader() -> Seeds {
    let texts =
        files("conformance/scripts", ".json").into_iter().chain(files("schema/script/v1/examples", ".json"));
    let small =
        texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok()).map(|script| script.to_string());
    small.filter(|text| text.len() < 4000).map(String::into_bytes).collect()
}

fn workload_loader() -> Seeds {
    let mut texts = files("tests/interop/workloads", ".toml");
    texts.push(read("reference-worker/workload.toml"));
    texts.extend(files("schema/workload/v1/examples", ".toml"));
    texts.into_iter().filter(|text| text.len() < 6000).map(String::into_bytes).collect()
}

/// Each thing that can stand at a path, and then each thing that is done to a path; see `files.rs`.
fn files_in_trees() -> Seeds {
    let steps = 0..crate::files::STEPS;
    let pairs = steps.clone().flat_map(|made| steps.clone().map(move |done| (made, done)));
    pairs.map(|(made, done)| vec![made, 1, 0, 3, done, 1, 0, 9, done, 2, 0, 1, 3]).collect()
}

/// Steps of a history, as `history.rs` reads them.
mod step {
    pub(super) const REQUEST: u8 = 0;
    pub(super) const CANCEL: u8 = 1;
    pub(super) const RESPONSE: u8 = 2;
    pub(super) const EXPECTED: u8 = 6;
    pub(super) const STDIN_CLOSED: u8 = 10;
    pub(super) const STDOUT_CLOSED: u8 = 11;
    pub(super) const SIGNALLED: u8 = 12;
    pub(super) const EXITED: u8 = 13;
    pub(super) const QUIET: u8 = 14;
    pub(super) const SURVIVORS: u8 = 16;
    /// 5 ms later.
    pub(super) const LATER: u8 = 2 << 5;
    /// Written and not sent yet.
    pub(super) const HELD: u8 = 1 << 6;
}

/// Each fixed script, run against a worker that does all right, in both dialects, with all features and with none.
fn histories() -> Seeds {
    let starts = [[0, 0], [1, 0], [0, 0x0f], [1, 0x0f]];
    let scripts = pwp::script::fixed().iter().filter(|script| script.steps.len() < 80);
    scripts.flat_map(|script| starts.map(|start| [&start[..], &history(&script.steps)].concat())).collect()
}

fn history(steps: &[Step]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut open: Vec<u8> = Vec::new();
    for step in steps {
        match step {
            Step::Send(send) => {
                for (left, message) in (0..send.messages.len()).rev().zip(&send.messages) {
                    let id = u8::try_from(message.id.rem_euclid(16)).unwrap_or(0);
                    let held = if left > 0 { step::HELD } else { 0 };
                    match message.cancel {
                        Some(_) => out.extend([step::CANCEL | step::LATER, id, 0, held]),
                        None => {
                            open.push(id);
                            out.extend([
                                step::EXPECTED,
                                1,
                                0x54,
                                step::REQUEST | step::LATER,
                                id,
                                0x0b,
                                held,
                            ]);
                        }
                    }
                }
            }
            Step::Await(Await::Responses) => {
                out.extend(open.drain(..).flat_map(|id| [step::RESPONSE | step::LATER, id, 0, 0]));
            }
            Step::Await(Await::Exit) => {
                out.extend([step::STDOUT_CLOSED, step::EXITED | step::LATER, 0, step::SURVIVORS, 0]);
            }
            Step::Quiet(_) => out.extend([step::QUIET | step::LATER, 2]),
            Step::CloseStdin => out.push(step::STDIN_CLOSED),
            Step::Signal(signal) => out.extend([step::SIGNALLED, u8::from(*signal == Signal::Int)]),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&[u8]);
    const CHECKS: [(&str, Check); 9] = [
        ("frame_reader", crate::frame_reader::check),
        ("wire", crate::wire::check),
        ("json", crate::json::check),
        ("amplified", crate::amplified::check),
        ("script_loader", crate::script_loader::check),
        ("workload_loader", crate::workload_loader::check),
        ("files", crate::files::check),
        ("oracle", crate::oracle::check),
        ("oracle_soak", crate::oracle::soak),
    ];

    #[test]
    fn every_seed_passes() {
        for ((name, seeds), (checked, check)) in all().into_iter().zip(CHECKS) {
            assert_eq!(name, checked);
            assert!(seeds.len() > 5, "{name} has {} seeds", seeds.len());
            // Thousands of rounds take their time without optimisation.
            let step = if name == "oracle_soak" { 20 } else { 1 };
            seeds.iter().step_by(step).for_each(|seed| check(seed));
        }
    }

    #[test]
    fn the_committed_corpus_passes_and_is_small() {
        let (mut files, mut bytes) = (0, 0);
        for (name, check) in CHECKS {
            let folder = root().join("fuzz/corpus").join(name);
            let inputs: Vec<PathBuf> =
                std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(inputs.len() > 20, "{name} has {} inputs", inputs.len());
            for (number, path) in inputs.iter().enumerate() {
                let input = std::fs::read(path).unwrap();
                (files, bytes) = (files + 1, bytes + input.len());
                if name != "oracle_soak" || number % 20 == 0 {
                    check(&input);
                }
            }
        }
        assert!(files < 1500 && bytes < 1 << 20, "{files} files, {bytes} bytes: run `fuzz/run --minimise`");
    }

    /// Seeds that nothing makes of it would be of no use.
    #[test]
    fn scripts_and_workloads_load() {
        let loads = |text: &[u8]| pwp::script::parse("seed", &String::from_utf8_lossy(text)).is_ok();
        assert!(script_loader().iter().filter(|text| loads(text)).count() > 60);
        let loads = |text: &[u8]| pwp::workload::parse("seed", &String::from_utf8_lossy(text)).is_ok();
        assert!(workload_loader().iter().filter(|text| loads(text)).count() > 1);
    }

    #[test]
    fn dictionaries_have_the_words_of_the_schemas() {
        let texts = dictionaries();
        assert!(texts[0].1.contains("\"\\\"requestId\\\"\"\n"));
        assert!(texts[1].1.contains("\"\\\"close-stdin\\\"\"\n"));
        assert!(texts[2].1.contains("\"startup_flag\"\n"));
    }
}
