//! The rules that are judged, by the names used in the code, and the requirement that states each of them.

use pwp_spec::{RequirementId, Role};

/// A rule of the standard.
///
/// A server is a client towards its workers, so a rule for clients binds it as well. Where the chapters on servers have a
/// sentence of their own for the same matter, a server that breaks the rule breaks that one.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The requirement on the worker or on the client.
    pub id: RequirementId,
    /// The requirement that says the same of servers, if there is one.
    pub of_servers: Option<RequirementId>,
}

/// Makes the constants and the table of rows `NAME = role number` or `NAME = client number / server number`.
macro_rules! rules {
    ($($name:ident = $role:ident $number:literal $(/ $server:literal)?,)*) => {
        $(pub(crate) const $name: RequirementId = RequirementId::$role($number);)*

        /// Every rule, by its chapter.
        pub const RULES: &[Rule] = &[$(Rule {
            id: $name,
            of_servers: [$(Some(RequirementId::new(Role::Server, $server)),)? None][0],
        },)*];
    };
}

/// The requirement that a subject in this role breaks with a rule whose requirement on clients or workers is `id`.
pub fn for_role(id: RequirementId, role: Role) -> RequirementId {
    let of_servers = RULES.iter().find(|rule| rule.id == id).and_then(|rule| rule.of_servers);
    of_servers.filter(|_| role == Role::Server).unwrap_or(id)
}

