//! What spans crates: kill matrix, hostile subjects, snapshots, schemas.
