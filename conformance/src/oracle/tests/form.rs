//! What stands on stdout, byte for byte: W-030, W-036 to W-048.

use super::*;

/// A client that waits for the response to request 1, in proto. What comes next is event 2.
fn proto() -> Run {
    Run::proto().send_bytes(&hex("0a 0a06 2d2d776f726b 1801"))
}

/// The same in json.
fn json() -> Run {
    Run::json().send_bytes(b"{\"arguments\":[\"--work\"],\"requestId\":1}\n")
}

fn stray(kind: Stray, bytes: &[u8], offset: u64) -> WorkerViolation {
    WorkerViolation::Stray { kind, bytes: bytes.to_vec(), offset }
}

fn bad_body(error: &str, bytes: &str) -> WorkerViolation {
    WorkerViolation::BadBody { error: error.into(), bytes: hex(bytes), offset: 0 }
}

fn bad_json(error: &str, bytes: &[u8]) -> WorkerViolation {
    WorkerViolation::BadJson { error: error.into(), bytes: bytes.to_vec(), offset: 0 }
}

fn json_type(field: &str, found: &'static str) -> WorkerViolation {
    WorkerViolation::JsonType { field: field.into(), found }
}

fn not_canonical(field: &str, what: &'static str) -> WorkerViolation {
    WorkerViolation::NotCanonical { what, field: field.into() }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = stray_bytes();
    cases.extend(frames());
    cases.extend(json_objects());
    cases
}

fn stray_bytes() -> Vec<Case> {
    let hello = b"Hello, world!\n";
    let four = [request(1), request(2), request(3), request(4)];
    vec![
        Case::new("text", proto().receive_bytes(hello).killed(), stray(Stray::Text, hello, 0), 30)
            .shown_by(&[2]),
        Case::new("text", json().receive_bytes(hello).killed(), stray(Stray::Text, hello, 0), 30)
            .shown_by(&[2]),
        Case::new(
            "text that is too short to tell before the client gives up",
            proto().receive_bytes(b"hi\n").waits_for_response().killed(),
            stray(Stray::Text, b"hi\n", 0),
            30,
        )
        .shown_by(&[3]),
        Case::new(
            "text behind a response",
            proto().receive_bytes(&[&hex("02 1801"), &b"done, bye\n"[..]].concat()).ends(),
            stray(Stray::Text, b"done, bye\n", 3),
            30,
        ),
        Case::new(
            "text at the end",
            json().receive_bytes(b"{\"requestId\":1}\nbye").ends(),
            stray(Stray::Text, b"bye", 16),
            30,
        ),
        Case::new(
            "a response as a print function writes it, and then the next one",
            proto()
                .receive_bytes(&hex("02 1801 0a"))
                .send(request(2))
                .receive_bytes(&hex("02 1802"))
                .waits_for_response(),
            stray(Stray::LineEnd, b"\n", 3),
            30,
        )
        .shown_by(&[5]),
        Case::new(
            "a response as a print function writes it, and then the end",
            proto().receive_bytes(&hex("02 1801 0a")).ends(),
            stray(Stray::LineEnd, b"\n", 3),
            30,
        ),
        Case::new(
            "so many printed responses that the line end becomes a length",
            Run::proto()
                .multiplex()
                .send_together(&four)
                .receive_bytes(&hex("02 1801 0d0a 02 1802 0d0a 02 1803 0d0a 02 1804 0d0a")),
            stray(Stray::LineEnd, b"\r\n", 3),
            30,
        )
        .suspects(&[35]),
        Case::new(
            "a byte order mark",
            json().receive_bytes(b"\xef\xbb\xbf{\"requestId\":1}"),
            stray(Stray::ByteOrderMark, b"\xef\xbb\xbf{\"requestId\":1}", 0),
            30,
        ),
        Case::new(
            "the other dialect",
            json().receive_bytes(&hex("02 1801")),
            stray(Stray::Proto, &hex("02 1801"), 0),
            30,
        ),
        Case::new(
            "the other dialect",
            proto().receive_bytes(b"{\"requestId\":1}\n"),
            stray(Stray::Json, b"{\"requestId\":1}\n", 0),
            30,
        ),
    ]
}

