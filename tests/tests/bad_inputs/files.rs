//! The files that bad command lines name. They are written once, and no run changes them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

/// Writes all files to a folder, `$F` in the rows.
pub(crate) fn write_all(folder: &Path) {
    let write = |name: &str, content: &[u8]| fs::write(folder.join(name), content).unwrap();
    for (name, text) in TEXTS {
        write(name, text.as_bytes());
    }
    for (name, text) in WORKLOADS {
        write(&format!("{name}.toml"), format!("schema = \"pwp/workload/v1\"\n{text}\n").as_bytes());
    }
    for (name, script) in SCRIPT_NAMES {
        let script = serde_json::json!({
            "schema": "pwp/script/v1", "name": script, "about": "", "dialects": ["proto"], "steps": []
        });
        write(&format!("{name}.json"), script.to_string().as_bytes());
    }
    for (name, step) in SCENARIOS {
        let text = format!("{{\"schema\": \"pwp/scenario/v1\", \"rules\": [{{\"do\": [{step}]}}]}}");
        write(&format!("{name}.json"), text.as_bytes());
    }
    let long = "x".repeat(10 << 20);
    write(
        "script-long-name.json",
        format!(r#"{{"schema": "pwp/script/v1", "name": "{}"}}"#, &long[..300]).as_bytes(),
    );
    write(
        "long-line.toml",
        format!("schema = \"pwp/workload/v1\"\nname = {}\n", &long[..7 << 20]).as_bytes(),
    );
    write(
        "long-key.toml",
        format!("schema = \"pwp/workload/v1\"\nname = \"w\"\n{} = 1\n", &long[..1 << 20]).as_bytes(),
    );
    write("long-schema.toml", format!("schema = \"{}\"\nname = \"w\"\n", &long[..1 << 20]).as_bytes());
    write("ten-megabytes.toml", long.as_bytes());
    write(
        "long-name.toml",
        format!("schema = \"pwp/workload/v1\"\nname = \"{}\"\n", &long[..300]).as_bytes(),
    );
    let command = format!("command = [\"sh\", \"-c\", \"# {}\"]\n", &long[..200_000]);
    write("large-command.toml", format!("schema = \"pwp/workload/v1\"\nname = \"w\"\n{command}").as_bytes());
    let environment = format!("command = [\"cat\"]\nenvironment = {{ LARGE = \"{}\" }}\n", &long[..200_000]);
    write(
        "large-environment.toml",
        format!("schema = \"pwp/workload/v1\"\nname = \"w\"\n{environment}").as_bytes(),
    );
    write("deep.toml", format!("schema = {}", "[".repeat(100_000)).as_bytes());
    write("deep.json", "[".repeat(100_000).as_bytes());
    write("deep-request.json", format!("{{\"arguments\":{}", "[".repeat(100_000)).as_bytes());
    write(
        "long-key.json",
        format!("{{\"schema\": \"pwp/script/v1\", \"{}\": 1}}", &long[..1 << 20]).as_bytes(),
    );
    write("large-request.json", format!("{{\"arguments\": [\"--print={}\"]}}", &long[..200_000]).as_bytes());
    write("nul-request.json", br#"{"arguments": ["--print=a\u0000b"]}"#);
    write("binary", &[0xff, 0xfe, 0x00, 0x80, 0x0a]);
    let utf16: Vec<u8> = "schema = \"pwp/workload/v1\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
    write("utf-16.toml", &[&[0xff, 0xfe], utf16.as_slice()].concat());
    write("empty", b"");
    fs::create_dir_all(folder.join("folder/empty")).unwrap();
    for (target, link) in
        [("loop", "loop"), ("/", "outside"), ("nowhere", "dangling"), ("/dev/null", "device")]
    {
        symlink(target, folder.join(link)).unwrap();
    }
    for name in ["pipe.toml", "pipe.json"] {
        // Without a process: another test of this program would take it for one that its run has left.
        mknodat(CWD, folder.join(name), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }
}

/// Files that somebody has use for, and some with mistakes in them.
const TEXTS: [(&str, &str); 15] = [
    ("package.json", "{\"name\": \"of somebody\", \"version\": \"1.0.0\"}\n"),
    ("pom.xml", "<?xml version=\"1.0\"?>\n<project><modelVersion>4.0.0</modelVersion></project>\n"),
    ("junit-of-others.xml", "<?xml version=\"1.0\"?>\n<testsuites name=\"cargo\"></testsuites>\n"),
    ("index.html", "<!DOCTYPE html><html><head><title>Home</title></head></html>\n"),
    ("work.toml", "schema = \"pwp/workload/v1\"\nname = \"written by hand\"\n"),
    ("array.json", "[1, 2, 3]\n"),
    ("number.json", "1e400\n"),
    ("bom.json", "\u{feff}{\"schema\": \"pwp/script/v1\"}"),
    (
        "twice.json",
        r#"{"schema": "pwp/script/v1", "name": "a", "name": "b", "about": "", "dialects": ["proto"], "steps": []}"#,
    ),
    (
        "huge-id.json",
        r#"{"schema": "pwp/script/v1", "name": "a", "about": "", "dialects": ["proto"], "steps": [{"send": {"messages": [{"id": 99999999999}]}}]}"#,
    ),
    (
        "quiet.json",
        r#"{"schema": "pwp/script/v1", "name": "a", "about": "", "dialects": ["proto"], "steps": [{"quiet": 60001}]}"#,
    ),
    (
        "size.json",
        r#"{"schema": "pwp/script/v1", "name": "a", "about": "", "dialects": ["proto"], "steps": [{"send": {"messages": [{"size": 67108865}]}}]}"#,
    ),
    ("escapes.json", "{\"schema\": \"pwp/script/v9\\u001b[2J\\u202e\"}"),
    (
        "expect-reason.toml",
        "schema = \"pwp/expectations/v1\"\n[[expect]]\nrequirement = \"W-031\"\nreason = 3\n",
    ),
    ("expect-escapes.toml", "schema = \"pwp/expectations/v1\"\n\"\\u001b[2J\" = 1\n"),
];

/// Workloads, behind the line with the schema.
const WORKLOADS: [(&str, &str); 27] = [
    ("w-no-name", ""),
    ("w-name-empty", "name = ''"),
    ("w-name-escapes", "name = \"a\\u001b[31m\""),
    ("w-name-number", "name = 7"),
    ("w-name-twice", "name = 'a'\nname = 'b'"),
    ("w-unclosed", "name = 'a"),
    ("w-crlf", "name = 'a'\r\nnonsense\r\n"),
    ("w-request-empty", "name = 'w'\n[[request]]\nname = ''\nkind = 'success'"),
    ("w-request-lines", "name = 'w'\n[[request]]\nname = \"a\\nb\"\nkind = 'success'"),
    ("w-request-nul", "name = 'w'\n[[request]]\nname = \"a\\u0000\"\nkind = 'success'"),
    (
        "w-exit-code",
        "name = 'w'\n[[request]]\nname = 'a'\nkind = 'success'\nexit_code = 99999999999999999999",
    ),
    ("w-exit-code-float", "name = 'w'\n[[request]]\nname = 'a'\nkind = 'success'\nexit_code = nan"),
    ("w-dialect", "name = 'w'\ndialect = \"xml\\u202e\""),
    ("w-features", "name = 'w'\nfeatures = ['telepathy']"),
    ("w-flag-nul", "name = 'w'\nstartup_flag = \"--a\\u0000\""),
    ("w-command-empty", "name = 'w'\ncommand = []"),
    ("w-command-word", "name = 'w'\ncommand = ['']"),
    ("w-command-nul", "name = 'w'\ncommand = [\"a\\u0000\"]"),
    ("w-variable", "name = 'w'\nenvironment = { 'A=B' = '1' }"),
    ("w-own-input", "name = 'w'\n[[input]]\npath = '__pwp/tmp/a'\ncontent = ''"),
    ("w-own-file", "name = 'w'\n[[input]]\npath = '__pwp'\ncontent = ''"),
    (
        "w-own-output",
        "name = 'w'\n[[request]]\nname = 'a'\nkind = 'success'\noutputs = [{ path = '__sandbox/1/_main/a' }]",
    ),
    (
        "w-own-change",
        "name = 'w'\n[[request]]\nname = 'a'\nkind = 'success'\nchanges = [{ path = './/__pwp/a', content = '' }]",
    ),
    ("w-from-loop", "name = 'w'\n[[input]]\npath = 'a'\nfrom = 'loop'"),
    ("w-from-outside", "name = 'w'\n[[input]]\npath = 'a'\nfrom = 'outside/etc'"),
    ("w-from-pipe", "name = 'w'\n[[input]]\npath = 'a'\nfrom = 'pipe.toml'"),
    ("w-from-empty", "name = 'w'\n[[input]]\npath = 'a'\nfrom = 'folder/empty'"),
];

/// Names of scripts that are no names of files.
const SCRIPT_NAMES: [(&str, &str); 8] = [
    ("script-upwards", "../../outside"),
    ("script-absolute", "/tmp/outside"),
    ("script-hidden", ".bashrc"),
    ("script-empty", ""),
    ("script-nul", "a\0b"),
    ("script-escapes", "a\u{1b}[31m"),
    ("script-option", "--help"),
    ("script-reserved", "a:b\\c"),
];

/// Steps of scenarios.
const SCENARIOS: [(&str, &str); 6] = [
    ("s-mark", r#"{"mark": "../../outside"}"#),
    ("s-wait", r#"{"wait": {"mark": "/etc/passwd"}}"#),
    ("s-leave", r#"{"leave": "../outside"}"#),
    ("s-times", r#"{"text": {"text": "12345678901234567890", "times": 4294967295}}"#),
    ("s-padding", r#"{"answer": {"padding": 4294967295}}"#),
    ("s-memory", r#"{"memory": 18446744073709551615}"#),
];
