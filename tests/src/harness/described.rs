//! GitHub's own description of its API, as a witness: prism refuses what does not fit it, and answers with its examples.

mod description;

use std::ffi::OsStr;
use std::path::Path;

use serde_json::Value;

pub(super) use self::description::Description;
use super::http::{Response, forward};
use super::node::{Node, rig};
use super::server::Server;
use super::traffic::Traffic;

/// The descriptions of the rig: GitHub's, and Argo CD's.
pub(super) const GITHUB: &str = "github.json";
pub(super) const ARGOCD: &str = "argocd.json";

/// Prism, and a front of it that writes down what passes; both end when it is dropped.
pub struct DescribedGitHub {
    _prism: Node,
    description: Description,
    front: Server,
}

impl DescribedGitHub {
    /// Starts prism, and waits until it listens.
    pub fn start() -> Self {
        let rig = rig();
        let prism = prism(&rig, GITHUB, &["mock"], None);
        let address = prism.address;
        let front = Server::start(move |request| {
            forward(address, request).unwrap_or_else(|error| Response::new(502, error.to_string()))
        });
        Self { _prism: prism, description: Description::read(&rig, GITHUB), front }
    }

    /// Returns the address of the API.
    pub fn url(&self) -> String {
        format!("http://{}", self.front.address())
    }

    /// Hands out what passed since it was last asked.
    pub fn take_traffic(&self) -> Traffic {
        self.front.take_traffic()
    }

    /// Lists the query parameters of a request that are not described, at which prism does not look.
    pub fn undescribed(&self, method: &str, target: &str) -> Vec<String> {
        self.description.undescribed(method, target)
    }
}

/// Starts prism over a description of the rig: as a `mock`, or as a `proxy` of what is upstream. One with `--errors` lets nothing pass
/// that does not fit.
pub(super) fn prism(rig: &Path, description: &str, way: &[&str], upstream: Option<&str>) -> Node {
    let (program, description) = (rig.join("node_modules/@stoplight/prism-cli/dist/index.js"), rig.join(description));
    let listen = ["--host", "127.0.0.1", "--port", "0", "--verboseLevel", "info"].map(OsStr::new);
    let mut arguments = vec![program.as_os_str()];
    // A mock cannot be strict: some of GitHub's examples do not fit its description.
    arguments.extend(way.iter().map(OsStr::new));
    arguments.extend(listen);
    arguments.push(description.as_os_str());
    arguments.extend(upstream.map(OsStr::new));
    Node::start(&arguments)
}

/// Returns what prism says does not fit, of a request or of its answer.
///
/// A status that is not described is a warning: few of its refusals are described.
pub(super) fn complaint(response: &Response) -> Option<String> {
    let header = |name: &str| {
        let found = response.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    };
    let is_refused = header("content-type").contains("application/problem+json");
    if !is_refused && !header("sl-violations").contains("\"severity\":\"Error\"") {
        return None;
    }
    let told: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let messages = told["validation"].as_array().into_iter().flatten().filter_map(|one| one["message"].as_str());
    let messages: Vec<&str> = messages.collect();
    Some(if messages.is_empty() { told["detail"].to_string() } else { messages.join("; ") })
}