fn frames() -> Vec<Case> {
    let two_open = || Run::proto().multiplex().send(request(1)).send(request(2));
    vec![
        Case::new(
            "a wire type that does not exist",
            proto().receive_bytes(&hex("02 0e00")).killed(),
            bad_body(
                "field 1 at byte 0 has wire type 6, which does not exist: is this text or a log line?",
                "02 0e00",
            ),
            36,
        )
        .shown_by(&[2]),
        Case::new(
            "a length without end",
            proto().receive_bytes(&[0xff; 11]),
            bad_body(
                "the length at byte 0 is not a varint: write each frame as varint length, then that many bytes",
                "ffffffffffffffffffffff",
            ),
            36,
        ),
        Case::new(
            "two responses in one another",
            two_open().receive_bytes(&hex("05 1201 05 1201 62 1802 61 1801")),
            bad_body(
                "field 2 at byte 3 needs 1 more bytes and 0 are left: check the length before the message",
                "05 1201 05 1201",
            ),
            36,
        )
        .suspects(&[35]),
        Case::new(
            "the second response is garbage, and only one request is still open",
            two_open().receive_bytes(&hex("02 1801 02 0e00")),
            WorkerViolation::BadBody {
                error: "field 1 at byte 0 has wire type 6, which does not exist: is this text or a log line?"
                    .into(),
                bytes: hex("02 0e00"),
                offset: 3,
            },
            36,
        ),
        Case::new(
            "a number as a string",
            proto().receive_bytes(&hex("05 0a0137 1801")).ends(),
            WorkerViolation::WrongWireType { field: "exit_code".into() },
            36,
        ),
        Case::new(
            "a length with a byte too many",
            proto().receive_bytes(&hex("8200 1801")).ends(),
            WorkerViolation::OverlongLength { prefix: 2, length: 2 },
            37,
        ),
        Case::new(
            "a frame that stays incomplete",
            proto().receive_bytes(&hex("05 1801")).waits_for_response().killed(),
            WorkerViolation::Incomplete { declared: Some(5), got: 2, bytes: hex("05 1801") },
            38,
        )
        .shown_by(&[3]),
        Case::new(
            "a length that stays incomplete",
            proto().receive_bytes(&hex("85")).waits_for_response().killed(),
            WorkerViolation::Incomplete { declared: None, got: 1, bytes: hex("85") },
            38,
        ),
        Case::new(
            "an object that stays incomplete",
            json().receive_bytes(b"{\"exitCode\":0").waits_for_response().killed(),
            WorkerViolation::Incomplete { declared: None, got: 13, bytes: b"{\"exitCode\":0".to_vec() },
            38,
        ),
        Case::new(
            "half a frame when stdout ends",
            proto().receive_bytes(&hex("02 1801 03 18")).ends(),
            WorkerViolation::Incomplete { declared: Some(3), got: 1, bytes: hex("03 18") },
            38,
        ),
        Case::new(
            "two gigabytes and one byte declared",
            proto().receive_bytes(&hex("8080808008")),
            WorkerViolation::TooLarge { declared: 1 << 31 },
            38,
        ),
        Case::new(
            "a bare byte in the output",
            proto().receive_bytes(&hex("05 1201ff 1801")).ends(),
            WorkerViolation::InvalidUtf8 { field: Some("output".into()) },
            39,
        ),
        Case::new(
            "a field from the future",
            proto().receive_bytes(&hex("05 1801 a20600")).ends(),
            WorkerViolation::UnknownField { field: "100".into() },
            46,
        ),
        Case::new(
            "nothing but text in a field from the future",
            Run::proto().send(request(0)).receive_bytes(&[&hex("2a 2a28"), &[b'a'; 40][..]].concat()).ends(),
            WorkerViolation::UnknownField { field: "5".into() },
            46,
        ),
        Case::new(
            "a varint with a byte too many",
            proto().receive_bytes(&hex("03 188100")).ends(),
            not_canonical("request_id", "a varint longer than needed"),
            48,
        ),
        Case::new(
            "-1 in five bytes",
            proto().receive_bytes(&hex("08 08ffffffff0f 1801")).ends(),
            not_canonical("exit_code", "a number outside the int32 range"),
            48,
        ),
        Case::new(
            "a bool that is 2",
            Run::proto()
                .cancellation()
                .send(request(1))
                .send(cancel(1))
                .receive_bytes(&hex("04 1801 2002"))
                .ends(),
            not_canonical("was_cancelled", "a bool that is neither 0 nor 1"),
            48,
        ),
        Case::new(
            "a field twice",
            proto().receive_bytes(&hex("04 1801 1801")).ends(),
            not_canonical("request_id", "it stands more than once"),
            48,
        ),
    ]
}

