//! GitHub's own description of its API, as a witness: prism refuses what does not fit it, and answers with its examples.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::command::program;
use super::http::{Response, forward};
use super::server::Server;
use super::traffic::Traffic;

/// Prism, and a front of it that writes down what passes; both end when it is dropped.
pub struct DescribedGitHub {
    child: Child,
    folder: TempDir,
    description: PathBuf,
    front: Option<Server>,
}

impl DescribedGitHub {
    /// Starts prism out of the folder `rig`, which `./tests/run` makes, and waits until it listens.
    pub fn start(rig: &Path) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let description = rig.join("github.json");
        assert!(description.is_file(), "{} is not there: run ./tests/run", description.display());
        let log = fs::File::create(folder.path().join("log")).expect("the folder can be written");
        let child = program("node")
            .arg(rig.join("node_modules/@stoplight/prism-cli/dist/index.js"))
            .args(["mock", "--host", "127.0.0.1", "--port", "0", "--verboseLevel", "info"])
            .arg(&description)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run node, which prism needs: {error}"));
        let mut described = Self { child, folder, description, front: None };
        let prism = described.wait_until_it_listens();
        described.front = Some(Server::start(move |request| {
            forward(prism, request).unwrap_or_else(|error| Response::new(502, error.to_string()))
        }));
        described
    }

    /// Prism picks the port itself; what it says tells which.
    fn wait_until_it_listens(&mut self) -> SocketAddr {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let log = fs::read_to_string(self.folder.path().join("log")).expect("the log can be read");
            let address = log.split("listening on http://").nth(1).and_then(|rest| rest.split_whitespace().next());
            if let Some(address) = address.and_then(|address| address.parse().ok()) {
                return address;
            }
            let ended = self.child.try_wait().expect("a child can be asked");
            assert!(ended.is_none() && Instant::now() < deadline, "prism does not listen: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the address of the API.
    pub fn url(&self) -> String {
        format!("http://{}", self.server().address())
    }

    /// Hands out what passed since it was last asked.
    pub fn take_traffic(&self) -> Traffic {
        self.server().take_traffic()
    }

    /// Tells whether the description has a query parameter of this name, which prism does not look at.
    pub fn has_parameter(&self, name: &str) -> bool {
        let text = fs::read_to_string(&self.description).expect("the description can be read");
        text.contains(&format!("\"name\":\"{name}\",")) && text.contains("\"in\":\"query\"")
    }

    fn server(&self) -> &Server {
        self.front.as_ref().expect("it has started")
    }
}

impl Drop for DescribedGitHub {
    fn drop(&mut self) {
        // If it has ended already there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
