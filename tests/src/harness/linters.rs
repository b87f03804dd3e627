//! Linters for workflows, which know GitHub's rules for them: witnesses of other makes.

use std::path::{Path, PathBuf};

use super::command::{program, run};
use super::page::root;

pub(super) fn tool(path: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("tools").join(path)
}

/// Fails unless [actionlint](https://github.com/rhysd/actionlint) has nothing to say against a workflow.
#[track_caller]
pub fn assert_actionlint_passes(workflow: &Path) {
    let path = tool("bin/actionlint");
    // What else is installed here is no matter of these tests.
    let mut command = program(path.to_str().expect("the path is text"));
    let finished = run(command.args(["-no-color", "-shellcheck=", "-pyflakes="]).arg(workflow), b"");
    assert_eq!(finished.code, 0, "{}\n{}{}", workflow.display(), finished.text(), finished.stderr);
}

/// Fails unless [zizmor](https://docs.zizmor.sh) finds nothing against workflows and actions, however picky.
#[track_caller]
pub fn assert_zizmor_passes(files: &[&Path]) {
    let path = tool("zizmor/bin/zizmor");
    let mut command = program(path.to_str().expect("the path is text"));
    command.args(["--offline", "--no-config", "--persona=pedantic", "--no-progress", "--color=never"]).args(files);
    let finished = run(&mut command, b"");
    assert_eq!(finished.code, 0, "{}{}", finished.text(), finished.stderr);
    assert!(finished.text().contains("No findings to report"), "{}{}", finished.text(), finished.stderr);
}
