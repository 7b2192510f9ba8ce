//! One page with everything: verdict, evidence, transcripts as timelines, all requirements.
//!
//! The page needs no network, no script and no other file, and never grows above [`HTML_LIMIT`].
//!
//! - [`html`]: the page (`page`)
//! - the evidence of one broken requirement (`evidence`), its transcript (`timeline`), its bytes (`bytes`)
//! - every requirement, to be filtered by verdict (`table`); a verdict as a word on a colour (`badge`)
//! - where the standard can be opened (`book`)
//! - the size that the page may still grow by (`budget`); the book's Markdown as HTML (`prose`)
//! - the layout and the colours (`style.css`)

mod badge;
mod book;
mod budget;
mod bytes;
mod evidence;
mod page;
mod prose;
mod table;
mod timeline;

pub use book::{BookAddress, NoBookAddress};
pub use page::{HTML_LIMIT, html};
