//! The git database, and branches.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::answer::{example, refuse, tell, with};
use super::{Proposals, text};
use crate::harness::command::{program, run};
use crate::harness::http::Response;

const RULE: &str = "Repository rule violations found";

impl Proposals {
    pub(super) fn branch(&self, branch: &str) -> Response {
        let Some(tip) = self.git.tip(&format!("refs/heads/{branch}")) else { return refuse(404, "Branch not found") };
        let told = self.told(&tip);
        let mut row = example("branch-get");
        row["name"] = branch.into();
        row["commit"]["sha"] = tip.into();
        row["commit"]["commit"]["message"] = told["message"].clone();
        row["commit"]["commit"]["tree"] = told["tree"].clone();
        row["commit"]["parents"] = told["parents"].clone();
        tell(&row)
    }

    pub(super) fn commit(&self, commit: &str) -> Response {
        match self.ask(&["cat-file", "-t", commit]).as_deref() {
            Some("commit") => tell(&self.told(commit)),
            _ => refuse(404, "Not Found"),
        }
    }

    fn told(&self, commit: &str) -> Value {
        let format = |format: &str| self.ask(&["log", "--max-count=1", format, commit]).unwrap_or_default();
        let (tree, parents) = (format("--format=tformat:%T"), format("--format=tformat:%P"));
        let parent = |sha: &str| {
            let url = self.url(&format!("git/commits/{sha}"));
            json!({ "sha": sha, "url": url, "html_url": self.page(&format!("commit/{sha}")) })
        };
        let told = json!({
            "sha": commit, "message": format("--format=tformat:%B").trim_end(),
            "tree": { "sha": tree, "url": self.url(&format!("git/trees/{tree}")) },
            "parents": parents.split_whitespace().map(parent).collect::<Vec<_>>(),
        });
        with(example("git-commit"), &told)
    }

