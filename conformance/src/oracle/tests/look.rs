//! What stray bytes look like, and that each look has words and a remedy.

use pwp_proto::Framing;

use super::*;

const JVM: &str = "[0.012s][warning][os,thread] Failed to start thread \"C1\" - pthread_create failed";
const JAVA: &str =
    "Exception in thread \"main\" java.lang.NullPointerException\n\tat Main.main(Main.java:5)\n";
const PYTHON: &str = "Traceback (most recent call last):\n  File \"worker.py\", line 3, in <module>\n";

#[test]
fn bytes_are_told_apart() {
    let proto: [(&[u8], Look); 14] = [
        (b"Compiling 3 files\n", Look::Text),
        ("Übersetze 3 Dateien\n".as_bytes(), Look::Text),
        (b"\x1b[32mok\x1b[0m\n", Look::Text),
        (b"\n", Look::LineEnd),
        (b"\r\n", Look::LineEnd),
        (JVM.as_bytes(), Look::Jvm),
        (b"OpenJDK 64-Bit Server VM warning: Sharing is only supported", Look::Jvm),
        (JAVA.as_bytes(), Look::StackTrace),
        (PYTHON.as_bytes(), Look::StackTrace),
        (b"thread 'main' panicked at src/main.rs:2:5:\nno\n", Look::StackTrace),
        (b"sh: 1: worker: command not found\n", Look::Shell),
        (b"{\"exitCode\":0}", Look::Json),
        // Behind the line stands a response.
        (b"Compiling\n\x04\x12\x02\xff\xff", Look::Text),
        (b"\x00\x01\x02", Look::Binary),
    ];
    for (bytes, look) in proto {
        assert_eq!(Look::of(bytes, Framing::Proto), look, "{:?}", String::from_utf8_lossy(bytes));
    }
    let json: [(&[u8], Look); 5] = [
        (b"\xef\xbb\xbf{}", Look::ByteOrderMark),
        (b"\x04\x08\x01\x18\x07", Look::Proto),
        (b"\xff\xfe\x7b\x00", Look::Binary),
        (b"true\n", Look::Text),
        (b"(0123456789)\x12\x01a", Look::Proto),
    ];
    for (bytes, look) in json {
        assert_eq!(Look::of(bytes, Framing::Json), look, "{:?}", String::from_utf8_lossy(bytes));
    }
}

/// A read can end inside a character.
#[test]
fn text_that_is_cut_inside_a_character_is_text() {
    assert_eq!(Look::of(b"M\xc3", Framing::Proto), Look::Text);
}

#[test]
fn every_look_has_words_and_a_remedy() {
    let all = [
        Look::Text,
        Look::LineEnd,
        Look::Jvm,
        Look::StackTrace,
        Look::Shell,
        Look::ByteOrderMark,
        Look::Json,
        Look::Proto,
        Look::Binary,
    ];
    let lines: Vec<String> =
        all.iter().map(|look| format!("{look:?}: {}\n    {}", look.describe(), look.remedy())).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
