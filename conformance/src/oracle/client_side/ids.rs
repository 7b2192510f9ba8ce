//! The requirements on clients that are judged, by the names used in the code.

use pwp_spec::RequirementId;

macro_rules! ids {
    ($($name:ident = $number:literal),* $(,)?) => {
        $(pub(crate) const $name: RequirementId = RequirementId::client($number);)*
        /// All of them, for the test that holds them against the book.
        #[cfg(test)]
        pub(crate) const ALL: &[RequirementId] = &[$($name),*];
    };
}

ids! {
    DECLARED = 1, FLAG = 2, FLAG_LAST = 3, EXTRA_FLAGS = 4, ENVIRONMENT = 5, DIRECTORY = 6, PIPES = 7,
    DIALECT = 8,
    KEY = 10, MNEMONIC = 11, TOOLS = 12,
    MAX_INSTANCES = 20, MAX_MULTIPLEX = 21, IDLE = 26, MEMORY = 27,
    SPLIT = 30, EXPAND = 32, LINES = 35, FLAGFILE = 36, LITERAL_AT = 37, AT_ARGUMENT = 39, NO_ARGFILE = 40,
    SINGLEPLEX_ID = 45, ONE_AT_A_TIME = 46, MULTIPLEX_ID = 47, UNIQUE_ID = 48, ONE_MODE = 50, INPUTS = 51,
    INPUT_PATHS = 52, SAME_DIGEST = 53, VERBOSITY = 54, SANDBOX_DIR = 55, COMPLETES = 56, WELL_FORMED = 57,
    ONE_LINE = 58,
    UNKNOWN_ID = 61, UNASKED = 62, AFTER_FAULT = 63, SURVIVES = 64, SUCCESS = 69,
    TIME_LIMIT = 80, INTERRUPT = 81, PROCESS_ENDS = 82, AGAIN = 86,
    CANCEL_DECLARED = 95, CANCEL_FORM = 96, CANCEL_LATE = 97, GIVEN_UP = 98, WAS_CANCELLED = 100, STILL_OPEN = 103,
    IN_PLACE = 110, NOTHING_ELSE = 111, OWN_SANDBOX = 112, OUTPUTS_ONLY = 113, TOOL_FILES = 115, SANDBOX_MULTIPLEX = 116, SANDBOX_LEFT = 118,
    ONE_BRANCH = 120, RACE_SANDBOX = 121, LOSER = 122,
    ALL_ENDED = 130, INPUT_CLOSED = 131, GRACE = 132, KILLED = 133, GROUP = 134, DIRECTORY_LAST = 138,
    OWN_LOG = 141,
}
