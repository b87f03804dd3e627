//! `@changesets/cli`, which other teams write and read changesets with. It runs on the node.js of emulate.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::command::{Finished, program, run};
use super::node::{rig, witness};

fn installed() -> PathBuf {
    let folder = rig().join("../changesets");
    assert!(folder.join("stamp").is_file(), "the changesets program is not there: run ./tests/run --set-up");
    folder
}

fn node() -> String {
    rig().join("emulate/node").display().to_string()
}

/// Runs the program in a folder.
pub fn run_changesets(folder: &Path, arguments: &[&str]) -> Finished {
    let bin = installed().join("node_modules/@changesets/cli/bin.js");
    run(program(&node()).current_dir(folder).arg(bin).args(arguments), b"")
}

/// Has it write a changeset, and read `text`: returns the file that it writes, and what it reads.
pub fn written_and_read(releases: &Value, summary: &str, text: &str) -> (String, Value) {
    let input = json!({ "releases": releases, "summary": summary, "text": text }).to_string();
    let mut command = program(&node());
    command.arg(witness("changeset.mjs")).arg(installed());
    let finished = run(&mut command, input.as_bytes()).succeeded("the witness");
    let mut told: Value = serde_json::from_str(&finished.text()).expect("it writes JSON");
    (told["written"].as_str().expect("it is a text").to_owned(), told["read"].take())
}
