//! What stands on stdout, byte for byte: W-030, W-036 to W-048.

use super::*;
use WorkerViolation::{
    BadBody, BadJson, BareObject, DuplicateKey, Incomplete, InvalidUtf8, JsonType, NotCanonical,
    ObjectTooLarge, OriginalName, OverlongLength, TooLarge, UnknownField, WrongWireType,
};
use pwp_proto::MAX_MESSAGE;

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
    BadBody { error: error.into(), bytes: hex(bytes), offset: 0 }
}

fn bad_json(error: &str, bytes: &[u8]) -> WorkerViolation {
    BadJson { error: error.into(), bytes: bytes.to_vec(), offset: 0 }
}

fn json_type(field: &str, found: &'static str) -> WorkerViolation {
    JsonType { field: field.into(), found }
}

fn not_canonical(field: &str, what: &'static str) -> WorkerViolation {
    NotCanonical { what, field: field.into() }
}

pub(super) fn cases() -> Vec<Case> {
    [stray_bytes(), frames(), json_objects()].concat()
}

fn stray_bytes() -> Vec<Case> {
    let hello = b"Hello, world!\n";
    let four = [request(1), request(2), request(3), request(4)];
    let printed = || proto().receive_bytes(&hex("02 1801 0a"));
    let printed_four = hex("02 1801 0d0a 02 1802 0d0a 02 1803 0d0a 02 1804 0d0a");
    let four = Run::proto().multiplex().send_together(&four).receive_bytes(&printed_four);
    let behind = [&hex("02 1801"), &b"done, bye\n"[..]].concat();
    let marked = b"\xef\xbb\xbf{\"requestId\":1}";
    let object = b"{\"requestId\":1}\n";
    vec![
        case("text", proto().receive_bytes(hello).killed())
            .breaks(30, stray(Stray::Text, hello, 0))
            .shown_by(&[2]),
        case("text", json().receive_bytes(hello).killed())
            .breaks(30, stray(Stray::Text, hello, 0))
            .shown_by(&[2]),
        case("text that is too short to tell at once", proto().receive_bytes(b"hi\n").gives_up())
            .breaks(30, stray(Stray::Text, b"hi\n", 0))
            .shown_by(&[3]),
        case("text behind a response", proto().receive_bytes(&behind).ends())
            .breaks(30, stray(Stray::Text, b"done, bye\n", 3)),
        case("text at the end", json().receive_bytes(b"{\"requestId\":1}\nbye").ends())
            .breaks(30, stray(Stray::Text, b"bye", 16)),
        case("two printed responses", printed().asks(2).receive_bytes(&hex("02 1802")).waits())
            .breaks(30, stray(Stray::LineEnd, b"\n", 3))
            .shown_by(&[5]),
        case("a printed response at the end", printed().ends()).breaks(30, stray(Stray::LineEnd, b"\n", 3)),
        case("so many printed responses that the line end becomes a length", four)
            .breaks(30, stray(Stray::LineEnd, b"\r\n", 3))
            .suspects(&[35]),
        case("a byte order mark", json().receive_bytes(marked))
            .breaks(30, stray(Stray::ByteOrderMark, marked, 0)),
        case("the other dialect", json().receive_bytes(&hex("02 1801")))
            .breaks(30, stray(Stray::Proto, &hex("02 1801"), 0)),
        case("the other dialect", proto().receive_bytes(object)).breaks(30, stray(Stray::Json, object, 0)),
    ]
}

