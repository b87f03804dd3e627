//! Pull requests that are opened, changed, closed and merged.

use serde_json::{Value, json};

use super::super::answer::{answer_page, example, query, refuse, tell, with};
use super::{Proposals, invalid, text};
use crate::harness::http::{Request, Response};

/// A pull request between two branches.
#[derive(Debug, Clone)]
pub(super) struct Pull {
    head: String,
    base: String,
    title: String,
    body: String,
    is_open: bool,
}

impl Proposals {
    /// Lists the pull requests in their order: whether each is open, its title and its body.
    pub(crate) fn told_pulls(&self) -> Vec<(bool, String, String)> {
        self.pulls.iter().map(|pull| (pull.is_open, pull.title.clone(), pull.body.clone())).collect()
    }

    /// Merges a pull request as a person does, with a commit of its own; returns that.
    pub(crate) fn merge(&mut self, number: usize) -> String {
        let pull = self.pulls[number - 1].clone();
        assert!(pull.is_open, "pull request {number} is open");
        let (head, base) = (format!("refs/heads/{}", pull.head), format!("refs/heads/{}", pull.base));
        let tree = self.git.run(&["merge-tree", "--write-tree", &base, &head]);
        let of = |reference: &str| self.git.tip(reference).expect("the branch is there");
        let commit = self.git.run(&[
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.com",
            "commit-tree",
            &tree,
            "-p",
            &of(&base),
            "-p",
            &of(&head),
            "-m",
            "Merge",
        ]);
        self.git.run(&["update-ref", &base, &commit]);
        self.pulls[number - 1].is_open = false;
        commit
    }

    pub(super) fn list_pulls(&self, request: &Request) -> Response {
        let asked = |name: &str| query(request, name);
        let owner = self.name.split('/').next().unwrap_or_default();
        let is_asked = |pull: &Pull| {
            asked("head").is_none_or(|head| head == format!("{owner}:{}", pull.head))
                && asked("base").is_none_or(|base| base == pull.base)
                && match asked("state").as_deref() {
                    Some("all") => true,
                    Some("closed") => !pull.is_open,
                    _ => pull.is_open,
                }
        };
        let found = (0..self.pulls.len()).filter(|at| is_asked(&self.pulls[*at]));
        let simple = || example("pull-request-simple-items")[0].take();
        let rows: Vec<Value> = found.rev().map(|at| self.row(at, simple())).collect();
        answer_page(request, &rows, |rows, _| json!(rows))
    }

    fn row(&self, at: usize, mut row: Value) -> Value {
        let pull = &self.pulls[at];
        for (side, branch) in [("head", &pull.head), ("base", &pull.base)] {
            row[side]["ref"] = branch.clone().into();
            row[side]["repo"]["full_name"] = self.name.clone().into();
        }
        let number = at + 1;
        let state = if pull.is_open { "open" } else { "closed" };
        let fields = json!({
            "number": number, "html_url": self.page(&format!("pull/{number}")), "state": state, "title": pull.title,
            "body": pull.body,
            // GitHub's own example has teams that do not fit.
            "requested_teams": [], "requested_reviewers": [],
        });
        with(row, &fields)
    }

    pub(super) fn open_pull(&mut self, body: &Value) -> Response {
        let [head, base, title, body] = ["head", "base", "title", "body"].map(|key| text(&body[key]));
        let tip = |branch: &str| self.git.tip(&format!("refs/heads/{branch}"));
        let (Some(of_head), Some(of_base)) = (tip(&head), tip(&base)) else {
            return invalid("head or base is invalid");
        };
        if self.pulls.iter().any(|pull| pull.is_open && pull.head == head && pull.base == base) {
            return invalid(&format!("A pull request already exists for acme:{head}."));
        }
        if self.ask(&["rev-list", &format!("{of_base}..{of_head}")]).is_none_or(|commits| commits.is_empty()) {
            return invalid(&format!("No commits between {base} and {head}"));
        }
        if body.chars().count() > 65_536 || title.chars().count() > 256 {
            return invalid("body is too long (maximum is 65536 characters)");
        }
        self.pulls.push(Pull { head, base, title, body, is_open: true });
        Response { status: 201, ..tell(&self.row(self.pulls.len() - 1, example("pull-request"))) }
    }

    pub(super) fn change_pull(&mut self, number: &str, body: &Value) -> Response {
        let at = number.parse::<usize>().unwrap_or_default().wrapping_sub(1);
        let Some(pull) = self.pulls.get_mut(at) else { return refuse(404, "Not Found") };
        if body["body"].as_str().is_some_and(|body| body.chars().count() > 65_536) {
            return invalid("body is too long (maximum is 65536 characters)");
        }
        for (key, field) in [("title", &mut pull.title), ("body", &mut pull.body)] {
            if let Some(text) = body[key].as_str() {
                text.clone_into(field);
            }
        }
        if body["state"] == "closed" {
            pull.is_open = false;
        }
        tell(&self.row(at, example("pull-request")))
    }

    /// A pull request whose branch is gone is closed.
    pub(super) fn close_pulls_of(&mut self, head: &str) {
        self.pulls.iter_mut().filter(|pull| pull.head == head).for_each(|pull| pull.is_open = false);
    }
}
