//! What a file has in it.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use super::template::{NoFolder, Template};

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

    /// A text with templates in it. `folder` is what `{workload}` stands for.
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
    pub fn len(&self) -> usize {
        self.bytes_in(Path::new("")).len()
    }

    /// Whether the file is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
