//! Subjects that do what no worker should: the verdict is right, and nothing is left of them.
//!
//! Whatever a subject does, `pwp` ends, keeps its own memory small, waits for a full time limit once for
//! each kind of waiting and for each broken requirement at most, and leaves no process, file or socket behind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "hostile/files.rs"]
mod files;
#[path = "hostile/memory.rs"]
mod memory;
#[path = "hostile/processes.rs"]
mod processes;
#[path = "hostile/subject.rs"]
mod subject;
#[path = "hostile/time.rs"]
mod time;
#[path = "hostile/unstartable.rs"]
mod unstartable;

use subject::{Expected, check, sh, worker};

macro_rules! subjects {
    ($($name:ident: $subject:expr => $code:literal, fails $fails:expr, waits $waits:literal;)*) => {
        $(#[test]
        fn $name() {
            let fails: &[&str] = &$fails;
            check(&$subject, &Expected { code: $code, fails, full_waits: $waits });
        })*
    };
}

// `fails`: exactly the MUSTs that the report says are broken. `waits`: how often a full time limit may pass: once
// for each kind of waiting (for a response, for the end at the end of stdin, for the end on SIGTERM, for room in
// its stdin) that is in vain, and once more for each requirement that is broken, drafts included. Every other wait is short.
subjects! {
    // A worker that answers and keeps quiet, so that the others are known to fail for what they do.
    healthy: worker("healthy") => 0, fails [], waits 0;
    healthy_json: worker("healthy").json() => 0, fails [], waits 0;

    // It stays at the end of stdin, too, but what stands on stdout says all that is needed.
    prints_a_line_and_waits: sh("echo hello; exec sleep 1000").snapshot() => 1, fails ["W-030"], waits 0;
    exits_at_once: sh("exit 0").snapshot() => 1, fails ["W-001"], waits 0;
    exits_at_once_with_3: sh("exit 3") => 1, fails ["W-001"], waits 0;
    // It ignores the end of stdin as well: the client of a hung worker has to kill it.
    hangs_silently: sh("exec sleep 1000").snapshot() => 1, fails ["W-031", "W-111"], waits 2;
    hangs_after_the_first_answer: worker("hangs").jobs(8) => 1, fails ["W-031", "W-110", "W-111"], waits 5;
    exits_after_the_first_answer: worker("exits") => 1, fails ["W-051"], waits 0;

    floods_stdout_with_text: sh("exec yes") => 1, fails ["W-030"], waits 0;
    floods_stdout_after_an_answer: worker("floods-stdout") => 1, fails ["W-030"], waits 0;
    // Each zero byte is a frame of length 0: a response with the default of every field.
    floods_stdout_with_zeros: sh("exec cat /dev/zero") => 1, fails ["W-004", "W-025", "W-032", "W-033"], waits 1;
    floods_stderr_and_hangs: sh("exec 3>&1; exec yes >&2") => 1, fails ["W-031", "W-111"], waits 2;
    // Nothing forbids it.
    floods_stderr_and_works: worker("floods-stderr") => 0, fails [], waits 0;

    // Both may be waited for at the same time, each for a full limit.
    ignores_sigterm: sh(r#"trap '' TERM; "$0" healthy "$@"; :"#).jobs(8).snapshot() => 1, fails ["W-114", "W-115"], waits 2;
    ignores_sigterm_and_eof: sh(r#"trap '' TERM; exec "$0" ignores-eof "$@""#).jobs(8).few_scripts() => 1, fails ["W-110", "W-111", "W-114", "W-115"], waits 7;

    leaves_children_in_its_group:
        sh(r#"sleep 1000 <&- >&- 2>&- & exec "$0" healthy "$@""#).jobs(8).snapshot() => 1, fails ["W-116"], waits 0;
    leaves_children_that_hold_its_streams: sh(r#"sleep 1000 & exec "$0" healthy "$@""#) => 1, fails ["W-116"], waits 0;
    leaves_children_in_a_session_of_their_own:
        sh(r#"(setsid sleep 1000 <&- >&- 2>&- &) ; exec "$0" healthy "$@""#).jobs(8) => 1, fails ["W-116"], waits 0;
    leaves_children_without_environment:
        sh(r#"(cd / && exec env -i setsid sleep 1000 <&- >&- 2>&- &) ; exec "$0" healthy "$@""#) => 1, fails ["W-116"], waits 0;

    // It does not end with its stdin either.
    closes_stdout_and_stays: sh("exec sleep 1000 >&-") => 1, fails ["W-047", "W-111"], waits 1;
    closes_stdout_after_an_answer: worker("closes-stdout").jobs(8).few_scripts() => 1, fails ["W-047", "W-110", "W-111"], waits 5;
    closes_stdin_and_stays: sh("exec sleep 1000 <&-") => 1, fails ["W-001"], waits 2;
    closes_stdin_after_an_answer: worker("closes-stdin").jobs(8).few_scripts() => 1, fails ["W-001"], waits 2;

    // Nothing is allocated for it, and nothing is waited for.
    declares_two_gigabytes: sh(r"printf '\377\377\377\377\007'; exec sleep 1000").snapshot() => 1, fails ["W-038"], waits 0;
    writes_half_a_frame: sh(r"printf '\012\010'; exec sleep 1000") => 1, fails ["W-038"], waits 1;
    leaves_half_a_frame_after_an_answer: worker("leaves-half-a-frame").jobs(8).few_scripts() => 1, fails ["W-038", "W-110", "W-111"], waits 6;

    // What is done with its own directory is the subject's business, as long as it can be removed.
    makes_its_directory_unwritable: sh(r#"chmod -R 000 . ; exec "$0" healthy "$@""#) => 0, fails [], waits 0;
    deletes_its_directory: sh(r#"rm -rf "$PWD"; exec "$0" healthy "$@""#) => 0, fails [], waits 0;
    puts_a_file_in_place_of_its_directory:
        sh(r#"rm -rf "$PWD"; (: > "$PWD") 2>&-; exec "$0" healthy "$@""#) => 0, fails [], waits 0;
    leaves_many_files: sh(r#"
        cd "$TMPDIR" && mkdir -p a/b/c && : > a/b/c/file && chmod 000 a/b/c a/b
        cd .. && touch $(seq 300) && ln -s / root
        exec "$0" healthy "$@""#) => 0, fails [], waits 0;
    binds_sockets: worker("binds-sockets") => 0, fails [], waits 0;
    takes_much_memory: worker("grows") => 0, fails [], waits 0;

    dies_by_a_signal: sh("kill -SEGV $$") => 1, fails ["W-001"], waits 0;
    dies_by_a_signal_after_an_answer: worker("crashes") => 1, fails ["W-051"], waits 0;

    writes_a_byte_order_mark: sh(r#"printf '\357\273\277'; exec "$0" healthy "$@""#) => 1, fails ["W-030"], waits 1;
    writes_a_byte_order_mark_in_json:
        sh(r#"printf '\357\273\277'; exec "$0" healthy --json "$@""#).json() => 1, fails ["W-030"], waits 0;
    // What follows the answer could be the length of the next one, so only the wait shows that it is not.
    writes_crlf: worker("writes-crlf") => 1, fails ["W-030"], waits 1;
    // White space between two objects is allowed.
    writes_crlf_in_json: worker("writes-crlf").json() => 0, fails [], waits 0;
    answers_in_json_instead_of_proto:
        sh(r#"head -c 1 > /dev/null; echo '{"exitCode":0}'; cat > /dev/null"#) => 1, fails ["W-030"], waits 0;
    answers_in_proto_instead_of_json:
        sh(r"head -c 1 > /dev/null; printf '\004\010\001\022\000'; cat > /dev/null").json() => 1, fails ["W-030"], waits 0;
}