fn json_objects() -> Vec<Case> {
    let case = |name, object: &[u8], violation, breaks| {
        Case::new(name, json().receive_bytes(object).ends(), violation, breaks).shown_by(&[2])
    };
    let comma = b"{\"exitCode\":0,\"requestId\":1,}";
    let quotes = b"{'requestId':1}";
    vec![
        case(
            "a comma too many",
            comma,
            bad_json(
                "line 1, column 28: comma before a closing bracket: remove it, JSON has no trailing commas",
                comma,
            ),
            40,
        ),
        case(
            "single quotes",
            quotes,
            bad_json(
                "line 1, column 2: string in single quotes: use double quotes, or a JSON library",
                quotes,
            ),
            40,
        ),
        case(
            "bytes that are no UTF-8",
            b"{\"output\":\"\xff\",\"requestId\":1}",
            WorkerViolation::InvalidUtf8 { field: None },
            39,
        ),
        case(
            "snake_case",
            b"{\"request_id\":1}",
            WorkerViolation::OriginalName { field: "request_id".into() },
            41,
        ),
        case(
            "a number in quotes",
            b"{\"exitCode\":\"0\",\"requestId\":1}",
            json_type("exitCode", "a string instead of a number"),
            42,
        ),
        case(
            "a number with a fraction",
            b"{\"requestId\":1.0}",
            json_type("requestId", "not written as an integer"),
            42,
        ),
        case(
            "a number that int32 does not hold",
            b"{\"exitCode\":2147483648,\"requestId\":1}",
            json_type("exitCode", "outside the range of int32"),
            42,
        ),
        case(
            "a boolean in quotes",
            b"{\"requestId\":1,\"wasCancelled\":\"false\"}",
            json_type("wasCancelled", "a string instead of true or false"),
            42,
        ),
        case("null", b"{\"output\":null,\"requestId\":1}", json_type("output", "null"), 42),
        case(
            "a number for text",
            b"{\"output\":5,\"requestId\":1}",
            json_type("output", "a value of another type"),
            42,
        ),
        case(
            "a name twice",
            b"{\"requestId\":1,\"requestId\":1}",
            WorkerViolation::DuplicateKey { field: "requestId".into() },
            43,
        ),
        Case::new(
            "the bare object",
            Run::json().send(request(0)).receive_bytes(b"{}").ends(),
            WorkerViolation::BareObject,
            44,
        ),
        case(
            "a name from the future",
            b"{\"requestId\":1,\"time_taken\":5}",
            WorkerViolation::UnknownField { field: "time_taken".into() },
            46,
        ),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn a_good_response_keeps_what_can_be_kept_in_proto() {
    proto()
        .receive_bytes(&hex("09 0807 120377 6879 1801"))
        .ends()
        .finds()
        .nothing_wrong()
        .upholds(&[30, 36, 37, 38, 39, 46, 48])
        .does_not_uphold(&[40, 41, 42, 43, 44, 45]);
}

#[test]
fn a_good_response_keeps_what_can_be_kept_in_json() {
    json()
        .receive_bytes(b"{\"exitCode\":7,\"output\":\"why\",\"requestId\":1,\"wasCancelled\":false}\n")
        .ends()
        .finds()
        .nothing_wrong()
        .upholds(&[30, 38, 39, 40, 41, 42, 43, 44, 46])
        .does_not_uphold(&[36, 37, 48]);
}

#[test]
fn what_is_tolerated_upholds_all_but_its_own_requirement() {
    proto()
        .receive_bytes(&hex("8200 1801"))
        .ends()
        .finds()
        .upholds(&[30, 36, 38, 39, 46, 48])
        .does_not_uphold(&[37]);
    json()
        .receive_bytes(b"{\"request_id\":1}")
        .ends()
        .finds()
        .upholds(&[30, 38, 39, 40, 42, 43, 44, 46])
        .does_not_uphold(&[41]);
}

/// White space in front of and behind an object is no stray byte.
#[test]
fn line_ends_in_json_are_observed_and_no_more() {
    let two = |first: &[u8], second: &[u8]| {
        json().receive_bytes(first).send(request(2)).receive_bytes(second).ends().finds().nothing_wrong()
    };
    two(b"{\"requestId\":1}\n", b"{\"requestId\":2}\r\n").observes(45, "white space after each response");
    two(b"{\"requestId\":1}", b"{\"requestId\":2}").observes(45, "no white space between responses");
    two(b"\n{\"requestId\":1}", b"{\"requestId\":2}").observes(45, "no white space between responses");
    two(b"{\"requestId\":1}", b"{\"requestId\":2}\n").observes(45, "white space after some responses");
}

#[test]
fn after_stray_bytes_nothing_is_taken_for_a_response() {
    let found = proto().receive_bytes(b"Hello, world!\n").receive_bytes(&hex("02 1801")).ends().finds();
    assert_eq!(found.breaches().len(), 1, "{found:#?}");
    found.does_not_uphold(&[30, 31, 36]);
}

/// The driver need not wait for answers any more; of a one-shot process it expects none.
#[test]
fn the_driver_is_told_of_stray_bytes() {
    let is_desynchronised = |run: Run| {
        let mut oracle = Oracle::new();
        run.events().iter().for_each(|event| drop(oracle.observe(event)));
        oracle.is_desynchronised()
    };
    assert!(!is_desynchronised(proto()));
    assert!(is_desynchronised(proto().receive_bytes(b"Hello, world!\n")));
    assert!(!is_desynchronised(proto().one_shot(None).receive_bytes(b"Hello, world!\n")));
}

/// It is what a print function would write in front of it that is missing: this is a frame of 10 bytes.
#[test]
fn a_broken_frame_of_ten_bytes_is_no_line_end() {
    let found = proto().receive_bytes(&hex("0a 0e000000000000000000")).finds();
    assert!(matches!(found.first(), WorkerViolation::BadBody { .. }), "{found:#?}");
}

/// The signal may have come in the middle of the write.
#[test]
fn half_a_frame_behind_sigterm_says_nothing() {
    proto().term().receive_bytes(&hex("05 18")).dies_of(15).finds().nothing_wrong();
}