    pub(super) fn make_commit(&self, body: &Value) -> Response {
        let (tree, mut arguments) = (text(&body["tree"]), vec!["commit-tree".to_owned()]);
        if self.ask(&["cat-file", "-t", &tree]).as_deref() != Some("tree") {
            return refuse(422, "Tree SHA does not exist");
        }
        arguments.push(tree);
        for parent in body["parents"].as_array().into_iter().flatten() {
            if self.ask(&["cat-file", "-t", &text(parent)]).as_deref() != Some("commit") {
                return refuse(422, "Parent SHA does not exist or is not a commit object");
            }
            arguments.extend(["-p".to_owned(), text(parent)]);
        }
        let mut command = program("git");
        command.current_dir(self.git.folder()).args(&arguments);
        for (role, name) in [("AUTHOR", "embark[bot]"), ("COMMITTER", "GitHub")] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), "bot@example.com");
        }
        let made = run(&mut command, text(&body["message"]).as_bytes()).succeeded("git commit-tree");
        Response { status: 201, ..tell(&self.told(made.text().trim())) }
    }

    pub(super) fn tree(&self, tree: &str) -> Response {
        let Some(list) = self.ask(&["ls-tree", "--format=%(objectmode) %(objecttype) %(objectname) %(path)", tree])
        else {
            return refuse(404, "Not Found");
        };
        let row = |line: &str| {
            let mut parts = line.splitn(4, ' ').map(str::to_owned);
            let mut next = || parts.next().expect("git tells four things of an entry");
            let (mode, kind, sha, path) = (next(), next(), next(), next());
            let url = self.url(&format!("git/{kind}s/{sha}"));
            json!({ "path": path, "mode": mode, "type": kind, "sha": sha, "url": url })
        };
        tell(&self.listed(tree, &list.lines().map(row).collect::<Vec<_>>()))
    }

    fn listed(&self, tree: &str, rows: &[Value]) -> Value {
        json!({ "sha": tree, "url": self.url(&format!("git/trees/{tree}")), "tree": rows, "truncated": false })
    }

    pub(super) fn make_tree(&self, body: &Value) -> Response {
        let index = tempfile::tempdir().expect("there is room for a folder");
        let index = index.path().join("index");
        let telling_index = |arguments: &[&str], input: &str| {
            let mut command = program("git");
            command.current_dir(self.git.folder()).env("GIT_INDEX_FILE", &index).args(arguments);
            let finished = run(&mut command, input.as_bytes());
            (finished.code == 0).then(|| finished.text().trim().to_owned())
        };
        let with_index = |arguments: &[&str]| telling_index(arguments, "");
        if with_index(&["read-tree", &text(&body["base_tree"])]).is_none() {
            return refuse(404, "Not Found");
        }
        for entry in body["tree"].as_array().into_iter().flatten() {
            let path = text(&entry["path"]);
            if entry["sha"].is_null() && entry["content"].is_null() {
                if with_index(&["ls-files", "--error-unmatch", "--cached", &path]).is_none() {
                    return refuse(422, "GitRPC::BadObjectState");
                }
                let removed =
                    telling_index(&["update-index", "--index-info"], &format!("0 {}\t{path}\n", "0".repeat(40)));
                removed.expect("git removes what is there");
                continue;
            }
            let blob = match entry["sha"].as_str() {
                Some(sha) => sha.to_owned(),
                None => self.git.input(&["hash-object", "-w", "--stdin"], text(&entry["content"]).as_bytes()),
            };
            let entry = format!("{},{blob},{path}", text(&entry["mode"]));
            if with_index(&["update-index", "--add", "--cacheinfo", &entry]).is_none() {
                return refuse(422, "tree.sha is not a valid blob");
            }
        }
        let tree = with_index(&["write-tree"]).expect("the index is whole");
        Response { status: 201, ..tell(&self.listed(&tree, &[])) }
    }

    pub(super) fn make_blob(&self, body: &Value) -> Response {
        let bytes = match body["encoding"].as_str() {
            Some("base64") => STANDARD.decode(text(&body["content"])).expect("contents are base64"),
            _ => text(&body["content"]).into_bytes(),
        };
        let sha = self.git.input(&["hash-object", "-w", "--stdin"], &bytes);
        let url = self.url(&format!("git/blobs/{sha}"));
        Response { status: 201, ..tell(&json!({ "sha": sha, "url": url })) }
    }

    /// Answers with where a reference is, without `refs/`.
    pub(super) fn reference(&self, name: &str) -> Response {
        let Some(sha) = self.ask(&["rev-parse", "--verify", "--quiet", &format!("refs/{name}")]) else {
            return refuse(404, "Not Found");
        };
        tell(&self.pointing(name, &sha))
    }

    fn pointing(&self, name: &str, sha: &str) -> Value {
        let kind = self.ask(&["cat-file", "-t", sha]).unwrap_or_default();
        let object = json!({ "type": kind, "sha": sha, "url": self.url(&format!("git/{kind}s/{sha}")) });
        with(example("git-ref"), &json!({ "ref": format!("refs/{name}"), "object": object }))
    }

    pub(super) fn annotated(&self, tag: &str) -> Response {
        let Some(target) = self.ask(&["rev-parse", "--verify", "--quiet", &format!("{tag}^{{commit}}")]) else {
            return refuse(404, "Not Found");
        };
        let url = self.url(&format!("git/commits/{target}"));
        let object = json!({ "type": "commit", "sha": target, "url": url });
        tell(&with(example("git-tag"), &json!({ "sha": tag, "object": object })))
    }

    pub(super) fn make_reference(&self, body: &Value) -> Response {
        let (reference, sha) = (text(&body["ref"]), text(&body["sha"]));
        let Some(name) = reference.strip_prefix("refs/").filter(|name| name.contains('/')) else {
            return refuse(422, "Reference name must start with 'refs/' and contain at least two slashes");
        };
        match self.refusal_of(name, &sha) {
            _ if self.git.tip(&reference).is_some() => refuse(422, "Reference already exists"),
            Some(refusal) => refusal,
            None => {
                self.git.run(&["update-ref", &reference, &sha]);
                Response { status: 201, ..tell(&self.pointing(name, &sha)) }
            }
        }
    }

    fn refusal_of(&self, name: &str, sha: &str) -> Option<Response> {
        if self.protected.iter().any(|branch| name == format!("heads/{branch}")) {
            return Some(refuse(422, RULE));
        }
        let is_commit = self.ask(&["cat-file", "-t", sha]).as_deref() == Some("commit");
        (!is_commit).then(|| refuse(422, "Object does not exist"))
    }

    pub(super) fn move_reference(&self, name: &str, body: &Value) -> Response {
        let (reference, sha) = (format!("refs/{name}"), text(&body["sha"]));
        let Some(tip) = self.git.tip(&reference) else { return refuse(422, "Reference does not exist") };
        if let Some(refusal) = self.refusal_of(name, &sha) {
            return refusal;
        }
        if body["force"] != true && self.ask(&["merge-base", "--is-ancestor", &tip, &sha]).is_none() {
            return refuse(422, "Update is not a fast forward");
        }
        self.git.run(&["update-ref", &reference, &sha]);
        tell(&self.pointing(name, &sha))
    }

    pub(super) fn delete_reference(&mut self, name: &str) -> Response {
        let Some(tip) = self.git.tip(&format!("refs/{name}")) else { return refuse(422, "Reference does not exist") };
        if let Some(refusal) = self.refusal_of(name, &tip) {
            return refusal;
        }
        self.git.run(&["update-ref", "-d", &format!("refs/{name}")]);
        self.close_pulls_of(name.trim_start_matches("heads/"));
        Response::new(204, "")
    }
}