fn frames() -> Vec<Case> {
    let two = || Run::proto().multiplex().asks(1).asks(2);
    let ends = |name, frame| case(name, proto().receive_bytes(&hex(frame)).ends());
    let no_wire_type = "field 1 at byte 0 has wire type 6, which does not exist: is this text or a log line?";
    let endless =
        "the length at byte 0 is not a varint: write each frame as varint length, then that many bytes";
    let cut = "field 2 at byte 3 needs 1 more bytes and 0 are left: check the length before the message";
    let garbage = || BadBody { error: no_wire_type.into(), bytes: hex("02 0e00"), offset: 3 };
    let incomplete = |declared, got, bytes: &[u8]| Incomplete { declared, got, bytes: bytes.to_vec() };
    let stays = |name, run: Run, bytes: &[u8]| case(name, run.receive_bytes(bytes).gives_up());
    let object = b"{\"exitCode\":0";
    let text = [&hex("2a 2a28"), &[b'a'; 40][..]].concat();
    let odd_bool = Run::proto().cancellation().asks(1).cancels(1).receive_bytes(&hex("04 1801 2002"));
    vec![
        case("a wire type that does not exist", proto().receive_bytes(&hex("02 0e00")).killed())
            .breaks(36, bad_body(no_wire_type, "02 0e00"))
            .shown_by(&[2]),
        case("a length without end", proto().receive_bytes(&[0xff; 11]))
            .breaks(36, bad_body(endless, "ffffffffffffffffffffff")),
        case("one in another", two().receive_bytes(&hex("05 1201 05 1201 62 1802 61 1801")))
            .breaks(36, bad_body(cut, "05 1201 05 1201"))
            .suspects(&[35]),
        // Only one request is still open.
        case("the second response is garbage", two().receive_bytes(&hex("02 1801 02 0e00")))
            .breaks(36, garbage()),
        ends("a number as a string", "05 0a0137 1801")
            .breaks(36, WrongWireType { field: "exit_code".into() }),
        ends("a length with a byte too many", "8200 1801")
            .breaks(37, OverlongLength { prefix: 2, length: 2 })
            .upholds(&[30, 36, 38, 39, 46, 48])
            .does_not_uphold(&[37]),
        stays("a frame", proto(), &hex("05 1801"))
            .breaks(38, incomplete(Some(5), 2, &hex("05 1801")))
            .shown_by(&[3]),
        stays("a length", proto(), &hex("85")).breaks(38, incomplete(None, 1, &hex("85"))),
        stays("an object", json(), object).breaks(38, incomplete(None, 13, object)),
        ends("half a frame when stdout ends", "02 1801 03 18")
            .breaks(38, incomplete(Some(3), 1, &hex("03 18"))),
        case("two gigabytes and one byte declared", proto().receive_bytes(&hex("8080808008")))
            .breaks(38, TooLarge { declared: 1 << 31 }),
        case("a byte more than a message may have", proto().receive_bytes(&hex("81808008")))
            .breaks(38, TooLarge { declared: MAX_MESSAGE as u64 + 1 }),
        ends("a bare byte in the output", "05 1201ff 1801")
            .breaks(39, InvalidUtf8 { field: Some("output".into()) }),
        ends("a field from the future", "05 1801 a20600").breaks(46, UnknownField { field: "100".into() }),
        case("text in a field from the future", Run::proto().asks(0).receive_bytes(&text).ends())
            .breaks(46, UnknownField { field: "5".into() }),
        ends("a varint with a byte too many", "03 188100")
            .breaks(48, not_canonical("request_id", "a varint longer than needed")),
        ends("-1 in five bytes", "08 08ffffffff0f 1801")
            .breaks(48, not_canonical("exit_code", "a number outside the int32 range")),
        case("a bool that is 2", odd_bool.ends())
            .breaks(48, not_canonical("was_cancelled", "a bool that is neither 0 nor 1")),
        ends("a field twice", "04 1801 1801")
            .breaks(48, not_canonical("request_id", "it stands more than once")),
    ]
}

