//! The page: bounded, escaped, whole.
