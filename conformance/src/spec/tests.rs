//! The book tooling on small made-up books.
