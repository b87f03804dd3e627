//! The real changesets program, which `./tests/run` installs below `target`.

use std::path::Path;

use embark_tests::harness::{Finished, program, run};

/// Runs it in a repository.
pub(super) fn changeset(folder: &Path, words: &[&str]) -> Finished {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is below target");
    let script = target.join("changesets/node_modules/@changesets/cli/bin.js");
    let node = target.join("prism/emulate/node");
    assert!(script.is_file() && node.exists(), "{} is not there: run ./tests/run", script.display());
    let node = node.to_str().expect("the path is text");
    run(program(node).current_dir(folder).env("NO_COLOR", "1").arg(script).args(words), b"")
}
