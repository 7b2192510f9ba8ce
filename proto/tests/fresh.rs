//! The checked-in Rust types are what protox and prost-build make of worker.proto; `PWP_BLESS=1` rewrites them.

use std::path::Path;

const HEADER: &str = "//! Generated from pwp/worker/v1/worker.proto; `PWP_BLESS=1 cargo test -p pwp-proto --test fresh` rewrites it.\n\n";

#[test]
fn generated_types_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let descriptors = protox::compile([root.join("pwp/worker/v1/worker.proto")], [root]).unwrap();
    let out = tempfile::tempdir().unwrap();
    prost_build::Config::new().out_dir(out.path()).compile_fds(descriptors).unwrap();
    // `//!` cannot stand at the top of an included file, so the header is an ordinary comment there.
    let fresh =
        HEADER.replace("//!", "//") + &std::fs::read_to_string(out.path().join("pwp.worker.v1.rs")).unwrap();

    let checked_in = root.join("src/generated/pwp.worker.v1.rs");
    if std::env::var_os("PWP_BLESS").is_some() {
        std::fs::write(&checked_in, &fresh).unwrap();
    }
    let found = std::fs::read_to_string(&checked_in).unwrap_or_default();
    assert!(
        found == fresh,
        "{} is stale; run `PWP_BLESS=1 cargo test -p pwp-proto --test fresh`",
        checked_in.display()
    );
}
