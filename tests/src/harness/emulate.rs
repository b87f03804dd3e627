//! [emulate](https://emulate.dev): a GitHub of another make, with a state of its own. Who wrote it knew neither embark nor the
//! double of it, so that it can bear witness against both.
//!
//! Prism stands before it and tells where its answers do not fit GitHub's description, and lets them pass all the same.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use super::described::{Description, GITHUB, prism};
use super::github::{APP_ID, AppKey};
use super::http::{Request, Response, forward};
use super::node::{Node, rig, witness};
use super::server::Server;
use super::traffic::Traffic;

/// The token of somebody who may do everything.
pub const EMULATE_TOKEN: &str = "emulate-token-that-nobody-may-see";

/// Which emulate a request behind prism is for: its port.
const PORT: &str = "X-Embark-Port";

/// Prism, one for all of a process.
static WITNESS: LazyLock<Witness> = LazyLock::new(|| {
    let (folder, router) = (rig(), Server::start(route));
    let upstream = format!("http://{}", router.address());
    let prism = prism(&folder, GITHUB, &["proxy"], Some(&upstream));
    Witness { prism, description: Description::read(&folder, GITHUB), _router: router }
});

struct Witness {
    prism: Node,
    description: Description,
    _router: Server,
}

/// An emulate with the organisation `acme` and its empty repositories `backstage` and `backstage-deployment`. It stops when
/// it is dropped.
pub struct Emulate {
    node: Node,
    front: Server,
    differences: Arc<Mutex<BTreeSet<String>>>,
}

impl Emulate {
    /// Starts one in which nobody has done anything.
    pub fn start() -> Self {
        Self::start_with(&json!([]))
    }

