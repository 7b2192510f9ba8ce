//! Files that are written, and what may stand in their place before: nothing, an empty file, or an earlier file of the same form. A slip
//! of the pen costs nobody a file.

use std::fs::File;
#[cfg(not(unix))]
use std::fs::Metadata;
use std::io::{self, BufReader, ErrorKind, Read as _, Write as _};
use std::path::Path;

use serde::Deserialize;

#[cfg(unix)]
pub(super) use super::unix::open_to_append;
#[cfg(unix)]
use super::unix::{is_stream, open};

/// The bytes at the beginning of a file by which its form is known.
const HEAD: u64 = 8 << 10;
/// The most bytes of a JSON file in which the name of its form is looked for.
const LARGEST: u64 = 256 << 20;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A report as JSON, `schema/report/v1`.
    Report,
    /// A report as JUnit XML.
    Junit,
    /// A report as a page of HTML.
    Html,
    /// A script or a case.
    Replay,
    /// A transcript, `schema/transcript/v1`.
    Transcript,
}

impl Form {
    /// Whether a file of this form begins like this. What stands here is what every version of `pwp` has written.
    fn is_of(self, head: &str) -> bool {
        match self {
            Self::Junit => head.starts_with("<?xml") && head.contains("<testsuites name=\"pwp "),
            Self::Html => head.starts_with("<!DOCTYPE html>") && head.contains(" · pwp</title>"),
            // A file that was cut short is known by its first member.
            Self::Report | Self::Replay | Self::Transcript => {
                let member = head.trim_start().strip_prefix('{').map(str::trim_start);
                let value = member.and_then(|text| text.strip_prefix("\"schema\"")).map(str::trim_start);
                let value = value.and_then(|text| text.strip_prefix(':')).map(str::trim_start);
                value.and_then(|text| text.strip_prefix('"')).is_some_and(|name| self.has_schema(name))
            }
        }
    }

    /// Whether the value of the member `schema` of a file of this form begins like this.
    fn has_schema(self, name: &str) -> bool {
        let names: &[&str] = match self {
            Self::Report => &["pwp/report/"],
            Self::Replay => &["pwp/script/", "pwp/case/"],
            Self::Transcript => &["pwp/transcript/"],
            Self::Junit | Self::Html => &[],
        };
        names.iter().any(|start| name.starts_with(start))
    }

    /// What it is, in words.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "a report of pwp",
            Self::Junit => "a JUnit file of pwp",
            Self::Html => "a page of pwp",
            Self::Replay => "a script or case of pwp",
            Self::Transcript => "a transcript of pwp",
        }
    }
}

/// Whether a file of this form may be written to a path.
///
/// # Errors
/// Where a folder or a file of another form stands there, or something that can't be written to. The error says which.
pub fn may_replace(path: &Path, form: Form) -> io::Result<()> {
    let there = match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        there => there?,
    };
    let of = |kind, why: String| Err(io::Error::new(kind, why));
    if there.is_dir() {
        return of(ErrorKind::IsADirectory, "it is a folder".into());
    }
    if is_stream(&there) {
        return Ok(());
    }
    if !there.is_file() {
        return of(ErrorKind::InvalidInput, "it is neither a file nor a stream".into());
    }
    if there.len() == 0 {
        return Ok(());
    }
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    if form.is_of(&String::from_utf8_lossy(&head)) || schema(path).is_some_and(|name| form.has_schema(&name))
    {
        return Ok(());
    }
    let what = form.as_str();
    of(
        ErrorKind::AlreadyExists,
        format!("it is there already and not {what}; remove it first, or choose another name"),
    )
}

/// The member `schema` of a JSON file, wherever it stands: a tool may have sorted the members.
fn schema(path: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Outline {
        schema: String,
    }
    let file = BufReader::new(File::open(path).ok()?.take(LARGEST));
    serde_json::from_reader::<_, Outline>(file).ok().map(|outline| outline.schema)
}

/// Writes a file where it [may be written](may_replace).
pub(super) fn replace(path: &Path, form: Form, text: &str) -> io::Result<()> {
    may_replace(path, form)?;
    open(path)?.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn is_stream(_there: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::create(path)
}

#[cfg(not(unix))]
pub(super) fn open_to_append(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [(Form, &str); 6] = [
        (Form::Report, "{\n  \"schema\": \"pwp/report/v1\",\n  \"revision"),
        (Form::Report, "{\"requirements\": [], \"schema\": \"pwp/report/v2\"}\n"),
        (Form::Junit, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pwp worker\" time="),
        (Form::Html, "<!DOCTYPE html><html lang=\"en\"><head><title>not conformant · pwp</title>"),
        (Form::Replay, "{\n  \"schema\": \"pwp/case/v1\","),
        (Form::Transcript, "{\n  \"schema\": \"pwp/transcript/v1\","),
    ];

    #[test]
    fn an_earlier_file_of_the_same_form_is_replaced_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (form, text) in OLD {
            for (there, old) in OLD {
                std::fs::write(&path, old).unwrap();
                let replaced = replace(&path, form, text).is_ok();
                assert_eq!(replaced, form == there, "{form:?} over {old}");
                assert_eq!(std::fs::read_to_string(&path).unwrap(), if replaced { text } else { old });
            }
            for old in ["{}", "[package]\n", "<?xml version=\"1.0\"?><project/>", "\0\u{1}"] {
                std::fs::write(&path, old).unwrap();
                assert!(
                    may_replace(&path, form).unwrap_err().to_string().contains("remove it first"),
                    "{old}"
                );
            }
            std::fs::write(&path, "").unwrap();
            replace(&path, form, text).unwrap();
            std::fs::remove_file(&path).unwrap();
            replace(&path, form, text).unwrap();
            assert!(may_replace(folder.path(), form).is_err());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_stream_is_written_to_and_a_pipe_without_a_reader_is_an_error() {
        assert!(replace(Path::new("/dev/null"), Form::Report, "text").is_ok());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert!(may_replace(&path, Form::Report).is_ok());
        assert!(replace(&path, Form::Report, "text").unwrap_err().to_string().contains("nobody reads"));
    }
}
