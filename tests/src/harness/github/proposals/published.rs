//! Releases, and the tags that come with them.

use serde_json::{Value, json};

use super::super::answer::{example, refuse, tell, with};
use super::{Proposals, invalid, text};
use crate::harness::http::Response;

/// A release, as it was asked for.
pub(super) struct Published {
    tag: String,
    asked: Value,
}

impl Proposals {
    /// Lists what was asked for in each release.
    pub(crate) fn told_releases(&self) -> Vec<Value> {
        self.published.iter().map(|published| published.asked.clone()).collect()
    }

    pub(super) fn publish(&mut self, body: &Value) -> Response {
        let (tag, target) = (text(&body["tag_name"]), text(&body["target_commitish"]));
        if self.published.iter().any(|published| published.tag == tag) {
            return invalid("tag_name already exists");
        }
        let reference = format!("refs/tags/{tag}");
        // A tag that is there stays where it is, whatever is asked for.
        if self.git.tip(&reference).is_none() {
            let Some(commit) = self.ask(&["rev-parse", "--verify", "--quiet", &format!("{target}^{{commit}}")]) else {
                return invalid("target_commitish is not a valid commitish");
            };
            self.git.run(&["update-ref", &reference, &commit]);
        }
        self.published.push(Published { tag, asked: body.clone() });
        Response { status: 201, ..tell(&self.row_of_release(self.published.len() - 1)) }
    }

    pub(super) fn release_of(&self, tag: &str) -> Response {
        match self.published.iter().position(|published| published.tag == tag) {
            Some(at) => tell(&self.row_of_release(at)),
            None => refuse(404, "Not Found"),
        }
    }

    fn row_of_release(&self, at: usize) -> Value {
        let Published { tag, asked } = &self.published[at];
        let fields = json!({
            "id": at + 1, "html_url": self.page(&format!("releases/tag/{tag}")), "tag_name": tag, "draft": false,
            "target_commitish": asked["target_commitish"], "name": asked["name"], "body": asked["body"],
            "prerelease": asked["prerelease"] == true,
        });
        with(example("release"), &fields)
    }
}
