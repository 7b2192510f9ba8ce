//! The address of the standard, and links to it.

use std::str::FromStr;

use maud::{Markup, html};

use pwp_spec::{Catalogue, RequirementId};

/// The address of the book as `spec/build` makes it: `https://…`, `http://…`, `file://…`, or a folder, which is taken
/// from where the page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookAddress(String);

/// A text that is no address of a book.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no address of a book; write for example https://example.org/pwp or ../spec/book")]
pub struct NoBookAddress(String);

impl FromStr for BookAddress {
    type Err = NoBookAddress;

    fn from_str(text: &str) -> Result<Self, NoBookAddress> {
        let web = ["https://", "http://", "file://"].iter().any(|scheme| text.starts_with(scheme));
        // A reader who clicks must not run anything.
        if text.is_empty() || (!web && text.contains(':')) || text.chars().any(char::is_control) {
            return Err(NoBookAddress(text.to_owned()));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Words about a requirement: a link to its sentence, where the book's address is known.
pub(super) fn in_book(id: RequirementId, words: &str, book: Option<&BookAddress>) -> Markup {
    html! {
        @match (book, Catalogue::standard().get(id)) {
            (Some(BookAddress(book)), Some(requirement)) => a href={ (book) "/" (requirement.chapter.page()) } { (words) },
            _ => (words),
        }
    }
}
