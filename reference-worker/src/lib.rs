//! The library with which a tool becomes a persistent build worker.