rules! {
    // startup
    PERSISTENT = worker 1, FLAG_ANYWHERE = worker 2, UNKNOWN_FLAG = worker 3, ONE_SHOT = worker 4,
    ONE_SHOT_ARGFILE = worker 5, ARGFILE = worker 6, ONE_SHOT_STATUS = worker 8, ONE_SHOT_SAME = worker 9,
    // reading
    MULTI_BYTE_LENGTH = worker 10, LARGE = worker 11, SPLIT = worker 12, COALESCED = worker 13,
    EMPTY = worker 14, UNKNOWN_FIELDS = worker 15, SPARSE = worker 16, EXPLICIT_DEFAULTS = worker 17,
    REORDERED = worker 18, WHITESPACE = worker 19, NO_NEWLINE = worker 20, ESCAPED = worker 21,
    ODD_DIGEST = worker 22, NON_ASCII = worker 23, MALFORMED_ENDS = worker 24,
    MALFORMED_UNANSWERED = worker 25, MALFORMED_LOGGED = worker 26, TRUNCATED_UNANSWERED = worker 27,
    MALFORMED_STATUS = worker 28, WRONG_WIRE_TYPE_SENT = worker 29,
    // output
    STRAY = worker 30, ANSWERED = worker 31, SURPLUS = worker 32, ECHO_ID = worker 33, FLUSHED = worker 34,
    WHOLE = worker 35, RESPONSE_WELL_FORMED = worker 36, SHORTEST_LENGTH = worker 37, COMPLETE = worker 38,
    UTF8 = worker 39, STRICT_JSON = worker 40, JSON_NAMES = worker 41, JSON_TYPES = worker 42,
    JSON_DUPLICATE = worker 43, BARE_OBJECT = worker 44, JSON_NEWLINE = worker 45,
    RESPONSE_UNKNOWN = worker 46, STDOUT_OPEN = worker 47, CANONICAL = worker 48,
    // request loop
    DIES_UNANSWERED = worker 50, DIES_ANSWERED = worker 51, DIES_FAILED = worker 52, EXIT_CODE = worker 53,
    OUTPUTS = worker 54, WRITES_LATER = worker 55, CRASH = worker 56, STDIN_KEPT = worker 57,
    STATE = worker 58, STALE = worker 59, TEMPORARY = worker 60, KEPT_OPEN = worker 61,
    OUTPUT_MIXED = worker 62, PIPELINED = worker 63, IMMEDIATE = worker 64, MEMORY = worker 65,
    BESIDE = worker 67, UNDECLARED_READ = worker 69,
    // multiplexing
    ZERO_ID = worker 70, HIGH_ID = worker 71, NEGATIVE_ID = worker 72, REUSED_ID = worker 73,
    CONCURRENT = worker 74, PARALLEL = worker 75, ANSWER_ORDER = worker 76, DUPLICATE_ID = worker 77,
    // cancellation
    CANCEL_IS_NO_WORK = worker 80, CANCEL_UNKNOWN = worker 81, CANCEL_LATE = worker 82,
    CANCEL_TWICE = worker 83, CANCEL_ANSWERED = worker 84, WAS_CANCELLED = worker 85,
    CANCEL_PROMPT = worker 86, CANCEL_UNDECLARED = worker 87, CANCEL_FIELDS = worker 88,
    CANCEL_RESULT = worker 89, CANCELLED_WRITES = worker 90, CANCEL_NEIGHBOUR = worker 91,
    // sandboxing
    SANDBOX_READ = worker 100, SANDBOX_WRITE = worker 101, SANDBOX_REFUSED = worker 102,
    SANDBOX_ABSOLUTE = worker 103, SANDBOX_EMPTY = worker 105, SANDBOX_REMEMBERED = worker 106,
    SANDBOX_ARGFILE = worker 107,
    // shutdown
    EOF_IDLE = worker 110, EOF_OPEN = worker 111, EOF_ABANDONS = worker 112, EOF_STATUS = worker 113,
    TERM_IDLE = worker 114, TERM_OPEN = worker 115, SURVIVORS = worker 116, TERM_STATUS = worker 117,
    // logs
    VERBOSITY = worker 120, VERBOSITY_LOGS = worker 121, VERBOSITY_RESULT = worker 122, STDERR = worker 123,
    // client: starting
    DECLARED = client 1, FLAG = client 2 / 8, FLAG_LAST = client 3, EXTRA_FLAGS = client 4,
    ENVIRONMENT = client 5 / 27, DIRECTORY = client 6 / 18, PIPES = client 7, DIALECT = client 8 / 5,
    // client: key
    KEY = client 10 / 20, MNEMONIC = client 11, TOOLS = client 12 / 20,
    // client: pools
    MAX_INSTANCES = client 20, MAX_MULTIPLEX = client 21, IDLE = client 26 / 32,
    MEMORY_LIMIT = client 27 / 33,
    // client: arguments
    ARGUMENT_SPLIT = client 30 / 6, EXPAND = client 32 / 9, LINES = client 35 / 11, FLAGFILE = client 36,
    LITERAL_AT = client 37 / 10, AT_ARGUMENT = client 39, NO_ARGFILE = client 40 / 7,
    // client: requests
    SINGLEPLEX_ID = client 45 / 17, ONE_AT_A_TIME = client 46 / 17, MULTIPLEX_ID = client 47,
    UNIQUE_ID = client 48, ONE_MODE = client 50 / 17, INPUTS = client 51 / 14, INPUT_PATHS = client 52 / 15,
    SAME_DIGEST = client 53, VERBOSITY_ASKED = client 54, SANDBOX_DIR = client 55 / 17,
    COMPLETES = client 56, REQUEST_WELL_FORMED = client 57, ONE_LINE = client 58,
    // client: responses
    UNKNOWN_ID = client 61 / 44, UNASKED = client 62, AFTER_FAULT = client 63 / 46, SURVIVES = client 64,
    SUCCESS = client 69 / 40,
    // client: failures
    TIME_LIMIT = client 80 / 50, INTERRUPT = client 81, PROCESS_ENDS = client 82 / 44, RETRIES = client 86,
    // client: cancellation
    CANCEL_DECLARED = client 95, CANCEL_FORM = client 96, CANCEL_IN_TIME = client 97,
    GIVEN_UP = client 98 / 52, UNASKED_WAS_CANCELLED = client 100 / 44, STILL_OPEN = client 103,
    // client: sandboxing
    IN_PLACE = client 110, NOTHING_ELSE = client 111 / 19, OWN_SANDBOX = client 112,
    OUTPUTS_ONLY = client 113, TOOL_FILES = client 115 / 26, SANDBOX_MULTIPLEX = client 116,
    SANDBOX_LEFT = client 118,
    // client: dynamic
    ONE_BRANCH = client 120, RACE_SANDBOX = client 121, LOSER = client 122,
    // client: shutdown
    ALL_ENDED = client 130, INPUT_CLOSED = client 131 / 34, GRACE = client 132 / 34,
    KILLED = client 133 / 34, GROUP = client 134 / 34, DIRECTORY_LAST = client 138,
    // client: logs
    OWN_LOG = client 141 / 42,
}
