//! What came of each pair, in the form of `results.json`. `pwp spec sync` makes a page of the book of it.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Failure;

/// The table of build tools and workers, as `results.json` holds it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Results {
    /// How many actions each worker was given by each build tool.
    actions: u64,
    /// Build tool by build tool.
    cells: Vec<Cell>,
}

/// One build tool with one worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cell {
    pub(super) client: String,
    pub(super) worker: String,
    pub(super) state: State,
    /// Whether the worker got one request at a time; nothing where nothing was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mode: Option<Mode>,
    /// How many actions came out right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) done: Option<usize>,
    /// What was seen where it does not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

/// Whether a pair works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// All actions came out right.
    Works,
    /// At least one did not.
    Fails,
    /// A race: some runs work.
    AtTimes,
    /// The build tool has no way to speak with this worker.
    Cannot,
}

/// How many requests a worker has at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    /// One request at a time.
    Singleplex,
    /// As many as there are actions.
    Multiplex,
}

impl Cell {
    /// The state, the mode and the note, for people.
    pub(super) fn in_short(&self) -> String {
        let words = [Some(word(&self.state)), self.mode.as_ref().map(word), self.note.clone()];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}

impl Results {
    /// The table in a file, empty if there is none.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        if !path.exists() {
            return Ok(Self { actions: 5, cells: Vec::new() });
        }
        let text = std::fs::read_to_string(path)?;
        serde_json::from_str(&text).map_err(|error| format!("{} is no table: {error}", path.display()).into())
    }

    /// The cell with the same build tool and worker.
    pub(super) fn of(&self, cell: &Cell) -> Option<&Cell> {
        self.cells.iter().find(|other| other.client == cell.client && other.worker == cell.worker)
    }

    /// The table with these cells; the others stay if `is_partial`.
    pub(super) fn with(mut self, cells: Vec<Cell>, is_partial: bool) -> Self {
        if !is_partial {
            self.cells.clear();
        }
        for cell in cells {
            let is_same = |other: &Cell| other.client == cell.client && other.worker == cell.worker;
            match self.cells.iter().position(is_same) {
                Some(place) => self.cells[place] = cell,
                None => self.cells.push(cell),
            }
        }
        self
    }

    /// Writes the table.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        Ok(std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }
}
