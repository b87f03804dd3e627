//! Branches, pull requests and releases of a repository in the double, over a real repository.

mod database;
mod published;
mod pulls;

use serde_json::{Value, json};

use self::published::Published;
use self::pulls::Pull;
use super::answer::{decode, refuse};
use crate::harness::command::{program, run};
use crate::harness::git::Git;
use crate::harness::http::{Request, Response};

/// A repository in which releases are proposed.
pub(super) struct Proposals {
    git: Git,
    name: String,
    pulls: Vec<Pull>,
    published: Vec<Published>,
    /// Branches that a rule protects.
    pub(super) protected: Vec<String>,
    /// What the token may not write: `contents`, `pulls`.
    pub(super) forbidden: Vec<String>,
}

impl Proposals {
    pub(super) fn of(name: &str, git: Git) -> Self {
        let (pulls, published, protected, forbidden) = Default::default();
        Self { git, name: name.into(), pulls, published, protected, forbidden }
    }

    /// Answers what is asked of these; `None` for anything else.
    pub(super) fn answer(&mut self, request: &Request, segments: &[&str]) -> Option<Response> {
        let method = request.method.as_str();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let area = segments.first().copied().unwrap_or_default();
        if method != "GET" && self.forbids(if area == "pulls" { "pulls" } else { "contents" }) {
            return Some(refuse(403, "Resource not accessible by integration"));
        }
        let name = |parts: &[&str]| decode(&parts.join("/"));
        Some(match (method, segments) {
            ("GET", ["branches", branch @ ..]) => self.branch(&name(branch)),
            ("GET", ["git", "commits", commit]) => self.commit(commit),
            ("POST", ["git", "commits"]) => self.make_commit(&body),
            ("GET", ["git", "trees", tree]) => self.tree(tree),
            ("POST", ["git", "trees"]) => self.make_tree(&body),
            ("POST", ["git", "blobs"]) => self.make_blob(&body),
            ("GET", ["git", "ref", reference @ ..]) => self.reference(&name(reference)),
            ("GET", ["git", "tags", tag]) => self.annotated(tag),
            ("POST", ["git", "refs"]) => self.make_reference(&body),
            ("PATCH", ["git", "refs", reference @ ..]) => self.move_reference(&name(reference), &body),
            ("DELETE", ["git", "refs", reference @ ..]) => self.delete_reference(&name(reference)),
            ("GET", ["pulls"]) => self.list_pulls(request),
            ("POST", ["pulls"]) => self.open_pull(&body),
            ("PATCH", ["pulls", number]) => self.change_pull(number, &body),
            ("POST", ["releases"]) => self.publish(&body),
            ("GET", ["releases", "tags", tag @ ..]) => self.release_of(&name(tag)),
            _ => return None,
        })
    }

    fn forbids(&self, what: &str) -> bool {
        self.forbidden.iter().any(|other| other == what)
    }

    /// Runs git, and returns what it writes if it succeeds.
    fn ask(&self, arguments: &[&str]) -> Option<String> {
        let finished = run(program("git").current_dir(self.git.folder()).args(arguments), b"");
        (finished.code == 0).then(|| finished.text().trim_end_matches('\n').to_owned())
    }

    fn url(&self, rest: &str) -> String {
        format!("https://api.github.com/repos/{}/{rest}", self.name)
    }

    fn page(&self, rest: &str) -> String {
        format!("https://github.com/{}/{rest}", self.name)
    }
}

/// Refuses what does not fit, with GitHub's own list of why.
fn invalid(message: &str) -> Response {
    let errors = [json!({ "resource": "PullRequest", "code": "custom", "message": message })];
    let body =
        json!({ "message": "Validation Failed", "errors": errors, "documentation_url": "https://docs.github.com" });
    Response { status: 422, ..super::answer::tell(&body) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
