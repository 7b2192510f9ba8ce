//! Says which folders are built in as a whole, so that a build notices a new file in them.

fn main() {
    println!("cargo::rerun-if-changed=scripts");
    println!("cargo::rerun-if-changed=cases");
}
