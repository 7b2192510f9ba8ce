//! What bytes look like that came where a response was expected.

use pwp_proto::Framing;

/// How messages of the Java virtual machine begin.
const JVM: &[&str] = &["Picked up ", "OpenJDK ", "Java HotSpot", "WARNING: "];
/// What stands in stack traces of Python, Java, Node and Rust.
const STACK_TRACE: &[&str] =
    &["Traceback (most recent call last)", "Exception in thread", "\n\tat ", "\n    at ", "panicked at"];
/// What shells and loaders say of a tool that they can't start.
const SHELL: &[&str] =
    &["command not found", "No such file or directory", "Permission denied", "error while loading"];

/// A guess at the origin of stray bytes, with which a failure names its remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[allow(missing_docs, reason = "each is described for people")]
pub enum Stray {
    #[strum(serialize = "a line of text, as a print statement writes it")]
    Text,
    #[strum(serialize = "a line end, as a print function adds it")]
    LineEnd,
    #[strum(serialize = "a message of the Java virtual machine")]
    Jvm,
    #[strum(serialize = "an exception with its stack trace")]
    StackTrace,
    #[strum(serialize = "a message of the shell or the loader")]
    Shell,
    #[strum(serialize = "a byte order mark")]
    ByteOrderMark,
    #[strum(serialize = "a JSON object, but the dialect of this run is proto")]
    Json,
    #[strum(serialize = "probably protobuf, but the dialect of this run is json")]
    Proto,
    #[strum(serialize = "no text")]
    Binary,
}

impl Stray {
    /// Looks at the first bytes of what came.
    pub fn of(bytes: &[u8], framing: Framing) -> Self {
        let mut head = &bytes[..bytes.len().min(2048)];
        if framing == Framing::Proto && starts_as_text(head) {
            // What stands behind the text may be a response again.
            let end =
                head.iter().position(|byte| *byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x1b));
            head = &head[..end.unwrap_or(head.len())];
        }
        let text = String::from_utf8_lossy(head);
        let trimmed = text.trim_start();
        if head.starts_with(b"\xef\xbb\xbf") {
            Self::ByteOrderMark
        } else if !head.is_empty() && head.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            Self::LineEnd
        } else if framing == Framing::Proto && trimmed.starts_with('{') && is_text(head) {
            Self::Json
        } else if JVM.iter().any(|sign| trimmed.starts_with(sign)) || trimmed.contains("[warning][") {
            Self::Jvm
        } else if STACK_TRACE.iter().any(|sign| text.contains(sign)) {
            Self::StackTrace
        } else if SHELL.iter().any(|sign| text.contains(sign)) && is_text(head) {
            Self::Shell
        } else if is_text(head) {
            Self::Text
        } else if framing == Framing::Json
            && head.iter().take(16).any(|byte| matches!(byte, 0x08 | 0x12 | 0x18))
        {
            Self::Proto
        } else {
            Self::Binary
        }
    }

    /// What it is, to follow "these bytes are".
    pub fn describe(self) -> &'static str {
        self.into()
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Text => {
                "Write diagnostics to stderr and what the user is to see to `output`. Keep the tool away from stdout: \
                 Java System.setOut(System.err), Python sys.stdout = sys.stderr after keeping sys.stdout.buffer, \
                 Node console.log = console.error, shell exec 3>&1 1>&2."
            }
            Self::LineEnd => {
                "Write the response with a function that adds nothing: Python sys.stdout.buffer.write, \
                 Java writeDelimitedTo, Node process.stdout.write, Go os.Stdout.Write."
            }
            Self::Jvm => {
                "Send the virtual machine's own messages to stderr: -Xlog:disable -Xlog:all=warning:stderr, \
                 -XX:+DisplayVMOutputToStderr, and unset JAVA_TOOL_OPTIONS."
            }
            Self::StackTrace => {
                "Print exceptions to stderr and answer the request with a non-zero exit_code."
            }
            Self::Shell => "Check the command: what was started is not the tool.",
            Self::ByteOrderMark => "Write bytes, not text with a byte order mark: UTF-8 without BOM.",
            Self::Json => "If the worker speaks JSON, run with --dialect json.",
            Self::Proto => "If the worker speaks protobuf, run with --dialect proto.",
            Self::Binary => "Write each response as one length-prefixed message and nothing else.",
        }
    }
}

/// Text at least at its start. A frame is not: behind its length comes a tag, which for each field of a
/// `WorkResponse` is a control character or, for `was_cancelled`, is followed by one.
fn starts_as_text(bytes: &[u8]) -> bool {
    is_text(bytes) || (bytes.len() > 4 && ascii_head(bytes).is_some())
}

/// The first four bytes, if they are text in ASCII: from so many on, what begins here is no frame.
pub(super) fn ascii_head(bytes: &[u8]) -> Option<&[u8; 4]> {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    bytes.first_chunk().filter(|head| head.iter().all(is_text))
}

/// Text in UTF-8 without control characters other than white space.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or("")
        }
        Err(_) => return false,
    };
    !valid.is_empty() && valid.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{1b}'))
}
