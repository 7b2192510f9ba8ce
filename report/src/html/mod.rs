//! One page with everything: verdict, evidence, transcripts as timelines, all requirements.
//!
//! The page needs no network, no script and no other file, and never grows above [`HTML_LIMIT`].
//!
//! - [`html`]: the page (`page`)
//! - the evidence of one broken requirement (`evidence`), its transcript (`timeline`)
//! - every requirement, to be filtered by verdict (`table`)
//! - what these share (`parts`), and where the standard can be opened (`book`)
//! - the layout and the colours (`style.css`)

mod book;
mod evidence;
mod page;
mod parts;
mod table;
mod timeline;

pub use book::{BookAddress, NoBookAddress};
pub use page::{HTML_LIMIT, html};
