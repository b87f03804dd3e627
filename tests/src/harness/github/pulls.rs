//! Pull requests and comments in the double: which one brought a commit, and what is said on it.

use serde_json::{Value, json};

use super::answer::{answer_page, example, refuse, tell, with};
use crate::harness::http::{Request, Response};

const REPOSITORY: &str = "https://api.github.com/repos/acme/backstage";

/// The pull requests of `acme/backstage`.
#[derive(Default)]
pub(super) struct Pulls {
    all: Vec<Pull>,
    /// The number of the pull request of each comment, and the comment.
    comments: Vec<(u64, Value)>,
    /// Nobody may write comments.
    forbids: bool,
}

struct Pull {
    number: u64,
    commits: Vec<String>,
    is_merged: bool,
}

impl Pulls {
    /// Adds one; the last of its commits is that of its merge.
    pub(super) fn add(&mut self, number: u64, commits: &[&str], is_merged: bool) {
        let commits = commits.iter().map(|commit| (*commit).to_owned()).collect();
        self.all.push(Pull { number, commits, is_merged });
    }

    /// Lets the token read, and not write.
    pub(super) fn forbid(&mut self) {
        self.forbids = true;
    }

    /// Adds a comment of somebody else.
    pub(super) fn say(&mut self, number: u64, body: &str, association: &str) {
        let comment = self.comment(number, body, association, "User");
        self.comments.push((number, comment));
    }

    /// Lists the texts of the comments on a pull request.
    pub(super) fn said(&self, number: u64) -> Vec<String> {
        let of = self.comments.iter().filter(|(of, _)| *of == number);
        of.map(|(_, comment)| comment["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Lists the pull requests of a commit.
    pub(super) fn of_commit(&self, request: &Request, commit: &str) -> Response {
        let is_of = |pull: &&Pull| pull.commits.iter().any(|other| other == commit);
        let rows: Vec<Value> = self.all.iter().filter(is_of).map(row).collect();
        answer_page(request, &rows, |rows, _| json!(rows))
    }

    /// Answers what is asked of `issues`.
    pub(super) fn answer(&mut self, request: &Request, segments: &[&str]) -> Response {
        let body = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        let text = body["body"].as_str().unwrap_or_default();
        match (request.method.as_str(), segments) {
            ("POST" | "PATCH", _) if self.forbids => refuse(403, "Resource not accessible by integration"),
            ("POST" | "PATCH", _) if text.is_empty() || text.chars().count() > 65_536 => {
                refuse(422, "Validation Failed")
            }
            ("GET", ["issues", number, "comments"]) => {
                let number: u64 = number.parse().unwrap_or_default();
                let of = self.comments.iter().filter(|(of, _)| *of == number);
                let rows: Vec<Value> = of.map(|(_, comment)| comment.clone()).collect();
                answer_page(request, &rows, |rows, _| json!(rows))
            }
            ("POST", ["issues", number, "comments"]) => {
                let number = number.parse().unwrap_or_default();
                if self.all.iter().all(|pull| pull.number != number) {
                    return refuse(404, "Not Found");
                }
                let comment = self.comment(number, text, "NONE", "Bot");
                self.comments.push((number, comment.clone()));
                Response { status: 201, ..tell(&comment) }
            }
            ("PATCH", ["issues", "comments", id]) => {
                let id: u64 = id.parse().unwrap_or_default();
                match self.comments.iter_mut().find(|(_, comment)| comment["id"] == id) {
                    Some((_, comment)) => {
                        comment["body"] = text.into();
                        tell(comment)
                    }
                    None => refuse(404, "Not Found"),
                }
            }
            _ => refuse(404, "Not Found"),
        }
    }

    fn comment(&self, number: u64, body: &str, association: &str, kind: &str) -> Value {
        let id = self.comments.len() + 1;
        let mut comment = example("issue-comment");
        comment["user"]["type"] = kind.into();
        let issue = format!("{REPOSITORY}/issues/{number}");
        with(comment, &json!({ "id": id, "body": body, "author_association": association, "issue_url": issue }))
    }
}

fn row(Pull { number, commits, is_merged }: &Pull) -> Value {
    let time = is_merged.then_some("2026-11-25T00:00:00Z");
    let fields = json!({
        "number": number, "state": if *is_merged { "closed" } else { "open" }, "closed_at": time, "merged_at": time,
        "merge_commit_sha": commits.last(),
        // GitHub's own example has teams that do not fit.
        "requested_teams": [], "requested_reviewers": [],
    });
    with(example("pull-request-simple-items")[0].take(), &fields)
}
