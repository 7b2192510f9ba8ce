//! The conformance suite for persistent build workers.
