//! What stray bytes look like, and that each kind has words and a remedy.

use pwp_proto::Framing;

use super::*;

const JVM: &str = "[0.012s][warning][os,thread] Failed to start thread \"C1\" - pthread_create failed";
const JAVA: &str =
    "Exception in thread \"main\" java.lang.NullPointerException\n\tat Main.main(Main.java:5)\n";
const PYTHON: &str = "Traceback (most recent call last):\n  File \"worker.py\", line 3, in <module>\n";

#[test]
fn bytes_are_told_apart() {
    let proto: [(&[u8], Stray); 15] = [
        (b"Compiling 3 files\n", Stray::Text),
        ("Übersetze 3 Dateien\n".as_bytes(), Stray::Text),
        (b"\x1b[32mok\x1b[0m\n", Stray::Text),
        (b"\n", Stray::LineEnd),
        (b"\r\n", Stray::LineEnd),
        (JVM.as_bytes(), Stray::Jvm),
        (b"OpenJDK 64-Bit Server VM warning: Sharing is only supported", Stray::Jvm),
        (JAVA.as_bytes(), Stray::StackTrace),
        (PYTHON.as_bytes(), Stray::StackTrace),
        (b"thread 'main' panicked at src/main.rs:2:5:\nno\n", Stray::StackTrace),
        (b"sh: 1: worker: command not found\n", Stray::Shell),
        (b"{\"exitCode\":0}", Stray::Json),
        // Behind the line stands a response.
        (b"Compiling\n\x04\x12\x02\xff\xff", Stray::Text),
        (b"\x00\x01\x02", Stray::Binary),
        // A read can end inside a character.
        (b"M\xc3", Stray::Text),
    ];
    for (bytes, kind) in proto {
        assert_eq!(Stray::of(bytes, Framing::Proto), kind, "{:?}", String::from_utf8_lossy(bytes));
    }
    let json: [(&[u8], Stray); 5] = [
        (b"\xef\xbb\xbf{}", Stray::ByteOrderMark),
        (b"\x04\x08\x01\x18\x07", Stray::Proto),
        (b"\xff\xfe\x7b\x00", Stray::Binary),
        (b"true\n", Stray::Text),
        (b"(0123456789)\x12\x01a", Stray::Proto),
    ];
    for (bytes, kind) in json {
        assert_eq!(Stray::of(bytes, Framing::Json), kind, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn every_kind_has_words_and_a_remedy() {
    let all = [
        Stray::Text,
        Stray::LineEnd,
        Stray::Jvm,
        Stray::StackTrace,
        Stray::Shell,
        Stray::ByteOrderMark,
        Stray::Json,
        Stray::Proto,
        Stray::Binary,
    ];
    let lines: Vec<String> =
        all.iter().map(|kind| format!("{kind:?}: {}\n    {}", kind.describe(), kind.remedy())).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
