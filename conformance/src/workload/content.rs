//! What a file has in it, and text with places that are known late: the folder of the workload and the directory of a run.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// Stands for the folder of the workload's file.
const WORKLOAD: &str = "{workload}";
/// Stands for the directory of the run.
const RUN: &str = "{run}";

/// What a file has in it, and whether it can be executed. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    data: Data,
    /// The file can be executed.
    pub executable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Data {
    Bytes(Arc<[u8]>),
    /// It has the directory of the run in it.
    Late(Arc<Template>),
}

impl Content {
    /// A content of these bytes, in which no template is looked for.
    pub fn of_bytes(bytes: impl Into<Arc<[u8]>>, executable: bool) -> Self {
        Self { data: Data::Bytes(bytes.into()), executable }
    }

    /// A text with templates in it. `folder` is what `{workload}` stands for; [`NoFolder`] where it stands for nothing.
    pub(super) fn of_text(text: &str, folder: Option<&Path>, executable: bool) -> Result<Self, NoFolder> {
        let template = Template::new(text, folder)?;
        let data = if template.depends_on_run() {
            Data::Late(Arc::new(template))
        } else {
            Data::Bytes(template.in_run(Path::new("")).into_bytes().into())
        };
        Ok(Self { data, executable })
    }

    /// The bytes for a run in the directory `run`, which is absolute.
    pub fn bytes_in(&self, run: &Path) -> Cow<'_, [u8]> {
        match &self.data {
            Data::Bytes(bytes) => Cow::Borrowed(bytes),
            Data::Late(template) => Cow::Owned(template.in_run(run).into_bytes()),
        }
    }

    /// How many bytes there are, the run's directory not counted.
    pub(crate) fn len(&self) -> usize {
        self.bytes_in(Path::new("")).len()
    }
}

/// A text in which `{workload}` is replaced and `{run}` is still to be.
///
/// Written twice in braces, `{{run}}`, each stands for itself. No other brace means anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// What stands between two `{run}`, so there is one more than there are of them.
    parts: Vec<String>,
}

impl Template {
    /// Reads a text. `folder` is what `{workload}` stands for, in full; [`NoFolder`] where it stands for nothing.
    pub fn new(text: &str, folder: Option<&Path>) -> Result<Self, NoFolder> {
        let mut parts = vec![String::new()];
        let mut rest = text;
        while let Some(brace) = rest.find('{') {
            push(&mut parts, &rest[..brace]);
            rest = &rest[brace..];
            let literal = [WORKLOAD, RUN]
                .iter()
                .find(|name| rest[1..].strip_prefix(**name).is_some_and(|behind| behind.starts_with('}')));
            let length = if let Some(name) = literal {
                push(&mut parts, name);
                name.len() + 2
            } else if rest.starts_with(RUN) {
                parts.push(String::new());
                RUN.len()
            } else if rest.starts_with(WORKLOAD) {
                push(&mut parts, &folder.ok_or(NoFolder)?.to_string_lossy());
                WORKLOAD.len()
            } else {
                push(&mut parts, "{");
                1
            };
            rest = &rest[length..];
        }
        push(&mut parts, rest);
        Ok(Self { parts })
    }

    /// `text` written so that it is read as itself, where the folder `run` and what lies below it is that of a run.
    pub fn written(text: &str, run: Option<&str>) -> String {
        let literal = |text: &str| text.replace(WORKLOAD, "{{workload}}").replace(RUN, "{{run}}");
        let Some(run) = run.filter(|run| run.len() > 1) else { return literal(text) };
        let (mut written, mut rest) = (String::new(), text);
        while let Some(at) = rest.find(run) {
            let (before, behind) = (&rest[..at], &rest[at + run.len()..]);
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
            let is_folder = !behind.starts_with(is_name) && !before.ends_with(is_name);
            // In braces it would be read as the word.
            let is_word = before.ends_with('{') && behind.starts_with('}');
            written.push_str(&literal(before));
            written.push_str(if is_folder && !is_word { RUN } else { run });
            rest = behind;
        }
        written + &literal(rest)
    }

    /// Whether it differs from run to run.
    pub fn depends_on_run(&self) -> bool {
        self.parts.len() > 1
    }

    /// The text for a run in the directory `run`, which is absolute.
    pub fn in_run(&self, run: &Path) -> String {
        self.parts.join(&run.to_string_lossy())
    }

    /// The text for people, with `{run}` where it depends on the run.
    pub fn shown(&self) -> String {
        self.parts.join(RUN)
    }
}

fn push(parts: &mut [String], text: &str) {
    if let Some(last) = parts.last_mut() {
        last.push_str(text);
    }
}

/// `{workload}` in a workload that is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{{workload}}` stands in it, but this workload is in no folder; write `{{{{workload}}}}` for the word"
)]
pub struct NoFolder;

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> String {
        Template::new(text, Some(Path::new("/w{run}"))).unwrap().in_run(Path::new("/r{workload}"))
    }

    #[test]
    fn both_places_are_replaced_and_in_two_braces_stand_for_themselves() {
        assert_eq!(expand("{run}"), "/r{workload}");
        assert_eq!(expand("-I{workload}/a:{run}{run}"), "-I/w{run}/a:/r{workload}/r{workload}");
        assert_eq!(expand("{{run}} {{workload}}"), "{run} {workload}");
        assert_eq!(expand("{{{run}}}"), "{{run}}");
    }

    #[test]
    fn other_braces_mean_nothing() {
        for text in
            ["", "{}", "{ run }", "{Run}", "fn a() { b(|{}| {{c}}) }", "{{run}", "{run", "${größe}", "}{"]
        {
            let expected = text.replace("{{run}", "{/r{workload}");
            assert_eq!(expand(text), expected);
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        for text in ["", "{run}", "a{workload}{{run}}", "{{{run}}}", "/tmp/x/{run}/tmp/x", "}{{", "{/tmp/x}"]
        {
            let written = Template::written(text, Some("/tmp/x"));
            let read = Template::new(&written, None).unwrap();
            assert_eq!(read.in_run(Path::new("/tmp/x")), text, "{written}");
        }
        assert_eq!(Template::written("--o=/tmp/x/a:/tmp/x", Some("/tmp/x")), "--o={run}/a:{run}");
        assert_eq!(Template::written("/tmp/xy /a/tmp/x", Some("/tmp/x")), "/tmp/xy /a/tmp/x");
    }

    #[test]
    fn without_a_folder_its_name_is_a_mistake() {
        assert_eq!(Template::new("{workload}", None), Err(NoFolder));
        assert_eq!(Template::new("{{workload}}{run}", None).unwrap().shown(), "{workload}{run}");
    }
}