fn json_objects() -> Vec<Case> {
    let ends = |name, object: &[u8]| case(name, json().receive_bytes(object).ends()).shown_by(&[2]);
    let comma = b"{\"exitCode\":0,\"requestId\":1,}";
    let too_many =
        "line 1, column 28: comma before a closing bracket: remove it, JSON has no trailing commas";
    let quotes = b"{'requestId':1}";
    let endless = [b"{\"output\":\"".as_slice(), &vec![b'x'; MAX_MESSAGE]].concat();
    let single = "line 1, column 2: string in single quotes: use double quotes, or a JSON library";
    vec![
        ends("a comma too many", comma).breaks(40, bad_json(too_many, comma)),
        ends("single quotes", quotes).breaks(40, bad_json(single, quotes)),
        ends("bytes that are no UTF-8", b"{\"output\":\"\xff\",\"requestId\":1}")
            .breaks(39, InvalidUtf8 { field: None }),
        ends("snake_case", b"{\"request_id\":1}")
            .breaks(41, OriginalName { field: "request_id".into() })
            .upholds(&[30, 38, 39, 40, 42, 43, 44, 46])
            .does_not_uphold(&[41]),
        ends("a number in quotes", b"{\"exitCode\":\"0\",\"requestId\":1}")
            .breaks(42, json_type("exitCode", "a string instead of a number")),
        ends("a number with a fraction", b"{\"requestId\":1.0}")
            .breaks(42, json_type("requestId", "not written as an integer")),
        ends("a number that int32 does not hold", b"{\"exitCode\":2147483648,\"requestId\":1}")
            .breaks(42, json_type("exitCode", "outside the range of int32")),
        ends("a boolean in quotes", b"{\"requestId\":1,\"wasCancelled\":\"false\"}")
            .breaks(42, json_type("wasCancelled", "a string instead of true or false")),
        ends("null", b"{\"output\":null,\"requestId\":1}").breaks(42, json_type("output", "null")),
        ends("a number for text", b"{\"output\":5,\"requestId\":1}")
            .breaks(42, json_type("output", "a value of another type")),
        ends("a name twice", b"{\"requestId\":1,\"requestId\":1}")
            .breaks(43, DuplicateKey { field: "requestId".into() }),
        // It is told as soon as it is too long, whatever comes then.
        case("a string without end", json().receive_bytes(&endless).killed())
            .breaks(38, ObjectTooLarge { offset: 0 }),
        case("the bare object", Run::json().asks(0).receive_bytes(b"{}").ends()).breaks(44, BareObject),
        ends("a name from the future", b"{\"requestId\":1,\"time_taken\":5}")
            .breaks(46, UnknownField { field: "time_taken".into() }),
    ]
}

#[test]
fn each_case_is_found_alone() {
    check(cases());
}

#[test]
fn a_good_response_keeps_what_can_be_kept() {
    let object = b"{\"exitCode\":7,\"output\":\"why\",\"requestId\":1,\"wasCancelled\":false}\n";
    check([
        case("proto", proto().receive_bytes(&hex("09 0807 120377 6879 1801")).ends())
            .upholds(&[30, 36, 37, 38, 39, 46, 48])
            .does_not_uphold(&[40, 41, 42, 43, 44, 45]),
        case("json", json().receive_bytes(object).ends())
            .upholds(&[30, 38, 39, 40, 41, 42, 43, 44, 46])
            .does_not_uphold(&[36, 37, 48]),
        // The signal may have come in the middle of the write.
        case("half a frame behind SIGTERM", proto().term().receive_bytes(&hex("05 18")).dies_of(15)),
    ]);
}

/// White space in front of and behind an object is no stray byte.
#[test]
fn line_ends_in_json_are_observed_and_no_more() {
    for (first, second, what) in [
        ("{\"requestId\":1}\n", "{\"requestId\":2}\r\n", "white space after each response"),
        ("{\"requestId\":1}", "{\"requestId\":2}", "no white space between responses"),
        ("\n{\"requestId\":1}", "{\"requestId\":2}", "no white space between responses"),
        ("{\"requestId\":1}", "{\"requestId\":2}\n", "white space after some responses"),
    ] {
        let run = json().receive_bytes(first.as_bytes()).asks(2).receive_bytes(second.as_bytes());
        check([case("line ends", run.ends()).observes(45, what)]);
    }
}

/// The driver need not wait for answers any more; of a one-shot process it expects none.
#[test]
fn after_stray_bytes_nothing_is_taken_for_a_response() {
    let hello = b"Hello, world!\n";
    let run = proto().receive_bytes(hello).receive_bytes(&hex("02 1801")).ends();
    let stray = case("hello", run).breaks(30, stray(Stray::Text, hello, 0));
    check([stray.does_not_uphold(&[30, 31, 36])]);
    assert!(!proto().watched().is_desynchronised());
    assert!(proto().receive_bytes(hello).watched().is_desynchronised());
    assert!(!proto().one_shot(None).receive_bytes(hello).watched().is_desynchronised());
}

/// It is what a print function would write in front of it that is missing: this is a frame of 10 bytes.
#[test]
fn a_broken_frame_of_ten_bytes_is_no_line_end() {
    let found = proto().receive_bytes(&hex("0a 0e000000000000000000")).finds();
    assert!(matches!(found.violations()[0], Violation::Worker(BadBody { .. })), "{found:#?}");
}
