//! How much may still be shown, so that no subject decides how large the page is.

use maud::Markup;

/// Bytes of the page that are left for evidence.
pub(super) struct Room {
    left: usize,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self { left: bytes }
    }

    /// `markup` if there is room for it, which is then taken.
    pub(super) fn fit(&mut self, markup: Markup) -> Option<Markup> {
        let left = self.left.checked_sub(markup.0.len())?;
        self.left = left;
        Some(markup)
    }
}