    /// Starts one on which an app is installed, for these repositories of `acme` and with these permissions.
    pub fn start_with_app(key: &AppKey, repositories: &[&str], granted: &[(&str, &str)]) -> Self {
        let permissions: Value = granted
            .iter()
            .map(|(key, level)| ((*key).to_owned(), json!(level)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let installation = json!({
            "installation_id": 678, "account": "acme", "repository_selection": "selected",
            "repositories": repositories, "permissions": permissions,
        });
        let id: u64 = APP_ID.parse().expect("an app's id is a number");
        Self::start_with(&json!([{
            "app_id": id, "slug": "embark", "name": "embark", "private_key": key.pem(),
            "permissions": permissions, "installations": [installation],
        }]))
    }

    fn start_with(apps: &Value) -> Self {
        let repository = |name: &str| json!({ "owner": "acme", "name": name });
        let scopes = ["repo", "user", "admin:org", "admin:repo_hook"];
        let seed = json!({
            "tokens": { EMULATE_TOKEN: { "login": "maintainer", "scopes": scopes } },
            "github": {
                // It takes whoever it does not know for the first of them.
                "users": [{ "login": "stranger" }, { "login": "maintainer" }],
                "orgs": [{ "login": "acme", "members": [{ "login": "maintainer", "role": "admin" }] }],
                "repos": [repository("backstage"), repository("backstage-deployment")],
                "apps": apps,
            },
        });
        let folder = rig().join("emulate");
        let node = folder.join("node");
        assert!(node.is_file(), "emulate is not there: run ./tests/run --set-up");
        let (script, seed) = (witness("emulate.mjs"), seed.to_string());
        let arguments = [script.as_os_str(), folder.as_os_str(), OsStr::new(&seed)];
        let node = Node::start_with(&node.display().to_string(), &arguments);
        let (behind, differences) = (node.address, Arc::<Mutex<BTreeSet<String>>>::default());
        let kept = Arc::clone(&differences);
        let front = Server::start(move |request| pass(request, behind, &kept));
        Self { node, front, differences }
    }

    /// Returns the address of the API.
    pub fn url(&self) -> String {
        format!("http://{}", self.front.address())
    }

    /// Hands out what passed since it was last asked.
    pub fn take_traffic(&self) -> Traffic {
        self.front.take_traffic()
    }

    /// Hands out where requests and answers did not fit GitHub's description: the operation, and what prism says, in
    /// alphabetical order.
    pub fn take_differences(&self) -> Vec<String> {
        let differences = std::mem::take(&mut *self.differences.lock().unwrap_or_else(PoisonError::into_inner));
        differences.into_iter().collect()
    }

    /// Asks for something as a person may, past prism; returns what is answered.
    ///
    /// It must succeed.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = [
            ("Host", self.node.address.to_string()),
            ("Authorization", format!("Bearer {EMULATE_TOKEN}")),
            ("Content-Type", "application/json".into()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request { method: method.into(), target: format!("/repos/acme/{path}"), headers, body };
        let answer = forward(self.node.address, &request).expect("emulate answers");
        let told = String::from_utf8_lossy(&answer.body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {told}", answer.status);
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// Commits a file to a repository of `acme` on top of `parents`, on no branch; returns the commit.
    #[track_caller]
    pub fn commit(&self, repository: &str, parents: &[&str], path: &str, text: &str) -> String {
        let sha = |object: &Value| object["sha"].as_str().expect("an object has an id").to_owned();
        let entry = json!({ "path": path, "mode": "100644", "type": "blob", "content": text });
        let tree = match parents.first() {
            Some(parent) => {
                let parent = self.ask("GET", &format!("{repository}/git/commits/{parent}"), &Value::Null);
                json!({ "base_tree": sha(&parent["tree"]), "tree": [entry] })
            }
            None => json!({ "tree": [entry] }),
        };
        let tree = sha(&self.ask("POST", &format!("{repository}/git/trees"), &tree));
        let commit = json!({ "message": format!("Change {path}"), "tree": tree, "parents": parents });
        sha(&self.ask("POST", &format!("{repository}/git/commits"), &commit))
    }

    /// Returns the tip of a branch of a repository of `acme`.
    #[track_caller]
    pub fn tip(&self, repository: &str, branch: &str) -> String {
        let reference = self.ask("GET", &format!("{repository}/git/ref/heads/{branch}"), &Value::Null);
        reference["object"]["sha"].as_str().expect("a branch has a tip").to_owned()
    }

    /// Opens a pull request from a branch with one commit and merges it; returns its number and the commit of the merge.
    #[track_caller]
    pub fn merge_a_change(&self, repository: &str, branch: &str, path: &str, text: &str) -> (u64, String) {
        let commit = self.commit(repository, &[&self.tip(repository, "main")], path, text);
        let reference = json!({ "ref": format!("refs/heads/{branch}"), "sha": commit });
        self.ask("POST", &format!("{repository}/git/refs"), &reference);
        let pull = json!({ "title": format!("Change {path}"), "head": branch, "base": "main", "body": "" });
        let number = self.ask("POST", &format!("{repository}/pulls"), &pull)["number"].as_u64().expect("a number");
        let merged = self.ask("PUT", &format!("{repository}/pulls/{number}/merge"), &json!({}));
        (number, merged["sha"].as_str().expect("a merge is a commit").to_owned())
    }
}

/// Passes a request on by way of prism, and keeps what does not fit.
fn pass(request: &Request, emulate: SocketAddr, differences: &Mutex<BTreeSet<String>>) -> Response {
    let Request { method, target, .. } = request;
    let Some(template) = WITNESS.description.template(target) else {
        // Prism lets nothing pass that is not described, and so does GitHub.
        differences.lock().unwrap_or_else(PoisonError::into_inner).insert(format!("{method} {target}: not described"));
        return Response::new(404, "{\"message\":\"Not Found\"}").with("Content-Type", "application/json");
    };
    let mut request = request.clone();
    let host = request.header("host").unwrap_or_default().to_owned();
    request.headers.push((PORT.into(), emulate.port().to_string()));
    let mut response = forward(WITNESS.prism.address, &request).expect("prism answers");
    let found: Value = response
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("sl-violations"))
        .and_then(|(_, text)| serde_json::from_str(text).ok())
        .unwrap_or_default();
    // A status that is not described is a warning: GitHub describes few of its refusals.
    let errors = found.as_array().into_iter().flatten().filter(|one| one["severity"] == "Error");
    let errors = errors.map(|one| one["message"].as_str().unwrap_or_default());
    let undescribed = WITNESS.description.undescribed(method, target).into_iter();
    let undescribed = undescribed.map(|parameter| format!("the parameter {parameter} is not described"));
    let all: Vec<String> = errors.map(any_item).chain(undescribed).collect();
    let lines = all.iter().map(|what| format!("{method} {template}: {what}"));
    differences.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
    for (_, link) in response.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("link")) {
        *link = link_to(&host, link);
    }
    response
}

/// Lets a header `Link` lead to a front. It leads to who asked for the page, and that was not its client.
fn link_to(host: &str, link: &str) -> String {
    let mut parts = link.split("<http://");
    let begin = parts.next().unwrap_or_default().to_owned();
    parts.fold(begin, |link, part| {
        let path = part.find('/').map_or("", |at| &part[at..]);
        format!("{link}<http://{host}{path}")
    })
}

/// Leaves out of what prism says which item of a list is meant.
fn any_item(message: &str) -> String {
    let part = |part: &str| if part.parse::<usize>().is_ok() { "*".to_owned() } else { part.to_owned() };
    let word = |word: &str| word.split('.').map(part).collect::<Vec<_>>().join(".");
    message.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Passes on to an emulate what prism let pass. What it does not have is made up here from what it has.
fn route(request: &Request) -> Response {
    let port: Option<u16> = request.header(PORT).and_then(|port| port.parse().ok());
    let Some(port) = port else { return Response::new(502, "there is no such emulate") };
    let emulate = SocketAddr::from(([127, 0, 0, 1], port));
    let pass =
        |request: &Request| forward(emulate, request).unwrap_or_else(|error| Response::new(502, error.to_string()));
    match request.path().split('/').collect::<Vec<_>>()[..] {
        ["", "repos", owner, name, "commits", commit, "pulls"] if request.method == "GET" => {
            let target = format!("/repos/{owner}/{name}/pulls?state=all&per_page=100");
            let answer = pass(&Request { target, ..request.clone() });
            let pulls: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let brings = |pull: &&Value| pull["merge_commit_sha"] == commit || pull["head"]["sha"] == commit;
            let pulls: Vec<&Value> = pulls.as_array().into_iter().flatten().filter(brings).collect();
            Response::new(answer.status, json!(pulls).to_string()).with("Content-Type", "application/json")
        }
        // It tells no more of the commit than its id.
        ["", "repos", owner, name, "branches", _] if request.method == "GET" => {
            let mut answer = pass(request);
            let mut told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            if let Some(sha) = told["commit"]["sha"].as_str().filter(|_| told["name"].is_string()) {
                let target = format!("/repos/{owner}/{name}/git/commits/{sha}");
                let commit = pass(&Request { target, ..request.clone() });
                let commit: Value = serde_json::from_slice(&commit.body).unwrap_or_default();
                told["commit"]["parents"] = commit["parents"].clone();
                told["commit"]["commit"] = commit;
                answer = Response::new(answer.status, told.to_string()).with("Content-Type", "application/json");
            }
            answer
        }
        _ => pass(request),
    }
}
