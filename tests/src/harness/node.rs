//! Programs of node.js that bear witness. Each listens on a loopback port of its own choice.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use super::command::program;

/// A program that listens. It ends when it is dropped, and with the process that started it.
pub(super) struct Node {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Node {
    /// Starts a program, and waits until it says where it listens.
    pub(super) fn start(arguments: &[&OsStr]) -> Self {
        Self::start_with("node", arguments)
    }

    /// Starts it with another node than that on the path.
    pub(super) fn start_with(node: &str, arguments: &[&OsStr]) -> Self {
        let mut child = program(node)
            .arg("--import")
            .arg(witness("until_the_tests_end.mjs"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {node}, which ./tests/run needs: {error}"));
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let mut said = String::new();
        let address = lines.by_ref().find_map(|line| {
            said += &(line.clone() + "\n");
            line.split("listening on http://").nth(1)?.trim().parse().ok()
        });
        let address = address.unwrap_or_else(|| panic!("node {arguments:?} does not listen: {said}"));
        // What it says later is not kept; it must not wait until somebody reads it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // If it has ended already there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Returns the path of a script that bears witness.
pub(super) fn witness(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("witness").join(name)
}

/// Returns the folder with the node.js of emulate, which is new enough for the changesets program.
pub fn new_node() -> PathBuf {
    let folder = rig().join("emulate");
    assert!(folder.join("node").is_file(), "node.js is not there: run ./tests/run --set-up");
    folder
}

/// Returns the folder in which the changesets program is installed: a `node_modules`.
pub fn changesets() -> PathBuf {
    let program = std::env::current_exe().expect("a test knows where it is");
    let mut folders = program.ancestors().map(|folder| folder.join("changesets/node_modules"));
    let made = folders.find(|folder| folder.join(".bin/changeset").exists());
    made.expect("the changesets program is not there: run ./tests/run --set-up")
}

/// Returns the folder that `./tests/run` makes below `target`: prism, and what GitHub says of its API.
pub(super) fn rig() -> PathBuf {
    let program = std::env::current_exe().expect("a test knows where it is");
    let rigs = program.ancestors().map(|folder| folder.join("prism"));
    let made = |rig: &PathBuf| rig.join("github.json").is_file() && rig.join("github.graphql").is_file();
    rigs.into_iter().find(made).expect("prism and GitHub's description are not there: run ./tests/run --set-up")
}
