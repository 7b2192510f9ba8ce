//! The size that a page may still grow by, so that no subject decides how large the page is.

use maud::Markup;

/// The bytes of a page that are left for evidence.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) const fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Takes the bytes of `markup` from the budget; `None` if too few are left.
    pub(super) fn fit(&mut self, markup: Markup) -> Option<Markup> {
        self.0 = self.0.checked_sub(markup.0.len())?;
        Some(markup)
    }
}
