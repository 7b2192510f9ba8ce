//! `pwp check client` that is killed leaves no process. A target of its own: orphans of this run would be taken for those of another.

use pwp_tests::watched::Pwp;

/// Who kills the suite gives it no time to tidy up. What it has started ends all the same, also a worker that ignores every
/// sign, and its child.
#[test]
fn a_killed_suite_leaves_no_process() {
    let pwp = Pwp::new(env!("CARGO_BIN_EXE_pwp-under-test"));
    let mut running = pwp.args(["check", "client", "reference", "--only", "ignores-all"]).start();
    running.until_there("ignores-all/exec/out/a.out");
    assert_eq!(running.kill(), [""; 0]);
}
